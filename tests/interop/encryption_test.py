"""Encryption at rest: what lies on the medium, what a start demands, and what is left of mail whose account's key was destroyed,
here and in a copy of the store that was made before."""
import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from support.case import OwnRigCase
from support.client import Client
from support.instance import PROGRAM, ROOT, Instance
from support.journaled import ALICE, BOB
from support.sink import Sink
from support.waiting import until

CHECKER = ROOT / "deploy" / "check-proof.py"
DOMAIN_OF_SENDER = "ramshackle.example"
WORDS = (b"quixotic-subject", b"zephyrous-body", b"ramshackle", b"umbrageous-detail")  # of subject, body, sender, recipient
BOTH = ("alice+umbrageous-detail@example.org", BOB)


def letter(number: int) -> bytes:
    """Each word several times, so that whatever shortens texts has something to shorten."""
    return (b"From: x@" + DOMAIN_OF_SENDER.encode() + b"\r\nTo: you@example.org\r\nMessage-ID: <%d@" % number +
            DOMAIN_OF_SENDER.encode() + b">\r\nSubject: quixotic-subject %d\r\n\r\n" % number + b"zephyrous-body %d\r\n" % number * 40)


class EncryptedCase(OwnRigCase):
    def setUp(self) -> None:
        self.master = self.new_key("master.key")
        self.ring = self.rig.directory / "keys" / "ring"
        self.sent: list[bytes] = []

    def new_key(self, name: str) -> Path:
        path = self.rig.directory / name
        path.touch(0o600)
        path.write_bytes(subprocess.run([PROGRAM, "encryption", "new-key"], capture_output=True, check=True).stdout)
        return path

    def machine(self, name: str = "server", encryption: dict | None = None) -> Instance:
        """Not running. Keeps mail for two users, compresses nothing, and signs heads when it is asked to."""
        here, nobody = ((self.rig.host(each), self.rig.port(self.rig.host(each))) for each in (2, 250))

        def change(document: dict) -> None:
            for key in ("passthrough", "route"):
                document.pop(key)
            document["journal"] = {"sign_every": "0s"}
            document["store"] = {"compression": 0}
            document["account"].extend({"address": each} for each in (ALICE, BOB))
            if encryption != {}:
                document["encryption"] = encryption or {"master_key": str(self.master), "ring": str(self.ring)}

        return Instance(self.rig, "primary", here, nobody, name=name, change=change)

    def hand_over(self, server: Instance, *recipients: str) -> str:
        """One message; its position in the journal."""
        octets = letter(len(self.sent))
        self.sent.append(octets)
        with Client(server.smtp, self.rig.host(9)) as client:
            client.ehlo()
            client.envelope(f"x@{DOMAIN_OF_SENDER}", list(recipients))
            self.assertEqual(client.data(octets), 250)
        return server.journal()[-1]["position"]

    def in_clear(self, server: Instance) -> set[bytes]:
        """Which of the words stand in any file of the data directory."""
        files = [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 3)
        return {word for word in WORDS if any(word in octets for octets in files)}

    def refused_start(self, server: Instance) -> str:
        """What `serve` says instead of starting."""
        done = subprocess.run([PROGRAM, "serve", "--config", server.config], capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stderr.decode()

    def proof(self, server: Instance, position: str) -> bytes:
        return server.verb("journal", "prove", position, "--all-recipients")

    def assert_proves(self, proof: bytes, message: bytes) -> None:
        files = [self.rig.directory / "proof.json", self.rig.directory / "message.eml"]
        for path, octets in zip(files, (proof, message)):
            path.write_bytes(octets)
        done = subprocess.run([sys.executable, "-B", CHECKER, *files], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def verify(self, server: Instance, faults: str = "") -> dict:
        [verdict] = json.loads(server.run("journal", "verify", "--bodies", "--json").stdout)
        self.assertRegex("\n".join(verdict["faults"]), f"^{faults}$")
        return verdict


class MediumTest(EncryptedCase):
    def test_no_word_of_a_message_lies_in_the_data_directory_and_every_word_does_without_encryption(self):
        clear, encrypted = self.machine("clear", {}).start(), self.machine("encrypted").start()
        for server in (clear, encrypted):
            for recipients in ((ALICE,), (BOB,), BOTH):
                self.hand_over(server, *recipients)
        self.assertEqual(clear.json("encryption", "status")["encryption"], "off")
        status = encrypted.json("encryption", "status")
        self.assertEqual((status["encryption"], status["keys_destroyed"]), ("on", 0))
        self.assertEqual(status["of_these_encrypted"], status["octets_accepted_since_start"])
        self.assertGreater(status["of_these_encrypted"], 0)
        for server in (clear, encrypted):
            self.assertEqual(server.stop(), 0)
        self.assertEqual(self.in_clear(clear), set(WORDS))
        self.assertEqual(self.in_clear(encrypted), set())
        self.assertNotIn(self.master.read_bytes().strip(), self.ring.read_bytes())

    def test_mail_is_what_it_was_after_a_restart_and_a_rebuild(self):
        server = self.machine().start()
        self.hand_over(server, *BOTH)
        before = server.export(ALICE, "INBOX", 1)
        self.assertTrue(before.endswith(self.sent[0]))
        self.assertEqual(server.stop(), 0)
        server.verb("rebuild")
        server.start()
        self.assertEqual((server.export(ALICE, "INBOX", 1), server.export(BOB, "INBOX", 1)), (before, before))
        self.assertEqual(self.verify(server)["bodies"], 1)

    def test_the_master_key_may_come_from_a_program(self):
        program = self.rig.directory / "give"
        program.write_text("#!/bin/sh\necho never shown >&2\ncut -d: -f2 \"$1\" >&2\ncat \"$1\"\n")
        program.chmod(0o700)
        server = self.machine(encryption={"master_command": [str(program), str(self.master)]}).start()
        self.hand_over(server, ALICE)
        self.assertTrue((server.data / "keys" / "ring").exists())
        self.assertEqual(server.stop(), 0)
        self.assertNotIn("never shown", server.log())
        self.assertNotIn(self.master.read_text().strip().split(":")[1], server.log())
        program.write_text("#!/bin/sh\necho stumbled >&2\nexit 3\n")
        said = self.refused_start(server)
        self.assertIn("it ended with status 3", said)
        self.assertIn("octets=9", said)
        self.assertNotIn("stumbled", said)


class StartTest(EncryptedCase):
    def test_keys_that_do_not_fit_are_named_and_the_right_ones_open_it_again(self):
        server = self.machine().start()
        self.hand_over(server, ALICE)
        self.assertEqual(server.stop(), 0)
        away = self.rig.directory / "away"

        def with_encryption(**encryption: object) -> None:
            server.configure(lambda document: document.update(encryption=encryption) if encryption else document.pop("encryption"))

        with_encryption(master_key=str(self.new_key("other.key")), ring=str(self.ring))
        self.assertRegex(self.refused_start(server), "made under another master key.*give the one that it was made with")
        with_encryption()
        self.assertRegex(self.refused_start(server), r"is encrypted, and the configuration has no \[encryption\]")
        with_encryption(master_key=str(self.master), ring=str(self.ring))
        self.ring.rename(away)
        self.assertRegex(self.refused_start(server), "cannot be read without it: bring it back from its copy")
        self.assertFalse(self.ring.exists(), "no ring is made in place of one that is lost")
        other = self.machine("other").start()  # makes a ring of its own there
        self.hand_over(other, ALICE)
        self.assertEqual(other.stop(), 0)
        self.assertRegex(self.refused_start(server), "is the ring of another store")
        away.rename(self.ring)
        octets = self.ring.read_bytes()
        self.ring.write_bytes(octets[:-50] + bytes([octets[-50] ^ 1]) + octets[-49:])
        self.assertRegex(self.refused_start(server), "does not have the digest that it claims.*bring it back from its newest copy")
        self.ring.write_bytes(octets)
        server.start()
        self.assertTrue(server.export(ALICE, "INBOX", 1).endswith(self.sent[0]))

    def test_a_new_master_key_opens_the_ring_and_the_old_one_does_not(self):
        server = self.machine().start()
        self.hand_over(server, ALICE)
        new = self.new_key("new.key")
        self.assertIn(b"no server may run", server.run("encryption", "rekey", "--master-key", str(new)).stderr)
        self.assertEqual(server.stop(), 0)
        server.verb("encryption", "rekey", "--master-key", str(new))
        self.assertIn("made under another master key", self.refused_start(server))
        new.rename(self.master)
        server.start()
        self.assertTrue(server.export(ALICE, "INBOX", 1).endswith(self.sent[0]))

    def test_a_store_in_clear_is_encrypted_from_the_start_that_says_so(self):
        server = self.machine(encryption={}).start()
        self.hand_over(server, *BOTH)
        self.assertEqual(server.stop(), 0)
        server.configure(lambda document: document.update(encryption={"master_key": str(self.master)}))
        server.start()
        self.hand_over(server, *BOTH)
        for number in (0, 1):
            self.assertTrue(server.export(BOB, "INBOX", number + 1).endswith(self.sent[number]))
        self.assertEqual(self.verify(server)["bodies"], 2)


class WaitingTest(EncryptedCase):
    def copying(self, **route) -> tuple[Instance, tuple[str, int]]:
        """A machine that copies mail for its users to somebody, of whom nothing but the address is there; and has one letter for Alice."""
        sink = self.rig.host(3), self.rig.port(self.rig.host(3))

        def with_route(document: dict) -> None:
            document["route"] = [{"match": "*", "via": "{}:{}".format(*sink), "tls": "none", **route}]
            document["passthrough"] = {"domains": ["*"], "copy_local_to_outbox": True}

        server = self.machine()
        server.configure(with_route)
        server.start()
        self.hand_over(server, ALICE)
        return server, sink

    def test_what_nobody_gave_a_receipt_for_holds_up_the_destruction_until_a_person_says_that_it_may_go(self):
        server, sink = self.copying(custody=True)
        world = Sink(*sink)
        self.rig.at_close(world.close)
        server.verb("queue", "retry")
        server.wait_for_empty_queue()
        server.verb("account", "remove", ALICE)
        destruction = ("account", "destroy-key", ALICE, "--reason", "she left", "--yes")
        refused = server.run(*destruction)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"never gave a receipt", refused.stderr)
        self.assertEqual(server.json("encryption", "status")["keys_destroyed"], 0)
        server.verb(*destruction, "--without-receipt")
        self.assertEqual(server.json("encryption", "status")["keys_destroyed"], 1)
        acts = [row for row in server.json("audit", "list") if row["action"] == "account/destroy-key" and row["event"] == "begun"]
        self.assertEqual([row["object"].get("without_receipt") for row in acts], [None, "1"])

    def test_what_still_waits_holds_up_the_destruction_and_leaves_no_old_copy_of_the_store_afterwards(self):
        server, sink = self.copying()
        server.stop()
        copy = self.rig.directory / "copy"
        shutil.copytree(server.data, copy)
        server.start()
        server.verb("account", "remove", ALICE)
        refused = server.run("account", "destroy-key", ALICE, "--reason", "she left", "--yes")
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"still queued for somebody", refused.stderr)
        for entry in server.queue():
            server.verb("queue", "remove", entry["id"])
        server.verb("account", "destroy-key", ALICE, "--reason", "she left", "--yes")
        server.stop()
        shutil.rmtree(server.data)
        copy.rename(server.data)
        world = Sink(*sink)
        self.rig.at_close(world.close)
        server.start()
        server.verb("queue", "retry")
        until(lambda: any(each["attempts"] > 0 for entry in server.queue() for each in entry["recipients"]), lambda: f"{server.queue()}")
        self.assertTrue(server.process.running())
        self.assertEqual(world.messages, [])


