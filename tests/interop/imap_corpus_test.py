"""Every odd message of the corpus by mail access: put in, given back octet for octet, taken apart, searched, sorted and fetched by POP3."""
import poplib
import re
import unittest
from pathlib import Path

from support.case import RigCase
from support.imap_wire import Wire
from support.reading import ALICE, PASSWORD, Reading, unverified

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LARGEST = 4 << 20  # octets; the few beyond it are for other tests


def literal_of(line: bytes, name: bytes) -> bytes:
    """The octets of an item that is a literal or a quoted string."""
    at = line.index(name) + len(name) + 1
    if line[at:at + 1] == b'"':
        return re.match(rb'"((?:[^"\\]|\\.)*)"', line[at:], re.S)[1]
    head = re.match(rb"~?\{(\d+)\}\r\n", line[at:])
    return line[at + head.end():at + head.end() + int(head[1])]


class ImapCorpusTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)
        files = sorted(path for path in CORPUS.rglob("*.eml") if 0 < path.stat().st_size <= LARGEST)
        cls.mails = {path.relative_to(CORPUS).as_posix(): path.read_bytes() for path in files}
        cls.wire = Wire(cls.reading.imap, unverified())
        cls.rig.at_close(cls.wire.close)
        cls.wire.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode())
        for name, octets in cls.mails.items():
            nul = b"~" if b"\0" in octets else b""
            answer, _ = cls.wire.ask(b"APPEND INBOX %s{%d+}\r\n%s" % (nul, len(octets), octets))
            if not answer.startswith(b"OK"):
                raise AssertionError(f"{name}: {answer}")
        cls.wire.ask(b"SELECT INBOX")

    def ok(self, command: bytes) -> list[bytes]:
        answer, untagged = self.wire.ask(command)
        self.assertTrue(answer.startswith(b"OK"), (command, answer))
        return untagged

    def test_there_are_hundreds(self):
        self.assertGreater(len(self.mails), 580)

    def test_each_comes_back_octet_for_octet(self):
        for number, (name, octets) in enumerate(self.mails.items(), 1):
            with self.subTest(name):
                [line] = self.ok(b"FETCH %d (RFC822.SIZE BODY.PEEK[])" % number)
                self.assertEqual(literal_of(line, b"BODY[]"), octets)
                self.assertIn(b"RFC822.SIZE %d " % len(octets), line)
                [line] = self.ok(b"FETCH %d (BODY.PEEK[HEADER] BODY.PEEK[TEXT])" % number)
                self.assertEqual(literal_of(line, b"BODY[HEADER]") + literal_of(line, b"BODY[TEXT]"), octets)

    def test_each_is_taken_apart(self):
        for number, name in enumerate(self.mails, 1):
            with self.subTest(name):
                [line] = self.ok(b"FETCH %d (ENVELOPE BODYSTRUCTURE PREVIEW EMAILID)" % number)
                self.assertIn(b"ENVELOPE (", line)
                self.assertIn(b"BODYSTRUCTURE (", line)
                answer, untagged = self.wire.ask(b"FETCH %d (BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[2.1] BINARY.SIZE[1] BINARY.PEEK[2])" % number)
                self.assertTrue(answer.startswith((b"OK", b"NO [UNKNOWN-CTE]")), answer)
                self.assertEqual(len(untagged), 1)

    def test_all_are_searched_sorted_and_threaded(self):
        count = len(self.mails)
        found = self.ok(b'SEARCH RETURN (ALL COUNT) OR TEXT "the" OR BODY "e" NOT SUBJECT "zebra crossing"')
        self.assertIn(b"COUNT %d" % count, found[0])
        for order in (b"SUBJECT", b"DATE", b"FROM", b"TO", b"CC", b"SIZE", b"DISPLAYFROM", b"DISPLAYTO", b"ARRIVAL"):
            [line] = self.ok(b"SORT (%s) UTF-8 ALL" % order)
            self.assertEqual(sorted(map(int, line.split()[2:])), list(range(1, count + 1)), order)
        for algorithm in (b"REFERENCES", b"ORDEREDSUBJECT"):
            [line] = self.ok(b"THREAD %s UTF-8 ALL" % algorithm)
            self.assertEqual(sorted(map(int, re.findall(rb"\d+", line))), list(range(1, count + 1)), algorithm)

    def fetched_by_pop3(self, *, utf8: bool):
        """The name of each message, its octets, and what POP3 makes of them."""
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=60)
        self.rig.at_close(client.close)
        poplib._MAXLINE = 1 << 24
        if utf8:
            client.utf8()
        client.user(ALICE)
        client.pass_(PASSWORD)
        for number, (name, octets) in enumerate(self.mails.items(), 1):
            client._putcmd(f"RETR {number}")
            client._getresp()
            got = b""
            while (line := client.file.readline()) != b".\r\n":
                got += line[1:] if line.startswith(b"..") else line
            yield name, octets, got
        client.quit()

    def test_pop3_gives_each_with_its_lines_ended_as_the_protocol_wants(self):
        for name, octets, got in self.fetched_by_pop3(utf8=True):
            with self.subTest(name):
                self.assertEqual(got.replace(b"\r\n", b"\n").rstrip(b"\n"), octets.replace(b"\r\n", b"\n").rstrip(b"\n"))

    def test_pop3_gives_each_with_ascii_in_its_header_to_who_does_not_ask_for_utf8(self):
        changed = 0
        for name, octets, got in self.fetched_by_pop3(utf8=False):
            with self.subTest(name):
                same = got.replace(b"\r\n", b"\n").rstrip(b"\n") == octets.replace(b"\r\n", b"\n").rstrip(b"\n")
                changed += not same
                self.assertTrue(same or not octets.isascii())
        self.assertGreater(changed, 20)
        # What a header is the server has told by IMAP; the first lines of what was fetched are those of a header in ASCII.
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=60)
        self.rig.at_close(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        for number, name in enumerate(self.mails, 1):
            with self.subTest(name):
                [line] = self.ok(b"FETCH %d (BODY.PEEK[HEADER])" % number)
                if re.search(rb"\r?\n\r?\n\Z", literal_of(line, b"BODY[HEADER]")):  # TOP 0 is the header, and nothing else
                    self.assertTrue(b"".join(client.top(number, 0)[1]).isascii())
        client.quit()


if __name__ == "__main__":
    unittest.main()
