"""Endings on two real machines: what ends on one is ordered from the other, a person there decides, and proofs made before still close."""
import hashlib
import json
import subprocess
import sys
import unittest
from pathlib import Path

from support.case import OwnRigCase
from support.client import smtp_send
from support.instance import Instance
from support.linked import Linked
from support.mail import compose
from support.waiting import until

SENDER, RECIPIENT, OTHER = "rumpelstilz@far.example", "quasimodo@world.example", "esmeralda@world.example"
REASON = "90 days after arrival"


def files_with(secret: bytes, directory: Path) -> list[str]:
    return [str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file() and secret in path.read_bytes()]


class EndingsTest(OwnRigCase):
    def setUp(self):
        super().setUp()
        self.linked = Linked(self.rig)
        self.primary, self.archive, self.pair = self.linked.primary, self.linked.archive, self.linked.pair
        for machine in (self.primary, self.archive):
            machine.configure(lambda document: document.update(journal={"sign_every": "200ms"}))

    def start(self, endings: str = "ask") -> None:
        for machine in (self.primary, self.archive):
            machine.configure(lambda document: document["peer"].update(endings=endings))
        self.linked.start().wait_until_up()

    def relay(self, *recipients: str, subject: str = "the treasure") -> tuple[str, str, str]:
        """Mail through both machines and into the world, with no copy in any mailbox; its positions and its digest across."""
        mail = compose(sender=SENDER, to=recipients[0], subject=subject)
        reply = smtp_send(self.primary.smtp, mail.octets, SENDER, list(recipients), source=self.pair.office)
        self.assertEqual(reply.code, 250, reply)
        until(lambda: len(self.pair.world.got(mail.marker)) >= 1 and self.pair.is_quiet(), "the message in the world")
        until(lambda: not self.primary.json("journal", "custody"), "its receipt")
        [here] = [row for row in self.primary.journal() if row["reverse_path"] == SENDER and "ended" not in row["marks"]]
        [there] = [row for row in self.archive.journal() if row.get("received") == here["handed"]]
        return here["position"], there["position"], here["handed"]

    def orders(self, machine: Instance, direction: str) -> list[dict]:
        return [row for row in machine.json("journal", "orders", "--all") if row["direction"] == direction]

    def state(self, machine: Instance, direction: str = "given") -> str:
        orders = self.orders(machine, direction)
        return orders[-1]["state"] if orders else "none"

    def end(self, machine: Instance, position: str, *words: str) -> dict:
        return json.loads(machine.verb("journal", "end", position, "--reason", REASON, "--yes", "--json", *words))

    def refused(self, machine: Instance, *words: str) -> str:
        done = machine.run(*words)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr.decode()

    def sound(self) -> None:
        for machine in (self.primary, self.archive):
            machine.verb("journal", "verify", "--bodies")

    def test_XC_10_what_ends_here_stays_there_until_a_person_obeys_and_the_answer_comes_home(self):
        self.start()
        here, there, digest = self.relay(RECIPIENT)
        proof = self.rig.directory / "before.json"
        self.primary.verb("journal", "prove", here, "--all-recipients", "--out", str(proof))
        ended = self.end(self.primary, here)
        self.assertEqual((ended["parts"], ended["orders"]), (2, 1))
        until(lambda: self.state(self.archive, "taken") == "waiting", "the order")
        until(lambda: self.state(self.primary) == "waiting", "the answer that it waits")
        [order] = self.orders(self.archive, "taken")
        self.assertEqual((order["reason"], order["parts"]), (REASON, [{"position": there, "recipients": 1}]))
        self.assertEqual(self.archive.json("journal", "show", there)["recipients"], [RECIPIENT])
        self.archive.verb("journal", "obey", str(order["order"]))
        until(lambda: self.state(self.primary) == "done", lambda: f"the answer: {self.orders(self.primary, 'given')}")
        self.sound()
        for machine, position in ((self.primary, here), (self.archive, there)):
            self.shows_what_ended(machine, position)
        self.proves(proof)
        self.assertEqual(self.primary.json("journal", "orders"), [])
        self.forgotten_on_the_medium(digest)

    def shows_what_ended(self, machine: Instance, position: str) -> None:
        shown = machine.json("journal", "show", position)
        [ending] = shown["ended"]
        self.assertTrue(ending["common"] and ending["recipients"] == [0] and REASON in ending["reason"], ending)
        told = machine.json("journal", "show", ending["by"])
        self.assertEqual({part["position"] for part in told["ends"]["parts"]}, {position})
        self.assertIn("ended", [row for row in machine.journal() if row["position"] == position][0]["marks"])
        proof = json.loads(machine.verb("journal", "prove", position))
        self.assertEqual(proof["ended"][0]["by"], ending["by"])
        self.assertEqual(set(proof["entry"]["common"]), {"hash"})
        file = self.rig.directory / f"{machine.name}-ended.json"
        file.write_text(json.dumps(proof))
        checked = self.check(file)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        for line in (r"message\s+open", r"path\s+ok", r"signature\s+ok"):  # something was there: what, nobody can say
            self.assertRegex(checked.stdout, "(?m)^" + line)
        machine.verb("journal", "prove", ending["by"])
        exported = self.rig.directory / f"{machine.name}-export"
        machine.verb("journal", "export", str(exported))
        self.assertTrue((exported / f"{position}.json").exists())
        self.assertFalse((exported / f"{position}.eml").exists())

    @staticmethod
    def check(proof: Path) -> subprocess.CompletedProcess:
        script = Path(__file__).resolve().parents[2] / "deploy/check-proof.py"
        return subprocess.run([sys.executable, "-B", script, proof], capture_output=True, text=True, check=False)

    def proves(self, proof: Path) -> None:
        """The file that was given away before: it cannot be called back, and says so."""
        self.assertIn("cannot be called back", json.loads(proof.read_text())["notice"])
        done = self.check(proof)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(RECIPIENT, done.stdout)

    def forgotten_on_the_medium(self, digest: str) -> None:
        for _ in range(2):  # a start reads the log of the database again, and writes what is left of it
            for machine in (self.primary, self.archive):
                machine.stop()
                machine.start()
        for machine in (self.primary, self.archive):
            machine.stop()
            for secret in (bytes.fromhex(digest), RECIPIENT.partition("@")[0].encode(), SENDER.partition("@")[0].encode(), b"the treasure"):
                # Segments keep what was let go until most of them is dead: docs/proofs.md, Endings.
                found = [name for name in files_with(secret, machine.data) if not name.startswith("segments/")]
                self.assertEqual(found, [], f"{machine.name} has {secret!r}")

    def test_one_recipients_part_ends_on_both_and_the_archive_can_order_too(self):
        self.start("obey")
        here, there, _ = self.relay(RECIPIENT, OTHER)
        self.end(self.archive, there, "--recipient", RECIPIENT)
        until(lambda: self.state(self.archive) == "done", lambda: f"the answer: {self.orders(self.archive, 'given')}")
        for machine, position in ((self.primary, here), (self.archive, there)):
            self.assertEqual(machine.json("journal", "show", position)["recipients"], ["(ended)", OTHER])
        self.assertIn("no recipient", self.refused(self.archive, "journal", "end", there, "--recipient", RECIPIENT, "--reason", "x", "--yes"))
        self.end(self.primary, here)
        until(lambda: self.state(self.primary) == "done", lambda: f"the answer: {self.orders(self.primary, 'given')}")
        self.assertEqual(self.end(self.primary, here)["parts"], 0)
        self.sound()

    def test_an_order_outlives_restarts_and_no_link_and_may_be_declined(self):
        self.start()
        here, there, _ = self.relay(RECIPIENT)
        self.archive.stop()
        self.end(self.primary, here)
        self.assertEqual(self.primary.json("status")["orders_waiting"], {"given": 1, "taken": 0})
        self.primary.kill()
        self.primary.start()
        self.archive.start()
        until(lambda: self.state(self.archive, "taken") == "waiting", "the order")
        self.archive.kill()
        self.archive.start()
        [order] = self.orders(self.archive, "taken")
        self.archive.verb("journal", "decline", str(order["order"]), "--reason", "under a hold of the court")
        until(lambda: self.state(self.primary) == "declined", "the answer")
        self.assertEqual(self.orders(self.primary, "given")[0]["why"], "under a hold of the court")
        self.assertEqual(self.archive.json("journal", "show", there)["recipients"], [RECIPIENT])
        self.assertIn("does not wait", self.refused(self.archive, "journal", "obey", str(order["order"])))
        metrics = self.primary.verb("metrics").decode()
        self.assertIn('understudy_endings_orders_waiting{direction="given"} 0', metrics)

    def test_what_is_on_its_way_does_not_end_and_nobody_is_asked_in_vain(self):
        self.start()
        self.archive.stop()
        mail = compose(to="alice@example.org")
        self.assertEqual(self.pair.from_world(mail, "alice@example.org").code, 250)
        position = self.primary.messages("alice@example.org", "INBOX")[0]["journal"]
        self.assertIn("still queued", self.refused(self.primary, "journal", "end", position, "--reason", REASON, "--yes"))
        self.assertIn("--yes", self.refused(self.primary, "journal", "end", position, "--reason", REASON))
        self.archive.start()
        until(lambda: self.pair.is_quiet() and not self.primary.json("journal", "custody"), "its receipt")
        octets = self.primary.export("alice@example.org", "INBOX", 1)
        self.end(self.primary, position)
        self.assertEqual(hashlib.sha256(self.primary.export("alice@example.org", "INBOX", 1)).digest(), hashlib.sha256(octets).digest())


if __name__ == "__main__":
    unittest.main()
