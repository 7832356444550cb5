"""IMAP as nobody should speak it: what is too long, too deep, too early or not said in order gets a clear answer and no memory."""
import ssl
import unittest

import support.raw
from support.case import OwnRigCase, RigCase
from support.reading import ALICE, PASSWORD, Reading


class Raw(support.raw.Raw):
    def __init__(self, reading: Reading, *, tls: bool = True):
        super().__init__(reading.imap, tls=tls)
        reading.rig.at_close(self.close)

    def ask(self, command: bytes) -> bytes:
        """The tagged line, or the end."""
        self.send(b"t " + command + b"\r\n")
        while not (line := self.line()).startswith(b"t ") and not self.closed:
            pass
        return line

    def login(self) -> "Raw":
        assert self.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()).startswith(b"t OK")
        return self


class HostileTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def test_before_a_login_only_little_is_read(self):
        for octets, answer in ((b"a LOGIN {4097}\r\n", b"a BAD"), (b"a LOGIN {99999999999999999999}\r\n", b"a BAD"),
                               (b"a LOGIN {-1}\r\n", b"a BAD"), (b"a " + b"x" * 100_000 + b"\r\n", b"a BAD"), (b"a APPEND INBOX {10}\r\n", b"a ")):
            raw = Raw(self.reading)
            try:
                raw.send(octets)
                line = raw.line()
            except ssl.SSLError:
                continue
            self.assertTrue(line.startswith(answer) or line.startswith(b"* BYE"), (octets[:40], line))

    def test_three_strikes_before_a_login_and_the_session_is_over(self):
        raw = Raw(self.reading)
        raw.send(b"a NONSENSE\r\n" * 3)
        self.assertEqual([raw.line()[:5] for _ in range(4)], [b"a BAD", b"a BAD", b"a BAD", b"* BYE"])
        self.assertEqual(raw.line(), b"")

    def test_a_million_parentheses_are_refused_and_the_session_goes_on(self):
        raw = Raw(self.reading).login()
        raw.ask(b"SELECT INBOX")
        self.assertTrue(raw.ask(b"SEARCH " + b"(" * 60_000).startswith(b"t BAD"))
        raw.send(b"u SEARCH {1000000}\r\n")
        self.assertTrue(raw.line().startswith(b"+ "))
        raw.send(b"(" * 1_000_000 + b"\r\n")
        self.assertTrue(raw.line().startswith(b"u BAD"))
        self.assertTrue(raw.ask(b"NOOP").startswith(b"t OK"))

    def test_a_hundred_thousand_literals_cost_no_memory(self):
        raw = Raw(self.reading).login()
        before = self.reading.machine.peak_memory()
        raw.send(b"u SEARCH" + b" SUBJECT {1+}\r\nx" * 100_000 + b"\r\n")
        self.assertTrue(raw.line().startswith((b"u BAD", b"* BYE")))
        self.assertLess(self.reading.machine.peak_memory() - before, 16 << 20)

    def test_an_append_that_is_too_large_is_refused_unread(self):
        raw = Raw(self.reading).login()
        raw.send(b"u APPEND INBOX {4294967295}\r\n")
        self.assertIn(b"TOOBIG", raw.line())
        self.assertTrue(raw.ask(b"NOOP").startswith(b"t OK"))

    def test_an_append_for_nowhere_stays_in_step(self):
        raw = Raw(self.reading).login()
        raw.send(b"u APPEND nowhere {5+}\r\nhello\r\n")
        self.assertIn(b"u NO [TRYCREATE]", raw.line())
        raw.send(b"u APPEND INBOX {5+}\r\nhe\0lo\r\n")
        self.assertIn(b"u BAD", raw.line())
        self.assertTrue(raw.ask(b"NOOP").startswith(b"t OK"))

    def test_sets_of_all_numbers_there_are(self):
        raw = Raw(self.reading).login()
        raw.ask(b"SELECT INBOX")
        for command in (b"UID FETCH 1:4294967295 (FLAGS)", b"UID STORE 1:4294967295 FLAGS (\\Seen)", b"UID SEARCH UID *:1,1:4294967295",
                        b"UID FETCH " + b",".join(b"%d" % n for n in range(1, 9999)) + b" (UID)"):
            self.assertTrue(raw.ask(command).startswith(b"t OK"), command[:40])
        self.assertTrue(raw.ask(b"UID FETCH 0 (FLAGS)").startswith(b"t BAD"))
        self.assertTrue(raw.ask(b"FETCH 4294967295 (FLAGS)").startswith(b"t BAD"))

    def test_what_needs_a_login_or_a_mailbox_says_so(self):
        raw = Raw(self.reading)
        self.assertTrue(raw.ask(b"SELECT INBOX").startswith(b"t BAD"))
        raw.login()
        self.assertTrue(raw.ask(b"FETCH 1 (FLAGS)").startswith(b"t BAD"))
        self.assertTrue(raw.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()).startswith(b"t BAD"))

    def test_examine_changes_nothing(self):
        self.reading.deliver(b"Subject: looked at\r\n\r\nwords\r\n")
        raw = Raw(self.reading).login()
        self.assertIn(b"[READ-ONLY]", raw.ask(b"EXAMINE INBOX"))
        answer = raw.ask(b"FETCH 1 (BODY[])")
        self.assertTrue(answer.startswith(b"t OK"), answer)
        for command in (b"STORE 1 FLAGS (\\Deleted)", b"EXPUNGE", b"MOVE 1 Trash"):
            self.assertTrue(raw.ask(command).startswith(b"t NO"), command)
        raw.send(b"u FETCH 1 (FLAGS)\r\n")
        self.assertIn(b"FLAGS ()", raw.line())


class StartTlsTest(OwnRigCase):
    def test_passwords_are_taken_under_tls_alone_and_nothing_from_before_it_counts(self):
        reading = Reading(self.rig, tls="starttls")
        raw = Raw(reading, tls=False)
        self.assertIn(b"LOGINDISABLED", raw.greeting)
        self.assertIn(b"STARTTLS", raw.greeting)
        self.assertIn(b"PRIVACYREQUIRED", raw.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()))
        raw.send(b"t STARTTLS\r\nu LOGIN somebody else\r\n")
        self.assertTrue(raw.line().startswith(b"* BYE"))
        raw = Raw(reading, tls=False)
        self.assertTrue(raw.ask(b"STARTTLS").startswith(b"t OK"))
        raw.wrap()
        raw.login()


class RoleTest(OwnRigCase):
    def test_AP_05_an_archive_serves_no_users_unless_it_is_told_to(self):
        reading = Reading(self.rig, role="archive")
        raw = Raw(reading)
        self.assertIn(b"UNAVAILABLE", raw.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()))

    def test_AP_05_read_only_where_the_administrator_says_so(self):
        reading = Reading(self.rig, role="archive", change=lambda document: document.update(access={"archive_role": "read-only"}))
        raw = Raw(reading).login()
        self.assertIn(b"[READ-ONLY]", raw.ask(b"SELECT INBOX"))
        for command in (b"CREATE new", b"DELETE Sent", b"RENAME Sent Other", b"SUBSCRIBE INBOX", b"STORE 1:* FLAGS ()"):
            self.assertTrue(raw.ask(command).startswith((b"t NO", b"t BAD")), command)
        raw.send(b"u APPEND INBOX {5+}\r\nhello\r\n")
        self.assertIn(b"NOPERM", raw.line())


if __name__ == "__main__":
    unittest.main()
