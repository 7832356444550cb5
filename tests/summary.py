"""Adds up what CTest wrote (JUnit files) and ends with CTest's own closing line over all of it.

    tests/summary.py FILE.xml...

Exit status 1 when a test failed, or when none ran.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

# How many cases a test program held: Boost.Test's and unittest's own words.
CASES = re.compile(r"Running (\d+) test cases?|^Ran (\d+) tests?", re.MULTILINE)
# And how many of them could not run here (not as root, no port 25).
SKIPPED = re.compile(r"skipped=(\d+)")


def main() -> int:
    total = failed = skipped = cases = skipped_cases = 0
    print(f"\n{'test':34} {'cases':>6} {'seconds':>8}")
    for name in sys.argv[1:]:
        for test in ElementTree.parse(name).getroot().iter("testcase"):
            output = test.findtext("system-out") or ""
            held, left_out = sum(int(a or b) for a, b in CASES.findall(output)), sum(map(int, SKIPPED.findall(output)))
            state = test.get("status")
            label = f"{test.get('name')} ({name.rsplit('/', 1)[-1].removesuffix('.xml')})"
            word = {"run": f"  {left_out} skipped" if left_out else "", "fail": "  FAILED"}.get(state, f"  {state}")
            print(f"{label:34} {held or '':>6} {float(test.get('time') or 0):8.1f}{word}")
            total += 1
            cases += held
            skipped_cases += left_out
            failed += state == "fail"
            skipped += state not in ("run", "fail")
    print(f"\n{cases} cases in {total} tests" + (f", {skipped_cases} cases skipped" if skipped_cases else "") + (f", {skipped} tests did not run" if skipped else ""))
    share = 100 * (total - failed) // total if total else 0
    print(f"{share}% tests passed, {failed} tests failed out of {total}")
    return 0 if total and not failed and not skipped else 1


if __name__ == "__main__":
    sys.exit(main())
