"""TLS at the door and on the way out: nothing said in clear text counts after the handshake, and no policy is bent."""
import ssl
import unittest
from dataclasses import dataclass

from support.case import RigCase
from support.certificates import self_signed
from support.client import Client, Closed, smtp_send, tls_context
from support.instance import Instance
from support.pair import PASSWORD, hello
from support.sink import Sink
from support.waiting import until

ALICE = "alice@example.org"


class DoorTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.implicit = (at[0], cls.rig.port(at[0]))

        def change(document: dict) -> None:
            document["listener"].append({"protocol": "submission", "bind": ["{}:{}".format(*cls.implicit)], "tls": "implicit"})

        cls.server = Instance(cls.rig, "primary", at, peer, change=change).start()
        cls.server.add_account(ALICE, PASSWORD)

    def client(self, **options) -> Client:
        client = Client(self.server.smtp, self.rig.host(9), **options)
        self.addCleanup(client.close)
        return client

    def test_commands_before_the_handshake_are_never_heard(self):
        for injected in (b"STARTTLS\r\nMAIL FROM:<evil@world.example>\r\n", b"STARTTLS\r\nNOOP\r\nNOOP\r\n",
                         b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@world.example>\r\n", b"STARTTLS\r\nR", b"STARTTLS\nNOOP\r\n",
                         b"STARTTLS\r\r\nNOOP\r\n"):
            with self.subTest(injected=injected):
                client = self.client()
                client.ehlo()
                client.send(injected)
                try:
                    if client.reply() != 220:
                        continue  # no STARTTLS at all: the line was wrong
                    client._socket = tls_context().wrap_socket(client._socket, server_hostname="x")
                except (Closed, ConnectionError, ssl.SSLError):
                    continue  # thrown away with the connection
                self.assertTrue(client.is_silent(0.3))
                client.ehlo()
                self.assertEqual(client.command("RCPT TO:<alice@example.org>"), 503)

    def test_the_handshake_forgets_all_that_was_said_before(self):
        client = self.client()
        client.ehlo()
        client.must("MAIL FROM:<someone@world.example>", 250)
        reply = client.command("STARTTLS")
        if reply == 220:
            client.wrap()
            self.assertEqual(client.command("RCPT TO:<alice@example.org>"), 503)
        else:
            self.assertEqual(reply, 503)

    def test_starttls_is_offered_once_and_takes_no_parameter(self):
        client = self.client()
        client.ehlo()
        self.assertIn("STARTTLS", client.extensions)
        self.assertEqual(client.command("STARTTLS now"), 501)
        client.starttls()
        self.assertNotIn("STARTTLS", client.extensions)
        self.assertEqual(client.command("STARTTLS"), 503)

    def test_implicit_tls_speaks_tls_first_and_takes_a_login(self):
        with Client(self.implicit, self.rig.host(9), implicit_tls=True) as client:
            client.ehlo()
            self.assertNotIn("STARTTLS", client.extensions)
            self.assertEqual(client.auth_plain(ALICE, PASSWORD), 235)
        with Client(self.implicit, self.rig.host(9), implicit_tls=True) as client:
            client.ehlo()
            self.assertEqual(client.auth_login(ALICE, PASSWORD), 235)

    def test_clear_text_at_an_implicit_port_gets_no_answer(self):
        with self.assertRaises((Closed, ConnectionError, TimeoutError, ValueError)):
            with Client(self.implicit, self.rig.host(9), seconds=2):
                self.fail("a greeting in clear text")

    def test_old_versions_are_refused(self):
        context = tls_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        client = self.client()
        client.ehlo()
        client.must("STARTTLS", 220)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(client._socket, server_hostname="x")

    def test_an_end_inside_a_chunk_is_only_an_end(self):
        client = self.client()
        client.ehlo()
        client.starttls()
        client.envelope("", [ALICE])
        client.send(b"BDAT 1000 LAST\r\n" + b"x" * 10)
        client.reset()
        with self.client() as other:
            other.ehlo()
            self.assertEqual(other.command("NOOP"), 250)


@dataclass(frozen=True)
class Hop:
    """A next hop of some character, what the policy towards it is, and what must come of it."""
    policy: str
    character: str  # plain | self-signed | refuses | injects
    delivered: bool
    tls: bool = False


HOPS = (
    Hop("none", "plain", delivered=True), Hop("none", "self-signed", delivered=True, tls=False),
    Hop("may", "plain", delivered=True), Hop("may", "self-signed", delivered=True, tls=True),
    Hop("may", "refuses", delivered=True, tls=False),
    Hop("encrypt", "plain", delivered=False), Hop("encrypt", "self-signed", delivered=True, tls=True),
    Hop("encrypt", "refuses", delivered=False), Hop("encrypt", "injects", delivered=False),
    Hop("verify", "plain", delivered=False), Hop("verify", "self-signed", delivered=False),
)


class PolicyTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        rig = cls.rig
        certificate = self_signed(rig.directory, "mx.world.example")
        cls.sinks: dict[Hop, Sink] = {}
        for number, hop in enumerate(HOPS):
            sink = Sink(rig.host(50 + number), certificate=None if hop.character == "plain" else certificate)
            rig.watch(sink)
            if hop.character == "refuses":
                sink.answer("starttls", "454 4.7.0 not now")
            if hop.character == "injects":
                sink.answer("starttls", b"220 go on\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on\r\n250 2.0.0 taken\r\n")
            cls.sinks[hop] = sink

        def change(document: dict) -> None:
            document["route"] = [{"match": f"hop{number}.example", "via": cls.sinks[hop].at, "tls": hop.policy}
                                 for number, hop in enumerate(HOPS)]

        at, peer = ((rig.host(number), rig.port(rig.host(number))) for number in (2, 3))
        cls.office = rig.host(7)
        cls.server = Instance(rig, "primary", at, peer, change=change, options=("--client", f"{cls.office}/32")).start()

    def test_each_policy_is_kept(self):
        sent = {}
        for number, hop in enumerate(HOPS):
            sent[hop] = hello(f"x@hop{number}.example"), f"x@hop{number}.example"
            smtp_send(self.server.smtp, sent[hop][0].octets, "someone@world.example", [sent[hop][1]], source=self.office)
        for hop, (mail, address) in sent.items():
            with self.subTest(hop=hop):
                if hop.delivered:
                    [got] = self.sinks[hop].wait_for(mail.marker)
                    self.assertEqual(got.connection.tls, hop.tls)
                else:
                    until(lambda: self._was_tried(address), f"an attempt for {address}")
                    self.assertEqual([bool(entry["held"]) for entry in self._queued(address)], [False])
                    self.assertEqual(self.sinks[hop].got(mail.marker), [])
                    for connection in self.sinks[hop].connections:
                        self.assertFalse(any(command.upper().startswith(b"MAIL") for command in connection.commands))

    def _was_tried(self, address: str) -> bool:
        """The hop was tried and waits, its mail with it: a policy is never a reason to give up at once."""
        hop = "route:" + address.partition("@")[2]
        return any(each["hop"] == hop and each["last_failure"] for each in self.server.json("status")["hops"])

    def _queued(self, address: str) -> list[dict]:
        return [entry for entry in self.server.queue() if address in (each["address"] for each in entry["recipients"])]


if __name__ == "__main__":
    unittest.main()
