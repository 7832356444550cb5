"""Custody over the link: what the primary handed over is closed by the archive's signed receipts, whatever happens to either machine."""
import json
import time
import unittest

from support.case import OwnRigCase
from support.custody import numbers, value
from support.linked import Linked, linked_through_between
from support.mail import Mail, compose
from support.waiting import until

ALICE = "alice@example.org"
POSTMASTER = "admin@example.org"
GATHERED = 0.25  # seconds, before receipts go


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

    def test_receipts_are_gathered_while_mail_comes(self):
        self.linked.start().wait_until_up()
        began = time.monotonic()
        self.send(400)
        self.until_closed(400)
        batches = value(self.archive, 'understudy_peer_records_sent_total{topic="receipts"}')
        self.assertGreaterEqual(batches, 1)
        # Each time those that were gathered, and perhaps a few that came while these went.
        self.assertLessEqual(batches, 2 * (time.monotonic() - began) / GATHERED + 2)

    def test_without_a_link_nothing_is_closed_and_mail_flows_and_the_link_brings_the_receipts(self):
        self.linked.pin(self.primary, None)
        self.linked.start()
        self.send(10)
        until(self.pair.is_quiet, lambda: "the queues")
        self.assertEqual(numbers(self.primary, "open"), list(range(1, 11)))
        self.assertEqual({row["standing"] for row in self.primary.json("journal", "custody")}, {"handed over"})
        self.archive.stop()
        self.send(1)
        self.assertEqual([row["standing"] for row in self.primary.json("journal", "custody") if row["number"] == 11], ["waits"])
        self.archive.start()
        self.primary.retry_queue()
        until(self.pair.is_quiet, lambda: "the queues")
        self.linked.pin(self.primary, self.linked.keys[self.archive])
        self.primary.stop()
        self.primary.start()
        self.until_closed(11)

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


class LostTest(OwnRigCase):
    """Somebody between the two machines takes mail for the archive and does not bring it."""

    def setUp(self):
        super().setUp()
        self.linked, self.between = linked_through_between(self.rig, receipt_wait="1s")
        self.primary, self.archive, self.pair = self.linked.primary, self.linked.archive, self.linked.pair

    def send(self) -> Mail:
        mail = compose()
        self.assertEqual(self.pair.from_world(mail, ALICE).code, 250)
        return mail

    def until_there(self, mails: list[Mail]) -> None:
        for mail in mails:
            self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        until(lambda: not self.primary.json("journal", "custody"),
              lambda: f"receipts: {json.dumps(self.primary.json('journal', 'custody'))[:1500]}")

    def lost(self) -> list[int]:
        lines = [line for line in self.primary.log().splitlines() if " custody.lost " in line]
        return sorted({int(line.rsplit(".", 1)[1].split()[0].strip('"')) for line in lines})

    def test_what_was_swallowed_is_named_counted_told_and_sent_again_and_nothing_else_is(self):
        swallowed = {2, 5, 6}
        self.between.swallow = lambda handed: handed.number in swallowed and self.between.tries(handed) == 0
        mails = [self.send() for _ in range(8)]
        self.until_there(mails)
        self.assertEqual(self.lost(), sorted(swallowed))
        self.assertEqual(value(self.primary, "understudy_custody_lost_total"), len(swallowed))
        until(lambda: value(self.primary, "understudy_custody_missing") == 0, "nothing that is missing")
        until(lambda: [row for row in self.primary.messages(POSTMASTER, "INBOX") if "lost on their way" in row["subject"]],
              "a note to the postmaster")

    def test_what_is_damaged_doubled_or_comes_in_another_order_is_there_once_and_closed(self):
        # By their numbers, since nobody promises which comes first; and until the last one is there, so that they are behind it.
        self.between.damage = lambda octets: octets.replace(b"Hello", b"hellO", 1)
        self.between.damages = lambda handed: handed.number in {1, 2} and 6 not in self.between.taken()
        self.between.cut = lambda handed: handed.number in {3, 4} and not self.between.tries(handed)  # taken, and the answer lost
        mails = [self.send() for _ in range(6)]
        until(lambda: self.primary.retry_queue() or self.pair.is_quiet(), lambda: "the queues")
        self.until_there(mails)
        self.assertEqual(self.lost(), [])
        taken, refused = self.between.taken(), self.between.refused()
        self.assertEqual((set(refused), taken.count(1), taken.count(2)), ({1, 2}, 1, 1), "damaged, and taken once")
        self.assertEqual((taken.count(3), taken.count(4)), (2, 2), "doubled")
        self.assertGreater(min(taken.index(1), taken.index(2)), taken.index(6), "in another order")

    def test_while_the_link_is_down_nothing_is_taken_for_lost(self):
        self.linked.pin(self.primary, None)
        self.primary.configure(lambda document: document["peer"].update(receipt_wait="1s"))
        self.primary.stop()
        self.primary.start()
        mails = [self.send() for _ in range(3)]
        until(self.pair.is_quiet, lambda: "the queues")
        time.sleep(3)
        self.assertEqual(self.lost(), [])
        self.assertEqual(value(self.primary, "understudy_custody_missing"), 3)
        self.linked.pin(self.primary, self.linked.keys[self.archive])
        self.primary.configure(lambda document: document["peer"].update(receipt_wait="1s"))
        self.primary.stop()
        self.primary.start()
        self.until_there(mails)
        self.assertEqual(self.lost(), [])


if __name__ == "__main__":
    unittest.main()
