"""Adds up what CTest wrote (JUnit files), names every case that was skipped, and ends with CTest's own closing line over all of it.

    tests/summary.py [--allow-skips] FILE.xml...

Exit status 1 when a test failed or did not run, when none ran, or when a case inside one was skipped (`--allow-skips`: not then).
"""
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

# How many cases a test program held: Boost.Test's and unittest's own words.
CASES = re.compile(r"Running (\d+) test cases?|^Ran (\d+) tests?", re.MULTILINE)
# How many of them could not run here (not as root, no port 25), and each by its name; a class may be skipped whole.
SKIPPED = re.compile(r"^(?:OK|FAILED) \(.*?skipped=(\d+)", re.MULTILINE)
SKIP = re.compile(r"^(\w+ \([\w.]+\))(?:\n.*?)? \.\.\. skipped ['\"](.*)['\"]$", re.MULTILINE)


@dataclass
class Totals:
    tests: int = 0
    cases: int = 0
    failed: int = 0
    not_run: int = 0
    skips: list[str] = field(default_factory=list)  # test, case and reason

    def add(self, test: ElementTree.Element, label: str) -> None:
        """One test program; prints its line."""
        output, state = test.findtext("system-out") or "", test.get("status")
        held, left_out = sum(int(a or b) for a, b in CASES.findall(output)), sum(map(int, SKIPPED.findall(output)))
        named = [f"{label}: {case}: {reason}" for case, reason in SKIP.findall(output)][:left_out]
        self.skips += named + [f"{label}: a case that its output does not name"] * (left_out - len(named))
        word = {"run": f"  {left_out} skipped" if left_out else "", "fail": "  FAILED"}.get(state, f"  {state}")
        print(f"{label:34} {held or '':>6} {float(test.get('time') or 0):8.1f}{word}")
        self.tests += 1
        self.cases += held
        self.failed += state == "fail"
        self.not_run += state not in ("run", "fail")

    def report(self) -> None:
        if self.skips:
            print("\nskipped (a failure without --allow-skips):\n" + "\n".join(f"  {each}" for each in self.skips))
        print(f"\n{self.cases} cases in {self.tests} tests" + (f", {len(self.skips)} cases skipped" if self.skips else "")
              + (f", {self.not_run} tests did not run" if self.not_run else ""))
        share = 100 * (self.tests - self.failed) // self.tests if self.tests else 0
        print(f"{share}% tests passed, {self.failed} tests failed out of {self.tests}")


def main(arguments: list[str]) -> int:
    skips_are_failures = "--allow-skips" not in arguments
    totals = Totals()
    print(f"\n{'test':34} {'cases':>6} {'seconds':>8}")
    for name in (each for each in arguments if not each.startswith("--")):
        for test in ElementTree.parse(name).getroot().iter("testcase"):
            totals.add(test, f"{test.get('name')} ({name.rsplit('/', 1)[-1].removesuffix('.xml')})")
    totals.report()
    bad = not totals.tests or totals.failed or totals.not_run or (totals.skips and skips_are_failures)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
