"""Custody over the link: what the primary handed over is closed by the archive's signed receipts, whatever happens to either machine."""
import json
import unittest

from peer_link_test import Linked
from support.case import OwnRigCase
from support.instance import Instance
from support.mail import compose
from support.waiting import until

ALICE = "alice@example.org"


def numbers(machine: Instance, state: str) -> list[int]:
    return [row["number"] for row in machine.json("journal", "custody", "--all") if row["state"] == state]


def value(machine: Instance, metric: str) -> float:
    lines = machine.verb("metrics").decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric))


class ReceiptsTest(OwnRigCase):
    def setUp(self):
        super().setUp()
        self.linked = Linked(self.rig)
        self.primary, self.archive, self.pair = self.linked.primary, self.linked.archive, self.linked.pair
        for machine in (self.primary, self.archive):
            machine.configure(lambda document: document.update(journal={"sign_every": "200ms"}))

    def send(self, count: int) -> None:
        for _ in range(count):
            self.assertEqual(self.pair.from_world(compose(), ALICE).code, 250)

    def until_closed(self, count: int) -> None:
        until(lambda: len(numbers(self.primary, "final")) == count and not numbers(self.primary, "open"),
              lambda: f"receipts: {json.dumps(self.primary.json('journal', 'custody', '--all'))[:1500]}")

    def test_what_was_handed_over_is_closed_by_receipts(self):
        self.linked.start().wait_until_up()
        self.send(20)
        self.until_closed(20)
        rows = self.primary.json("journal", "custody", "--all")
        self.assertEqual([row["number"] for row in rows], list(range(1, 21)))
        self.assertTrue(all(row["settled"] == ["receipt"] and row["open"] == 0 for row in rows))
        self.assertEqual(self.primary.json("journal", "custody"), [])  # nothing waits
        self.assertEqual(value(self.primary, 'understudy_custody_receipts_total{result="closed"}'), 20)

    def test_without_a_link_nothing_is_closed_and_mail_flows_and_the_link_brings_the_receipts(self):
        self.linked.pin(self.primary, None)
        self.linked.start()
        self.send(10)
        until(self.pair.is_quiet, lambda: "the queues")
        self.assertEqual(numbers(self.primary, "open"), list(range(1, 11)))
        self.linked.pin(self.primary, self.linked.keys[self.archive])
        self.primary.stop()
        self.primary.start()
        self.until_closed(10)

    def test_receipts_come_after_each_machine_was_killed(self):
        self.linked.start().wait_until_up()
        for round, machine in enumerate((self.archive, self.primary, self.archive), 1):
            self.send(5)
            machine.kill()
            machine.start()
            self.linked.wait_until_up()
            self.primary.retry_queue()
            self.until_closed(round * 5)

    def test_a_new_key_of_the_archive_is_followed_by_its_receipts(self):
        self.linked.start().wait_until_up()
        self.send(3)
        self.until_closed(3)
        self.archive.verb("journal", "rotate-key")
        self.send(3)
        self.until_closed(6)
        self.assertEqual(value(self.primary, 'understudy_custody_receipts_total{result="forged"}'), 0)


if __name__ == "__main__":
    unittest.main()
