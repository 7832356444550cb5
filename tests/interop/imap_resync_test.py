"""QRESYNC from a point that the change log does not help with (RFC 7162 §3.2.5.1): what is told is all that is missing, and so never too
little. Where the log helps, only what left since."""
import re
import unittest

from support.imap_case import ImapCase, letter
from support.imap_wire import Wire

LOOKED_THROUGH = 20_000  # changes of the account's log, for one answer
AT_ONCE = 1000           # messages, each a change of the log, in one APPEND


class ImapResyncTest(ImapCase):
    def mailbox(self, name: bytes) -> Wire:
        """Of five messages UID 2 has gone at `self.since`, and UID 4 later."""
        wire = self.login()
        self.ok(wire.ask(b"ENABLE QRESYNC"))
        self.ok(wire.ask(b"CREATE " + name))
        self.ok(self.append(wire, name, *(letter(f"number {number}") for number in range(1, 6))))
        self.ok(wire.ask(b"SELECT " + name))
        self.expunge(wire, 2)
        told = b" ".join(self.ok(wire.ask(b"SELECT " + name)))
        self.validity, self.since = (int(re.search(word + rb" (\d+)", told)[1]) for word in (b"UIDVALIDITY", b"HIGHESTMODSEQ"))
        self.expunge(wire, 4)
        return wire

    def expunge(self, wire: Wire, uid: int) -> None:
        self.ok(wire.ask(b"UID STORE %d +FLAGS.SILENT (\\Deleted)" % uid))
        self.assertIn(b"* VANISHED %d" % uid, self.ok(wire.ask(b"UID EXPUNGE %d" % uid)))

    def news(self, wire: Wire, name: bytes, since: int, known: bytes = b"") -> list[bytes]:
        told = self.ok(wire.ask(b"SELECT %s (QRESYNC (%d %d%s))" % (name, self.validity, since, known)))
        return [line for line in told if re.match(rb"\* (VANISHED|\d+ FETCH)", line)]

    def test_of_what_the_log_reaches_back_to_only_what_left_since_is_told(self):
        wire = self.mailbox(b"reached")
        self.assertEqual(self.news(wire, b"reached", self.since), [b"* VANISHED (EARLIER) 4"])

    def test_a_modseq_that_this_store_never_gave_brings_all_that_is_missing_and_all_that_is_there(self):
        """As after the store came back from a copy: what the client has seen since then is of another life."""
        wire = self.mailbox(b"never")
        told = self.news(wire, b"never", self.since + 1_000_000)
        self.assertEqual(told[0], b"* VANISHED (EARLIER) 2,4")
        self.assertEqual([re.match(rb"\* \d+ FETCH \(UID (\d+) FLAGS \(\) MODSEQ", line)[1] for line in told[1:]], [b"1", b"3", b"5"])
        self.assertEqual(self.news(wire, b"never", self.since + 1_000_000, b" 3:4")[0], b"* VANISHED (EARLIER) 4")
        self.assertIn(b"* VANISHED (EARLIER) 2,4", self.ok(wire.ask(b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d VANISHED)" % (self.since + 1_000_000))))

    def test_behind_more_changes_than_are_looked_through_all_that_is_missing_is_told(self):
        wire = self.mailbox(b"long")
        self.ok(wire.ask(b"CREATE elsewhere"))
        for _ in range(LOOKED_THROUGH // AT_ONCE):
            self.ok(self.append(wire, b"elsewhere", *[letter("of many")] * AT_ONCE))
        self.assertEqual(self.news(wire, b"long", self.since), [b"* VANISHED (EARLIER) 2,4"])
        self.assertEqual(self.news(wire, b"long", self.since, b" 3:5"), [b"* VANISHED (EARLIER) 4"])


if __name__ == "__main__":
    unittest.main()
