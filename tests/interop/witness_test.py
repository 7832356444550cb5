"""Two machines that witness each other's journals: heads are countersigned over the link, proofs carry it, and a machine that comes back
with another past is named by the other one while mail flows on."""
import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from support.case import OwnRigCase
from support.instance import Instance
from support.linked import Linked
from support.mail import compose
from support.waiting import until

CHECKER = Path(__file__).resolve().parents[2] / "deploy/check-proof.py"
ALICE = "alice@example.org"


def witness(machine: Instance) -> dict:
    return machine.json("peer", "witness")


def entries(machine: Instance) -> int:
    return machine.json("journal", "verify")[0]["entries"]


class WitnessTest(OwnRigCase):
    def setUp(self):
        super().setUp()
        self.linked = Linked(self.rig)
        self.primary, self.archive, self.pair = self.linked.primary, self.linked.archive, self.linked.pair
        for machine in (self.primary, self.archive):
            machine.configure(lambda document: document.update(journal={"sign_every": "200ms"}))
        self.linked.start().wait_until_up()

    def send(self, count: int) -> None:
        for _ in range(count):
            self.assertEqual(self.pair.from_world(compose(), ALICE).code, 250)

    def until_witnessed(self, machine: Instance, by: Instance) -> None:
        """Everything that is in the journal now lies under a head that the other machine has countersigned."""
        wanted = entries(machine)
        until(lambda: ((witness(machine)["ours"] or {}).get("entries", 0)) >= wanted, lambda: f"countersignature: {witness(machine)} "
              f"{witness(by)}")

    def until_disputed(self, by: Instance, finding: str) -> dict:
        until(lambda: witness(by)["open_dispute"], lambda: f"a dispute: {witness(by)}")
        dispute = witness(by)["open_dispute"]
        self.assertEqual(dispute["finding"], finding)
        return dispute

    def go_back(self, machine: Instance, to: Path) -> None:
        """The machine comes back as it was: a copy of its data that somebody had made."""
        machine.stop()
        shutil.rmtree(machine.data)
        shutil.copytree(to, machine.data)
        machine.start()

    def copy_of(self, machine: Instance) -> Path:
        machine.stop()
        copy = self.rig.directory / f"{machine.name}-copy"
        shutil.copytree(machine.data, copy, ignore=shutil.ignore_patterns("admin.sock"))
        machine.start()
        self.linked.wait_until_up()
        return copy

    def test_a_proof_carries_the_countersignature_of_the_other_machine(self):
        self.send(3)
        self.until_witnessed(self.primary, self.archive)
        key = witness(self.archive)["theirs"]["countersigned_by"]
        proof, message = self.rig.directory / "proof.json", self.rig.directory / "message.eml"
        entry = self.primary.json("journal", "list")[0]["position"]
        self.primary.verb("journal", "prove", entry, "--out", str(proof))
        folder = self.rig.directory / "export"
        self.primary.verb("journal", "export", str(folder), "--limit", "1")
        shutil.copy(folder / f"{entry}.eml", message)
        shown = json.loads(proof.read_text())
        self.assertEqual(shown["witness"]["key"], key)
        checked = subprocess.run([sys.executable, CHECKER, proof, message, "--key", shown["head"]["key"], "--witness", key],
                                 capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertIn("witness", checked.stdout)
        self.assertEqual(self.primary.json("journal", "verify")[0]["faults"], [])

    def test_both_witness_each_other_and_go_on_after_each_was_killed(self):
        for machine, other in ((self.primary, self.archive), (self.archive, self.primary)):
            self.send(2)
            until(self.pair.is_quiet, lambda: "the queues")
            self.until_witnessed(machine, other)
            other.kill()
            self.send(1) if other is self.archive else None
            other.start()
            self.linked.wait_until_up()
            self.until_witnessed(machine, other)
            self.assertIsNone(witness(other)["open_dispute"])

    def test_a_new_key_is_followed_and_its_heads_are_countersigned(self):
        self.send(1)
        self.until_witnessed(self.primary, self.archive)
        self.primary.verb("journal", "rotate-key")
        self.send(1)
        self.until_witnessed(self.primary, self.archive)
        heads = self.primary.json("journal", "heads")
        self.assertNotEqual(heads[0]["key"], heads[-1]["key"])
        self.assertEqual(witness(self.archive)["theirs"]["key"], heads[-1]["key"])
        self.assertIsNone(witness(self.archive)["open_dispute"])

    def test_a_machine_that_comes_back_with_less_than_it_had_is_named_while_mail_flows_on(self):
        self.send(2)
        self.until_witnessed(self.primary, self.archive)
        before = self.copy_of(self.primary)
        self.send(3)
        self.until_witnessed(self.primary, self.archive)
        self.go_back(self.primary, before)
        dispute = self.until_disputed(self.archive, "shorter")
        self.assertLess(dispute["entries_shown"], dispute["entries_before"])
        mail = compose()
        self.assertEqual(self.pair.from_world(mail, ALICE).code, 250)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        metrics = self.archive.verb("metrics").decode()
        self.assertIn("understudy_witness_dispute 1", metrics)

    def test_a_copy_that_is_said_to_be_one_gives_no_number_twice(self):
        def numbered() -> set[tuple[str, int]]:
            return {(row["incarnation"], row["number"]) for row in self.primary.json("journal", "custody", "--all")}

        self.send(2)
        self.until_witnessed(self.primary, self.archive)
        before = self.copy_of(self.primary)
        self.send(3)
        until(self.pair.is_quiet, lambda: "the queues")
        self.until_witnessed(self.primary, self.archive)
        lost = numbered()
        self.primary.stop()
        shutil.rmtree(self.primary.data)
        shutil.copytree(before, self.primary.data)
        renewed = self.primary.json("restored", "--reason", "the disk was lost")
        self.assertNotEqual(renewed["incarnation"], renewed["former_incarnation"])
        self.assertEqual({life for life, _ in lost}, {renewed["former_incarnation"]})
        self.primary.start()
        self.until_disputed(self.archive, "shorter")
        mails = [compose() for _ in range(3)]
        for mail in mails:
            self.assertEqual(self.pair.from_world(mail, ALICE).code, 250)
            self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        self.assertNotIn("custody.refused", self.archive.log())  # none came under a number that it knew
        self.archive.verb("peer", "settle")
        until(lambda: not [row for row in self.primary.json("journal", "custody") if row["state"] == "open"],
              lambda: f"receipts: {self.primary.json('journal', 'custody')}")
        self.assertEqual({number for life, number in numbered() if life == renewed["incarnation"]}, {1, 2, 3})
        [noted] = [row for row in self.primary.json("audit", "list") if row["action"] == "restored"]
        self.assertEqual((noted["reason"], noted["object"]["incarnation"]), ("the disk was lost", renewed["former_incarnation"]))
        for machine in (self.primary, self.archive):
            machine.verb("journal", "verify", "--bodies")
            machine.verb("audit", "verify")

    def test_a_past_that_grew_differently_is_named_and_goes_on_once_somebody_has_looked(self):
        self.send(2)
        self.until_witnessed(self.primary, self.archive)
        before = self.copy_of(self.primary)
        self.send(2)
        self.until_witnessed(self.primary, self.archive)
        self.linked.pin(self.primary, None)  # nobody is told while it grows anew
        self.go_back(self.primary, before)
        self.send(6)
        self.primary.verb("journal", "heads", "--sign")
        self.linked.pin(self.primary, self.linked.keys[self.archive])
        self.primary.stop()
        self.primary.start()
        dispute = self.until_disputed(self.archive, "not_continued")
        self.assertGreater(dispute["entries_shown"], dispute["entries_before"])
        self.archive.verb("peer", "settle")
        self.send(1)
        self.until_witnessed(self.primary, self.archive)
        self.assertEqual(len(witness(self.archive)["disputes"]), 1)


if __name__ == "__main__":
    unittest.main()
