"""AUTHENTICATE EXTERNAL: who shows the certificate of an authority that the configuration names is the account of its address."""
import base64
import poplib
import ssl
import subprocess
import unittest
from pathlib import Path

from support.case import RigCase
from support.certificates import Authority, self_signed
from support.imap_wire import Wire
from support.reading import ALICE, BOB, Reading, unverified


class ExternalTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        folder = cls.rig.directory
        cls.authority, cls.other = Authority(folder, "ours"), Authority(folder, "theirs")
        cls.reading = Reading(cls.rig, change=lambda document: document.setdefault("access", {}).update(
            client_authorities=str(cls.authority.certificate)))
        machine = cls.reading.machine
        machine.verb("account", "add", "aliased@example.org", "--alias", "second@example.org", "--password-stdin", text=b"a password\n")
        machine.verb("account", "add", "without@example.org")
        machine.add_account("a*b@example.org", "a password")

    def context(self, certificate: tuple[Path, Path] | None) -> ssl.SSLContext:
        context = unverified()
        if certificate:
            context.load_cert_chain(*certificate)
        return context

    def wire(self, certificate: tuple[Path, Path] | None) -> Wire:
        wire = Wire(self.reading.imap, self.context(certificate))
        self.rig.at_close(wire.close)
        return wire

    def external(self, certificate: tuple[Path, Path] | None, identity: str = "") -> bytes:
        initial = base64.b64encode(identity.encode()) or b"="
        return self.wire(certificate).ask(b"AUTHENTICATE EXTERNAL " + initial)[0]

    def test_the_account_of_the_certificate_is_in_and_no_other(self):
        alice = self.authority.issue("alice", emails=[ALICE])
        self.assertIn(b"AUTH=EXTERNAL", self.wire(alice).greeting)
        for identity in ("", ALICE, "alice", "ALICE@Example.ORG"):
            self.assertTrue(self.external(alice, identity).startswith(b"OK "), identity)
        for identity in (BOB, "nosuch@example.org", "alice@world.example", "\0", "x" * 400, f"{ALICE}*games"):
            self.assertTrue(self.external(alice, identity).startswith(b"NO "), identity)
        wire = self.wire(alice)
        tag = wire.send(b"AUTHENTICATE EXTERNAL")
        self.assertEqual(wire.response(), b"+ ")
        wire.send_line(b"")
        self.assertTrue(wire.response().startswith(tag + b" OK "))
        self.assertTrue(wire.ask(b"SELECT INBOX")[0].startswith(b"OK "))

    def test_the_subject_and_an_alias_do_as_well(self):
        self.assertTrue(self.external(self.authority.issue("subject", subject=BOB)).startswith(b"OK "))
        self.assertTrue(self.external(self.authority.issue("alias", emails=["second@example.org"]), "aliased").startswith(b"OK "))

    def test_of_several_addresses_one_is_named(self):
        both = self.authority.issue("both", emails=[ALICE, BOB])
        self.assertTrue(self.external(both).startswith(b"NO "))
        for name in (ALICE, BOB):
            self.assertTrue(self.external(both, name).startswith(b"OK "), name)
        many = self.authority.issue("many", emails=[ALICE] + [f"x{number}@example.org" for number in range(8)])
        self.assertNotIn(b"EXTERNAL", self.wire(many).greeting)

    def test_what_is_no_certificate_of_ours_is_not_offered_it(self):
        for certificate in (None, self_signed(self.rig.directory, "alice.example"), self.other.issue("forged", emails=[ALICE]),
                            self.authority.issue("host", emails=[]), self.authority.issue("old", emails=[ALICE], over=True),
                            self.authority.issue("server", emails=[ALICE], use="serverAuth")):
            wire = self.wire(certificate)
            self.assertNotIn(b"EXTERNAL", wire.greeting, certificate)
            self.assertIn(b"AUTH=PLAIN", wire.greeting)
            self.assertTrue(wire.ask(b"AUTHENTICATE EXTERNAL =")[0].startswith(b"NO "), certificate)

    def test_a_certificate_makes_nobody_who_may_not_log_in_and_no_operator(self):
        for name in ("nosuch@example.org", "without@example.org", "alice@world.example"):
            self.assertTrue(self.external(self.authority.issue(name.split("@", maxsplit=1)[0], emails=[name])).startswith(b"NO "), name)

    def test_pop3_takes_it_too(self):
        def client(certificate) -> poplib.POP3_SSL:
            made = poplib.POP3_SSL(*self.reading.pop3, context=self.context(certificate), timeout=30)
            self.rig.at_close(made.close)
            return made
        with_it = client(self.authority.issue("by-pop", emails=[ALICE]))
        self.assertIn("EXTERNAL", with_it.capa()["SASL"])
        self.assertTrue(with_it._shortcmd("AUTH EXTERNAL " + base64.b64encode(ALICE.encode()).decode()).startswith(b"+OK"))
        with_it.quit()
        without = client(None)
        self.assertNotIn("EXTERNAL", without.capa()["SASL"])
        with self.assertRaises(poplib.error_proto):
            without._shortcmd("AUTH EXTERNAL =")

    def asked(self, place: tuple[str, int]) -> bool:
        done = subprocess.run(["openssl", "s_client", "-connect", "{}:{}".format(*place)], input=b"", capture_output=True, timeout=30, check=False)
        return b"No client certificate CA names sent" not in done.stdout and b"Acceptable client certificate CA names" in done.stdout

    def test_a_reload_takes_the_authorities_away(self):
        self.assertTrue(self.asked(self.reading.imap))
        alice = self.authority.issue("until", emails=[ALICE])
        machine = self.reading.machine
        machine.configure(lambda document: document.pop("access"))
        machine.verb("reload")
        try:
            self.assertFalse(self.asked(self.reading.imap))
            self.assertNotIn(b"EXTERNAL", self.wire(alice).greeting)
        finally:
            machine.configure(lambda document: document.update(access={"client_authorities": str(self.authority.certificate)}))
            machine.verb("reload")
        self.assertTrue(self.external(alice).startswith(b"OK "))

    def test_a_file_that_holds_no_authority_is_an_error(self):
        machine = self.reading.machine
        empty = self.rig.directory / "empty.pem"
        empty.write_text("")
        before = machine.config.read_text()
        try:
            machine.configure(lambda document: document.update(access={"client_authorities": str(empty)}))
            done = machine.run("reload")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"empty.pem", done.stderr)
        finally:
            machine.config.write_text(before)


if __name__ == "__main__":
    unittest.main()
