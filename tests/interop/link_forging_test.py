"""Somebody has stolen the link keys of both machines, in some cases the archive's journal key too, and stands on the link. What he forges, replays or
damages is refused by name, logged and counted; mail flows on by SMTP all the while, and the books close when he is gone."""
import unittest

from support.case import OwnRigCase
from support.custody import numbers, value
from support.instance import Instance
from support.link_between import ANSWER, HAVE, RECORD, Frame, LinkBetween, Receipts, StolenKey, flip, record, text
from support.linked import Linked
from support.mail import Mail, compose
from support.waiting import until

ALICE = "alice@example.org"
SALT, INSTANCE = 1 + 16, 16  # of a receipt: version and salt; then the sender's instance and incarnation


class LinkForgingTest(OwnRigCase):
    def setUp(self):
        super().setUp()
        self.linked = Linked(self.rig)
        self.primary, self.archive, self.pair = self.linked.primary, self.linked.archive, self.linked.pair
        at = (self.rig.host(6), self.rig.port(self.rig.host(6)))
        nowhere = (self.rig.host(6), self.rig.port(self.rig.host(6)))
        for machine, peer in ((self.primary, at), (self.archive, nowhere)):  # the primary alone dials, and him
            machine.configure(lambda document: document["peer"].update(host=peer[0], port=peer[1], receipt_wait="1s"))
            machine.configure(lambda document: document.update(journal={"sign_every": "200ms"}))
        self.primary.configure(lambda document: document["route"][0].update(custody=True))  # its peer is elsewhere than its next hop
        shown = {machine: self.linked.certificate(self.rig.directory, machine) for machine in (self.primary, self.archive)}
        self.between = LinkBetween(self.rig, at, self.linked.ports[self.archive], callee=shown[self.archive], caller=shown[self.primary])
        self.linked.start().wait_until_up()
        self.key = StolenKey(self.archive.data / "journal" / "key.pem")

    def send(self) -> Mail:
        mail = compose()
        self.assertEqual(self.pair.from_world(mail, ALICE).code, 250)
        return mail

    def mail_flows(self) -> None:
        self.pair.expect(self.send(), {"primary alice/INBOX": 1, "archive alice/INBOX": 1})

    def until_closed(self) -> None:
        until(lambda: not numbers(self.primary, "open"), lambda: f"open: {numbers(self.primary, 'open')}")

    def receipts(self, result: str) -> float:
        return value(self.primary, f'understudy_custody_receipts_total{{result="{result}"}}')

    def lines(self, event: str) -> list[str]:
        return [line for line in self.primary.log().splitlines() if f" {event} " in line]

    def stays_up(self) -> int:
        """How often the link came up."""
        return len(self.lines("peer.up"))

    def change_batches(self, change) -> None:
        """Of the topic, and not those that are asked for."""

        def to_primary(frame: Frame, verb: str) -> Frame:
            if frame.kind == RECORD and frame.topic == "receipts":
                return frame.with_octets(change(frame.octets))
            return frame

        self.between.to_caller = to_primary

    def test_a_forged_receipt_closes_nothing_and_is_named_and_counted(self):
        ended: list[int] = []

        def forge(frame: Frame, verb: str) -> Frame | None:
            if frame.kind == RECORD and frame.topic == "receipts":
                return frame.with_octets(flip(frame.octets, 3))
            if frame.kind != ANSWER or verb != "receipts":
                return frame
            asked = numbers(self.primary, "open")
            said = b"".join(bytes(64) + b"\1" + bytes(32) + self.number(each) + bytes(8) for each in asked)
            ended.extend(asked)
            return frame.with_octets(text(b"") + text(said))  # "that has ended here": nobody signed it

        self.between.to_caller = forge
        ups = self.stays_up()
        self.mail_flows()
        until(lambda: self.receipts("forged") >= 3 and ended, lambda: f"forged: {self.receipts('forged')}, {ended}")
        self.assertEqual(numbers(self.primary, "open"), [1])
        self.assertTrue(any("forged" in line for line in self.lines("custody.receipts_wait")))
        self.assertTrue(any("forged" in line for line in self.lines("custody.receipt_refused")))
        self.mail_flows()
        self.assertEqual(numbers(self.primary, "final"), [])
        self.assertEqual(self.stays_up(), ups)  # it ends no connection
        self.between.honest()
        self.until_closed()  # what is missing is asked for again
        self.mail_flows()

    def number(self, number: int) -> bytes:
        """As it travels: 42 octets."""
        return self.life_of(self.primary) + bytes(2) + number.to_bytes(8)

    def life_of(self, machine: Instance) -> bytes:
        told = self.linked.other(machine).json("peer", "status")
        return bytes.fromhex(told["instance"]) + bytes.fromhex(told["incarnation"])

    def test_a_batch_under_the_number_of_another_one_is_replayed_and_closes_nothing(self):
        kept: list[int] = []
        first: list[int] = []

        def replay(octets: bytes) -> bytes:
            batch = Receipts(octets)
            if not first or batch.number == first[0]:
                first[:] = [batch.number]
                return octets
            batch.number = first[0]
            kept.append(len(batch.receipts))
            return batch.signed_by(self.key)

        self.change_batches(replay)
        self.mail_flows()
        self.until_closed()
        self.mail_flows()
        until(lambda: self.receipts("replayed") == len(kept) >= 1, lambda: f"replayed: {self.receipts('replayed')}")
        self.assertTrue(any("replayed" in line for line in self.lines("custody.receipt_refused")))
        self.until_closed()  # what was asked for has a number of its own
        self.mail_flows()

    def test_a_receipt_of_another_incarnation_is_refused_by_name(self):
        def of_another_life(octets: bytes) -> bytes:
            batch = Receipts(octets)
            batch.receipts = [flip(receipt, SALT + INSTANCE) for receipt in batch.receipts]
            return batch.signed_by(self.key)

        self.change_batches(of_another_life)
        self.mail_flows()
        until(lambda: self.receipts("other-incarnation") >= 1, "a receipt of another incarnation")
        self.assertTrue(any("other-incarnation" in line for line in self.lines("custody.receipt_refused")))
        self.until_closed()
        self.mail_flows()

    def test_marks_of_lives_that_never_were_fill_no_book(self):
        """What the archive hears of the primary: 3,000 lives of its store, and numbers that it never gave."""
        lives = [b"".join(i.to_bytes(16) + bytes(2) + (1 << 40).to_bytes(8) + (1).to_bytes(8) for i in range(first, first + 1000))
                 for first in (1, 1001, 2001)]

        def invent(frame: Frame, verb: str) -> Frame:
            if frame.kind != RECORD or frame.topic != "marks":
                return frame
            lives.append(lives.pop(0))
            return frame.with_octets(b"\1" + bytes(8) + b"\xe8\x07" + lives[0])

        self.mail_flows()  # before that it has nothing to announce
        self.between.to_callee = invent
        refused = lambda: [line for line in self.archive.log().splitlines() if " custody.marks_refused " in line]
        until(refused, "marks that are refused")
        self.assertIn("too many lives", refused()[0])
        self.mail_flows()
        self.between.honest()
        self.until_closed()

    def test_a_consistency_proof_with_one_bit_changed_is_a_dispute_and_mail_flows_on(self):
        self.mail_flows()
        self.until_closed()
        damaged: list[str] = []

        def damage(frame: Frame, verb: str) -> Frame:
            if frame.kind != ANSWER or verb != "consistency":
                return frame
            damaged.append(verb)
            return frame.with_octets(flip(frame.octets, 7)) if frame.octets else frame

        self.between.to_caller = damage
        self.mail_flows()
        until(lambda: self.primary.json("peer", "witness")["open_dispute"], "a dispute")
        self.assertGreaterEqual(len(damaged), 2)  # asked for twice
        self.assertEqual(self.primary.json("peer", "witness")["open_dispute"]["finding"], "not_continued")
        self.assertTrue(any("not_continued" in line for line in self.lines("witness.dispute")))
        self.assertEqual(value(self.primary, "understudy_witness_dispute"), 1)
        self.mail_flows()
        self.assertNotEqual(numbers(self.primary, "open"), [])  # its receipts are not believed now
        self.between.honest()
        self.primary.verb("peer", "settle")
        self.until_closed()
        self.assertEqual(value(self.primary, "understudy_witness_dispute"), 0)

    def test_an_order_that_nobody_signed_is_refused_and_the_link_stays(self):
        self.between.to_callee = lambda frame, verb: None if frame.kind == HAVE and frame.topic == "endings" else frame
        self.mail_flows()
        self.until_closed()
        ups = self.stays_up()
        for name, octets in (("malformed", b"\1"), ("forged", self.order(bytes(64)))):
            before = value(self.primary, f'understudy_endings_orders_total{{result="{name}"}}')
            self.between.say_to_caller(record("endings", 1 + len(octets), octets))
            until(lambda: value(self.primary, f'understudy_endings_orders_total{{result="{name}"}}') > before, name)
            self.assertTrue(any(name in line for line in self.lines("endings.order_refused")))
        self.mail_flows()
        self.assertEqual(self.stays_up(), ups)
        self.assertEqual(self.primary.json("journal", "orders", "--all"), [])

    def order(self, signature: bytes) -> bytes:
        """To end the first message."""
        item = self.number(1) + bytes(32) + b"\1" + bytes(15) + b"\1"
        return signature + b"\1" + bytes(16) + self.life_of(self.archive) + (3).to_bytes(8) + bytes(8) + text(b"because") + b"\1" + item


if __name__ == "__main__":
    unittest.main()
