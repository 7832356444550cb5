"""A pair serves the same account on both machines: what a mail program keeps of one is right with the other, or is not mixed up with
it."""
import poplib
import unittest

from support.case import RigCase
from support.client import smtp_send
from support.instance import DOMAIN
from support.mail_programs import Fetched, Server
from support.pair import PASSWORD, Pair, hello
from support.reading import unverified
from support.imap_wire import Wire

ALICE = f"alice@{DOMAIN}"
LETTERS = 3


class ReadPairCase(RigCase):
    """Both machines serve alice, who has some letters."""

    @classmethod
    def set_up_rig(cls) -> None:
        cls.places = {}

        def with_mail_access(name: str, host: str):
            cls.places[name] = {protocol: (host, cls.rig.port(host)) for protocol in ("imap", "pop3")}

            def change(document: dict) -> None:
                for protocol, place in cls.places[name].items():
                    document["listener"].append({"protocol": protocol, "bind": ["{}:{}".format(*place)], "tls": "implicit"})
                document.setdefault("access", {})["archive_role"] = "read-only"
            return change

        cls.pair = Pair(cls.rig, primary=with_mail_access("primary", cls.rig.host(2)), archive=with_mail_access("archive", cls.rig.host(3)))
        cls.pair.archive.add_account(ALICE, PASSWORD)
        wire = Wire(cls.places["primary"]["imap"], unverified())  # which has its own UIDs from now on
        for command in (f'LOGIN {ALICE} "{PASSWORD}"'.encode(), b"APPEND INBOX (\\Deleted) {5+}\r\nhello", b"SELECT INBOX", b"EXPUNGE", b"LOGOUT"):
            answer = wire.ask(command)[0]
            assert answer.startswith(b"OK"), answer
        wire.close()
        for _ in range(LETTERS):
            mail = hello()
            cls.pair.from_world(mail, ALICE)
            cls.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})


class EitherMachineTest(ReadPairCase):
    def imap(self, machine: str) -> Wire:
        wire = Wire(self.places[machine]["imap"], unverified())
        self.addCleanup(wire.close)
        self.assertTrue(wire.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode())[0].startswith(b"OK"))
        return wire

    def test_pop3_names_messages_alike_so_nothing_is_fetched_again(self):
        def names(machine: str) -> list[bytes]:
            client = poplib.POP3_SSL(*self.places[machine]["pop3"], context=unverified(), timeout=30)
            self.addCleanup(client.close)
            client.user(ALICE)
            client.pass_(PASSWORD)
            listed = [line.split()[1] for line in client.uidl()[1]]
            client.quit()
            return listed
        self.assertEqual(len(set(names("primary"))), LETTERS)
        self.assertEqual(sorted(names("primary")), sorted(names("archive")))

    def test_imap_names_messages_alike_and_mailboxes_apart(self):
        def of(machine: str) -> tuple[list[bytes], dict[bytes, bytes]]:
            wire = self.imap(machine)
            facts = {}
            for line in wire.ask(b"SELECT INBOX")[1]:
                for code in (b"UIDVALIDITY", b"MAILBOXID"):
                    if b"[" + code in line:
                        facts[code] = line.split(code)[1].split(b"]")[0].strip()
            return sorted(line.split(b"EMAILID")[1] for line in wire.ask(b"FETCH 1:* (EMAILID)")[1]), facts
        ours, facts = of("primary")
        theirs, other = of("archive")
        self.assertEqual(len(set(ours)), LETTERS)
        self.assertEqual(ours, theirs)
        self.assertEqual((int(facts[b"UIDVALIDITY"]) % 2, int(other[b"UIDVALIDITY"]) % 2), (0, 1))
        self.assertNotEqual(facts[b"MAILBOXID"], other[b"MAILBOXID"])

    def test_the_archive_is_read_and_not_changed(self):
        wire = self.imap("archive")
        self.assertTrue(wire.ask(b"SELECT INBOX")[0].startswith(b"OK [READ-ONLY]"))
        self.assertTrue(wire.ask(b"STORE 1 +FLAGS (\\Seen)")[0].startswith(b"NO"))
        wire = self.imap("primary")
        self.assertTrue(wire.ask(b"SELECT INBOX")[0].startswith(b"OK [READ-WRITE]"))


class MovedAddressTest(ReadPairCase):
    def test_who_has_fetched_from_one_machine_fetches_nothing_again_from_the_other(self):
        """The archive takes over the address that programs know: their lists of what they have are those of an address and a name."""
        archive, place = self.pair.archive, self.places["primary"]["pop3"]
        ours = Server(place, self.rig.directory)
        one, other = (Fetched(ours, ALICE, self.rig.folder(name), PASSWORD) for name in ("fetchmail", "getmail"))
        for fetch in (one.fetchmail, other.getmail):
            self.assertEqual(len(fetch()), LETTERS)
            self.assertEqual(fetch(), [])
        self.pair.primary.stop()
        archive.stop()

        def takes_the_address(document: dict) -> None:
            [listener] = [each for each in document["listener"] if each["protocol"] == "pop3"]
            listener["bind"] = ["{}:{}".format(*place)]
        archive.configure(takes_the_address)
        archive.start()
        theirs = Server(place, self.rig.directory)
        self.assertNotEqual(ours.sha1, theirs.sha1)
        late = hello()
        smtp_send(archive.smtp, late.octets, "someone@world.example", [ALICE], name="primary.example.org")
        for program, fetch in ((one, one.fetchmail), (other, other.getmail)):
            program.server = theirs
            [last] = fetch()
            self.assertIn(late.marker.encode(), last)
            self.assertEqual(fetch(), [])


if __name__ == "__main__":
    unittest.main()
