"""Which machine serves users, and how: an archive as the administrator says, and what becomes of sessions that are open when he says
something else."""
import poplib
import time
import unittest

from support.case import OwnRigCase
from support.client import smtp_send
from support.imap_case import ImapWords, letter
from support.imap_wire import Gone
from support.reading import ALICE, PASSWORD, Reading, unverified


class RolesTest(OwnRigCase, ImapWords):
    def archive(self, archive_role: str | None) -> Reading:
        def change(document: dict) -> None:
            if archive_role:
                document["access"] = {"archive_role": archive_role}

        self.reading = Reading(self.rig, role="archive", change=change)
        for subject in ("one", "two"):
            smtp_send(self.reading.machine.smtp, letter(subject), "someone@world.example", [ALICE], name="primary.example.org")
        return self.reading

    def becomes(self, archive_role: str) -> None:
        machine = self.reading.machine
        machine.configure(lambda document: document.update(access={"archive_role": archive_role}))
        machine.verb("reload")
        time.sleep(1.1)  # sessions look once a second

    def pop3(self) -> poplib.POP3_SSL:
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        return client

    def test_AP_05_by_default_neither_protocol_lets_a_user_in(self):
        self.archive(None)
        answer, _ = self.connect().ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode())
        self.assertTrue(answer.startswith(b"NO [UNAVAILABLE] this machine is an archive"), answer)
        with self.assertRaisesRegex(poplib.error_proto, r"-ERR \[SYS/TEMP\]"):
            self.pop3()

    def test_an_archive_may_serve_everything(self):
        self.archive("everything")
        wire = self.login()
        self.assertTrue(wire.ask(b"SELECT INBOX")[0].startswith(b"OK [READ-WRITE]"))
        for command in (b"CREATE made", b"STORE 1 +FLAGS (\\Flagged)", b"COPY 1 made", b"SUBSCRIBE made"):
            self.ok(wire.ask(command))
        self.ok(self.append(wire, b"made", letter("three")))
        client = self.pop3()
        client.dele(2)
        client.quit()
        self.assertEqual(self.ok(wire.ask(b"NOOP")), [b"* 2 EXPUNGE"])
        self.assertEqual(self.ok(wire.ask(b"STATUS made (MESSAGES)")), [b'* STATUS "made" (MESSAGES 2)'])

    def test_open_sessions_change_nothing_once_mailboxes_can_only_be_read(self):
        self.archive("everything")
        wire, client = self.login(), self.pop3()
        self.ok(wire.ask(b"SELECT INBOX"))
        client.dele(1)
        self.becomes("read-only")
        for command in (b"STORE 1 +FLAGS (\\Deleted)", b"EXPUNGE", b"MOVE 1 Trash", b"COPY 1 Trash", b"CREATE new", b"DELETE Sent"):
            self.refused(wire.ask(command), b"NOPERM")
        self.refused(self.append(wire, b"INBOX", letter("three")), b"NOPERM")
        self.ok(wire.ask(b"FETCH 1 BODY[]"))
        self.assertEqual(self.ok(wire.ask(b"FETCH 1 FLAGS")), [b"* 1 FETCH (FLAGS ())"])
        with self.assertRaisesRegex(poplib.error_proto, "-ERR"):
            client.quit()
        self.assertEqual(self.ok(self.login().ask(b"STATUS INBOX (MESSAGES)")), [b'* STATUS "INBOX" (MESSAGES 2)'])
        self.becomes("everything")
        self.ok(wire.ask(b"STORE 1 +FLAGS (\\Seen)"))

    def test_open_sessions_are_over_once_users_are_not_served(self):
        self.archive("everything")
        wire, idle, client = self.login(), self.login(), self.pop3()
        self.ok(idle.ask(b"SELECT INBOX"))
        idle.send(b"IDLE")
        self.assertTrue(idle.response().startswith(b"+ "))
        client.dele(1)
        self.becomes("nothing")
        self.assertTrue(self.bye(wire, b"NOOP").startswith(b"* BYE this login is over"))
        smtp_send(self.reading.machine.smtp, letter("wakes"), "someone@world.example", [ALICE], name="primary.example.org")
        self.assertTrue(idle.response().startswith(b"* BYE"))
        with self.assertRaises((poplib.error_proto, OSError)):
            client.quit()
        self.assertEqual(len(self.reading.machine.messages(ALICE, "INBOX")), 3)

    def bye(self, wire, command: bytes) -> bytes:
        wire.send(command)
        last = wire.response()
        with self.assertRaises(Gone):
            wire.response()
        return last


if __name__ == "__main__":
    unittest.main()
