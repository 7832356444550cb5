"""Passthrough where something is different: the archive is away, there is DNS, a second domain, another route."""
import socket
import unittest

from support.case import OwnRigCase, RigCase
from support.knot import Knot, SilentDns
from support.pair import Pair, hello
from support.sink import Sink
from support.waiting import until

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"


class ArchiveAwayTest(OwnRigCase):
    def test_AP_50_the_primary_goes_on_and_all_drains_in_order_when_the_archive_is_back(self):
        dns = SilentDns(self.rig, self.rig.host(6))

        def primary(document: dict) -> None:
            document["dns"]["servers"] = [dns.at]
            document["outbound"] = {"connections_per_hop": 1}  # one after the other, so that the order can be seen

        pair = Pair(self.rig, primary=primary)
        pair.archive.stop()

        incoming = [hello() for _ in range(20)]
        outgoing = [hello(EXT, BOB) for _ in range(5)]
        for mail in incoming:
            pair.from_world(mail, ALICE, BOB)
        for mail in outgoing:
            pair.from_user("bob", mail, EXT)
        self.assertEqual(len(pair.primary.messages(ALICE, "INBOX")), len(incoming))

        queue = pair.primary.queue()
        self.assertEqual({entry["hop"] for entry in queue}, {"route:*"})  # AP-13: one next hop for all
        self.assertEqual(dns.questions(), [])  # AP-13: and no question asked
        copies = [entry for entry in queue if entry["kind"] == "copy"]
        self.assertEqual(sum(len(entry["recipients"]) for entry in copies), 2 * len(incoming))
        for entry in copies:  # AP-25: the envelope is the original's
            self.assertLessEqual({each["address"] for each in entry["recipients"]}, {ALICE, BOB})
            self.assertEqual(entry["reverse_path"], "someone@world.example")

        pair.archive.start()
        pair.primary.retry_queue()
        pair.primary.wait_for_empty_queue()
        for mail in incoming:
            pair.expect(mail, {f"{machine} {user}/INBOX": 1 for machine in ("primary", "archive") for user in ("alice", "bob")})
        for mail in outgoing:
            pair.expect(mail, {f"world {EXT}": 1, "archive bob/Sent": 1})
        arrived = [message["subject"] for message in pair.archive.messages(ALICE, "INBOX")]
        self.assertEqual([subject.rsplit(" ", 1)[1] for subject in arrived], [mail.marker for mail in incoming])


class BackAndForthTest(OwnRigCase):
    def test_AP_34_a_delay_notice_made_on_the_archive_arrives_on_the_primary(self):
        pair = Pair(self.rig, archive=lambda document: document["queue"].update(delay_notice="1s"))
        pair.world.answer("rcpt", "450 4.2.1 come later", "busy@world.example")
        mail = hello("busy@world.example", ALICE)
        pair.from_user("alice", mail, "busy@world.example")
        until(lambda: pair.places(mail)["report primary alice/INBOX"], "the delay notice")
        pair.world.behave()
        pair.archive.retry_queue()
        pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1,
                           "world busy@world.example": 1})

    def test_AP_26_a_bounce_made_on_the_primary_is_copied_once(self):
        refusing = Sink(self.rig.host(14))
        self.rig.watch(refusing)
        refusing.answer("rcpt", "550 5.1.1 nobody here")

        def primary(document: dict) -> None:
            document["route"].insert(0, {"match": "refusing.example", "via": refusing.at})

        pair = Pair(self.rig, primary=primary)
        mail = hello("x@refusing.example", ALICE)
        pair.from_user("alice", mail, "x@refusing.example")
        pair.expect(mail, {"report primary alice/INBOX": 1, "report archive alice/INBOX": 1})


