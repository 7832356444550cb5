"""What does it cost to prove a message, and to verify the whole journal, as the journal grows?

One archive is filled with short letters, or with realistic mail, and measured each time it has as many entries as --entries names: proofs
of random entries are made over the admin socket and checked by check-proof.py, a process each, as whoever gets one would; then the
journal is verified, without the messages and with them, as often as --rounds says, each time with the files out of the system's memory
as after a start. Beside it, each round, the same files are read once from the disk by a process that does nothing else. No peer does
the like.
"""
import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

import load
from case import CORPUS, LETTERS, Case
from figures.settled import drop_from_memory, wait_until_quiet
from figures.table import MEBI, aligned, number, span
from rounds import corpus_for
from servers import Understudy
from servers.understudy import Task
from stage import add_rest, conclude, introduce, introduce_machine, parser, prepare, progress, record, stage

FILLING_SESSIONS, FILLED_AT_ONCE = 32, 20_000
CHECKED = 20  # of the proofs that were made
BETWEEN_QUESTIONS = 0.005  # seconds
READ_AT_ONCE = 1 << 20


def _options(words: list[str]) -> argparse.Namespace:
    def sizes(text: str) -> list[int]:
        return sorted(int(each) for each in text.split(","))

    made = parser("proofs", __doc__)
    made.add_argument("--entries", type=sizes, default="1000,100000", help="of the journal when it is measured; default: 1000,100000")
    made.add_argument("--proofs", type=int, default=200, help="made each time; default: 200")
    made.add_argument("--mail", choices=(LETTERS, CORPUS), default=LETTERS, help="letters of 1.5 KB, or realistic mail, 104 KB on average")
    add_rest(made)
    made.add_argument("--seed", type=int, default=1, help="of the choice of entries; default: 1")
    return made.parse_args(words)


@dataclass(frozen=True)
class Verified:
    """One verification of the whole journal."""
    seconds: float
    entries: int
    octets: int  # of messages, decompressed
    disk_seconds: float  # to read the store's files once, by one process that does nothing with them
    disk_octets: int


@dataclass(frozen=True)
class Figures:
    """At one size of the journal."""
    entries: int
    hashes: list[int]  # of each path
    octets: list[int]  # of each proof
    made_ms: list[float]
    checked_ms: list[float]  # with the start of Python
    consistency_hashes: int  # from the first head to the newest
    consistency_ms: float
    records: list[Verified]
    bodies: list[Verified]
    faults: list[str]


def _timed(call: Callable[[], object]) -> tuple[float, object]:
    begin = time.perf_counter()
    answer = call()
    return time.perf_counter() - begin, answer


def _fill(server: Understudy, wanted: int, mail: str, corpus: Path | None) -> None:
    while (now := int(server.metric("understudy_journal_entries"))) < wanted:
        sent = load.send(server.smtp, Case("", mail, FILLING_SESSIONS, min(FILLED_AT_ONCE, wanted - now)), corpus, first=now)
        if sent["failed"]:
            raise SystemExit(f"{sent['failed']} messages failed; the first: {sent['failure']}")
        progress(f"{now + sent['accepted']} of {wanted} messages, {sent['accepted'] / sent['seconds']:.0f}/s")


def _read_files(folder: Path) -> int:
    octets = 0
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb", buffering=0) as file:
                while piece := file.read(READ_AT_ONCE):
                    octets += len(piece)
    return octets


def _verify(server: Understudy, bodies: int) -> tuple[Verified, list[str]]:
    drop_from_memory(server.store())
    disk_seconds, disk_octets = _timed(lambda: _read_files(server.store()))
    drop_from_memory(server.store())
    begin = time.perf_counter()
    job = server.ask("journal/verify", bodies=bodies)["job"]
    while not (told := server.ask("journal/progress", job=job))["finished"]:
        time.sleep(BETWEEN_QUESTIONS)
    return Verified(time.perf_counter() - begin, told["entries"], told["octets"], disk_seconds, disk_octets), told["faults"]


