"""Machines that know each other by certificate, whatever their names and addresses."""
import hashlib
import ssl
import unittest
from pathlib import Path

from support.case import OwnRigCase
from support.certificates import self_signed
from support.client import Client
from support.instance import Instance, LOCAL_SOURCE
from support.pair import hello
from support.sink import Sink
from support.waiting import until

ALICE, OUTSIDE = "alice@example.org", "ext@world.example"
Pair = tuple[Path, Path]  # certificate and key


def fingerprint(pair: Pair) -> str:
    return "sha256:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(pair[0].read_text())).hexdigest()


class CertificateTest(OwnRigCase):
    def setUp(self) -> None:
        rig = self.rig
        self.world = Sink(rig.host(4))
        rig.watch(self.world)
        self.of_primary, self.of_archive, self.foreign = (
            self_signed(rig.folder(name), name) for name in ("mailbox.example.org", "archive.example.org", "foreign.example.org"))
        self.primary_at, self.archive_at = ((rig.host(number), rig.port(rig.host(number))) for number in (2, 3))

    def start_archive(self) -> Instance:
        """Relays for the primary alone, known by its certificate, at an address that it shares with others."""
        def change(document: dict) -> None:
            document["tls"] = _tls(self.of_archive)
            document["client"] = [{"name": "the-primary.elsewhere.example", "networks": [LOCAL_SOURCE, f"{self.rig.host(0)}/24"],
                                   "certificate": fingerprint(self.of_primary), "may": ["relay", "local-sender", "copy"]}]
        return Instance(self.rig, "archive", self.archive_at, self.primary_at, change=change,
                        options=("--smarthost", self.world.at)).start()

    def start_primary(self, pinned: Pair) -> Instance:
        """Knows the archive by its certificate on the way in, and on the way out demands `pinned`."""
        def change(document: dict) -> None:
            document["tls"] = _tls(self.of_primary)
            document["account"] = document.get("account", []) + [{"address": ALICE}]
            document["client"] = [{"name": "the-archive.elsewhere.example", "certificate": fingerprint(self.of_archive),
                                   "may": ["local-sender", "copy"]},
                                  {"name": "office.example.org", "networks": [f"{self.rig.host(7)}/32"], "may": ["relay"]}]
            document["route"] = [{"match": "*", "via": "{}:{}".format(*self.archive_at), "certificate": fingerprint(pinned)}]
        return Instance(self.rig, "primary", self.primary_at, self.archive_at, change=change).start()

    def client(self, server: Instance, certificate: Pair | None, tls: bool = True, host: int = 9) -> Client:
        client = Client(server.smtp, self.rig.host(host), certificate=certificate)
        self.addCleanup(client.close)
        client.ehlo()
        if tls:
            client.starttls()
        return client

    def send(self, client: Client, *to: str) -> str:
        mail = hello(to[0], "someone@world.example")
        client.envelope("someone@world.example", list(to))
        self.assertEqual(client.data(mail.octets), 250)
        return mail.marker

    def test_AP_52_the_right_certificate_may_relay_and_another_one_from_the_same_address_may_not(self):
        archive = self.start_archive()
        right = self.client(archive, self.of_primary)
        self.world.wait_for(self.send(right, OUTSIDE))
        for certificate, tls in ((self.foreign, True), (None, True), (self.of_primary, False)):
            with self.subTest(certificate=certificate, tls=tls):
                client = self.client(archive, certificate, tls)
                client.must("MAIL FROM:<someone@world.example>", 250)
                refused = client.command(f"RCPT TO:<{OUTSIDE}>")
                self.assertEqual((refused.code, refused.enhanced), (550, "5.7.1"))

    def test_AP_52_a_primary_shows_its_certificate_and_its_mail_is_relayed(self):
        archive, primary = self.start_archive(), self.start_primary(pinned=self.of_archive)
        marker = self.send(self.client(primary, None, host=7), OUTSIDE)
        self.world.wait_for(marker)
        primary.wait_for_empty_queue()
        archive.wait_for_empty_queue()

    def test_nothing_goes_to_a_next_hop_that_shows_another_certificate_than_its_route_names(self):
        archive, primary = self.start_archive(), self.start_primary(pinned=self.foreign)
        self.send(self.client(primary, None, host=7), OUTSIDE)

        def refusal() -> bool:
            return any("another certificate" in (hop["last_failure"] or "") for hop in primary.json("status")["hops"])

        until(refusal, "the hop is held because of its certificate")
        self.assertEqual(len(primary.queue()), 1)
        self.assertEqual(archive.journal(), [])

    def test_split_horizon_knows_a_machine_by_its_certificate(self):
        archive, primary = self.start_archive(), self.start_primary(pinned=self.of_archive)
        from_world = self.send(self.client(primary, self.foreign), ALICE)
        from_archive = self.send(self.client(primary, self.of_archive), ALICE)
        subjects = until(lambda: [each["subject"] for each in archive.messages(ALICE, "INBOX")] if archive.accounts() else None,
                         "the copy of what the world sent")
        primary.wait_for_empty_queue()
        subjects = [each["subject"] for each in archive.messages(ALICE, "INBOX")]
        self.assertTrue(any(from_world in subject for subject in subjects))
        self.assertFalse(any(from_archive in subject for subject in subjects))
        kept = [each["subject"] for each in primary.messages(ALICE, "INBOX")]
        for marker in (from_world, from_archive):
            self.assertTrue(any(marker in subject for subject in kept))


def _tls(pair: Pair) -> dict:
    return {"certificate": str(pair[0]), "key": str(pair[1])}


if __name__ == "__main__":
    unittest.main()
