"""Who may hand over what, and where: the sender check, submission, trusted networks, and that nobody else relays."""
import unittest

from support.case import PairCase
from support.client import Client, Refused, smtp_send
from support.pair import PASSWORD, hello

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"
STRANGER = "someone@else.example"


class DoorTest(PairCase):
    """At the primary: a listener of each kind with the sender check on and off, and clients with each permission."""

    @classmethod
    def set_up_rig(cls):
        rig = cls.rig
        cls.clients = {may: rig.host(31 + number) for number, may in enumerate((("relay",), ("local-sender",), ()))}

        def primary(document: dict) -> None:
            cls.doors = {}
            for protocol in ("smtp", "submission"):
                for check in (True, False):
                    at = cls.doors[protocol, check] = rig.host(2), rig.port(rig.host(2))
                    document["listener"].append({"protocol": protocol, "bind": ["{}:{}".format(*at)], "tls": "starttls",
                                                 "refuse_nonlocal_claiming_local": check})
            for may, address in cls.clients.items():
                document["client"].append({"name": f"c{address.rpartition('.')[2]}.example.org", "networks": [f"{address}/32"],
                                           "may": list(may)})

        cls.pair_options = {"primary": primary}
        super().set_up_rig()

    def refused(self, step: int | range, send, *arguments, **options) -> Refused:
        with self.assertRaises(Refused) as caught:
            send(*arguments, **options)
        self.assertIn(caught.exception.reply.code, step if isinstance(step, range) else (step,), caught.exception)
        self.assertTrue(caught.exception.reply.enhanced, f"no enhanced code: {caught.exception}")
        return caught.exception

    def test_AP_05_users_connect_to_the_primary_alone(self):
        """The archive listens for mail from its primary, and the mailboxes that it makes by itself have no login."""
        mail = hello()
        self.pair.from_world(mail, ALICE)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        self.assertEqual({each["protocol"] for each in self.archive.json("status")["listeners"]}, {"smtp"})
        [alice] = [each for each in self.archive.json("account", "list") if each["address"] == ALICE]
        self.assertFalse(alice["login"])
        with Client(self.archive.smtp, self.pair.outside) as client:
            client.ehlo()
            client.starttls()
            self.assertIn(client.auth_plain(ALICE, PASSWORD).code, (502, 503, 535))

    def test_AP_16_AP_19_a_stranger_may_not_claim_a_local_sender(self):
        mail = hello(BOB, ALICE)
        self.refused(550, self.pair.from_world, mail, BOB, reverse_path=ALICE)
        self.pair.expect(mail, {})
        other = hello(BOB)
        self.pair.from_world(other, BOB)
        self.pair.expect(other, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})

    def test_AP_19_a_local_from_in_the_header_alone_reaches_no_sent_folder(self):
        mail = hello(BOB, ALICE)
        self.pair.from_world(mail, BOB)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})

    def test_AP_17_submission_demands_a_login_and_logins_demand_tls(self):
        with Client(self.primary.submission, self.pair.outside) as client:
            client.ehlo()
            self.assertNotIn("AUTH", client.extensions)
            self.assertEqual(client.command(f"MAIL FROM:<{ALICE}>"), 530)
            self.assertIn(client.auth_plain(ALICE, "whatever").code, (502, 503, 504, 530, 538))
        with Client(self.primary.submission, self.pair.outside) as client:
            client.ehlo()
            client.starttls()
            self.assertIn("PLAIN", client.extensions["AUTH"].split())
            self.assertEqual(client.command(f"MAIL FROM:<{ALICE}>"), 530)
            self.assertEqual(client.auth_plain(ALICE, "a wrong password"), 535)
            self.assertEqual(client.auth_plain(ALICE, PASSWORD), 235)
            mail = hello(BOB, ALICE)
            client.envelope(ALICE, [BOB])
            self.assertEqual(client.data(mail.octets), 250)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1})

    def test_AP_18_a_user_may_send_from_anywhere_whatever_the_check(self):
        for check in (True, False):
            with self.subTest(check=check):
                mail = hello(BOB, ALICE)
                smtp_send(self.doors["submission", check], mail.octets, ALICE, [BOB], source=self.pair.outside, login=(ALICE, PASSWORD))
                self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1})

    def test_AP_18_the_sender_check_is_each_listeners_own(self):
        mail = hello(BOB, ALICE)
        refusal = self.refused(550, smtp_send, self.doors["smtp", True], mail.octets, ALICE, [BOB], source=self.pair.outside)
        self.assertEqual(refusal.reply.enhanced, "5.7.1")
        self.pair.expect(mail, {})
        smtp_send(self.doors["smtp", False], mail.octets, ALICE, [BOB], source=self.pair.outside)
        # The archive believes its primary: this forgery is why the check is on (AP-19).
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1})
        self.refused(550, smtp_send, self.doors["smtp", False], mail.octets, ALICE, [EXT], source=self.pair.outside)

    def test_AP_20_a_network_may_what_is_listed_and_nothing_else(self):
        office, relay, local, nothing = self.pair.office, self.clients["relay",], self.clients["local-sender",], self.clients[()]
        for source, reverse_path, to, allowed in (
                (office, ALICE, EXT, True), (office, ALICE, BOB, True), (office, STRANGER, EXT, True),
                (relay, ALICE, EXT, False), (relay, ALICE, BOB, False), (relay, STRANGER, EXT, True), (relay, "", EXT, True),
                (local, ALICE, EXT, False), (local, ALICE, BOB, True), (local, STRANGER, EXT, False), (local, STRANGER, BOB, True),
                (nothing, ALICE, EXT, False), (nothing, ALICE, BOB, False), (nothing, STRANGER, EXT, False),
                (nothing, STRANGER, BOB, True), (self.pair.outside, ALICE, BOB, False), (self.pair.outside, STRANGER, EXT, False),
                (self.pair.outside, "", EXT, False)):
            with self.subTest(source=source, reverse_path=reverse_path, to=to):
                mail = hello(to, reverse_path or "mailer-daemon@world.example")
                if not allowed:
                    refusal = self.refused(550, smtp_send, self.primary.smtp, mail.octets, reverse_path, [to], source=source)
                    self.assertEqual(refusal.reply.enhanced, "5.7.1")
                    self.pair.expect(mail, {})
                    continue
                smtp_send(self.primary.smtp, mail.octets, reverse_path, [to], source=source)
                places = {f"world {EXT}": 1} if to == EXT else {"primary bob/INBOX": 1, "archive bob/INBOX": 1}
                self.pair.expect(mail, places | ({"archive alice/Sent": 1} if reverse_path == ALICE else {}))

    def test_AP_24_AP_27_an_unknown_user_is_refused_at_rcpt_and_nothing_is_made(self):
        before = self.primary.accounts()
        mail = hello("nobody@example.org")
        self.assertEqual(self.refused(550, self.pair.from_world, mail, "nobody@example.org").reply.enhanced, "5.1.1")
        self.pair.expect(mail, {})
        self.assertEqual(self.primary.accounts(), before)

    def test_AP_38_the_archive_takes_what_its_primary_brings_for_whomever(self):
        mail = hello("stranger@example.org")
        smtp_send(self.archive.smtp, mail.octets, "someone@world.example", ["stranger@example.org"])  # from 127.0.0.1: the primary
        self.pair.expect(mail, {"archive stranger/INBOX": 1})

    def test_AP_52_the_archive_is_not_in_charge_for_strangers(self):
        mail = hello()
        reply = self.refused(451, smtp_send, self.archive.smtp, mail.octets, "someone@world.example", [ALICE], source=self.pair.outside)
        self.assertEqual(reply.reply.enhanced, "4.3.2")
        self.refused(550, smtp_send, self.archive.smtp, mail.octets, "someone@world.example", [EXT], source=self.pair.outside)
        self.pair.expect(mail, {})

    def test_AP_52_the_archive_relays_for_the_address_of_its_primary_alone(self):
        before = len(self.world.messages)
        for source in (self.pair.outside, self.pair.office, self.rig.host(2), self.rig.host(3), "127.0.0.2"):
            for reverse_path in ("", ALICE, STRANGER, "postmaster@example.org", "x@[127.0.0.1]"):
                for name in ("client.example", self.primary.hostname, "localhost", "[127.0.0.1]"):
                    with self.subTest(source=source, reverse_path=reverse_path, name=name):
                        refusal = self.refused(range(500, 600), smtp_send, self.archive.smtp, hello(EXT).octets, reverse_path, [EXT],
                                               source=source, name=name)
                        self.assertEqual(refusal.reply.enhanced, "5.7.1")
        self.assertEqual(len(self.world.messages), before)
        mail = hello(EXT, ALICE)
        smtp_send(self.archive.smtp, mail.octets, ALICE, [EXT], source="127.0.0.1")  # whence the primary speaks
        self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})

    def test_AP_52_nobody_relays_by_a_trick_of_spelling(self):
        before = len(self.world.messages)
        forms = ("<ext%world.example@example.org>", '<"ext@world.example"@example.org>', '<"ext%world.example"@example.org>',
                 "<@example.org:ext@world.example>", "<world.example!ext@example.org>", "<ext@world.example@example.org>",
                 "<ext@[127.0.0.1]>", "<ext@world.example>", '<"ext@world.example">')
        for machine in (self.primary, self.archive):
            for form in forms:
                with self.subTest(machine=machine.role, form=form), Client(machine.smtp, self.pair.outside) as client:
                    client.ehlo()
                    client.must("MAIL FROM:<someone@else.example>", 250)
                    reply = client.command(f"RCPT TO:{form}")
                    # The archive may also say that it is not in charge of example.org.
                    self.assertTrue(500 <= reply.code < 600 or machine is self.archive and reply == 451, reply)
        self.assertEqual(len(self.world.messages), before)


if __name__ == "__main__":
    unittest.main()