def _check(script: Path, folder: Path, proof: dict, octets: bytes) -> float:
    (folder / "proof.json").write_text(json.dumps(proof))
    (folder / "proof.eml").write_bytes(octets)
    took, done = _timed(lambda: subprocess.run([sys.executable, "-B", script, folder / "proof.json", folder / "proof.eml"],
                                               capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False))
    if done.returncode:
        raise SystemExit(f"a proof does not hold:\n{done.stdout}{done.stderr}")
    return took


def _measure(server: Understudy, folder: Path, options: argparse.Namespace) -> Figures:
    server.ask("journal/sign")
    heads = server.ask("journal/heads")
    size = heads[-1]["size"]
    chance = random.Random(options.seed)
    script = folder / "check-proof.py"
    script.write_text(server.verb("journal", "checker"))
    made, checked = [], []
    for count in range(options.proofs):
        position = f"0.{chance.randrange(size)}"
        took, proof = _timed(lambda position=position: server.ask("journal/prove", position=position, all=1))
        made.append((took, proof))
        if count < CHECKED and proof["entry"]["recipients"]:  # not that of the key
            checked.append(_check(script, folder, proof, server.octets("journal/octets", position=position)))
    took, consistency = _timed(lambda: server.ask("journal/consistency", **{"from": heads[0]["size"], "to": size}))
    verified = [[_verify(server, bodies) for _ in range(options.rounds)] for bodies in (0, 1)]
    return Figures(entries=size, hashes=[len(proof["path"]) for _, proof in made],
                   octets=[len(json.dumps(proof, separators=(",", ":"))) for _, proof in made],
                   made_ms=[1000 * took for took, _ in made], checked_ms=[1000 * took for took in checked],
                   consistency_hashes=len(consistency["path"]), consistency_ms=1000 * took,
                   records=[each for each, _ in verified[0]], bodies=[each for each, _ in verified[1]],
                   faults=[fault for group in verified for _, faults in group for fault in faults])


def _table(measured: list[Figures]) -> str:
    lines = [["entries", "hashes", "octets of a proof", "made, ms", "p99", "checked, ms", "consistency: hashes", "ms",
              "verify: s", "entries/s", "with bodies: s", "entries/s", "MiB/s", "files, MiB", "read once: s", "of the disk's speed"]]
    for row in measured:
        lines.append([str(row.entries), span(row.hashes), span(row.octets), number(median(row.made_ms)),
                      number(quantiles(row.made_ms, n=100)[-1]), number(median(row.checked_ms)), str(row.consistency_hashes),
                      number(row.consistency_ms), span([each.seconds for each in row.records]),
                      number(median(each.entries / each.seconds for each in row.records)), span([each.seconds for each in row.bodies]),
                      number(median(each.entries / each.seconds for each in row.bodies)),
                      number(median(each.octets / MEBI / each.seconds for each in row.bodies)),
                      number(row.bodies[-1].disk_octets / MEBI), span([each.disk_seconds for each in row.bodies]),
                      number(median(each.disk_seconds / each.seconds for each in row.bodies))])
    return "\n".join(aligned(lines))


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but the journal has faults."""
    options = _options(words)
    prepare(options)
    measured = []
    with stage(options) as rig:
        introduce_machine(rig.directory)
        server = Understudy("archive", rig, rig.host(10), Task.ARCHIVE)
        introduce([server])
        corpus = corpus_for(None, [Case("", options.mail, FILLING_SESSIONS, options.entries[-1])], rig)
        for entries in options.entries:
            _fill(server, entries, options.mail, corpus)
            if busy := wait_until_quiet(server.roots, options.rest, options.patience):
                progress(busy)
            measured.append(_measure(server, rig.folder("proofs"), options))
            record(options, asdict(measured[-1]))
            progress(f"measured at {measured[-1].entries} entries")
    print(_table(measured))
    return conclude([fault for row in measured for fault in row.faults])
