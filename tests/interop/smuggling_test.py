"""SMTP smuggling: nothing but CRLF dot CRLF ends a message, at the door and on the way out.

Twelve look-alikes of the end of data, each followed by commands that must stay what they are: text. One reply, at most one
stored message. Where the client hands over evidence (`odd_octets = "keep"`) the octets are stored whole, and still end nothing.
"""
import unittest

from support.case import PairCase
from support.client import Client, smtp_send
from support.mail import compose
from support.pair import hello

ALICE, EXT = "alice@example.org", "ext@world.example"
LOOK_ALIKES = {
    "LF . LF": b"\n.\n", "LF . CRLF": b"\n.\r\n", "CRLF . LF": b"\r\n.\n", "CR . CR": b"\r.\r", "CR . LF": b"\r.\n",
    "CR . CRLF": b"\r.\r\n", "CRLF . CR": b"\r\n.\r", "LF . CR": b"\n.\r", "CRLF NUL . CRLF": b"\r\n\0.\r\n",
    "CRLF . NUL CRLF": b"\r\n.\0\r\n", "CRLF CR . CRLF": b"\r\n\r.\r\n", "CRLF . CRCRLF": b"\r\n.\r\r\n",
}
SMUGGLED = b"MAIL FROM:<ceo@example.org>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\nPay.\r\n"


class SmugglingTest(PairCase):
    def hand_over(self, server, source, look_alike: bytes) -> tuple[int, str]:
        """The code of the one reply, and the message's marker."""
        mail = compose(body=b"Before." + look_alike + SMUGGLED)
        with Client(server, source) as client:
            client.ehlo()
            client.envelope("someone@world.example", [ALICE])
            client.must("DATA", 354)
            client.send(mail.octets + b"\r\n.\r\n")
            code = client.reply().code
            self.assertTrue(client.is_silent(0.2), "more than one reply")
            self.assertEqual(client.command("NOOP"), 250)
        return code, mail.marker

    def test_no_look_alike_ends_a_strangers_message(self):
        for name, look_alike in LOOK_ALIKES.items():
            with self.subTest(name):
                before = len(self.primary.journal())
                code, marker = self.hand_over(self.primary.smtp, self.pair.outside, look_alike)
                self.assertIn(code, (250, 550, 554))
                self.assertEqual(len(self.primary.journal()), before + (code == 250))
                self.assertNotIn("smuggled", self.subjects(self.primary))
                if code == 250:
                    self.assertIn(SMUGGLED, self.pair.octets_at(self.primary, ALICE, "INBOX", marker))

    def test_no_look_alike_ends_a_copy_and_each_is_kept_whole(self):
        for name, look_alike in LOOK_ALIKES.items():
            with self.subTest(name):
                before = len(self.archive.journal())
                code, marker = self.hand_over(self.archive.smtp, None, look_alike)  # from 127.0.0.1: the primary
                self.assertEqual(code, 250)
                self.assertEqual(len(self.archive.journal()), before + 1)
                stored = self.pair.octets_at(self.archive, ALICE, "INBOX", marker)
                expected = look_alike.replace(b"\r\n.", b"\r\n")  # a dot that begins a line was doubled, as it were
                self.assertIn(b"Before." + expected + SMUGGLED, stored)

    def test_what_we_send_has_no_bare_line_end_and_every_dot_doubled(self):
        mail = compose("alice@example.org", EXT, body=b".\r\n..\r\n.x\r\n" + b"y" * 997 + b"\r\n.last\r\n")
        self.pair.from_user("alice", mail, EXT)
        [relayed] = self.world.wait_for(mail.marker)
        self.assertNotIn(b"\n", relayed.wire.replace(b"\r\n", b""))
        self.assertNotIn(b"\r", relayed.wire.replace(b"\r\n", b""))
        self.assertTrue(relayed.octets.endswith(mail.octets))

    def test_evidence_with_bare_line_ends_is_relayed_by_bdat_or_returned(self):
        mail = compose("alice@example.org", EXT, body=b"one\ntwo\n.\nthree\r\n")
        before = len(self.world.messages)
        with Client(self.archive.smtp) as client:
            client.ehlo()
            client.envelope("alice@example.org", [EXT])
            client.must("DATA", 354)
            client.send(mail.octets + b".\r\n")
            self.assertEqual(client.reply(), 250)
        [relayed] = self.world.wait_for(mail.marker)
        self.assertTrue(relayed.octets.endswith(mail.octets))
        self.assertTrue(any(command.upper().startswith(b"BDAT") for command in relayed.connection.commands))
        self.assertEqual(len(self.world.messages), before + 1)

    def test_line_ends_in_commands_and_addresses_smuggle_nothing(self):
        mail = hello()
        for line in (b"MAIL FROM:<a@world.example>\nRCPT TO:<alice@example.org>", b"MAIL FROM:<a\r@world.example>",
                     b"MAIL FROM:<a\0@world.example>", b"RCPT TO:<alice\0@example.org>"):
            with self.subTest(line=line), Client(self.primary.smtp, self.pair.outside) as client:
                client.ehlo()
                reply = client.command(line)
                self.assertTrue(500 <= reply.code < 560, reply)
        smtp_send(self.primary.smtp, mail.octets, "someone@world.example", [ALICE], source=self.pair.outside)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})

    def subjects(self, machine) -> set[str]:
        return {message["subject"] or "" for message in machine.messages(ALICE, "INBOX")} if ALICE in machine.accounts() else set()


if __name__ == "__main__":
    unittest.main()
