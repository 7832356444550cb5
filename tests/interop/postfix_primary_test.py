"""The other product as primary: Debian's Postfix, which knows nothing of Understudy, in front of an archive.

What Postfix does: relayhost leads to the archive, and recipient_bcc_maps copies all local mail to the domain alias there.
"""
import json
import subprocess
import sys
import unittest
from pathlib import Path

from support import postfix
from support.case import RigCase
from support.census import Census
from support.client import smtp_send
from support.instance import Instance
from support.mail import without_trace
from support.pair import hello
from support.postfix import Postfix
from support.sink import Sink
from support.waiting import until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"


@unittest.skipUnless(postfix.available(), "Postfix needs root")
class PostfixPrimaryTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        rig = cls.rig
        cls.outside, cls.office = rig.host(9), rig.host(7)
        cls.world = Sink(rig.host(4))
        rig.watch(cls.world)
        postfix_at, archive_at = ((rig.host(number), rig.port(rig.host(number))) for number in (2, 3))

        options = ("--smarthost", cls.world.at, "--domain-alias", "copy.example.org", "--peer-is-other-product")
        cls.archive = Instance(rig, "archive", archive_at, postfix_at, options=options)
        cls.archive.start()
        cls.postfix = Postfix(rig, postfix_at, "[{}]:{}".format(*archive_at), ["alice", "bob", "admin"],
                              trusted=[cls.office, "127.0.0.1"])  # the archive, when it brings mail home
        cls.census = Census(cls.archive)

    def expect(self, mail, primary: dict[str, int], archive: dict[str, int], world: int = 0) -> None:
        """How often the message, or a report about it, is in each place; and everything is quiet."""
        def now() -> tuple:
            in_maildirs = {user: count for user in ("alice", "bob", "admin") if
                           (count := sum(mail.marker.encode() in each for each in self.postfix.mailbox(user)))}
            return in_maildirs, dict(self.census.take().get(mail.marker, {})), len(self.world.got(mail.marker))

        def quiet() -> bool:
            return self.postfix.queue_is_empty() and not self.archive.queue()

        wanted = (primary, archive, world)
        until(lambda: now() == wanted and quiet(), lambda: f"\n should be {wanted}\n is        {now()}\n{self.postfix.log()}")
        self.assertEqual(now(), wanted)  # and nothing more came of what was on its way
        self.assertEqual(self.census.altered(mail), [])

    def test_AP_02_world_to_user(self):
        mail = hello()
        smtp_send(self.postfix.smtp, mail.octets, "someone@world.example", [ALICE], source=self.outside)
        self.expect(mail, {"alice": 1}, {"archive alice/INBOX": 1})
        [uid] = [each["uid"] for each in self.archive.messages(ALICE, "INBOX") if mail.marker in each["subject"]]
        self.assertEqual(without_trace(self.archive.export(ALICE, "INBOX", uid)), mail.octets)

    def test_AP_02_user_to_user(self):
        mail = hello(BOB, ALICE)
        smtp_send(self.postfix.smtp, mail.octets, ALICE, [BOB], source=self.office)
        self.expect(mail, {"bob": 1}, {"archive bob/INBOX": 1, "archive alice/Sent": 1})

    def test_AP_02_user_to_world(self):
        mail = hello(EXT, ALICE)
        smtp_send(self.postfix.smtp, mail.octets, ALICE, [EXT], source=self.office)
        self.expect(mail, {}, {"archive alice/Sent": 1}, world=1)
        self.assertEqual({each.connection.helo for each in self.world.messages}, {self.archive.hostname})

    def test_AP_02_user_to_user_and_world(self):
        mail = hello(f"{BOB}, {EXT}", ALICE)
        smtp_send(self.postfix.smtp, mail.octets, ALICE, [BOB, EXT], source=self.office)
        self.expect(mail, {"bob": 1}, {"archive bob/INBOX": 1, "archive alice/Sent": 1}, world=1)

    def test_custody_shows_what_came_from_whom_and_says_what_that_cannot_show(self):
        mail = hello()
        smtp_send(self.postfix.smtp, mail.octets, "someone@world.example", [ALICE], source=self.outside)
        self.expect(mail, {"alice": 1}, {"archive alice/INBOX": 1})
        [row] = [row for row in self.archive.json("journal", "custody", "--received") if row["client"]]
        came = sum(entry["client"]["via"] == "network" for entry in self.archive.journal())
        self.assertEqual((row["messages"], row["numbered"]), (came, 0))
        self.assertLessEqual(row["first"], row["last"])
        self.assertIn("not that nothing was left out", row["shows"])
        self.assertEqual(self.archive.json("journal", "custody", "--missing"), [])

        file = self.rig.directory / "report.json"
        told = self.archive.json("journal", "custody", "--report", str(file))
        self.assertEqual((told["signed_by"], told["agree"], told["trouble"] is None), ("this machine", None, False))
        report = json.loads(file.read_text())
        statement = json.loads(report["taker"]["statement"])
        self.assertIsNone(report["giver"])
        self.assertEqual([(each["client"], each["messages"]) for each in statement["clients"] if each["client"]], [(row["client"], came)])
        self.assertTrue(any("was handed over that did not come" in text for text in statement["cannot_show"]))
        checked = subprocess.run([sys.executable, "-B", str(DEPLOY / "check-report.py"), str(file)], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertIn("left nothing out", checked.stdout)

    def test_AP_36_the_archives_bounce_comes_back_as_a_copy_and_is_filed_once(self):
        """Postfix delivers the archive's bounce and copies it to the archive again, with its own trace on top."""
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        smtp_send(self.postfix.smtp, mail.octets, ALICE, ["gone@world.example"], source=self.office)
        self.expect(mail, {"alice": 1}, {"archive alice/Sent": 1, "report archive alice/INBOX": 1})
        until(lambda: any("returned" in entry["marks"] for entry in self.archive.journal()), "the copy's entry, marked 'returned'")
        self.expect(mail, {"alice": 1}, {"archive alice/Sent": 1, "report archive alice/INBOX": 1})


if __name__ == "__main__":
    unittest.main()
