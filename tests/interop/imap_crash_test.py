"""SIGKILL in the middle of a COPY or MOVE of a thousand messages, early and late: a COPY is there as a whole or not at all, what a MOVE
has told of has happened, and each message is in exactly one of the two mailboxes."""
import re
import time
import unittest

from support.case import OwnRigCase
from support.imap_case import ImapWords, literals
from support.imap_wire import Gone, Wire
from support.reading import Reading

COUNT, LARGE = 1000, 5000  # COPY is one commit; a MOVE of more than 2,000 is several
KILLS, IN_A_ROW = 4, 12


def mail(number: int) -> bytes:
    return b"Subject: m%d\r\n\r\nwords\r\n" % number


class CrashTest(OwnRigCase, ImapWords):
    def setUp(self) -> None:
        self.reading = Reading(self.rig)

    def fill(self, count: int) -> Wire:
        wire = self.login()
        for name in (b"from", b"to"):
            self.ok(wire.ask(b"CREATE " + name))
        for begin in range(0, count, 1000):
            self.ok(wire.ask(b"APPEND from " + literals(*(mail(number) for number in range(begin, begin + 1000)))))
        return wire

    def there(self, wire: Wire, folder: bytes) -> list[int]:
        self.ok(wire.ask(b"EXAMINE " + folder))
        lines = self.ok(wire.ask(b"UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]"))
        return [int(re.search(rb"Subject: m(\d+)", line)[1]) for line in lines]

    def crash_in(self, wire: Wire, commands: list[bytes], seconds: float) -> list[bytes]:
        """What was said of the commands before the machine was killed."""
        self.ok(wire.ask(b"SELECT from"))
        for command in commands:
            wire.send(command)
        time.sleep(seconds)
        self.reading.machine.kill()
        heard = []
        try:
            while True:
                heard.append(wire.response())
        except Gone:
            self.reading.machine.start()
            return heard

    def test_a_copy_is_there_as_a_whole_or_not_at_all(self):
        wire = self.fill(COUNT)
        self.ok(wire.ask(b"SELECT from"))
        began = time.monotonic()
        for _ in range(IN_A_ROW):
            self.ok(wire.ask(b"COPY 1:* to"))
        usual, outcomes = time.monotonic() - began, []
        for number in range(KILLS):
            target = b"to%d" % number
            self.ok(wire.ask(b"CREATE " + target))
            heard = self.crash_in(wire, [b"COPY 1:* " + target] * IN_A_ROW, usual * (number + 1) / (KILLS + 2))
            wire = self.login()
            there = self.there(wire, target)
            copies, rest = divmod(len(there), COUNT)
            self.assertEqual(rest, 0)
            self.assertEqual(there, list(range(COUNT)) * copies)
            answered = sum(b" OK [COPYUID" in line for line in heard)
            self.assertLessEqual(answered, copies, "what was answered is not there")
            self.assertEqual(self.there(wire, b"from"), list(range(COUNT)))
            outcomes.append(copies)
        self.assertLess(min(outcomes), IN_A_ROW, "no kill came in time")
        self.assertGreater(max(outcomes), 0, "each kill came too early")
        self.verify()

    def test_of_a_move_each_message_is_in_exactly_one_of_both(self):
        wire = self.fill(LARGE)
        self.ok(wire.ask(b"SELECT from"))
        began = time.monotonic()
        self.ok(wire.ask(b"MOVE 1:2500 to"))
        usual = 2 * (time.monotonic() - began)
        self.ok(wire.ask(b"SELECT to"))
        self.ok(wire.ask(b"MOVE 1:* from"))
        for number in range(KILLS):
            heard = self.crash_in(wire, [b"MOVE 1:* to"], usual * number / (KILLS - 1))
            wire = self.login()
            left, moved = self.there(wire, b"from"), self.there(wire, b"to")
            self.assertEqual(sorted(left + moved), list(range(LARGE)))
            self.assertIn(len(moved) % 2000, (0, LARGE % 2000), "a part of a commit")
            told = sum(line.endswith(b" EXPUNGE") for line in heard)
            self.assertLessEqual(told, len(moved), "what was told has not happened")
            self.ok(wire.ask(b"SELECT to"))
            if moved:
                self.ok(wire.ask(b"MOVE 1:* from"))
        self.verify()

    def verify(self) -> None:
        self.reading.machine.verb("journal", "verify")


if __name__ == "__main__":
    unittest.main()
