"""How far a delivery by MX goes: so many hosts, of each host a few addresses, both families; a dead host never hides the next."""
import re
import unittest

from support.case import RigCase
from support.host import has_ipv6, may_listen_on_port_25
from support.knot import Knot
from support.pair import Pair, hello
from support.sink import Sink

ALICE = "alice@example.org"
HOSTS, ADDRESSES_OF_A_HOST = 5, 4  # the default of outbound.hosts, and what docs/configuration.md says of each host


def mx(domain: str, *hosts: str) -> str:
    return "".join(f"{domain} MX {10 * (number + 1)} {host}\n" for number, host in enumerate(hosts))


class MxTest(RigCase):
    """RFC 5321 section 5.1. Nothing listens on the dead addresses, so that each is refused at once."""

    @classmethod
    def set_up_rig(cls):
        cls.good = cls.rig.host(21)
        if not may_listen_on_port_25(cls.good):
            raise unittest.SkipTest("may not listen on port 25")
        cls.sink = Sink(cls.good, 25)
        cls.rig.watch(cls.sink)
        dead = [cls.rig.host(101 + number) for number in range(8)]
        zone = f"good.world A {cls.good}\n" + "".join(f"dead{number}.world A {address}\n" for number, address in enumerate(dead))
        zone += "".join(f"many.world A {address}\n" for address in dead)
        zone += f"late.world A {cls.good}\n" + "".join(f"late.world AAAA 100::{number}\n" for number in range(1, 7))
        names = [f"dead{number}.world" for number in range(8)]
        zone += mx("five.world", *names[:HOSTS - 1], "good.world") + mx("six.world", *names[:HOSTS], "good.world")
        zone += mx("many-mx.world", "many.world", "good.world") + mx("late-mx.world", "late.world")
        zone += mx("gone.world", "nowhere.world", "good.world")
        dns = Knot(cls.rig, cls.rig.host(5), {"example": zone})

        def archive(document: dict) -> None:
            document["dns"] = {"servers": [dns.at], "allow_loopback": True}
            document["outbound"] = {"connect_wait": "2s"}
            for route in document["route"]:
                if route["match"] == "*":
                    route["via"] = "mx"

        cls.pair = Pair(cls.rig, archive=archive)

    def sent(self, domain: str):
        mail = hello(f"a@{domain}", ALICE)
        self.pair.from_user("alice", mail, f"a@{domain}")
        return mail

    def tried(self, name: str) -> list[str]:
        """The addresses of the host that were of no use, as the log names them."""
        return re.findall(rf"delivery\.host_failed host={re.escape(name)} address=(\S+) ", self.pair.archive.log())

    def test_AP_21_the_last_host_that_may_be_tried_gets_it(self):
        self.sink.wait_for(self.sent("five.world.example").marker)

    def test_AP_21_one_host_more_waits_until_the_limit_is_raised(self):
        mail = self.sent("six.world.example")
        [entry] = self.pair.wait_for_queue(self.pair.archive, lambda entry: entry.get("hop_failure"))
        self.assertIn(f"dead{HOSTS - 1}.world.example", entry["hop_failure"])
        self.assertEqual(self.sink.got(mail.marker), [])
        self.assertEqual(self.tried(f"dead{HOSTS}.world.example"), [])
        self.pair.archive.configure(lambda document: document["outbound"].update(hosts=HOSTS + 1))
        self.pair.archive.verb("reload")
        self.pair.archive.retry_queue()
        self.sink.wait_for(mail.marker)
        self.pair.archive.configure(lambda document: document["outbound"].pop("hosts"))
        self.pair.archive.verb("reload")

    def test_AP_21_a_dead_host_with_many_addresses_leaves_it_to_the_next(self):
        self.sink.wait_for(self.sent("many-mx.world.example").marker)
        self.assertEqual(len(self.tried("many.world.example")), ADDRESSES_OF_A_HOST)

    def test_AP_21_dead_aaaa_records_do_not_hide_the_a_record(self):
        self.sink.wait_for(self.sent("late-mx.world.example").marker)
        self.assertEqual([address.startswith("[100::") for address in self.tried("late.world.example")], [True])

    def test_AP_21_a_host_without_an_address_leaves_it_to_the_next(self):
        self.sink.wait_for(self.sent("gone.world.example").marker)


class FamilyTest(RigCase):
    """A host with both families: the IPv6 address is tried first, the other one when it is of no use."""

    @classmethod
    def set_up_rig(cls):
        if not has_ipv6():
            raise unittest.SkipTest("this kernel has no IPv6")
        cls.address = cls.rig.host(21)
        if not may_listen_on_port_25(cls.address) or not may_listen_on_port_25("::1"):
            raise unittest.SkipTest("may not listen on port 25")
        cls.six, cls.four = Sink("::1", 25), Sink(cls.address, 25)
        for sink in (cls.six, cls.four):
            cls.rig.watch(sink)
        dns = Knot(cls.rig, cls.rig.host(5), {"example": f"""
            both.world  A {cls.address}
            both.world  AAAA ::1
            six.world   AAAA ::1
            d.world     MX 10 both.world
            only.world  MX 10 six.world
            """})

        def archive(document: dict) -> None:
            document["dns"] = {"servers": [dns.at], "allow_loopback": True}
            for route in document["route"]:
                if route["match"] == "*":
                    route["via"] = "mx"

        cls.pair = Pair(cls.rig, archive=archive)

    def setUp(self):
        self.six.behave()

    def sent(self, to: str):
        mail = hello(to, ALICE)
        self.pair.from_user("alice", mail, to)
        return mail

    def test_AP_21_ipv6_is_tried_first(self):
        mail = self.sent("a@d.world.example")
        [got] = self.six.wait_for(mail.marker)
        self.assertEqual(got.connection.client, "::1")
        self.assertIsNone(mail.trouble_with(got.octets))
        self.assertEqual(self.four.got(mail.marker), [])

    def test_AP_21_the_other_family_gets_what_the_first_one_turns_away(self):
        self.six.answer("connect", "421 4.3.2 too busy")
        self.four.wait_for(self.sent("b@d.world.example").marker)

    def test_AP_21_a_host_with_ipv6_alone_and_an_address_literal_get_their_mail(self):
        for to in ("a@only.world.example", "a@[IPv6:::1]"):
            with self.subTest(to=to):
                mail = self.sent(to)
                [got] = self.six.wait_for(mail.marker)
                self.assertEqual(got.forward_paths, [to])


if __name__ == "__main__":
    unittest.main()
