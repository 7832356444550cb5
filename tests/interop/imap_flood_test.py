"""Little that asks for much: what nobody reads, what unpacks to a thousand times of it, and what could take long to be compared. It costs
neither memory nor time."""
import os
import ssl
import time
import unittest
import zlib

from support.case import OwnRigCase
from support.imap_case import ImapWords, letter
from support.imap_wire import Deflated, Gone, Wire
from support.raw import Pop3Door
from support.reading import ALICE, PASSWORD, Reading
from support.waiting import until

LARGE = 20_000_000
ASKED = 500  # times LARGE: 10 GB
UNPACKED = 256 << 20
ALLOWED = 16 << 20  # of memory
MAILBOXES = 2000
PATTERNS = (b"*a" * 250, b"*" * 500, b"*%" * 250, b"%*" * 250, b"*%*b" * 125, b"*" * 499 + b"x", b"%a*" * 160)


class FloodCase(OwnRigCase, ImapWords):
    def setUp(self) -> None:
        self.reading = Reading(self.rig)
        self.machine = self.reading.machine

    def compressed(self) -> Deflated:
        wire = self.login()
        self.ok(wire.ask(b"COMPRESS DEFLATE"))
        return Deflated(wire)

    def wait_until_it_rests(self) -> None:
        """The machine has done what it could: it has worked on nothing for a second."""
        since, spent = time.monotonic(), self.machine.processor_time()

        def rests() -> bool:
            nonlocal since, spent
            now = self.machine.processor_time()
            if now - spent > 0.03:
                since, spent = time.monotonic(), now
            return time.monotonic() - since > 1

        until(rests, "a machine that rests", seconds=60, pause=0.1)


class UnreadTest(FloodCase):
    def test_who_asks_for_gigabytes_and_reads_nothing_holds_no_memory(self):
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", letter("large") + os.urandom(LARGE // 2).hex("\n", 500).replace("\n", "\r\n").encode()))
        self.ok(wire.ask(b"SELECT INBOX"))
        for reader in (wire, self.compressed()):  # what one reader costs is no matter here
            self.ok(reader.ask(b"SELECT INBOX"))
            [line] = self.ok(reader.ask(b"FETCH 1 BODY.PEEK[]"))
            self.assertGreater(len(line), LARGE)
        before = self.machine.peak_memory()
        for _ in range(4):
            for deaf in (self.login(), self.compressed()):
                self.ok(deaf.ask(b"SELECT INBOX"))
                deaf.send_octets(b"x FETCH 1 BODY.PEEK[]\r\n" * ASKED)
        deaf = Pop3Door(self.reading)
        self.addCleanup(deaf.raw.close)
        self.assertTrue(deaf.is_in(deaf.plain(ALICE.encode(), PASSWORD.encode())))
        deaf.raw.send(b"RETR 1\r\n" * ASKED)
        self.wait_until_it_rests()
        self.assertLess(self.machine.peak_memory() - before, ALLOWED)
        self.ok(wire.ask(b"NOOP"))


