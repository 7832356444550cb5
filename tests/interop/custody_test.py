"""Mail handed over under numbers, with somebody between the two machines who damages, repeats, cuts and swaps."""
import hashlib
import unittest

from support.between import Between, Handed
from support.case import RigCase
from support.client import Client
from support.pair import Pair, hello
from support.waiting import until

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"


class CustodyTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        between = (cls.rig.host(5), cls.rig.port(cls.rig.host(5)))

        def primary(document: dict) -> None:
            [route] = document["route"]
            route.update(via="{}:{}".format(*between), custody=True)

        def archive(document: dict) -> None:
            document["passthrough"]["resend_window"] = "0"  # what is filed once is so by its number
            for route in document["route"]:
                route["custody"] = route["via"] != "mx"

        cls.pair = Pair(cls.rig, primary=primary, archive=archive)
        cls.between = Between(cls.rig, between, cls.pair.archive.smtp)
        cls.primary, cls.archive, cls.world = cls.pair.primary, cls.pair.archive, cls.pair.world

    def setUp(self) -> None:
        self.between.honest()

    def refused(self, reason: str) -> int:
        return self.archive.json("status")["custody_refused"][reason]

    def metric(self, name: str) -> int:
        [line] = [each for each in self.archive.verb("metrics").decode().splitlines()
                  if each.startswith(f"understudy_custody_{name} ")]
        return int(float(line.split()[1]))

    def given(self) -> int:
        """Numbers that the archive itself has given to what it relays."""
        return self.metric("numbers_total")

    def repeat(self, handed: Handed, mail: str | None = None, octets: bytes | None = None) -> str:
        """The transaction once more, from somebody else; with another command, or other octets."""
        with Client(self.archive.smtp) as client:
            client.ehlo()
            client.must(mail or handed.mail, 250)
            for rcpt in handed.rcpts:
                client.must(rcpt, 250)
            reply = client.data(handed.octets if octets is None else octets)
            return f"{reply.code} {reply.lines[-1]}"

    def test_what_is_copied_and_relayed_carries_a_number_and_the_digest_of_its_octets(self):
        numbers = []
        for _ in range(3):
            mail = hello(BOB, ALICE)
            self.pair.from_user("alice", mail, BOB, EXT)
            self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1, f"world {EXT}": 1})
            handed = self.between.of(mail.marker)
            for each in handed:
                self.assertEqual(each.custody[5], hashlib.sha256(each.octets).hexdigest())
            self.assertEqual(len({each.number for each in handed}), 1)
            numbers.append(handed[0].number)
            [entry] = [row for row in self.primary.journal() if row["handed"] == handed[0].custody[5]]
            shown = self.primary.json("journal", "show", entry["position"])
            self.assertIn(f"XCUSTODY={shown['owed']}:", handed[0].mail)
            [kept] = [row for row in self.archive.journal() if row["received"] == handed[0].custody[5]]
            self.assertEqual(self.archive.json("journal", "show", kept["position"])["custody"], shown["owed"])
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 3)))

    def test_a_next_hop_that_does_not_offer_it_hears_no_number(self):
        mail = hello(EXT, ALICE)
        self.pair.from_user("alice", mail, EXT)
        [received] = self.world.wait_for(mail.marker) and self.world.got(mail.marker)
        self.assertFalse([each for each in received.connection.commands if b"XCUSTODY" in each.upper()])
        self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})
        self.assertGreater(self.given(), 0)  # it has a number here, and nobody waits for a receipt
        until(lambda: self.metric("low_mark") == self.given() + 1, "what was taken without a number to be owed no more", 10)

    def test_damaged_octets_are_put_off_and_the_right_ones_filed_once(self):
        before = self.refused("damaged")
        attempts = []

        def damage(octets: bytes) -> bytes:
            attempts.append(octets)
            if len(attempts) > 2:
                return octets
            middle = len(octets) // 2
            return octets[:middle] + bytes([octets[middle] ^ 1]) + octets[middle + 1:]

        self.between.damage = damage
        mail = hello()
        self.pair.from_world(mail, ALICE)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        replies = [each.reply for each in self.between.of(mail.marker)]
        self.assertEqual([reply[:9] for reply in replies], ["451 4.6.0", "451 4.6.0", "250 2.0.0"])
        self.assertEqual(self.refused("damaged"), before + 2)
        self.assertIn("custody.refused reason=damaged", self.archive.log())

    def test_an_answer_that_is_lost_files_once_without_any_window(self):
        lost = []
        self.between.cut = lambda handed: len(lost) < 2 and not lost.append(handed)
        mail = hello(BOB, ALICE)
        self.pair.from_user("alice", mail, BOB)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1})
        handed = self.between.of(mail.marker)
        self.assertGreaterEqual(len(handed), 3)
        self.assertEqual(len({each.number for each in handed}), 1)
        self.assertEqual(len({each.reply for each in handed}), 1)  # each is told where it lies

    def test_a_transaction_that_is_played_again_files_nothing(self):
        mail = hello(BOB, ALICE)
        self.pair.from_user("alice", mail, BOB)
        places = {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1}
        self.pair.expect(mail, places)
        [handed] = self.between.of(mail.marker)
        entries = len(self.archive.journal())
        for _ in range(3):
            self.assertEqual(self.repeat(handed), handed.reply)
        self.assertEqual(len(self.archive.journal()), entries)
        self.archive.kill()  # the book is on disk
        self.archive.start()
        self.assertEqual(self.repeat(handed), handed.reply)
        self.pair.expect(mail, places)

    def test_a_number_that_brings_other_octets_is_refused(self):
        first, second = hello(), hello()
        for mail in (first, second):
            self.pair.from_world(mail, ALICE)
            self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        [one], [other] = self.between.of(first.marker), self.between.of(second.marker)
        before = self.refused("replayed")
        swapped = one.mail.replace(one.custody[5], other.custody[5])
        self.assertTrue(self.repeat(one, swapped).startswith("451 4.6.0"))  # neither its digest
        self.assertTrue(self.repeat(one, swapped, other.octets).startswith("451 4.7.0"))  # nor its number
        self.assertEqual(self.refused("replayed"), before + 1)
        self.assertIn("custody.refused reason=replayed", self.archive.log())
        for mail in (first, second):
            self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})

    def test_a_stranger_is_not_offered_it(self):
        with Client(self.archive.smtp, self.pair.outside) as stranger:
            stranger.ehlo()
            self.assertNotIn("XCUSTODY", stranger.extensions)
            value = f"{'1' * 32}.{'2' * 32}.0.1:{'3' * 64}"
            self.assertEqual(stranger.command(f"MAIL FROM:<someone@world.example> XCUSTODY={value}"), 555)
        with Client(self.archive.smtp) as primary:
            primary.ehlo()
            self.assertIn("XCUSTODY", primary.extensions)
            for wrong in (value + "4", value.replace(".0.1:", ".0.0:"), value[1:], "x"):
                self.assertEqual(primary.command(f"MAIL FROM:<someone@world.example> XCUSTODY={wrong}"), 501)


if __name__ == "__main__":
    unittest.main()
