"""What machines show of custody: the book of one, its figures, and the report that both sign."""
import json
import subprocess
import sys
from pathlib import Path

from .instance import ROOT, Instance

CHECKER = ROOT / "deploy/check-report.py"


def numbers(machine: Instance, state: str) -> list[int]:
    return [row["number"] for row in machine.json("journal", "custody", "--all") if row["state"] == state]


def value(machine: Instance, metric: str) -> float:
    lines = machine.verb("metrics").decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric))


class Report:
    """Of everything since `since`, or for ever."""

    def __init__(self, machine: Instance, file: Path, *since: str):
        file.unlink(missing_ok=True)
        self.told = machine.json("journal", "custody", "--report", str(file), *(since or ("--since", "2020-01-01")))
        self.file = file
        self.report = json.loads(file.read_text())

    def rows(self, which: str) -> dict[int, tuple[str, str]]:
        """By number: what each book says."""
        return {number: (row["giver"], row["taker"]) for row in self.told[which] for number in range(row["from"], row["to"] + 1)}

    def check(self, *words: str, changed: dict | None = None) -> tuple[int, dict[str, str]]:
        """Exit status of the checker, and the verdict by name."""
        file = self.file.with_suffix(".checked")
        file.write_text(json.dumps(changed or self.report))
        ran = subprocess.run([sys.executable, "-B", str(CHECKER), str(file), *words], capture_output=True, text=True, timeout=120)
        verdicts = {line[:13].strip(): line[14:21].strip() for line in ran.stdout.splitlines()}
        return ran.returncode, verdicts