class BombTest(FloodCase):
    def send_bomb(self, wire: Wire, begin: bytes) -> None:
        """Behind `begin` the octets that a few unpack to. A server that has had enough may end the connection."""
        packer = zlib.compressobj(9, wbits=-15)
        packed = packer.compress(begin) + b"".join(packer.compress(b"x" * (1 << 20)) for _ in range(UNPACKED >> 20)) + packer.flush(zlib.Z_SYNC_FLUSH)
        self.assertLess(len(packed), UNPACKED // 900)
        try:
            wire.send_octets(packed)
        except (ConnectionError, ssl.SSLError):
            pass

    def begin_to_compress(self) -> Wire:
        """Whose octets are packed by the test itself from now on."""
        wire = self.login()
        self.ok(wire.ask(b"COMPRESS DEFLATE"))
        return wire

    def test_what_is_packed_small_costs_what_it_costs_otherwise(self):
        machine = self.machine
        self.assertTrue(self.connect().ask(b"COMPRESS DEFLATE")[0].startswith(b"BAD"))  # to nobody before login
        before = machine.peak_memory()
        for begin in (b"x SEARCH SUBJECT {%d+}\r\n" % UNPACKED, b"x SEARCH SUBJECT {%d}\r\n" % UNPACKED, b"x APPEND INBOX {%d+}\r\n" % UNPACKED,
                      b"x APPEND INBOX {%d+}\r\n" % (UNPACKED // 4), b"x SEARCH ", b"", b"x LOGIN {4097+}\r\n", b"x NOOP\r\n" * 100):
            with self.subTest(begin[:40]):
                wire = self.begin_to_compress()
                self.send_bomb(wire, begin)
                self.wait_until_it_rests()
                self.assertLess(machine.peak_memory() - before, ALLOWED)
                wire.close()
        self.ok(self.login().ask(b"NOOP"))

    def test_a_stream_that_is_none_ends_the_session_alone(self):
        for octets in (b"x NOOP\r\n" * 1000, os.urandom(1000), b"\xff" * 1000, b"\0" * 1000):
            with self.subTest(octets[:10]):
                wire = self.begin_to_compress()
                wire.send_octets(octets)
                self.assert_connection_ends(wire)
        self.ok(self.login().ask(b"NOOP"))


class ParenthesesTest(FloodCase):
    def test_a_million_of_them_before_a_login_are_refused_unread(self):
        before = self.machine.peak_memory()
        for begin in (b"x SEARCH ", b"x ", b"", b"x LOGIN ", b"x FETCH 1 ", b"x AUTHENTICATE ", b"x LIST ", b"x ID ", b"x LOGIN {1000000}\r\n", b"x ID {1000000+}\r\n"):
            with self.subTest(begin):
                wire = self.connect()
                try:
                    wire.send_octets(begin + b"(" * 1_000_000 + b"\r\n")
                    answer = wire.response()
                except (Gone, ConnectionError, ssl.SSLError) as ended:  # while it was being written to
                    self.assertNotIsInstance(ended.__cause__, TimeoutError)
                    continue
                self.assertTrue(answer.startswith((b"x BAD", b"* BAD", b"* BYE")), answer)
        for begin in (b"x SEARCH ", b"x ID ", b"x FETCH 1 ", b"x LIST "):
            with self.subTest(begin):
                wire = self.connect()
                wire.send_octets(begin + b"(" * 8000 + b"\r\n")  # what is read
                self.assertTrue(wire.response().startswith(b"x BAD"))
                self.ok(wire.ask(b"NOOP"))
        self.assertLess(self.machine.peak_memory() - before, ALLOWED)
        self.login()


class PatternsTest(FloodCase):
    def test_five_hundred_stars_over_thousands_of_mailboxes_take_a_second_at_most(self):
        wire = self.login()
        for number in range(MAILBOXES):
            wire.send(b"CREATE " + b"a" * 50 + b"/" + b"ab" * 50 + b"/%d" % number)
        for _ in range(MAILBOXES):
            while not (line := wire.response()).startswith(b"t"):
                pass
            self.assertIn(b" OK", line)
        everything = len(self.ok(wire.ask(b'LIST "" "*"')))
        self.assertGreater(everything, MAILBOXES)
        for pattern in PATTERNS:
            for command in (b'LIST "" "%s"', b'LSUB "" "%s"', b'LIST (RECURSIVEMATCH SUBSCRIBED) "" "%s"', b'LIST "" ("%s" "*")', b'LIST "*" "%s"'):
                with self.subTest(command % pattern[:10]):
                    spent = self.machine.processor_time()
                    self.ok(wire.ask(command % pattern))
                    self.assertLess(self.machine.processor_time() - spent, 1)
        self.assertEqual(len(self.ok(wire.ask(b'LIST "" "%s"' % (b"*" * 500)))), everything)
        self.assertEqual(len(self.ok(wire.ask(b'LIST "" "%s"' % (b"*b" * 50 + b"*")))), MAILBOXES + 1)  # and the one above them


if __name__ == "__main__":
    unittest.main()
