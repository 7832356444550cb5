"""A crowd that says nothing shuts nobody out: who is silent makes room for who is not."""
import resource
import socket
import time
import unittest

from support.case import RigCase
from support.client import Client, smtp_send
from support.instance import Instance
from support.mail import compose
from support.pair import PASSWORD
from support.waiting import until

ALICE = "alice@example.org"
CROWD, PER_ADDRESS = 1000, 50
SOON = 1.0  # seconds to a greeting


class CrowdTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # ours; the server raises its own
        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.gateway = cls.rig.host(8)
        cls.implicit = (at[0], cls.rig.port(at[0]))

        def change(document: dict) -> None:
            document["listener"].append({"protocol": "submission", "bind": ["{}:{}".format(*cls.implicit)], "tls": "implicit"})
            document["client"].append({"name": "gateway.example.org", "networks": [f"{cls.gateway}/32"], "may": ["relay"]})

        cls.server = Instance(cls.rig, "primary", at, peer, change=change).start()
        cls.server.add_account(ALICE, PASSWORD)

    def setUp(self):
        self.crowd: list[socket.socket] = []
        self.addCleanup(lambda: [each.close() for each in self.crowd])

    def gather(self, place: tuple[str, int], said: bytes = b"") -> None:
        # Those of before may still be leaving, and while many are, newcomers are refused.
        until(lambda: self.server.json("status")["sessions"] == 0, "an empty house")
        for number in range(CROWD):
            source = self.rig.host(100 + number // PER_ADDRESS)
            self.crowd.append(socket.create_connection(place, 10, (source, 0)))
            self.crowd[-1].sendall(said)

    def expect_service(self) -> None:
        """A stranger, a user and a machine of ours are greeted at once, and their mail is taken."""
        for source in (self.rig.host(9), self.gateway):
            begin = time.monotonic()
            with Client(self.server.smtp, source) as client:
                self.assertEqual(client.greeting, 220)
                self.assertLess(time.monotonic() - begin, SOON)
                client.ehlo()
                client.envelope("a@world.example", [ALICE])
                self.assertEqual(client.data(compose().octets), 250)
        begin = time.monotonic()
        smtp_send(self.server.submission, compose(sender=ALICE).octets, ALICE, [ALICE], source=self.rig.host(9),
                  login=(ALICE, PASSWORD))
        self.assertLess(time.monotonic() - begin, SOON + 2)

    def test_a_thousand_silent_connections(self):
        for name, place, said in (("after the greeting", self.server.smtp, b""),
                                  ("within a command", self.server.smtp, b"EHL"),
                                  ("within a transaction", self.server.smtp, b"EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<"),
                                  ("at submission", self.server.submission, b""),
                                  ("within a handshake", self.implicit, b"\x16\x03\x01")):
            with self.subTest(name):
                self.gather(place, said)
                self.expect_service()
                for each in self.crowd:
                    each.close()
                self.crowd.clear()

    def test_who_makes_room_is_told_so(self):
        self.gather(self.server.smtp)
        extra = [Client(self.server.smtp, self.rig.host(200 + number)) for number in range(20)]
        self.addCleanup(lambda: [each.close() for each in extra])
        self.assertEqual([each.greeting.code for each in extra], [220] * len(extra))
        first = self.crowd[0]
        first.settimeout(10)
        heard = b""
        while piece := first.recv(4096):
            heard += piece
        self.assertRegex(heard, rb"\A220 [^\r]*\r\n421 4\.3\.2 [^\r]*\r\n\Z")
        self.assertEqual([each.command("NOOP").code for each in extra], [250] * len(extra))  # and nobody else leaves


if __name__ == "__main__":
    unittest.main()
