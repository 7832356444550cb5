"""What an account has beside its messages: how much it may hold, what is counted of its folders, what programs note there."""
import unittest

from support.case import RigCase
from support.imap_wire import Wire
from support.reading import ALICE, BOB, PASSWORD, Reading, unverified


def letter(subject: str, octets: int = 0) -> bytes:
    head = f"From: Ann <ann@world.example>\r\nTo: alice@example.org\r\nSubject: {subject}\r\n\r\n".encode()
    return head + b"x" * max(octets - len(head), 0)


class AccountTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def login(self, user: str = ALICE) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.addCleanup(wire.close)
        self.ok(wire.ask(f'LOGIN {user} "{PASSWORD}"'.encode()))
        return wire

    def ok(self, answer: tuple[bytes, list[bytes]]) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def refused(self, answer: tuple[bytes, list[bytes]], code: bytes) -> None:
        self.assertTrue(answer[0].startswith(b"NO [" + code + b"]"), answer)

    def append(self, wire: Wire, folder: bytes, octets: bytes) -> tuple[bytes, list[bytes]]:
        return wire.ask(b"APPEND %s {%d+}\r\n%s" % (folder, len(octets), octets))

    def quota(self, user: str, *words: str) -> None:
        self.reading.machine.verb("account", "quota", user, *words)


class QuotaTest(AccountTest):  # RFC 9208
    def test_an_account_without_a_limit_has_no_quota_root(self):
        wire = self.login()
        self.assertIn(b"QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE", self.ok(wire.ask(b"CAPABILITY"))[0])
        self.assertEqual(self.ok(wire.ask(b"GETQUOTAROOT INBOX")), [b'* QUOTAROOT "INBOX"'])
        self.refused(wire.ask(b'GETQUOTA ""'), b"NONEXISTENT")
        self.refused(wire.ask(b"GETQUOTAROOT nowhere"), b"NONEXISTENT")
        self.refused(wire.ask(b'SETQUOTA "" (STORAGE 5)'), b"NOPERM")

    def test_what_would_go_beyond_the_limit_is_refused_and_what_only_moves_is_not(self):
        wire = self.login(BOB)
        self.quota(BOB, "10K", "--messages", "4")
        self.addCleanup(self.quota, BOB, "0")
        self.ok(self.append(wire, b"INBOX", letter("one", 4000)))
        self.assertEqual(self.ok(wire.ask(b"GETQUOTAROOT INBOX")), [b'* QUOTAROOT "INBOX" ""', b'* QUOTA "" (STORAGE 4 10 MESSAGE 1 4)'])
        self.refused(self.append(wire, b"INBOX", letter("much", 6241)), b"OVERQUOTA")
        two, three = letter("two", 3000), letter("three", 3000)
        self.refused(wire.ask(b"APPEND INBOX {%d+}\r\n%s {%d+}\r\n%s {%d+}\r\n%s" % (len(two), two, len(three), three, len(two), two)), b"OVERQUOTA")
        self.ok(self.append(wire, b"INBOX", letter("two", 6240)))
        self.ok(wire.ask(b"SELECT INBOX"))
        self.refused(wire.ask(b"COPY 1 Archive"), b"OVERQUOTA")
        self.assertEqual(self.ok(wire.ask(b"STATUS Archive (MESSAGES UIDNEXT)")), [b'* STATUS "Archive" (MESSAGES 0 UIDNEXT 1)'])
        self.ok(wire.ask(b"MOVE 1 Archive"))
        less, more = letter("less", 500), letter("more", 6241)
        self.refused(wire.ask(b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(more), more)), b"OVERQUOTA")
        self.ok(wire.ask(b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(less), less)))
        for _ in range(2):
            self.ok(self.append(wire, b"INBOX", letter("small")))
        self.refused(self.append(wire, b"INBOX", letter("small")), b"OVERQUOTA")  # the fifth message
        self.reading.deliver(letter("mail comes", 20_000), BOB)
        self.assertIn(b"MESSAGE 5 4", b"".join(self.ok(wire.ask(b'GETQUOTA ""'))))
        self.ok(wire.ask(b"SELECT Archive"))
        self.ok(wire.ask(b"STORE 1 +FLAGS (\\Deleted)"))
        self.ok(wire.ask(b"EXPUNGE"))  # what is over its limit can be made smaller


