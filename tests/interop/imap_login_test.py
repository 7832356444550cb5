"""How a login over IMAP begins, is given up and fails (RFC 9051 §6.2.2 and §6.2.3, RFC 4959): each answer, and that the session goes on."""
import base64
import unittest

from support.imap_case import ImapCase
from support.imap_wire import Gone, Wire
from support.reading import ALICE, PASSWORD


def coded(text: str) -> bytes:
    return base64.b64encode(text.encode())


GOOD = coded(f"\0{ALICE}\0{PASSWORD}")


class LoginTest(ImapCase):
    def begins(self, wire: Wire, command: bytes, challenge: bytes = b"") -> bytes:
        tag = wire.send(command)
        self.assertEqual(wire.response(), b"+ " + challenge)
        return tag

    def ends(self, wire: Wire, tag: bytes, answer: bytes, expected: bytes) -> None:
        wire.send_line(answer)
        line = wire.response()
        self.assertTrue(line.startswith(tag + b" " + expected), line)

    def assert_is_in(self, wire: Wire) -> None:
        self.assertEqual(self.ok(wire.ask(b"STATUS INBOX (UNSEEN)")), [b'* STATUS "INBOX" (UNSEEN 0)'])

    def test_who_gives_up_hears_bad_and_may_begin_again(self):
        wire = self.connect()
        self.ends(wire, self.begins(wire, b"AUTHENTICATE PLAIN"), b"*", b"BAD ")
        tag = self.begins(wire, b"AUTHENTICATE LOGIN", coded("Username:"))
        wire.send_line(coded(ALICE))
        self.assertEqual(wire.response(), b"+ " + coded("Password:"))
        self.ends(wire, tag, b"*", b"BAD ")
        self.ends(wire, self.begins(wire, b"authenticate plain"), GOOD, b"OK [CAPABILITY IMAP4rev1 ")
        self.assert_is_in(wire)

    def test_what_is_no_base64_is_bad(self):
        for answer in (b"a", b"=AAA", b"AAA=BBB", b"A B", GOOD + b"!", b""):
            wire = self.connect()
            self.ends(wire, self.begins(wire, b"AUTHENTICATE PLAIN"), answer, b"BAD ")
            self.ok(wire.ask(b"NOOP"))

    def test_a_mechanism_that_there_is_not_is_no_and_another_may_be_tried(self):
        wire = self.connect()
        for _ in range(3):
            for mechanism in (b"CRAM-MD5", b"EXTERNAL", b"X-NONE " + GOOD):
                self.assertTrue(wire.ask(b"AUTHENTICATE " + mechanism)[0].startswith(b"NO "))
        self.ends(wire, self.begins(wire, b"AUTHENTICATE PLAIN"), GOOD, b"OK [CAPABILITY ")
        self.assert_is_in(wire)

    def test_the_first_response_may_stand_in_the_command(self):  # RFC 4959
        wire = self.connect()
        answer, untagged = wire.ask(b"AUTHENTICATE PLAIN " + GOOD)
        self.assertTrue(answer.startswith(b"OK [CAPABILITY "), answer)
        self.assertEqual(untagged, [])
        self.assert_is_in(wire)
        for response in (b"=", b"=AAA", b"AAA=BBB", b"!", coded("no parts"), b'"' + GOOD + b'"', b"{%d+}\r\n%s" % (len(GOOD), GOOD)):
            self.assertTrue(self.connect().ask(b"AUTHENTICATE PLAIN " + response)[0].startswith(b"BAD "), response)

    def test_one_who_is_refused_may_try_again_and_only_so_often(self):
        user = self.new_user("forgetful")
        good, wrong = coded(f"\0{user}\0{PASSWORD}"), coded(f"\0{user}\0a wrong one")
        wire = self.connect()
        self.refused(wire.ask(b"AUTHENTICATE PLAIN " + wrong), b"AUTHENTICATIONFAILED")
        self.ends(wire, self.begins(wire, b"AUTHENTICATE PLAIN"), wrong, b"NO [AUTHENTICATIONFAILED]")
        self.ends(wire, self.begins(wire, b"AUTHENTICATE PLAIN"), good, b"OK ")
        self.assert_is_in(wire)
        wire = self.connect()
        for _ in range(2):
            self.refused(wire.ask(b"AUTHENTICATE PLAIN " + wrong), b"AUTHENTICATIONFAILED")
        self.refused(wire.ask(f'LOGIN {user} "a wrong one"'.encode()), b"AUTHENTICATIONFAILED")
        self.assertTrue(wire.response().startswith(b"* BYE "))
        with self.assertRaises(Gone):
            wire.response()

    def test_who_is_in_logs_in_no_second_time(self):
        wire = self.login()
        for command in (b"AUTHENTICATE PLAIN", b"AUTHENTICATE PLAIN " + GOOD, f'LOGIN {ALICE} "{PASSWORD}"'.encode(), b"STARTTLS"):
            self.assertTrue(wire.ask(command)[0].startswith(b"BAD "), command)
        self.assert_is_in(wire)

    def test_a_nul_is_in_no_name_and_no_password(self):
        for user, password in ((ALICE, "a\0b"), (ALICE + "\0", PASSWORD), (f"\0{ALICE}", PASSWORD)):
            wire = self.connect()
            said = [part.encode() for part in (user, password)]
            command = b"LOGIN " + b" ".join(b"{%d+}\r\n%s" % (len(part), part) for part in said)
            self.assertTrue(wire.ask(command)[0].startswith(b"BAD "), command)
            self.ok(wire.ask(b"NOOP"))

    def test_before_a_login_there_is_nothing_else(self):
        for command in (b"ENABLE CONDSTORE", b"SELECT INBOX", b"IDLE", b"NAMESPACE", b"COMPRESS DEFLATE", b"NOTIFY NONE", b"CLOSE", b"UNSELECT"):
            wire = self.connect()
            answer, untagged = wire.ask(command)
            self.assertTrue(answer.startswith(b"BAD "), (command, answer))
            self.assertEqual(untagged, [])
        wire = self.connect()
        self.ok(wire.ask(b"NOOP"))
        self.assertTrue(self.ok(wire.ask(b"ID NIL"))[0].startswith(b"* ID ("))
        self.assertTrue(self.ok(wire.ask(b"LOGOUT"))[0].startswith(b"* BYE "))


if __name__ == "__main__":
    unittest.main()
