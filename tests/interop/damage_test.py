"""A disk that lies: an octet of the store's files is turned around while the server is down. It is told, or it was in octets that
nobody reads any more; what is exported is never something else in silence."""
import enum
import os
import random
import shutil
import unittest
from pathlib import Path

from support.admin import AdminFailed
from support.case import RigCase
from support.instance import Instance
from support.mail import compose
from support.pair import hello
from support.client import smtp_send

ALICE, BOB = "alice@example.org", "bob@example.org"
KINDS = (".sst", ".blk", ".log")
FLIPS = 16  # in each kind of file


class Outcome(enum.Enum):
    REFUSED = "the server does not start, and says why"
    NAMED = "the verification names it"
    DEAD = "all that can be read is as it was"


class DamageTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        here, nobody = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.machine = Instance(cls.rig, "primary", here, nobody, name="machine",
                               change=lambda document: document["account"].extend({"address": each} for each in (ALICE, BOB)))
        cls.machine.start()
        for _ in range(2):  # what a stop finds goes to tables; what comes then stays in the log
            cls.fill()
            cls.machine.stop()
            cls.machine.start()
        cls.fill()
        cls.good = cls.state()
        cls.machine.kill()
        cls.kept = cls.rig.directory / "kept"
        shutil.copytree(cls.machine.data, cls.kept, ignore=shutil.ignore_patterns("admin.sock"))

    @classmethod
    def fill(cls) -> None:
        for mail, to in ((hello(), [ALICE]), (hello(), [ALICE, BOB]), (compose(body=os.urandom(100000).hex(" ", 30).encode()
                                                                               .replace(b" ", b"\r\n") + b"\r\n"), [BOB])):
            smtp_send(cls.machine.smtp, mail.octets, "x@world.example", to, source=cls.rig.host(9))
        cls.machine.verb("message", "flag", ALICE, "INBOX", "1", "seen")

    @classmethod
    def state(cls) -> list:
        """Each folder, each message and its octets."""
        admin = cls.machine.admin
        return [(account["address"], folder,
                 [(row, admin.octets("message/export", account=account["address"], folder=folder["name"], uid=row["uid"]))
                  for row in admin.list("message/list", account=account["address"], folder=folder["name"])])
                for account in admin.list("account/list") for folder in admin.list("mailbox/list", account=account["address"])]

    def restore(self) -> None:
        shutil.rmtree(self.machine.data)
        shutil.copytree(self.kept, self.machine.data)

    def outcome(self) -> Outcome:
        """Of a start on the files as they are now."""
        try:
            self.machine.start()
        except AssertionError:
            self.assertFalse(self.machine.process.running())
            self.assertRegex(self.machine.log(), r"(?m)^understudy: \S|error ")
            return Outcome.REFUSED
        try:
            verified = self.machine.run("journal", "verify", "--bodies")
            audit = self.machine.run("audit", "verify")
            self.assertLessEqual(audit.returncode, verified.returncode, "a whole verification looks at the audit journal, too")
            if verified.returncode:
                self.assertEqual(verified.returncode, 1)
                self.assertTrue(verified.stderr.strip(), "the verification failed without a word")
                return Outcome.NAMED
            self.assertEqual(self.state(), self.good, "something else, and the verification did not say so")
            return Outcome.DEAD
        except AdminFailed as told:
            self.fail(f"the verification found nothing, and it cannot be read: {told}")
        finally:
            self.machine.admin.close()
            self.machine.kill()

    def test_without_damage_all_is_as_it_was(self):
        self.restore()
        self.assertEqual(self.outcome(), Outcome.DEAD)

    def test_a_flipped_octet_is_told_or_was_dead(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        for kind in KINDS:
            files = sorted(path.relative_to(self.kept) for path in self.kept.rglob(f"*{kind}") if path.stat().st_size)
            self.assertTrue(files, f"no {kind} file in the store")
            outcomes = []
            for number in range(FLIPS):
                path = files[number % len(files)]
                size = (self.kept / path).stat().st_size
                at = chance.randrange(size // FLIPS * number, max(size // FLIPS * (number + 1), 1)) if size >= FLIPS else 0
                with self.subTest(file=str(path), at=at, of=size, seed=seed):
                    self.restore()
                    flip(self.machine.data / path, at)
                    outcomes.append(self.outcome())
            self.assertTrue(set(outcomes) - {Outcome.DEAD}, f"all {FLIPS} flips in {kind} files went unnoticed: seed {seed}")


def flip(path: Path, at: int) -> None:
    with open(path, "r+b") as file:
        file.seek(at)
        octet = file.read(1)
        file.seek(at)
        file.write(bytes([octet[0] ^ 0x20]))


if __name__ == "__main__":
    unittest.main()