class CountersTest(AccountTest):
    def test_status_follows_each_change(self):  # RFC 9051 §6.3.11, RFC 8438, RFC 9208 §3.2
        wire, other = self.login(), self.login()
        for number in range(5):
            self.ok(self.append(wire, b"Drafts", letter(str(number), 200 + number)))

        def told() -> bytes:
            [line] = self.ok(other.ask(b"STATUS Drafts (MESSAGES UNSEEN DELETED DELETED-STORAGE SIZE)"))
            return line.removeprefix(b'* STATUS "Drafts" ')

        self.assertEqual(told(), b"(MESSAGES 5 UNSEEN 5 DELETED 0 DELETED-STORAGE 0 SIZE 1010)")
        self.ok(wire.ask(b"SELECT Drafts"))
        self.ok(wire.ask(b"STORE 2:4 +FLAGS (\\Seen)"))
        self.ok(wire.ask(b"STORE 4:5 +FLAGS (\\Deleted)"))
        self.assertEqual(told(), b"(MESSAGES 5 UNSEEN 2 DELETED 2 DELETED-STORAGE 407 SIZE 1010)")
        self.ok(wire.ask(b"STORE 4 FLAGS ()"))
        self.assertEqual(told(), b"(MESSAGES 5 UNSEEN 3 DELETED 1 DELETED-STORAGE 204 SIZE 1010)")
        self.ok(wire.ask(b"COPY 5 Drafts"))
        self.ok(wire.ask(b"MOVE 1 Trash"))
        self.assertEqual(told(), b"(MESSAGES 5 UNSEEN 3 DELETED 2 DELETED-STORAGE 408 SIZE 1014)")
        self.ok(wire.ask(b"EXPUNGE"))
        self.assertEqual(told(), b"(MESSAGES 3 UNSEEN 1 DELETED 0 DELETED-STORAGE 0 SIZE 606)")