class DestructionTest(EncryptedCase):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.machine().start()
        self.hers = self.hand_over(self.server, ALICE)
        self.shared = self.hand_over(self.server, *BOTH)
        self.proofs = {position: self.proof(self.server, position) for position in (self.hers, self.shared)}
        self.octets = {self.hers: self.server.export(ALICE, "INBOX", 1), self.shared: self.server.export(BOB, "INBOX", 1)}
        self.server.stop()
        self.backup = self.rig.directory / "backup"
        shutil.copytree(self.server.data, self.backup)
        self.server.start()

    def destroy(self, *words: str) -> subprocess.CompletedProcess:
        return self.server.run("account", "destroy-key", ALICE, "--reason", "she asked for it", *words)

    def assert_only_bobs_is_left(self, server: Instance, faults: str = "") -> None:
        refused = server.run("journal", "show", self.hers)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(b"its key was destroyed", refused.stderr)
        self.assertIn(b"its key was destroyed", server.run("journal", "prove", self.hers).stderr)
        rows = {row["position"]: row for row in server.journal()}
        self.assertEqual(rows[self.hers]["unreadable"], "its key was destroyed")
        self.assertEqual(rows[self.shared]["recipients"], ["(its key was destroyed)", BOB])
        self.assertIn(b"its key was destroyed", server.verb("journal", "list"))
        self.assertEqual(server.export(BOB, "INBOX", 1), self.octets[self.shared])
        self.assertEqual(self.verify(server, faults)["unreadable"], 3)
        self.assert_proves(self.proof(server, self.shared), self.octets[self.shared])

    def test_what_only_she_held_is_unreadable_in_the_store_and_in_a_copy_of_it_and_bobs_is_his(self):
        self.assertIn(b"remove it first", self.destroy("--yes").stderr)
        self.server.verb("account", "remove", ALICE)
        self.assertIn(b"give --yes", self.destroy().stderr)
        self.assertEqual(self.destroy("--yes").returncode, 0)
        self.assertIn(b"was destroyed before", self.destroy("--yes").stderr)
        self.assert_only_bobs_is_left(self.server)
        [told] = [row for row in self.server.journal() if "key-destroyed" in row["marks"]]
        shown = self.server.json("journal", "show", told["position"])
        self.assertEqual((shown["destroyed_key_of"], shown["reason"]), (ALICE, "she asked for it"))
        self.assertEqual(self.server.json("encryption", "status")["keys_destroyed"], 1)
        for position, proof in self.proofs.items():
            self.assert_proves(proof, self.octets[position])

        # Mail goes on, also for a new account of her name, and after a restart.
        self.server.verb("account", "add", ALICE)
        self.hand_over(self.server, *BOTH)
        self.assertTrue(self.server.export(ALICE, "INBOX", 1).endswith(self.sent[2]))
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.assertTrue(self.server.export(ALICE, "INBOX", 1).endswith(self.sent[2]))
        self.assertEqual(self.server.stop(), 0)

        # The copy of before, with the ring of now.
        old = self.machine("old")
        shutil.rmtree(old.data)
        self.backup.rename(old.data)
        old.start()
        self.assert_only_bobs_is_left(old, r"the key of account \d+ was destroyed, and no entry of the journal tells of it.*")
        self.assertNotEqual(old.run("message", "export", ALICE, "INBOX", "1").returncode, 0)
        with Client(old.smtp, self.rig.host(9)) as client:
            client.ehlo()
            client.must(f"MAIL FROM:<x@{DOMAIN_OF_SENDER}>", 250)
            self.assertIn("5.2.1", str(client.must(f"RCPT TO:<{BOTH[0]}>", 550)))
            client.must(f"RCPT TO:<{BOB}>", 250)
            self.assertEqual(client.data(letter(99)), 250)
        self.assertTrue(old.export(BOB, "INBOX", 2).endswith(letter(99)))
        self.assertEqual(old.stop(), 0)
        self.assertEqual(self.in_clear(old), set())


if __name__ == "__main__":
    unittest.main()
