"""IDLE (RFC 2177): where it may be said, how it ends, and that it tells as much under COMPRESS, where who waits and who writes share
one stream (RFC 4978); there NOTIFY (RFC 5465), too."""
import time
import unittest

from support.imap_case import ImapCase, letter, literals
from support.imap_wire import Deflated, Gone, Wire

QUIET = 0.3  # seconds in which what may not come has not come


class IdleCase(ImapCase):
    def setUp(self) -> None:
        self.user = self.new_user(self.id().rsplit(".", 1)[1][:40])

    def at(self, *commands: bytes) -> Wire:
        wire = self.login(self.user)
        for command in commands:
            self.ok(wire.ask(command))
        return wire

    def idle(self, wire: Wire) -> bytes:
        tag = wire.send(b"IDLE")
        self.assertTrue(wire.response().startswith(b"+ "))
        return tag

    def done(self, wire: Wire, tag: bytes, line: bytes = b"DONE", expected: bytes = b"OK ") -> None:
        wire.send_line(line)
        answer = wire.response()
        self.assertTrue(answer.startswith(tag + b" " + expected), answer)

    def hears_nothing(self, wire: Wire, plain) -> None:
        self.assertFalse(wire._left)
        plain.settimeout(QUIET)
        with self.assertRaises(Gone) as quiet:
            wire._more()
        self.assertIsInstance(quiet.exception.__cause__, TimeoutError)
        plain.settimeout(30)


class IdleTest(IdleCase):
    def test_anything_but_done_is_bad_and_ends_it(self):
        wire = self.at(b"SELECT INBOX")
        for line in (b"NOOP", b"t9 NOOP", b"", b"DONE ", b" DONE", b"DONEDONE"):
            self.done(wire, self.idle(wire), line, b"BAD ")
            self.ok(wire.ask(b"NOOP"))
        self.done(wire, self.idle(wire), b"done")

    def test_idle_takes_no_arguments(self):
        wire = self.at(b"SELECT INBOX")
        self.assertTrue(wire.ask(b"IDLE now")[0].startswith(b"BAD "))

    def test_without_a_mailbox_it_waits_and_says_nothing(self):
        wire, writer = self.at(), self.at()
        tag = self.idle(wire)
        self.ok(self.append(writer, b"INBOX", letter("one")))
        self.hears_nothing(wire, wire._socket)
        self.done(wire, tag)
        self.assertIn(b"* 1 EXISTS", self.ok(wire.ask(b"SELECT INBOX")))

    def test_in_a_mailbox_that_is_only_read_it_tells_as_much(self):
        writer = self.at(b"SELECT INBOX")
        wire = self.at(b"EXAMINE INBOX")
        tag = self.idle(wire)
        self.ok(self.append(writer, b"INBOX", letter("one"), letter("two")))
        self.assertEqual(wire.response(), b"* 2 EXISTS")
        self.ok(writer.ask(b"STORE 1 +FLAGS (\\Deleted)"))
        self.assertEqual(wire.response(), b"* 1 FETCH (UID 1 FLAGS (\\Deleted))")
        self.ok(writer.ask(b"EXPUNGE"))
        self.assertEqual(wire.response(), b"* 1 EXPUNGE")
        self.done(wire, tag)
        self.refused(wire.ask(b"STORE 1 +FLAGS (\\Seen)"), b"CANNOT")

    def test_commands_behind_done_in_one_go_are_answered_in_their_order(self):
        wire = self.at(b"SELECT INBOX")
        wire.send_octets(b"a IDLE\r\nDONE\r\nb IDLE\r\nDONE\r\nc NOOP\r\n")
        heard = [wire.response()[:4] for _ in range(5)]
        self.assertEqual(heard, [b"+ id", b"a OK", b"+ id", b"b OK", b"c OK"])