class MetadataTest(AccountTest):  # RFC 5464
    def test_what_is_noted_is_given_back_and_goes_with_its_mailbox(self):
        wire, other = self.login(), self.login()
        self.assertIn(b" METADATA LIST-METADATA", self.ok(wire.ask(b"CAPABILITY"))[0])
        self.ok(wire.ask(b"CREATE noted"))
        self.ok(wire.ask(b'SETMETADATA noted (/private/Comment "mine" /SHARED/comment {6+}\r\na"\\b\xc3\xa4 /private/vendor/x/a "1")'))
        self.assertEqual(self.ok(other.ask(b"GETMETADATA noted /private/comment")), [b'* METADATA "noted" (/private/comment "mine")'])
        self.assertEqual(self.ok(other.ask(b"GETMETADATA noted (/shared/comment /private/none)")),
                         [b'* METADATA "noted" (/shared/comment {6}\r\na"\\b\xc3\xa4 /private/none NIL)'])
        self.assertEqual(self.ok(other.ask(b"GETMETADATA (DEPTH infinity) noted /private/vendor")), [b'* METADATA "noted" (/private/vendor/x/a "1")'])
        self.assertEqual(self.ok(other.ask(b"GETMETADATA (DEPTH 1) noted (/private /private/vendor)")), [b'* METADATA "noted" (/private/comment "mine")'])
        code, told = other.ask(b"GETMETADATA (MAXSIZE 3 DEPTH infinity) noted (/private /shared)")
        self.assertEqual((told, b"[METADATA LONGENTRIES 6]" in code), ([b'* METADATA "noted" (/private/vendor/x/a "1")'], True), code)
        self.assertIn(b'* METADATA "noted" (/private/comment "mine")', self.ok(wire.ask(b'LIST "" noted RETURN (METADATA (/private/comment))')))  # RFC 9590
        self.ok(wire.ask(b"RENAME noted renamed"))
        self.ok(wire.ask(b"SETMETADATA renamed (/shared/comment NIL /private/vendor/x/a NIL)"))
        self.assertEqual(self.ok(other.ask(b"GETMETADATA (DEPTH infinity) renamed (/private /shared)")), [b'* METADATA "renamed" (/private/comment "mine")'])
        self.ok(wire.ask(b"DELETE renamed"))
        self.refused(wire.ask(b"GETMETADATA renamed /private/comment"), b"NONEXISTENT")
        self.ok(wire.ask(b"CREATE renamed"))
        self.assertEqual(self.ok(wire.ask(b"GETMETADATA renamed /private/comment")), [b'* METADATA "renamed" (/private/comment NIL)'])

    def test_an_account_has_notes_of_its_own_that_others_do_not_see(self):
        wire = self.login()
        self.ok(wire.ask(b'SETMETADATA "" (/private/filters ~{3+}\r\na\0b)'))
        self.assertEqual(self.ok(self.login().ask(b'GETMETADATA "" /private/filters')), [b'* METADATA "" (/private/filters ~{3}\r\na\0b)'])
        self.assertEqual(self.ok(self.login(BOB).ask(b'GETMETADATA "" /private/filters')), [b'* METADATA "" (/private/filters NIL)'])
        self.refused(wire.ask(b'SETMETADATA "" (/shared/comment "for all")'), b"NOPERM")
        self.assertTrue(wire.ask(b'SETMETADATA INBOX (/other/comment "x")')[0].startswith(b"BAD"))
        self.assertTrue(wire.ask(b'SETMETADATA INBOX (/private/a*b "x")')[0].startswith(b"BAD"))

    def test_there_is_a_limit_to_each_and_to_all(self):
        wire = self.login(BOB)
        self.refused(wire.ask(b"SETMETADATA INBOX (/private/long {17000+}\r\n" + b"x" * 17_000 + b")"), b"METADATA MAXSIZE 16384")
        entries = b" ".join(b'/private/%d "x"' % number for number in range(999))
        self.ok(wire.ask(b"SETMETADATA INBOX (" + entries + b")"))
        self.refused(wire.ask(b'SETMETADATA INBOX (/private/a "x" /private/b "x")'), b"METADATA TOOMANY")
        self.assertEqual(self.ok(wire.ask(b"GETMETADATA INBOX /private/a")), [b'* METADATA "INBOX" (/private/a NIL)'])  # all or nothing
        self.ok(wire.ask(b'SETMETADATA INBOX (/private/a "x")'))
        self.ok(wire.ask(b'SETMETADATA INBOX (/private/a NIL /private/b "y")'))


