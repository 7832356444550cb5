"""What tests/run says at its end, and its exit status: nothing that did not run is passed over in silence."""
import subprocess
import sys
import tempfile
import unittest
import xml.sax.saxutils
from pathlib import Path

from support.instance import ROOT

ALL_RAN = "test_a (__main__.ATest.test_a) ... ok\n\n---\nRan 4 tests in 1.0s\n\nOK\n"
ONE_SKIPPED = ("test_a (__main__.ATest.test_a) ... skipped 'Postfix needs root'\ntest_b (__main__.ATest.test_b)\n"
               "A sentence about it. ... skipped \"may not listen on port 25\"\n\nRan 2 tests in 1.0s\n\nOK (skipped=2)\n")
WHOLE_CLASS = "setUpClass (__main__.MxTest) ... skipped 'this kernel has no IPv6'\n\nRan 0 tests in 0.0s\n\nOK (skipped=1)\n"
UNNAMED = "s..\nRan 3 tests in 1.0s\n\nOK (skipped=1)\n"
BOOST = "Running 7 test cases...\n\n*** No errors detected\n"


class SummaryTest(unittest.TestCase):
    def summary(self, *tests: tuple[str, str], options: tuple[str, ...] = ()) -> tuple[int, str]:
        """Of tests given by status and output."""
        cases = "".join(f'<testcase name="t{number}" status="{status}" time="1"><system-out>{xml.sax.saxutils.escape(output)}</system-out>'
                        "</testcase>" for number, (status, output) in enumerate(tests))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dev.xml"
            path.write_text(f"<testsuite>{cases}</testsuite>")
            done = subprocess.run([sys.executable, "-B", ROOT / "tests/summary.py", *options, path], capture_output=True, text=True,
                                  check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_the_status_is_0_only_when_everything_ran_and_passed(self):
        for tests, status in (([("run", ALL_RAN), ("run", BOOST)], 0), ([("run", ALL_RAN), ("fail", BOOST)], 1), ([], 1),
                              ([("run", ALL_RAN), ("notrun", "")], 1), ([("run", ONE_SKIPPED)], 1), ([("run", WHOLE_CLASS)], 1),
                              ([("run", UNNAMED)], 1)):
            with self.subTest(tests=tests):
                self.assertEqual(self.summary(*tests)[0], status)

    def test_skipped_cases_are_allowed_where_that_is_asked_for_and_nothing_else_is(self):
        for tests, status in (([("run", ONE_SKIPPED), ("run", UNNAMED)], 0), ([("run", ONE_SKIPPED), ("fail", BOOST)], 1),
                              ([("notrun", "")], 1), ([], 1)):
            with self.subTest(tests=tests):
                self.assertEqual(self.summary(*tests, options=("--allow-skips",))[0], status)

    def test_each_skipped_case_is_named_with_its_reason(self):
        said = self.summary(("run", ONE_SKIPPED), ("run", WHOLE_CLASS), ("run", UNNAMED), ("run", BOOST))[1]
        for words in ("t0 (dev): test_a (__main__.ATest.test_a): Postfix needs root",
                      "t0 (dev): test_b (__main__.ATest.test_b): may not listen on port 25",
                      "t1 (dev): setUpClass (__main__.MxTest): this kernel has no IPv6",
                      "t2 (dev): a case that its output does not name", "12 cases in 4 tests, 4 cases skipped"):
            self.assertIn(words, said)


if __name__ == "__main__":
    unittest.main()
