"""The ways out: static routes by pattern, host, port, TLS and login; the archive or a provider as smarthost; MX."""
import unittest

from support.case import OwnRigCase, RigCase
from support.certificates import self_signed
from support.host import has_ipv6, may_listen_on_port_25
from support.knot import Knot, SilentDns
from support.pair import Pair, hello
from support.sink import Sink
from support.waiting import until

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"
LOGIN = {"example.org": "a secret of the provider's"}


class StaticRouteTest(RigCase):
    """AP-14: pattern, host or address, port, TLS mode, priority; login is below."""

    @classmethod
    def set_up_rig(cls):
        rig = cls.rig
        names = ("exact", "below", "named", "encrypted", "first", "second") + (("ipv6",) if has_ipv6() else ())
        certificate = self_signed(rig.directory, "mx.world.example")
        cls.sinks = {name: Sink("::1" if name == "ipv6" else rig.host(20 + number), name=f"{name}.example",
                                certificate=certificate if name == "encrypted" else None) for number, name in enumerate(names)}
        for sink in cls.sinks.values():
            rig.watch(sink)
        dead = f"{rig.host(16)}:{rig.port(rig.host(16))}"
        dns = Knot(rig, rig.host(5), {"provider.example": f"relay A {cls.sinks['named'].address}"})
        routes = [("exact.example", cls.sinks["exact"].at, {}), ("*.exact.example", cls.sinks["below"].at, {}),
                  ("named.example", f"relay.provider.example:{cls.sinks['named'].port}", {}),
                  ("encrypted.example", cls.sinks["encrypted"].at, {"tls": "encrypt"}),
                  # The file's order is not the order of trying.
                  ("prio.example", cls.sinks["second"].at, {"priority": 20}), ("prio.example", cls.sinks["first"].at, {"priority": 5}),
                  ("spare.example", cls.sinks["second"].at, {"priority": 7}), ("spare.example", dead, {"priority": 3})]
        if has_ipv6():
            routes.append(("ipv6.example", cls.sinks["ipv6"].at, {}))

        def archive(document: dict) -> None:
            document["dns"]["servers"] = [dns.at]
            document["dns"]["allow_loopback"] = True
            document["route"][0:0] = [{"match": match, "via": via} | more for match, via, more in routes]

        cls.pair = Pair(rig, archive=archive)
        cls.sinks["smarthost"] = cls.pair.world

    def test_AP_14_every_part_of_a_route_is_kept_to(self):
        for address, name in (("a@exact.example", "exact"), ("a@EXACT.Example", "exact"), ("a@x.exact.example", "below"),
                              ("a@y.x.exact.example", "below"), ("a@notexact.example", "smarthost"), ("a@named.example", "named"),
                              ("a@encrypted.example", "encrypted"), ("a@prio.example", "first"), ("a@spare.example", "second"),
                              ("a@ipv6.example", "ipv6" if has_ipv6() else "smarthost"), (EXT, "smarthost")):
            with self.subTest(address=address):
                mail = hello(address, ALICE)
                self.pair.from_user("alice", mail, address)
                [got] = self.sinks[name].wait_for(mail.marker)
                self.assertEqual((got.forward_paths, got.connection.tls), ([address], name == "encrypted"))
                self.assertIsNone(mail.trouble_with(got.octets))
                self.assertEqual([each for each, sink in self.sinks.items() if sink.got(mail.marker)], [name])

    def test_AP_14_recipients_of_one_message_part_by_their_routes(self):
        to = ["a@exact.example", "b@exact.example", "c@prio.example", EXT]
        mail = hello(", ".join(to), ALICE)
        self.pair.from_user("alice", mail, *to)
        for name, paths in (("exact", to[:2]), ("first", to[2:3]), ("smarthost", to[3:])):
            self.assertEqual([each.forward_paths for each in self.sinks[name].wait_for(mail.marker)], [paths])


class ByAddressTest(OwnRigCase):
    def test_AP_15_the_archives_address_as_smarthost_is_enough(self):
        """An address without port or name, no [peer], no [[client]]: the same traffic ends in the same places."""
        address = self.rig.host(3)
        if not may_listen_on_port_25(address):
            self.skipTest("may not listen on port 25")
        dns = SilentDns(self.rig, self.rig.host(6))

        def primary(document: dict) -> None:
            document["client"] = [each for each in document["client"] if "relay" in each["may"]]
            document["route"] = [{"match": "*", "via": address}]
            document["dns"]["servers"] = [dns.at]

        def archive(document: dict) -> None:
            document["listener"].append({"protocol": "smtp", "bind": [f"{address}:25"]})

        pair = Pair(self.rig, primary=primary, archive=archive)
        pair.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        stories = [(None, [ALICE], {"primary alice/INBOX": 1, "archive alice/INBOX": 1}),
                   ("alice", [BOB], {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1}),
                   ("alice", [BOB, EXT], {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1, f"world {EXT}": 1}),
                   ("bob", ["gone@world.example"], {"archive bob/Sent": 1, "report primary bob/INBOX": 1, "report archive bob/INBOX": 1})]
        for user, to, places in stories:
            with self.subTest(user=user, to=to):
                mail = hello(", ".join(to), f"{user}@example.org" if user else "someone@world.example")
                if user:
                    pair.from_user(user, mail, *to)
                else:
                    pair.from_world(mail, *to)
                pair.expect(mail, places)
        self.assertEqual(dns.questions(), [])


