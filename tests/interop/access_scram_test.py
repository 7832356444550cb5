"""SCRAM that is tied to the TLS connection under it (RFC 5802 §6, RFC 7677, RFC 9266), over IMAP and POP3: who stands between client
and server, with the password's proof but another connection, does not get in, nor does who takes the offer away on its way."""
import unittest
from concurrent.futures import ThreadPoolExecutor

from support.case import RigCase
from support.reading import ALICE, PASSWORD, Reading
from support.scram import Scram
from support.tied import TiedClient

PLUS, PLAIN, TIED = "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "p=tls-exporter"


class Door:
    """One connection. `begin` is what stands before the mechanism, `good` how success begins, `asked` what only who is in may ask."""

    begin, good, asked = "", "", ""

    def __init__(self, client: TiedClient):
        self._client, self.binding = client, client.binding

    def login(self, mechanism: str, scram: Scram) -> bool:
        """Whether we are in; if so the server has proven that it knows the password, too."""
        line = self._client.ask(f"{self.begin} {mechanism} {scram.first}")
        proven = False
        for answer in (scram.final, lambda _: ""):
            if not line.startswith("+ "):
                break
            proven = scram.proves(line[2:])
            line = self._client.ask(answer(line[2:]))
        return line.startswith(self.good) and proven

    def is_open(self) -> bool:
        line = self._client.ask(self.asked)
        if line.startswith("* STATUS"):
            line = self._client.line()
        return line.startswith(self.good)


class ImapDoor(Door):
    begin, good, asked = "a AUTHENTICATE", "a OK", "a STATUS INBOX (MESSAGES)"
    begins = ("* ", "+ ", "a ")

    def offers(self) -> str:
        return self._client.greeting


class Pop3Door(Door):
    begin, good, asked = "AUTH", "+OK", "STAT"
    begins = ("+OK", "-ERR", "+ ", "SASL ")

    def offers(self) -> str:
        self._client.ask("CAPA")
        return self._client.line()


class BoundTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def doors(self) -> list[Door]:
        made = []
        for kind, place in ((ImapDoor, self.reading.imap), (Pop3Door, self.reading.pop3)):
            client = TiedClient(place, kind.begins)
            self.addCleanup(client.close)
            made.append(kind(client))
        return made

    def test_who_knows_the_password_and_the_connection_is_let_in(self):
        for door in self.doors():
            with self.subTest(type(door).__name__):
                self.assertIn(PLUS, door.offers())
                self.assertTrue(door.login(PLUS, Scram(ALICE, PASSWORD, flag=TIED, binding=door.binding)))
                self.assertTrue(door.is_open())

    def test_nobody_else_is(self):
        other = self.doors()[0].binding
        cases = {"another connection": (PLUS, TIED, other, PASSWORD), "none at all": (PLUS, TIED, b"", PASSWORD),
                 "a binding of another kind": (PLUS, "p=tls-unique", None, PASSWORD), "a wrong password": (PLUS, TIED, None, "another password"),
                 "PLUS without a binding": (PLUS, "n", b"", PASSWORD),
                 "an offer that was taken away on its way": (PLAIN, "y", b"", PASSWORD)}  # "y": I could have, and you did not offer it

        def comes_in(case: tuple) -> list[bool]:
            mechanism, flag, binding, password = case
            found = []
            for door in self.doors():
                found.append(door.login(mechanism, Scram(ALICE, password, flag=flag, binding=door.binding if binding is None else binding)))
                found.append(door.is_open())
            return found

        with ThreadPoolExecutor(len(cases)) as pool:  # the machine takes its time over each failure
            for name, found in zip(cases, pool.map(comes_in, cases.values())):
                with self.subTest(name):
                    self.assertEqual(found, [False] * 4)

    def test_who_can_do_without_does_without(self):
        for door in self.doors():
            self.assertTrue(door.login(PLAIN, Scram(ALICE, PASSWORD)))
            self.assertTrue(door.is_open())


if __name__ == "__main__":
    unittest.main()
