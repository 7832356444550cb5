"""Somebody who can write on the disk turns octets around in the segments of a stopped server. The verification names what that changed,
nobody is ever given wrong octets for right ones, and what was not touched is given away as before."""
import contextlib
import enum
import os
import random
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from support.admin import AdminFailed
from support.case import RigCase
from support.journaled import fill, machine

EDITOR = os.environ.get("UNDERSTUDY_STORE_EDITOR", "")
JOURNAL_LOG, LEAVES, AUDIT = 0x30, 0x32, 65536  # tables, and the shard of the audit journal: docs/store.md
MESSAGES, FLIPS = 350, 20
MOST_EXPORTS = 3  # of the damaged stores: each of them takes a second


class Outcome(enum.Enum):
    REFUSED = "the server does not start, and says why"
    NAMED = "the verification names it"
    DEAD = "nothing reads it any more"


class TamperingTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        cls.server = machine(cls.rig, 2, "server")
        fill(cls.server, MESSAGES)
        cls.server.stop()  # what was in the log is in tables now; what comes next stays in the log
        cls.server.start()
        fill(cls.server, MESSAGES)
        cls.server.verb("journal", "heads", "--sign")
        cls.good = cls.read_all()
        cls.sizes = {"journal": cls.server.json("journal", "verify")[0]["entries"], "audit": cls.server.json("audit", "verify")["entries"]}
        cls.server.kill()
        cls.kept = cls.rig.directory / "kept"
        shutil.copytree(cls.server.data, cls.kept, ignore=shutil.ignore_patterns("admin.sock"))

    @classmethod
    def read_all(cls) -> dict[str, bytes | None]:
        """The message of each entry; None: who asks for it is told that it cannot be read."""
        found: dict[str, bytes | None] = {}
        for row in cls.server.admin.list("journal/list"):
            if row["size"]:
                found[row["position"]] = None
                with contextlib.suppress(AdminFailed):
                    found[row["position"]] = cls.server.admin.octets("journal/octets", position=row["position"])
        return found

    def test_an_octet_turned_around_is_named_or_was_dead(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        files = sorted(path.relative_to(self.kept) for path in (self.kept / "segments").iterdir())
        sizes = [(self.kept / path).stat().st_size for path in files]
        self.exports = 0
        outcomes = []
        for _ in range(FLIPS):
            [path] = chance.choices(files, sizes)
            at = chance.randrange((self.kept / path).stat().st_size)
            with self.subTest(file=str(path), at=at, seed=seed):
                self.restore()
                flip(self.server.data / path, at)
                outcomes.append(self.outcome())
        self.assertIn(Outcome.NAMED, outcomes, f"seed {seed}")

    # ---- by who makes every check of the engine's anew

    def test_a_record_that_is_dropped_changed_or_changes_places_is_named(self):
        for journal, shard in (("journal", 0), ("audit", AUDIT)):
            size = self.sizes[journal]
            for table, words in ((JOURNAL_LOG, ("drop", str(size // 2))), (JOURNAL_LOG, ("swap", "3", "7")),
                                 (LEAVES, ("flip", "5")), (JOURNAL_LOG, ("drop", "-1"))):
                with self.subTest(journal=journal, table=table, words=words):
                    self.restore()
                    edit(self.server.data, table, shard, *words)
                    self.assert_named(journal, {int(number) % size for number in words[1:]})

    def test_what_the_books_say_of_mail_is_compared_with_the_journal(self):
        for name, table, words in (("places", 0x34, ("flip", "4")), ("nodes", 0x36, ("flip", "1")), ("heads", 0x37, ("flip", "0"))):
            with self.subTest(table=name):
                self.restore()
                edit(self.server.data, table, 0, *words)
                self.server.start()
                try:
                    verified = self.server.run("journal", "verify")
                    self.assertEqual(verified.returncode, 1, verified.stdout)
                finally:
                    self.server.admin.close()
                    self.server.kill()

    def restore(self) -> None:
        shutil.rmtree(self.server.data)
        shutil.copytree(self.kept, self.server.data)

    def assert_named(self, journal: str, entries: set[int]) -> None:
        """The server does not start on it and says why, or the verification names the entries, and the other journal is whole."""
        try:
            self.server.start()
        except AssertionError:
            self.assertFalse(self.server.process.running())
            self.assertRegex(self.server.log(), r"(?m)^understudy: \S|error ")
            return
        try:
            verified = self.server.run(journal, "verify")
            self.assertEqual(verified.returncode, 1, verified.stdout)
            named = {int(number) for number in re.findall(r"entry 0\.(\d+): ", verified.stderr.decode())}
            self.assertLessEqual(entries, named, verified.stderr)
            other = self.server.run("journal" if journal == "audit" else "audit", "verify")
            self.assertEqual(other.returncode, 1 if journal == "audit" else 0, "a whole verification looks at both journals")
            for position in [f"0.{number}" for number in entries] + list(self.good)[:9]:
                with contextlib.suppress(AdminFailed):
                    octets = self.server.admin.octets("journal/octets", position=position)
                    self.assertEqual(octets, self.good.get(position), position)
        finally:
            self.server.admin.close()
            self.server.kill()

    def outcome(self) -> Outcome:
        """Of a start on the files as they are now."""
        try:
            self.server.start()
        except AssertionError:
            self.assertFalse(self.server.process.running())
            self.assertRegex(self.server.log(), r"(?m)^understudy: \S|error ")
            return Outcome.REFUSED
        try:
            return self.judge()
        finally:
            self.server.admin.close()
            self.server.kill()

    def judge(self) -> Outcome:
        """Of the running server."""
        verified = self.server.run("journal", "verify", "--bodies")
        audit = self.server.run("audit", "verify")
        self.assertEqual(audit.returncode, 1 if "audit journal: " in verified.stderr.decode() else 0, audit.stderr)
        named = set(re.findall(r"(?m)^partition 0: entry (\d+\.\d+): ", verified.stderr.decode()))
        found = self.read_all()
        lost = {position for position, octets in found.items() if octets is None}
        self.assertEqual(found, self.good | dict.fromkeys(lost), "wrong octets, or a message is gone from the list")
        self.assertLessEqual(lost, named, "cannot be read, and the verification does not name it")
        self.assertEqual(verified.returncode, 1 if verified.stderr else 0, verified.stderr)
        if lost and self.exports < MOST_EXPORTS:
            self.exports += 1
            self.assert_the_others_are_given_away(lost)
        return Outcome.NAMED if verified.returncode else Outcome.DEAD

    def assert_the_others_are_given_away(self, lost: set[str]) -> None:
        folder = self.rig.directory / f"given-{self.exports}"
        exported = self.server.run("journal", "export", str(folder))
        self.assertEqual(exported.returncode, 1)
        self.assertEqual({path.stem: path.read_bytes() for path in folder.glob("*.eml")},
                         {position: octets for position, octets in self.good.items() if position not in lost})
        for position in lost:
            self.assertIn(f"{position}: ", exported.stderr.decode())


def edit(data: Path, table: int, shard: int, *words: str) -> None:
    subprocess.run([EDITOR, data, str(table), str(shard), *words], check=True, capture_output=True, timeout=60)


def flip(path: Path, at: int) -> None:
    with open(path, "r+b") as file:
        file.seek(at)
        octet = file.read(1)
        file.seek(at)
        file.write(bytes([octet[0] ^ 0x20]))


if __name__ == "__main__":
    unittest.main()