class ProviderTest(RigCase):
    """AP-21: by a provider's smarthost that takes mail under TLS from who logs in."""

    @classmethod
    def set_up_rig(cls):
        rig = cls.rig
        hosts = {name: rig.host(20 + number) for number, name in enumerate(("implicit", "starttls", "stranger", "lying"))}
        certificates = {name: self_signed(rig.directory, "mail.else.example" if name == "lying" else host)
                        for name, host in hosts.items()}
        cls.sinks = {name: Sink(host, certificate=certificates[name], implicit_tls=name != "starttls", logins=LOGIN)
                     for name, host in hosts.items()}
        for sink in cls.sinks.values():
            rig.watch(sink)
        roots = rig.directory / "roots.pem"  # "stranger" is of no known authority, "lying" of one, with another name
        roots.write_text("".join(certificates[name][0].read_text() for name in ("implicit", "starttls", "lying")))
        for name, password in (("good", LOGIN["example.org"]), ("bad", "no secret")):
            (rig.directory / f"{name}.auth").write_text(f"example.org {password}\n")
            (rig.directory / f"{name}.auth").chmod(0o600)

        def archive(document: dict) -> None:
            document["route"][0:0] = [
                {"match": match, "via": cls.sinks[name].at, "tls": "verify" if name == "starttls" else "implicit",
                 "auth": str(rig.directory / f"{login}.auth")}
                for match, name, login in (("implicit.example", "implicit", "good"), ("starttls.example", "starttls", "good"),
                                           ("refused.example", "implicit", "bad"), ("stranger.example", "stranger", "good"),
                                           ("lying.example", "lying", "good"))]

        cls.pair = Pair(rig, archive=archive, archive_environment={"SSL_CERT_FILE": str(roots)})

    def test_AP_21_mail_leaves_by_a_smarthost_that_demands_a_login(self):
        for name in ("implicit", "starttls"):
            with self.subTest(name=name):
                address = f"x@{name}.example"
                mail = hello(address, ALICE)
                self.pair.from_user("alice", mail, address)
                [got] = self.sinks[name].wait_for(mail.marker)
                self.assertEqual((got.connection.tls, got.connection.user), (True, "example.org"))
                self.assertEqual((got.reverse_path, got.forward_paths), (ALICE, [address]))
                self.assertIsNone(mail.trouble_with(got.octets))
                self.pair.archive.wait_for_empty_queue()

    def test_AP_21_a_login_that_is_refused_keeps_the_mail_here(self):
        """A password that has expired is mended by an administrator; until then nothing is bounced."""
        self.waits("refused.example", self.sinks["implicit"], "535")

    def test_AP_21_no_password_goes_to_a_host_that_cannot_prove_its_name(self):
        for name in ("stranger", "lying"):
            with self.subTest(name=name):
                self.waits(f"{name}.example", self.sinks[name], "certificate")
                self.assertEqual([each.commands for each in self.sinks[name].connections if each.commands], [])

    def waits(self, domain: str, sink: Sink, why: str) -> None:
        mail = hello(f"x@{domain}", ALICE)
        self.pair.from_user("alice", mail, f"x@{domain}")
        failure = until(lambda: self.last_failure(f"route:{domain}"), f"an attempt for {domain}")
        self.assertIn(why, failure)
        [entry] = [each for each in self.pair.archive.queue() if each["recipients"][0]["address"] == f"x@{domain}"]
        self.assertFalse(entry["held"])
        self.assertEqual(sink.got(mail.marker), [])
        self.pair.archive.verb("queue", "remove", entry["id"])

    def last_failure(self, hop: str) -> str:
        return next((each["last_failure"] for each in self.pair.archive.json("status")["hops"] if each["hop"] == hop), "")


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

    def setUp(self):
        for sink in (self.first, self.second, self.lonely):
            sink.behave()

    def sent(self, to: str):
        mail = hello(to, ALICE)
        self.pair.from_user("alice", mail, to)
        return mail

    def test_AP_21_the_best_preference_is_tried_first(self):
        for _ in range(3):
            mail = self.sent("a@two.world.example")
            self.first.wait_for(mail.marker)
            self.assertEqual(self.second.got(mail.marker), [])

    def test_AP_21_a_host_that_is_down_leaves_it_to_the_next(self):
        self.second.wait_for(self.sent("a@half.world.example").marker)

    def test_AP_21_a_host_that_turns_us_away_leaves_it_to_the_next(self):
        for greeting in ("421 4.3.2 too busy", "554 5.3.2 no service"):
            with self.subTest(greeting=greeting):
                self.first.answer("connect", greeting)
                mail = self.sent("b@two.world.example")
                self.second.wait_for(mail.marker)
                self.assertEqual(self.first.got(mail.marker), [])
                self.first.behave()

    def test_AP_21_a_refused_recipient_is_final_and_no_other_host_is_asked(self):
        self.first.answer("rcpt", "550 5.1.1 no such user here", "gone@two.world.example")
        mail = self.sent("gone@two.world.example")
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        self.assertEqual(self.second.got(mail.marker), [])

    def test_AP_21_without_mx_the_domain_itself_is_the_host(self):
        self.lonely.wait_for(self.sent("a@implicit.world.example").marker)

    def test_AP_21_null_mx_and_no_such_domain_come_home_at_once(self):
        for domain in ("null.world.example", "missing.world.example"):
            with self.subTest(domain=domain):
                mail = self.sent(f"a@{domain}")
                self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})


if __name__ == "__main__":
    unittest.main()