class CompressedTest(IdleCase):
    def compressed(self, *commands: bytes) -> Deflated:
        """With a dialogue behind it: the streams have a past."""
        wire = self.at()
        self.ok(wire.ask(b"COMPRESS DEFLATE"))
        packed = Deflated(wire)
        for command in commands:
            self.ok(packed.ask(command))
        return packed

    def test_idle_tells_at_once(self):
        writer = self.at(b"SELECT INBOX")
        wire = self.compressed(b"SELECT INBOX", b"NOOP")
        took = []
        for number in range(1, 12):  # from the writer's OK on: the middle one of several, since machines are busy
            tag = self.idle(wire)
            self.ok(self.append(writer, b"INBOX", letter("more")))
            began = time.monotonic()
            self.assertEqual(wire.response(), b"* %d EXISTS" % number)
            took.append(time.monotonic() - began)
            self.done(wire, tag)
        self.assertLess(sorted(took)[5], 0.1)
        tag = self.idle(wire)
        self.ok(writer.ask(b"STORE 2 +FLAGS.SILENT (\\Deleted)"))
        self.assertEqual(wire.response(), b"* 2 FETCH (UID 2 FLAGS (\\Deleted))")
        self.ok(writer.ask(b"EXPUNGE"))
        self.assertEqual(wire.response(), b"* 2 EXPUNGE")
        self.hears_nothing(wire, wire._plain)
        self.done(wire, tag)
        self.assertEqual(len(self.ok(wire.ask(b"FETCH 1:* (BODY.PEEK[])"))), 10)

    def test_what_is_told_and_done_may_cross(self):
        """Both at once, often: each side's stream stays whole."""
        writer = self.at(b"SELECT INBOX")
        wire = self.compressed(b"SELECT INBOX")
        there = 0
        for number in range(1, 61):
            tag = self.idle(wire)
            sent = writer.send(b"APPEND INBOX " + literals(letter(f"crossing {number}")))
            if number % 3:
                wire.send_line(b"DONE")
                ended = b"OK "
            else:
                wire.send_line(b"no end")
                ended = b"BAD "
            while not (line := wire.response()).startswith(tag):
                self.assertRegex(line, rb"^\* \d+ EXISTS$")
                there = int(line.split()[1])
            self.assertTrue(line.startswith(tag + b" " + ended), line)
            while not (line := writer.response()).startswith(sent):
                pass
            self.assertTrue(line.startswith(sent + b" OK"), line)
        for line in self.ok(wire.ask(b"NOOP")):
            there = int(line.split()[1])
        self.assertEqual(there, 60)
        [line] = self.ok(wire.ask(b"FETCH 60 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        self.assertIn(b"crossing 60", line)

    def test_notify_tells_between_commands_and_while_a_message_goes_in(self):
        writer = self.at(b"SELECT INBOX")
        wire = self.compressed(b"SELECT INBOX", b"NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge))")
        for number in range(1, 21):
            self.ok(self.append(writer, b"INBOX", letter("told")))
            self.assertEqual(wire.response(), b"* %d EXISTS" % number)
            if number % 5 == 0:
                self.ok(self.append(wire, b"Drafts", letter("own", 100_000)))
        self.ok(self.append(writer, b"Sent", letter("elsewhere")))
        self.assertRegex(wire.response(), rb'^\* STATUS "Sent" \(MESSAGES 1 ')
        self.ok(writer.ask(b"STORE 1:5 +FLAGS.SILENT (\\Deleted)"))
        for number in range(1, 6):
            self.assertEqual(wire.response(), b"* %d FETCH (UID %d FLAGS (\\Deleted))" % (number, number))
        self.ok(writer.ask(b"EXPUNGE"))
        gone = sorted(wire.response() for _ in range(5))
        self.assertTrue(all(line.endswith(b" EXPUNGE") for line in gone), gone)
        tag = self.idle(wire)
        self.ok(self.append(writer, b"INBOX", letter("in idle")))
        self.assertEqual(wire.response(), b"* 16 EXISTS")
        self.done(wire, tag)
        self.ok(wire.ask(b"NOTIFY NONE"))
        self.ok(self.append(writer, b"INBOX", letter("unheard")))
        self.hears_nothing(wire, wire._plain)


if __name__ == "__main__":
    unittest.main()
