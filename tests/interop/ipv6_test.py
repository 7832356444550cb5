"""IPv6 at the doors: a listener, the network of a client, what the journal says. The ways out by IPv6: mx_test.py, routes_test.py."""
import unittest

from support.case import RigCase
from support.client import Client, Refused, smtp_send
from support.host import has_ipv6
from support.pair import PASSWORD, Pair, hello

ALICE, EXT = "alice@example.org", "ext@world.example"


@unittest.skipUnless(has_ipv6(), "this kernel has no IPv6")
class Ipv6Test(RigCase):
    @classmethod
    def set_up_rig(cls):
        cls.smtp, cls.submission = (("::1", cls.rig.port("::1")) for _ in range(2))

        def primary(document: dict) -> None:
            for protocol, (address, port) in (("smtp", cls.smtp), ("submission", cls.submission)):
                document["listener"].append({"protocol": protocol, "bind": [f"[{address}]:{port}"], "tls": "starttls"})

        cls.pair = Pair(cls.rig, primary=primary)

    def client_of(self, *networks: str) -> None:
        """From now on these networks, and no others of IPv6, may relay."""
        def change(document: dict) -> None:
            document["client"] = [each for each in document["client"] if each["name"] != "six.example.org"]
            if networks:
                document["client"].append({"name": "six.example.org", "networks": list(networks), "may": ["relay"]})

        self.pair.primary.configure(change)
        self.pair.primary.verb("reload")

    def test_mail_from_the_world_comes_in_by_ipv6(self):
        self.client_of()
        mail = hello()
        smtp_send(self.smtp, mail.octets, "someone@world.example", [ALICE])
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        entry = self.pair.primary.journal()[-1]
        self.assertEqual(entry["client"]["address"], "::1")
        stored = self.pair.octets_at(self.pair.primary, ALICE, "INBOX", mail.marker)
        self.assertIn(b"[IPv6:::1]", stored.partition(mail.octets)[0])  # RFC 5321 section 4.1.3

    def test_a_user_submits_by_ipv6(self):
        self.pair.primary.add_account("six@example.org", PASSWORD)
        mail = hello(EXT, "six@example.org")
        smtp_send(self.submission, mail.octets, "six@example.org", [EXT], login=("six@example.org", PASSWORD))
        self.pair.expect(mail, {f"world {EXT}": 1, "archive six/Sent": 1})

    def test_the_network_of_a_client_lets_in_that_network_alone(self):
        for networks, code in (((), 550), (("::1/128",), 250), (("::1",), 250), (("::/127",), 250), (("::2/128",), 550),
                               (("127.0.0.0/8",), 550), (("2001:db8::/32", "::1/128"), 250)):
            with self.subTest(networks=networks):
                self.client_of(*networks)
                mail = hello(EXT, "someone@else.example")
                try:
                    reply = smtp_send(self.smtp, mail.octets, "someone@else.example", [EXT])
                except Refused as refused:
                    reply = refused.reply
                    self.assertEqual(reply.enhanced, "5.7.1")
                self.assertEqual(reply, code)
                self.pair.expect(mail, {f"world {EXT}": 1} if code == 250 else {})

    def test_one_listener_takes_nothing_of_the_others_family(self):
        with self.assertRaises(OSError):
            Client(("127.0.0.1", self.smtp[1])).close()


if __name__ == "__main__":
    unittest.main()
