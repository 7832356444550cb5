"""A data directory that was put back from an older copy: no client is told of another message what he was told before, and who knows
a MODSEQ of the lost time hears of all that is different."""
import re
import shutil
import unittest

from support.case import OwnRigCase
from support.imap_case import ImapWords, literals
from support.imap_wire import Wire
from support.reading import Reading


def mail(number: int) -> bytes:
    return b"Subject: m%d\r\n\r\nwords\r\n" % number


class RestoredTest(OwnRigCase, ImapWords):
    def setUp(self) -> None:
        self.reading = Reading(self.rig)
        self.machine = self.reading.machine

    def copy(self) -> None:
        self.machine.stop()
        shutil.copytree(self.machine.data, self.rig.directory / "copy")
        self.machine.start()

    def put_back(self) -> None:
        self.machine.stop()
        shutil.rmtree(self.machine.data)
        shutil.copytree(self.rig.directory / "copy", self.machine.data)
        self.machine.json("restored", "--reason", "the disk was lost")
        self.machine.start()

    def numbers(self, lines: list[bytes]) -> dict[bytes, bytes]:
        found = {}
        for line in lines:
            for name, value in re.findall(rb"\[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ|MAILBOXID) \(?([^\])]+)", line):
                found[name] = value
        return found

    def uids(self, wire: Wire) -> dict[bytes, int]:
        lines = self.ok(wire.ask(b"UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        return {re.search(rb"Subject: (\S+)", line)[1]: int(re.search(rb"UID (\d+)", line)[1]) for line in lines if b"Subject" in line}

    def test_nothing_is_said_twice_and_a_client_of_the_lost_time_hears_all(self):
        wire = self.login()
        self.ok(wire.ask(b"APPEND INBOX " + literals(*(mail(number) for number in range(5)))))
        self.copy()
        wire = self.login()
        self.ok(wire.ask(b"ENABLE QRESYNC"))
        before = self.numbers(self.ok(wire.ask(b"SELECT INBOX")))
        self.ok(wire.ask(b"APPEND INBOX " + literals(mail(5), mail(6))))
        self.ok(wire.ask(b"UID STORE 2 +FLAGS (\\Flagged)"))
        self.ok(wire.ask(b"UID STORE 3 +FLAGS (\\Deleted)"))
        self.ok(wire.ask(b"UID EXPUNGE 3"))
        lost = self.numbers(self.ok(wire.ask(b"SELECT INBOX")))
        known = self.uids(wire)
        self.put_back()

        wire = self.login()
        self.ok(wire.ask(b"ENABLE QRESYNC"))
        asked = b"SELECT INBOX (QRESYNC (%s %s 1:2,4:7))" % (lost[b"UIDVALIDITY"], lost[b"HIGHESTMODSEQ"])
        lines = self.ok(wire.ask(asked))
        now = self.numbers(lines)
        for name in (b"UIDVALIDITY", b"MAILBOXID"):
            self.assertEqual((before[name], lost[name]), (now[name], now[name]))
        self.assertGreater(int(now[b"UIDNEXT"]), int(lost[b"UIDNEXT"]))
        self.assertGreater(int(now[b"HIGHESTMODSEQ"]), int(lost[b"HIGHESTMODSEQ"]))
        self.assertIn(b"* VANISHED (EARLIER) 6:7", b"".join(lines))
        fetched = {int(re.search(rb"UID (\d+)", line)[1]): line for line in lines if b" FETCH (" in line}
        self.assertEqual(set(fetched), {1, 2, 4, 5})
        self.assertNotIn(b"\\Flagged", fetched[2])
        self.assertEqual(self.numbers_of(wire, b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %s)" % lost[b"HIGHESTMODSEQ"]), {1, 2, 3, 4, 5})
        self.assertEqual(self.numbers_of(wire, b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %s)" % now[b"HIGHESTMODSEQ"]), set())
        self.assertIn(b"[MODIFIED 2]", wire.ask(b"UID STORE 2 (UNCHANGEDSINCE %s) +FLAGS (\\Seen)" % lost[b"HIGHESTMODSEQ"])[0])
        self.ok(wire.ask(b"UID STORE 2 (UNCHANGEDSINCE %s) +FLAGS (\\Seen)" % now[b"HIGHESTMODSEQ"]))

        self.ok(wire.ask(b"APPEND INBOX " + literals(mail(7), mail(8))))
        self.ok(wire.ask(b"NOOP"))
        again = self.uids(wire)
        self.assertEqual(set(again.values()) & {6, 7}, set())
        self.assertEqual({name: uid for name, uid in known.items() if name in again and again[name] != uid}, {})
        self.assertIn("recovery.went_on", self.machine.log())
        self.machine.verb("journal", "verify")

    def numbers_of(self, wire: Wire, command: bytes) -> set[int]:
        return {int(re.search(rb"UID (\d+)", line)[1]) for line in self.ok(wire.ask(command)) if b" FETCH (" in line}


if __name__ == "__main__":
    unittest.main()
