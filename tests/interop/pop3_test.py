"""POP3 as Python's own client speaks it: what arrives is fetched bit for bit, once, and goes when it is told to."""
import poplib
import unittest

from support.case import OwnRigCase, RigCase
from support.client import smtp_send
from support.reading import ALICE, BOB, PASSWORD, Reading, unverified
from support.scram import Scram

MAIL = b"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nFrom: someone@world.example\r\nSubject: %s\r\n\r\n.a dot in front\r\n..two\r\nlast\r\n"


class Pop3Test(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def login(self, user: str) -> poplib.POP3_SSL:
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        client.user(user)
        client.pass_(PASSWORD)
        return client

    def test_fetched_left_and_taken_away(self):
        for name in (b"one", b"two", b"three"):
            self.reading.deliver(MAIL % name, ALICE)
        client = self.login(ALICE)
        self.assertEqual(client.stat()[0], 3)
        stored = self.reading.machine.export(ALICE, "INBOX", 2)
        self.assertEqual(b"\r\n".join(client.retr(2)[1]) + b"\r\n", stored)
        self.assertEqual(client.top(2, 1)[1][-1], b".a dot in front")
        names = client.uidl()[1]
        self.assertEqual(len({line.split()[1] for line in names}), 3)
        with self.assertRaisesRegex(poplib.error_proto, "IN-USE"):
            self.login(ALICE)
        client.dele(2)
        client.quit()
        client = self.login(ALICE)
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], [names[0].split()[1], names[2].split()[1]])
        client.dele(1)
        client.close()  # without QUIT nothing goes
        client = self.login(ALICE)
        self.assertEqual(client.stat()[0], 2)
        client.quit()

    def test_uidl_is_the_name_that_imap_knows_too(self):
        self.reading.deliver(MAIL % b"named", BOB)
        client = self.login(BOB)
        imap = self.reading.login(BOB)
        imap.select("INBOX")
        [line] = imap.fetch("1", "(EMAILID)")[1]
        self.assertIn(client.uidl()[1][0].split()[1], line)
        client.quit()

    def test_wrong_passwords_and_unknown_commands_end_the_session(self):
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        client.user(ALICE)
        with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
            client.pass_("wrong")
        client.close()
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        for _ in range(3):
            with self.assertRaises(poplib.error_proto):
                client._shortcmd("NONSENSE")
        with self.assertRaises((poplib.error_proto, OSError)):
            client.noop()
        self.assertIn("UIDL", poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30).capa())

    def test_once_logged_in_mistakes_do_not_end_it_so_soon(self):
        client = self.login(BOB)
        for _ in range(10):
            with self.assertRaises(poplib.error_proto):
                client._shortcmd("NONSENSE")
        client.noop()
        client.quit()

    def test_scram(self):
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        self.assertIn("SCRAM-SHA-256", client.capa()["SASL"])
        scram = Scram(BOB, PASSWORD)
        challenge = client._shortcmd(f"AUTH SCRAM-SHA-256 {scram.first}")
        proof = client._shortcmd(scram.final(challenge.decode().removeprefix("+ ")))
        self.assertTrue(scram.proves(proof.decode().removeprefix("+ ")))
        self.assertTrue(client._shortcmd("").startswith(b"+OK"))
        client.quit()


class ReadOnlyPop3Test(OwnRigCase):
    def test_what_can_only_be_read_refuses_dele_at_once(self):
        reading = Reading(self.rig, role="archive", change=lambda document: document.update(access={"archive_role": "read-only"}))
        smtp_send(reading.machine.smtp, MAIL % b"kept", "someone@world.example", [ALICE], name="primary.example.org")
        client = poplib.POP3_SSL(*reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        self.assertEqual(client.stat()[0], 1)
        with self.assertRaisesRegex(poplib.error_proto, "SYS/PERM"):
            client.dele(1)
        client.quit()


if __name__ == "__main__":
    unittest.main()
