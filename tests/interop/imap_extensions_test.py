"""What IMAP servers may do beside the base: each extension in its own words, as a client that knows it would speak."""
import re
import unittest

from support.case import RigCase
from support.imap_wire import Deflated, Wire
from support.reading import ALICE, PASSWORD, Reading, unverified


def letter(subject: str, *, date: str = "Mon, 23 Nov 2026 09:00:00 +0000", sender: str = "Ann <ann@world.example>", name: str = "",
           references: str = "", body: str = "words\r\n") -> bytes:
    name = name or subject.replace(" ", "-")
    more = f"References: {references}\r\n" if references else ""
    return (f"Date: {date}\r\nFrom: {sender}\r\nTo: alice@example.org\r\nSubject: {subject}\r\nMessage-ID: <{name}@x>\r\n{more}"
            f"\r\n{body}").encode()


MIXED = (b"Subject: with a part\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
         b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAGhlbGxvAA==\r\n--b\r\n"
         b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n--b--\r\n")


class ExtensionsTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def login(self, *letters: bytes) -> Wire:
        """In a mailbox of the test's own with these messages."""
        wire = Wire(self.reading.imap, unverified())
        self.addCleanup(wire.close)
        self.ok(wire.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()))
        name = self.id().rsplit(".", 1)[1].encode()
        self.ok(wire.ask(b"CREATE " + name))
        for octets in letters:
            self.ok(wire.ask(b"APPEND %s {%d+}\r\n%s" % (name, len(octets), octets)))
        self.ok(wire.ask(b"SELECT " + name))
        return wire

    def ok(self, answer: tuple[bytes, list[bytes]]) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def test_sort_and_thread(self):  # RFC 5256
        wire = self.login(letter("b", date="Tue, 24 Nov 2026 09:00:00 +0000"), letter("Re: a", sender="Zoe <zoe@x.example>", references="<a@x>"),
                          letter("a", sender="bob@x.example", name="a", date="Sun, 22 Nov 2026 09:00:00 +0000"))
        for order, found in ((b"SUBJECT", b"2 3 1"), (b"DATE", b"3 2 1"), (b"REVERSE DATE", b"1 2 3"), (b"FROM", b"1 3 2"), (b"ARRIVAL", b"1 2 3"),
                             (b"DISPLAYFROM", b"1 3 2"), (b"SUBJECT DATE", b"3 2 1")):
            self.assertEqual(self.ok(wire.ask(b"SORT (%s) UTF-8 ALL" % order)), [b"* SORT " + found], order)
        [line] = self.ok(wire.ask(b"UID SORT RETURN (MIN COUNT ALL) (REVERSE DATE) UTF-8 SUBJECT a"))
        self.assertTrue(line.endswith(b" UID MIN 2 COUNT 2 ALL 2:3"), line)
        self.assertEqual(self.ok(wire.ask(b"THREAD REFERENCES UTF-8 ALL")), [b"* THREAD (3 2)(1)"])
        self.assertEqual(self.ok(wire.ask(b"THREAD ORDEREDSUBJECT UTF-8 ALL")), [b"* THREAD (3 2)(1)"])
        self.assertIn(b"BADCHARSET", wire.ask(b"SORT (DATE) X-NONE ALL")[0])

    def test_binary(self):  # RFC 3516
        wire = self.login(MIXED)
        [line] = self.ok(wire.ask(b"FETCH 1 (BINARY.SIZE[2] BINARY.PEEK[2] BINARY.PEEK[3] BINARY.PEEK[2]<1.3> BINARY.PEEK[9])"))
        self.assertEqual(line, b"* 1 FETCH (BINARY.SIZE[2] 7 BINARY[2] ~{7}\r\n\0hello\0 BINARY[3] {3}\r\na=b BINARY[2]<1> ~{3}\r\nhel BINARY[9] NIL)")
        self.assertEqual(len(self.ok(wire.ask(b"FETCH 1 (BINARY[1])"))), 1)
        self.assertIn(b"\\Seen", self.ok(wire.ask(b"FETCH 1 (FLAGS)"))[0])

    def test_partial(self):  # RFC 9394
        wire = self.login(*(letter(str(number)) for number in range(5)))
        self.assertIn(b"PARTIAL (1:2 1:2)", self.ok(wire.ask(b"SEARCH RETURN (PARTIAL 1:2) ALL"))[0])
        self.assertIn(b"PARTIAL (-1:-2 4:5)", self.ok(wire.ask(b"UID SEARCH RETURN (PARTIAL -1:-2) ALL"))[0])
        self.assertIn(b"PARTIAL (9:10 NIL)", self.ok(wire.ask(b"SEARCH RETURN (PARTIAL 9:10) ALL"))[0])
        fetched = self.ok(wire.ask(b"UID FETCH 1:* (UID) (PARTIAL -1:-2)"))
        self.assertEqual(fetched, [b"* 4 FETCH (UID 4)", b"* 5 FETCH (UID 5)"])

    def test_replace(self):  # RFC 8508
        wire = self.login(letter("draft one"))
        octets = letter("draft two")
        code, told = wire.ask(b"UID REPLACE 1 test_replace (\\Draft) {%d+}\r\n%s" % (len(octets), octets))
        self.assertTrue(code.startswith(b"OK"), code)
        self.assertTrue(any(b"APPENDUID" in line for line in told), told)
        self.assertIn(b"* 1 EXPUNGE", told)
        [line] = self.ok(wire.ask(b"FETCH 1:* (UID FLAGS)"))
        self.assertIn(b"UID 2 FLAGS (\\Draft)", line)
        self.assertTrue(wire.ask(b"UID REPLACE 1 test_replace {5+}\r\nhello")[0].startswith(b"NO"))
        self.ok(wire.ask(b"NOOP"))

    def test_compress(self):  # RFC 4978
        wire = self.login(*(letter(str(number), body="much the same\r\n" * 500) for number in range(20)))
        self.ok(wire.ask(b"COMPRESS DEFLATE"))
        wire = Deflated(wire)
        self.assertEqual(len(self.ok(wire.ask(b"FETCH 1:* (BODY.PEEK[])"))), 20)
        self.assertIn(b"COMPRESSIONACTIVE", wire.ask(b"COMPRESS DEFLATE")[0])
        octets = letter("sent", body="z" * 100_000)
        self.ok(wire.ask(b"APPEND test_compress {%d+}\r\n%s" % (len(octets), octets)))

    def test_the_second_revision(self):  # RFC 9051
        wire = self.login(letter("one"))
        self.assertIn(b"* ENABLED IMAP4rev2", self.ok(wire.ask(b"ENABLE IMAP4rev2")))
        self.assertTrue(self.ok(wire.ask(b"SEARCH ALL"))[0].startswith(b"* ESEARCH"))
        self.ok(wire.ask('CREATE "Grüße"'.encode()))
        self.assertIn('"Grüße"'.encode(), b"".join(self.ok(wire.ask(b'LIST "" *'))))
        told = self.ok(wire.ask('SELECT "Grüße"'.encode()))
        self.assertFalse(any(b"RECENT" in line or b"UNSEEN" in line for line in told), told)
        self.assertIn('* LIST (\\HasNoChildren) "/" "Grüße"'.encode(), told)
        self.assertIn(b"Gr&APwA3w-e", b"".join(self.ok(self.login_again().ask(b'LIST "" *'))))

    def login_again(self) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.addCleanup(wire.close)
        self.ok(wire.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()))
        return wire

    def test_condstore_and_qresync(self):  # RFC 7162
        wire, other = self.login(letter("one"), letter("two"), letter("three")), self.login_again()
        told = self.ok(wire.ask(b"SELECT test_condstore_and_qresync (CONDSTORE)"))
        validity = int(re.search(rb"UIDVALIDITY (\d+)", b" ".join(told))[1])
        since = int(re.search(rb"HIGHESTMODSEQ (\d+)", b" ".join(told))[1])
        self.ok(other.ask(b"SELECT test_condstore_and_qresync"))
        self.ok(other.ask(b"STORE 2 +FLAGS (\\Seen)"))
        self.assertIn(b"MODIFIED 2", wire.ask(b"STORE 1:2 (UNCHANGEDSINCE %d) +FLAGS (\\Flagged)" % since)[0])
        self.ok(other.ask(b"STORE 3 +FLAGS (\\Deleted)"))
        self.ok(other.ask(b"EXPUNGE"))
        again = self.login_again()
        self.assertTrue(again.ask(b"SELECT test_condstore_and_qresync (QRESYNC (%d %d))" % (validity, since))[0].startswith(b"BAD"))
        self.ok(again.ask(b"ENABLE QRESYNC"))
        told = self.ok(again.ask(b"SELECT test_condstore_and_qresync (QRESYNC (%d %d))" % (validity, since)))
        self.assertIn(b"* VANISHED (EARLIER) 3", told)
        self.assertEqual([line[:20] for line in told if b"FETCH" in line], [b"* 1 FETCH (UID 1 FLA", b"* 2 FETCH (UID 2 FLA"])
        [line] = [line for line in self.ok(wire.ask(b"FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % (since + 1))) if b"FETCH" in line]
        self.assertTrue(line.startswith(b"* 1 FETCH (MODSEQ"), line)

    def test_list_with_status_and_special_use(self):  # RFC 5258, RFC 5819, RFC 6154
        wire = self.login(letter("one"))
        told = self.ok(wire.ask(b'LIST (SPECIAL-USE) "" * RETURN (CHILDREN STATUS (MESSAGES SIZE))'))
        self.assertTrue(any(b'\\Sent) "/" "Sent"' in line for line in told), told)
        self.assertTrue(any(line.startswith(b'* STATUS "Sent" (MESSAGES 0 SIZE 0)') for line in told), told)
        self.ok(wire.ask(b"SUBSCRIBE deep/down"))
        told = self.ok(wire.ask(b'LIST (SUBSCRIBED RECURSIVEMATCH) "" %'))
        self.assertTrue(any(b'"deep" ("CHILDINFO"' in line or b'"deep" (CHILDINFO' in line for line in told), told)
        self.assertIn(b"USEATTR", wire.ask(b"CREATE other (USE (\\Sent))")[0])


if __name__ == "__main__":
    unittest.main()
