"""What users take away from their mailboxes is still in the journal, octet for octet, and what they read is the same after a restart and
after a crash."""
import hashlib
import os
import poplib
import unittest

from support.case import OwnRigCase
from support.imap_case import ImapWords, letter
from support.imap_wire import Wire
from support.reading import ALICE, PASSWORD, Reading, unverified


def odd(number: int) -> bytes:
    """Octets that somebody might be tempted to mend."""
    kinds = (b"no line end at all", b"\r\n.\r\n..\r\n", b"bare \n and \r", bytes(range(1, 256)) * 40, "käse\r\n".encode() * 3000,
             os.urandom(200_000).hex().encode(), b"\t \r\n \r\n\r\n", b"From me\r\n>From you\r\n")
    return b"Subject: odd %d\r\nX-Long: %s\r\n\r\n" % (number, b"x" * 900) + kinds[number % len(kinds)]


class KeepsTest(OwnRigCase, ImapWords):
    def setUp(self) -> None:
        self.reading = Reading(self.rig)
        self.machine = self.reading.machine

    def pop3(self) -> poplib.POP3_SSL:
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        return client

    def octets(self, wire: Wire, number: int) -> bytes:
        [line] = self.ok(wire.ask(b"FETCH %d BODY.PEEK[]" % number))
        head, _, rest = line.partition(b"}\r\n")
        return rest[:int(head.rpartition(b"{")[2])]

    def test_what_is_deleted_by_either_protocol_is_still_in_the_journal(self):
        for number in range(4):
            self.reading.deliver(letter(f"message {number}", 500 + number))
        wire = self.login()
        self.ok(wire.ask(b"SELECT INBOX"))
        stored = [self.octets(wire, number) for number in range(1, 5)]
        positions = [row["position"] for row in self.machine.journal()]
        self.assertEqual(len(positions), 4)
        self.ok(wire.ask(b"STORE 1 +FLAGS (\\Deleted)"))
        self.ok(wire.ask(b"EXPUNGE"))
        self.ok(wire.ask(b"MOVE 1 Trash"))
        self.ok(wire.ask(b"CREATE gone"))
        self.ok(wire.ask(b"MOVE 2 gone"))
        self.ok(wire.ask(b"DELETE gone"))  # with the message that is in it
        self.ok(wire.ask(b"SELECT Trash"))
        self.ok(wire.ask(b"STORE 1 +FLAGS.SILENT (\\Deleted)"))
        self.ok(wire.ask(b"CLOSE"))
        client = self.pop3()
        self.assertEqual(client.stat()[0], 1)
        client.dele(1)
        client.quit()
        for restart in (False, True):
            if restart:
                self.machine.stop()
                self.machine.start()
            self.assertEqual([folder["messages"] for folder in self.machine.folders(ALICE)], [0] * len(self.machine.folders(ALICE)))
            self.assertEqual([row["position"] for row in self.machine.journal()], positions)
            self.assertEqual([self.machine.admin.octets("journal/octets", position=position) for position in positions], stored)
        self.machine.verb("journal", "verify", "--bodies")

    def test_octets_are_the_same_after_a_restart_and_a_crash(self):
        wire = self.login()
        sent = [odd(number) for number in range(16)]
        for octets in sent:
            self.ok(self.append(wire, b"INBOX", octets))
        for end in (None, self.machine.stop, self.machine.kill):
            if end:
                end()
                self.machine.start()
            wire = self.login()
            self.ok(wire.ask(b"SELECT INBOX"))
            found = [self.octets(wire, number) for number in range(1, len(sent) + 1)]
            self.assertEqual([hashlib.sha256(octets).hexdigest() for octets in found], [hashlib.sha256(octets).hexdigest() for octets in sent])
            self.ok(wire.ask(b"COPY 1:* Archive"))
        self.ok(wire.ask(b"SELECT Archive"))
        self.assertEqual([self.octets(wire, 2 * len(sent) + number) for number in range(1, len(sent) + 1)], sent)


if __name__ == "__main__":
    unittest.main()