class CatenateTest(AccountTest):  # RFC 4469
    BASE = (b"From: Ann <ann@world.example>\r\nSubject: base\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + b"second " * 20_000 + b"\r\n--b--\r\n")

    def catenated(self, wire: Wire, command: bytes) -> bytes:
        """The octets of the message that it made in Drafts."""
        code = wire.ask(command)
        self.ok(code)
        uid = int(code[0].split(b"APPENDUID ")[1].split(b"]")[0].split()[1].split(b":")[0])
        self.ok(wire.ask(b"SELECT Drafts"))
        told = self.ok(wire.ask(b"UID FETCH %d BODY.PEEK[]" % uid))
        return told[0].split(b"\r\n", 1)[1][:-1]

    def test_a_message_is_put_together_from_what_comes_and_what_is_there(self):
        wire = self.login()
        self.assertIn(b" CATENATE ", self.ok(wire.ask(b"CAPABILITY"))[0])
        code = self.append(wire, b"Archive", self.BASE)
        self.ok(code)
        validity, uid = code[0].split(b"APPENDUID ")[1].split(b"]")[0].split()
        head, tail = b"Subject: new\r\n\r\n", b"\r\nend\r\n"
        at = b"/Archive;UIDVALIDITY=%s/;UID=%s" % (validity, uid)
        made = self.catenated(wire, b"APPEND Drafts (\\Draft) CATENATE (TEXT {%d+}\r\n%s URL \"%s/;SECTION=1\" TEXT {%d+}\r\n%s URL \"%s/;SECTION=2/;PARTIAL=7.14\")"
                              % (len(head), head, at, len(tail), tail, at))
        self.assertEqual(made, head + b"first part" + tail + b"second second ")
        self.assertEqual(self.catenated(wire, b'APPEND Drafts CATENATE (URL "%s")' % at), self.BASE)
        self.assertEqual(self.catenated(wire, b'APPEND Drafts CATENATE (URL "%s/;SECTION=HEADER.FIELDS%%20(Subject)" URL "%s/;SECTION=2")' % (at, at)),
                         b"Subject: base\r\n\r\n" + b"second " * 20_000)
        self.ok(wire.ask(b"SELECT Archive"))
        self.assertEqual(self.catenated(wire, b'APPEND Drafts CATENATE (URL ";UID=%s/;SECTION=1" TEXT {2+}\r\n\r\n)' % uid), b"first part\r\n")
        two = self.catenated(wire, b'APPEND Drafts CATENATE (URL "%s/;SECTION=1" TEXT {1+}\r\nx) (\\Seen) {5+}\r\nplain CATENATE (URL "%s/;SECTION=HEADER")' % (at, at))
        self.assertEqual(two, b"first partx")
        told = self.ok(wire.ask(b"FETCH *:1 RFC822.SIZE"))
        self.assertEqual(told[-2].split()[-1] + told[-1].split()[-1], b"5)%d)" % (self.BASE.index(b"--b\r\n")))

    def test_a_url_that_leads_nowhere_has_the_command_refused_whole(self):
        wire = self.login()
        [before] = self.ok(wire.ask(b"STATUS Drafts (UIDNEXT)"))
        for url in (b"/Nowhere/;UID=1", b"/INBOX/;UID=4000000", b"/INBOX;UIDVALIDITY=1/;UID=1", b";UID=1", b"imap://elsewhere.example/INBOX/;UID=1", b"/../;UID=1", b"x"):
            self.refused(wire.ask(b'APPEND Drafts CATENATE (TEXT {2+}\r\nab URL "%s")' % url), b'BADURL "%s"' % url)
            self.refused(wire.ask(b'APPEND Drafts CATENATE (URL "%s" TEXT {2+}\r\nab)' % url), b'BADURL "%s"' % url)
            self.refused(wire.ask(b'APPEND Drafts CATENATE (URL "%s")' % url), b'BADURL "%s"' % url)
        self.ok(wire.ask(b"CREATE other"))
        self.ok(self.append(wire, b"other", letter("there")))
        self.refused(wire.ask(b'APPEND Drafts CATENATE (URL "/other;UIDVALIDITY=1/;UID=1")'), b'BADURL "/other;UIDVALIDITY=1/;UID=1"')
        self.refused(wire.ask(b'APPEND Nowhere CATENATE (URL "/INBOX/;UID=1")'), b"TRYCREATE")
        self.assertEqual(self.ok(wire.ask(b"STATUS Drafts (UIDNEXT)")), [before])

    def test_each_message_of_a_command_is_named_by_its_own_octets(self):
        wire, octets = self.login(), letter("the same")
        self.ok(wire.ask(b"CREATE named"))
        self.ok(self.append(wire, b"named", octets))
        literal = b"{%d+}\r\n%s" % (len(octets), octets)
        self.ok(wire.ask(b'APPEND named CATENATE (URL "/named/;UID=1") %s CATENATE (TEXT %s) {5+}\r\nplain' % (literal, literal)))
        self.ok(wire.ask(b"SELECT named"))
        names = [line.split(b"EMAILID (")[1] for line in self.ok(wire.ask(b"FETCH 1:5 (EMAILID)"))]
        self.assertEqual((len(names), len(set(names[:4])), len(set(names))), (5, 1, 2))

    def test_the_mail_of_another_account_is_not_there(self):
        self.ok(self.append(self.login(BOB), b"Junk", letter("secret")))
        self.refused(self.login().ask(b'APPEND Drafts CATENATE (URL "/Junk/;UID=1")'), b'BADURL "/Junk/;UID=1"')


class LimitsTest(AccountTest):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig, change=lambda document: document.update(limits={"message_size": "64K"}))

    def test_a_message_has_at_most_what_is_told_of_it(self):  # RFC 7889
        wire = self.login()
        self.assertIn(b" APPENDLIMIT=65536", self.ok(wire.ask(b"CAPABILITY"))[0])
        self.assertEqual(self.ok(wire.ask(b"STATUS Junk (APPENDLIMIT)")), [b'* STATUS "Junk" (APPENDLIMIT 65536)'])
        self.ok(self.append(wire, b"Junk", letter("just", 65_536)))
        self.refused(self.append(wire, b"Junk", letter("too much", 65_537)), b"TOOBIG")
        self.assertEqual(self.ok(wire.ask(b"STATUS Junk (MESSAGES)")), [b'* STATUS "Junk" (MESSAGES 1)'])

    def test_one_command_brings_no_more_than_four_of_the_largest_messages(self):
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", letter("large", 60_000)))
        self.ok(wire.ask(b"SELECT INBOX"))
        url = b'URL "/INBOX/;UID=1"'
        self.ok(wire.ask(b"APPEND INBOX " + b" ".join([b"CATENATE (%s)" % url] * 4)))
        self.refused(wire.ask(b"APPEND INBOX " + b" ".join([b"CATENATE (%s)" % url] * 5)), b"LIMIT")
        self.refused(wire.ask(b"APPEND INBOX CATENATE (%s %s)" % (url, url)), b"TOOBIG")
        self.refused(wire.ask(b"APPEND INBOX CATENATE (%s TEXT {6000+}\r\n%s)" % (url, b"x" * 6000)), b"TOOBIG")
        five = b" ".join(b"{60000+}\r\n%s" % letter("large", 60_000) for _ in range(5))
        self.refused(wire.ask(b"APPEND INBOX " + five), b"LIMIT")
        self.assertEqual(self.ok(wire.ask(b"STATUS INBOX (MESSAGES)")), [b'* STATUS "INBOX" (MESSAGES 5)'])

    def test_inbox_is_renamed_and_a_mailbox_removed_with_thousands_of_messages(self):
        wire = self.login(BOB)
        for _ in range(5):
            self.ok(wire.ask(b"APPEND INBOX " + b" ".join(b"{%d+}\r\n%s" % (len(letter("s")), letter("s")) for _ in range(900))))
        self.ok(wire.ask(b"RENAME INBOX All"))
        self.assertEqual(self.ok(wire.ask(b"STATUS All (MESSAGES)")), [b'* STATUS "All" (MESSAGES 4500)'])
        self.assertEqual(self.ok(wire.ask(b"STATUS INBOX (MESSAGES)")), [b'* STATUS "INBOX" (MESSAGES 0)'])
        self.ok(wire.ask(b"DELETE All"))
        self.refused(wire.ask(b"SELECT All"), b"NONEXISTENT")
        self.refused(wire.ask(b"RENAME INBOX Sent"), b"ALREADYEXISTS")


class RaceTest(AccountTest):
    def test_delete_never_takes_a_mailbox_that_was_given_the_name_meanwhile(self):
        wire, other = self.login(), self.login()
        for name in (b"doomed", b"victim"):
            self.ok(wire.ask(b"CREATE " + name))
            self.ok(self.append(wire, name, letter("in " + name.decode())))
        self.ok(wire.ask(b"SELECT doomed"))
        for _ in range(14):  # 16,384 messages: DELETE takes eight commits to empty it
            self.ok(wire.ask(b"COPY 1:* doomed"))
            self.ok(wire.ask(b"NOOP"))
        self.ok(wire.ask(b"UNSELECT"))
        wire.send(b"DELETE doomed")
        self.ok(other.ask(b"RENAME doomed elsewhere"))
        self.ok(other.ask(b"RENAME victim doomed"))
        answer = wire.response()
        self.assertIn(b" NO [NONEXISTENT]", answer)
        self.assertIn(b"* 1 EXISTS", self.ok(other.ask(b"EXAMINE doomed")))


if __name__ == "__main__":
    unittest.main()