class RouteTest(OwnRigCase):
    def test_AP_14_routes_go_by_domain_and_by_priority(self):
        special, spare = Sink(self.rig.host(14)), Sink(self.rig.host(15))
        for sink in (special, spare):
            self.rig.watch(sink)
        dead = f"{self.rig.host(16)}:{self.rig.port(self.rig.host(16))}"

        def archive(document: dict) -> None:
            document["route"][0:0] = [
                {"match": "special.example", "via": special.at},
                {"match": "*.special.example", "via": dead, "priority": 1},
                {"match": "*.special.example", "via": spare.at, "priority": 2},
            ]

        pair = Pair(self.rig, archive=archive)
        for address, sink in (("a@special.example", special), ("a@below.special.example", spare), (EXT, pair.world)):
            with self.subTest(address=address):
                mail = hello(address, ALICE)
                pair.from_user("alice", mail, address)
                sink.wait_for(mail.marker)
        self.assertEqual((len(special.messages), len(spare.messages), len(pair.world.messages)), (1, 1, 1))

    def test_AP_22_a_domain_that_was_not_chosen_is_not_copied(self):
        def primary(document: dict) -> None:
            document["domain"].append({"name": "example.net"})
            document["account"].append({"address": "dora@example.net"})
            document["account"].append({"address": "postmaster@example.net"})
            document["passthrough"]["domains"] = ["example.org"]

        pair = Pair(self.rig, primary=primary)
        chosen, other = hello(), hello("dora@example.net")
        pair.from_world(chosen, ALICE)
        pair.from_world(other, "dora@example.net")
        pair.expect(chosen, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        pair.expect(other, {"primary dora@example.net/INBOX": 1})

    def test_AP_09_AP_10_passthrough_begins_on_a_loaded_primary_without_a_restart(self):
        def alone(document: dict) -> None:
            document["passthrough"]["copy_local_to_outbox"] = False
            del document["route"]

        pair = Pair(self.rig, primary=alone)
        before = hello()
        pair.from_world(before, ALICE)
        pair.expect(before, {"primary alice/INBOX": 1})
        pid = pair.primary.process.pid
        printed = pair.primary.verb("passthrough", "enable", "--archive", "{}:{}".format(*pair.archive.smtp)).decode()
        self.assertIn("copy_local_to_outbox", printed)
        self.assertIn("route", printed)
        after, out = hello(), hello(EXT, ALICE)
        pair.from_world(after, ALICE)
        pair.from_user("alice", out, EXT)
        pair.expect(after, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        pair.expect(out, {f"world {EXT}": 1, "archive alice/Sent": 1})
        pair.expect(before, {"primary alice/INBOX": 1})
        self.assertEqual(pair.primary.process.pid, pid)
        self.assertTrue(pair.primary.process.running())


def may_listen_on_port_25(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 25))
            return True
        except OSError:
            return False


class MxTest(RigCase):
    """AP-21: the archive delivers by MX. Real mail servers listen on port 25, so do these."""

    @classmethod
    def set_up_rig(cls):
        hosts = [cls.rig.host(number) for number in (21, 22, 23)]
        if not all(may_listen_on_port_25(host) for host in hosts):
            raise unittest.SkipTest("may not listen on port 25")
        cls.first, cls.second, cls.lonely = (Sink(host, 25) for host in hosts)
        for sink in (cls.first, cls.second, cls.lonely):
            cls.rig.watch(sink)
        dns = Knot(cls.rig, cls.rig.host(5), {"example": f"""
            two.world         MX 20 second.world
            two.world         MX 10 first.world
            half.world        MX 10 down.world
            half.world        MX 20 second.world
            implicit.world    A {hosts[2]}
            null.world        MX 0 .
            first.world       A {hosts[0]}
            second.world      A {hosts[1]}
            down.world        A {cls.rig.host(24)}
            """})

        def archive(document: dict) -> None:
            document["dns"] = {"servers": [dns.at], "allow_loopback": True}
            for route in document["route"]:
                if route["match"] == "*":
                    route["via"] = "mx"

        cls.pair = Pair(cls.rig, archive=archive)

    def sent(self, to: str):
        mail = hello(to, ALICE)
        self.pair.from_user("alice", mail, to)
        return mail

    def test_AP_21_the_best_preference_is_tried_first(self):
        self.first.wait_for(self.sent("a@two.world.example").marker)
        self.assertEqual(self.second.messages, [])

    def test_AP_21_a_host_that_is_down_leaves_it_to_the_next(self):
        mail = self.sent("a@half.world.example")
        self.second.wait_for(mail.marker)
        self.second.messages.remove(*self.second.got(mail.marker))

    def test_AP_21_without_mx_the_domain_itself_is_the_host(self):
        self.lonely.wait_for(self.sent("a@implicit.world.example").marker)

    def test_AP_21_null_mx_and_no_such_domain_come_home_at_once(self):
        for domain in ("null.world.example", "missing.world.example"):
            with self.subTest(domain=domain):
                mail = self.sent(f"a@{domain}")
                self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})


if __name__ == "__main__":
    unittest.main()
