"""What mail programs ask of messages that they do not open is answered without their octets: here nobody could read these. And who does
ask for them is told that they are damaged, and never given anything else. Who asks for a part gets that part, whatever the rest is."""
import os
import poplib
import ssl
import unittest

from support.case import OwnRigCase, RigCase
from support.imap_case import ImapWords
from support.reading import ALICE, PASSWORD, Reading, unverified

COUNT = 3
FIELDS = b"BODY[HEADER.FIELDS (DATE FROM SUBJECT)]"
ASKED = (b"ENVELOPE", b"BODYSTRUCTURE", b"BODY", b"RFC822.SIZE", b"INTERNALDATE", b"PREVIEW", b"EMAILID", b"BODY.PEEK" + FIELDS[4:], b"FULL")
FOUND = (b"SUBJECT quixotic", b"FROM ann@world.example", b"TO bob", b"CC carol", b"SENTON 23-Nov-2026", b"SENTSINCE 1-Jan-2026",
         b"HEADER Message-ID one-2", b"LARGER 100000", b"HEADER In-Reply-To before", b"NOT SUBJECT quixotic", b"SMALLER 10")
SORTED = (b"SORT (SUBJECT) UTF-8 ALL", b"SORT (REVERSE DATE FROM) UTF-8 ALL", b"SORT (DISPLAYTO SIZE) UTF-8 ALL", b"THREAD REFERENCES UTF-8 ALL",
          b"THREAD ORDEREDSUBJECT UTF-8 ALL")


def letter(number: int) -> bytes:
    """Of two parts, and too long for the octets to lie beside what is known of it."""
    text = b"\r\n".join(b"%d " % (number + 7 * line) + b"words of a letter" for line in range(12_000))
    return (b"Date: Mon, 23 Nov 2026 09:00:0%d +0000\r\nFrom: Ann <ann@world.example>\r\nTo: Bob <bob@example.org>\r\nCc: carol@example.org\r\n"
            b"Subject: quixotic %d\r\nMessage-ID: <one-%d@x>\r\nIn-Reply-To: <before@x>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/plain\r\n\r\nwhat a list shows\r\n--b\r\nContent-Type: text/x-notes; name=n.txt\r\n\r\n%s\r\n--b--\r\n"
            % (number, number, number, text))


def text(octets: int) -> bytes:
    """Lines that are not alike, and no base64."""
    return b"".join(b"%s .\r\n" % os.urandom(30).hex().encode() for _ in range(octets // 64))


class PartsTest(OwnRigCase, ImapWords):
    """The end of a large message is damaged on the disk. What begins before it is there."""

    def test_a_part_is_read_and_nothing_else(self):
        self.reading = Reading(self.rig, change=lambda document: document.update(store={"compression": 0}))  # octets are found on the disk
        head = b"Subject: three parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        bodies = (b"what comes first", text(2_000_000), text(1_000_000))
        whole = head + b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n" % body for body in bodies) + b"--b--\r\n"
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", whole))
        self.reading.machine.stop()
        self.assertGreater(self.spoil(bodies[2].splitlines()[::100]), 100)
        self.reading.machine.start()
        wire = self.login()
        self.ok(wire.ask(b"SELECT INBOX"))
        for asked, given in ((b"BODY.PEEK[1]", bodies[0]), (b"BINARY.PEEK[1]", bodies[0]), (b"BODY.PEEK[HEADER]", head), (b"BODY.PEEK[]<0.300>", whole[:300]),
                             (b"BODY.PEEK[TEXT]<0.100>", whole[len(head):][:100]), (b"BODY.PEEK[2]<500000.1000>", bodies[1][500_000:501_000]),
                             (b"BINARY.PEEK[2]<1000.1000>", bodies[1][1000:2000])):
            with self.subTest(asked):
                [line] = self.ok(wire.ask(b"FETCH 1 " + asked))
                self.assertTrue(line.endswith(b"{%d}\r\n%s)" % (len(given), given)), line[:200])
        for asked in (b"BODY.PEEK[3]", b"BINARY.PEEK[3]", b"BODY.PEEK[TEXT]<2500000.10>", b"BODY.PEEK[3]<0.1>", b"BODY.PEEK[3]<900000.1000>"):
            with self.subTest(asked):
                answer, untagged = wire.ask(b"FETCH 1 " + asked)
                self.assertTrue(answer.startswith(b"NO [CORRUPTION] "), answer)
                self.assertFalse([line for line in untagged if b"{" in line])
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        self.assertEqual(b"\r\n".join(client.top(1, 0)[1]) + b"\r\n", head)
        with self.assertRaises((poplib.error_proto, ConnectionError, ssl.SSLError)):  # in the middle of it the connection ends, so that nobody takes it for whole
            client.retr(1)
        wire.send(b"FETCH 1 BODY.PEEK[]")
        self.assert_connection_ends(wire)

    def spoil(self, lines: list[bytes]) -> int:
        """Turns an octet of each of these around where it lies on the disk; how many there were."""
        found = 0
        for path in (self.reading.machine.data / "segments").glob("*.blk"):
            octets = bytearray(path.read_bytes())
            for line in lines:
                if (at := octets.find(line)) >= 0:
                    octets[at] ^= 0xff
                    found += 1
            path.write_bytes(octets)
        return found


class UnreadTest(RigCase, ImapWords):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def test_nothing_but_the_octets_needs_the_octets(self):
        machine = self.reading.machine
        for number in range(COUNT):
            self.reading.deliver(letter(number))
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", letter(COUNT)))
        self.ok(wire.ask(b"SELECT INBOX"))
        self.ok(wire.ask(b"STORE 1 FLAGS (\\Flagged)"))
        before = self.answers(wire)
        self.assertNotIn(None, before)
        machine.stop()
        gone = 0
        for path in (machine.data / "segments").iterdir():
            gone += path.stat().st_size
            path.write_bytes(bytes(path.stat().st_size))
        self.assertGreater(gone, 20_000)
        machine.start()
        wire = self.login()
        self.ok(wire.ask(b"SELECT INBOX"))
        self.assertEqual(self.answers(wire), before)
        for asked in (b"BODY.PEEK[]", b"BODY.PEEK[2]", b"BODY.PEEK[TEXT]<150000.10>", b"BINARY.PEEK[2]", b"RFC822"):
            answer, untagged = wire.ask(b"FETCH 2 " + asked)
            self.assertTrue(answer.startswith(b"NO [CORRUPTION] "), (asked, answer))
            self.assertFalse([line for line in untagged if b"{" in line], asked)
        self.assertEqual(self.ok(wire.ask(b'SEARCH BODY "words of a letter"')), [b"* SEARCH"])  # what cannot be read meets nothing
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        self.assertEqual(client.stat()[0], COUNT + 1)
        with self.assertRaisesRegex(poplib.error_proto, r"-ERR \[SYS/PERM\]"):
            client.retr(1)
        self.assertEqual(client.stat()[0], COUNT + 1)

    def answers(self, wire) -> list:
        asked = [b"FETCH 1:* " + item for item in ASKED] + [b"SEARCH " + key for key in FOUND] + list(SORTED) + [b"STATUS INBOX (MESSAGES SIZE)"]
        return [(command, self.ok(wire.ask(command))) for command in asked]


if __name__ == "__main__":
    unittest.main()
