"""That a later head continues an earlier one, shown to people who have only the scripts that the program prints: real machines, a new key
between the two heads, an old copy of the store that went on by itself. The second verifier says the same each time."""
import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from support.case import RigCase
from support.journaled import add, machine

SOURCE = Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "tests" / "proof"))
import second_verifier as second  # noqa: E402


class ConsistencyTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        cls.server, other = machine(cls.rig, 2, "server"), machine(cls.rig, 3, "other")
        cls.other = [add(other, 3), add(other, 4)]
        cls.folder = cls.rig.folder("given")
        for name, words in (("check-proof.py", ()), ("check-consistency.py", ("--consistency",))):
            (cls.folder / name).write_bytes(cls.server.verb("journal", "checker", *words))
        cls.signatures = second.Signatures()
        cls.heads = [add(cls.server, 5)]
        cls._keep("before.json", cls.server.verb("journal", "prove", "0.1"))
        cls.server.stop()
        cls.copy = cls.rig.directory / "copy"
        shutil.copytree(cls.server.data, cls.copy)
        cls.server.start()
        cls.heads.append(add(cls.server, 7))
        cls.server.verb("journal", "rotate-key")
        cls.heads.append(add(cls.server, 20))
        cls.keys = [word for key in dict.fromkeys(head["key"] for head in cls.heads) for word in ("--key", key)]

    @classmethod
    def _keep(cls, name: str, octets: bytes) -> Path:
        (cls.folder / name).write_bytes(octets)
        return cls.folder / name

    def consistency(self, first: dict, last: dict, noun: str = "journal") -> dict:
        return self.server.json(noun, "consistency", str(first["size"]), str(last["size"]))

    def check(self, document: dict, *words: object) -> tuple[int, dict[str, str]]:
        """Exit status, and the verdict of each check."""
        file = self._keep("consistency.json", json.dumps(document).encode())
        done = subprocess.run([sys.executable, "-B", self.folder / "check-consistency.py", file, *map(str, words)], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}

    def assert_ok(self, document: dict, *words: object) -> None:
        status, verdicts = self.check(document, *words)
        self.assertEqual((status, [name for name, verdict in verdicts.items() if verdict == "FAILED"]), (0, []))
        second.check_consistency(json.dumps(document), self.signatures, second.AUDIT if "--audit" in words else second.MAIL)

    def assert_failed(self, document: dict, *names: str, words: tuple = ()) -> None:
        status, verdicts = self.check(document, *self.keys, *words)
        self.assertEqual((status, {name for name, verdict in verdicts.items() if verdict == "FAILED"}), (1, set(names)))
        if names != ("noted",):
            with self.assertRaises(second.Refused):
                second.check_consistency(json.dumps(document), self.signatures, second.MAIL)

    def test_the_program_prints_the_scripts_of_its_sources(self):
        for script in ("check-proof.py", "check-consistency.py"):
            self.assertEqual((self.folder / script).read_bytes(), (SOURCE / "deploy" / script).read_bytes())

    def test_each_head_continues_those_before_also_over_a_new_key(self):
        self.assertEqual(len(self.keys), 4, "one key before rotate-key, one behind it")
        for at, first in enumerate(self.heads):
            for last in self.heads[at:]:
                self.assert_ok(self.consistency(first, last), *self.keys)
        document = self.consistency(self.heads[0], self.heads[2])
        listed = self._keep("heads.json", self.server.verb("journal", "heads", "--json"))
        for noted in (self.folder / "before.json", listed):
            self.assertEqual(set(self.check(document, noted, *self.keys)[1].values()), {"ok"}, "nothing is left open")
        before, after = self.keys[:2], self.keys[2:]
        for words, missing in ((before, "second-key"), (after, "first-key")):
            status, verdicts = self.check(document, *words)
            self.assertEqual((status, [name for name, verdict in verdicts.items() if verdict == "FAILED"]), (1, [missing]))

    def test_the_audit_journal_too(self):
        heads = self.server.json("audit", "heads", "--sign")
        self.server.verb("message", "list", "alice@example.org", "INBOX")
        heads = [heads[-1], self.server.json("audit", "heads", "--sign")[-1]]
        self.assertLess(heads[0]["size"], heads[1]["size"])
        document = self.consistency(*heads, noun="audit")
        self.assert_ok(document, *self.keys, "--audit")
        self.assert_failed(document, "log")

    def test_what_is_false_has_a_name(self):
        good = self.consistency(self.heads[0], self.heads[2])
        self.assert_failed(good | {"first": good["second"], "second": good["first"]}, "order", "path")
        self.assert_failed(good | {"path": ["0" * 64, *good["path"][1:]]}, "path")
        self.assert_failed(good | {"first": self.other[0]["head"], "second": self.heads[2]["head"]}, "first-key", "log", "path")
        self.assert_failed(good | {"second": good["second"] | {"signature": good["first"]["signature"]}}, "second")

    def test_an_old_copy_that_went_on_by_itself_is_a_fork(self):
        """It signs by the same key, so that each of its heads is good, and each path from one of its own to the next."""
        good = self.consistency(self.heads[0], self.heads[1])
        self.server.stop()
        mine = self.rig.directory / "mine"
        self.server.data.rename(mine)
        shutil.copytree(self.copy, self.server.data)
        self.server.start()
        try:
            forked = add(self.server, 7)
            theirs = self.consistency(self.heads[0], forked)
            later = add(self.server, 3)
            behind_it = self.consistency(forked, later)
        finally:
            self.server.stop()
            shutil.rmtree(self.server.data)
            mine.rename(self.server.data)
            self.server.start()
        self.assert_ok(theirs, *self.keys, self.folder / "before.json")
        self.assertEqual(forked["size"], self.heads[1]["size"])
        self.assert_failed({"understudy_consistency": 1, "first": self.heads[1]["head"], "second": forked["head"], "path": []}, "path")
        self.assert_failed(behind_it | {"first": self.heads[1]["head"]}, "path")
        self.assert_failed(behind_it, "noted", words=(self._keep("good.json", json.dumps(good).encode()),))
        self.assert_ok(self.consistency(self.heads[1], self.heads[2]), *self.keys, self.folder / "good.json")


if __name__ == "__main__":
    unittest.main()
