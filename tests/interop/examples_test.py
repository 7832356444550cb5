"""The examples of conf/examples are good: what a reader copies is taken by the real program."""
import re
import subprocess
import unittest
from pathlib import Path

from support.case import RigCase
from support.certificates import self_signed
from support.instance import PROGRAM, ROOT


class ExamplesTest(RigCase):
    def check(self, text: str, name: str) -> subprocess.CompletedProcess:
        path: Path = self.rig.directory / name
        path.write_text(text)
        return subprocess.run([PROGRAM, "check", "--config", path], capture_output=True, text=True, timeout=60, check=False)

    def test_each_example_is_good_with_a_pair_of_this_machine(self):
        """All else stays as it is there; addresses, names and the data directory are those of another machine."""
        pair = dict(zip(("certificate", "key"), self_signed(self.rig.directory, "mail.example.org")))
        examples = sorted((ROOT / "conf/examples").glob("*.toml"))
        self.assertLessEqual({"archive", "primary"}, {example.stem for example in examples})
        for example in examples:
            with self.subTest(example.name):
                text, places = re.subn(r'(?m)^(certificate|key)( *= )"/[^"]*"', lambda found: f'{found[1]}{found[2]}"{pair[found[1]]}"',
                                       example.read_text())
                self.assertEqual(places, 2)
                done = self.check(text, example.name)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotRegex(done.stderr, r":\d+:\d+: (?!warning: )")

    def test_without_the_pair_the_example_is_refused_by_its_name(self):
        done = self.check((ROOT / "conf/examples/primary.toml").read_text(), "unchanged.toml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/etc/understudy/tls/", done.stderr)


if __name__ == "__main__":
    unittest.main()
