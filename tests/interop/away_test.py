"""While the archive or the world is away, and when they are back: the primary goes on, all drains in order, users are told."""
import unittest

from support.case import OwnRigCase, PairCase
from support.knot import SilentDns
from support.pair import Pair, hello
from support.sink import Sink
from support.waiting import until

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"
STRANGER = "someone@world.example"


class DrainTest(OwnRigCase):
    def test_AP_50_the_primary_goes_on_and_all_drains_in_order_when_the_archive_is_back(self):
        def primary(document: dict) -> None:
            document["outbound"] = {"connections_per_hop": 1}  # one after the other, so that the order can be seen

        pair = Pair(self.rig, primary=primary)
        pair.archive.stop()

        incoming = [hello() for _ in range(20)]
        outgoing = [hello(EXT, BOB) for _ in range(5)]
        for mail in incoming:
            pair.from_world(mail, ALICE, BOB)
        for mail in outgoing:
            pair.from_user("bob", mail, EXT)
        self.assertEqual(len(pair.primary.messages(ALICE, "INBOX")), len(incoming))

        pair.archive.start()
        pair.primary.retry_queue()
        pair.primary.wait_for_empty_queue()
        for mail in incoming:
            pair.expect(mail, {f"{machine} {user}/INBOX": 1 for machine in ("primary", "archive") for user in ("alice", "bob")})
        for mail in outgoing:
            pair.expect(mail, {f"world {EXT}": 1, "archive bob/Sent": 1})
        arrived = [message["subject"] for message in pair.archive.messages(ALICE, "INBOX")]
        self.assertEqual([subject.rsplit(" ", 1)[1] for subject in arrived], [mail.marker for mail in incoming])


class AwayTest(PairCase):
    """What waits on the primary while the archive is away."""

    @classmethod
    def set_up_rig(cls):
        cls.dns = SilentDns(cls.rig, cls.rig.host(6))
        cls.pair_options = {"primary": lambda document: document["dns"].update(servers=[cls.dns.at])}
        super().set_up_rig()

    def setUp(self):
        super().setUp()
        self.archive.stop()
        self.addCleanup(lambda: self.archive.process.running() or self.archive.start())

    def back(self) -> None:
        self.archive.start()
        self.primary.retry_queue()

    def test_AP_13_the_next_hop_of_everything_is_the_archive_and_no_name_is_looked_up(self):
        mails = {address: hello(address, ALICE) for address in (EXT, "x@else.example", "y@sub.third.example")}
        for address, mail in mails.items():
            self.pair.from_user("alice", mail, address)
        local = hello(BOB)
        self.pair.from_world(local, BOB)
        queue = self.primary.queue()
        self.assertEqual(len(queue), len(mails) + 1)
        self.assertEqual({entry["hop"] for entry in queue}, {"route:*"})
        at = "{}:{}".format(*self.archive.smtp)
        self.assertEqual({entry["next_hop"] for entry in queue}, {at})
        self.assertEqual(sum(at in line for line in self.primary.verb("queue", "list").decode().splitlines()), len(queue))
        self.back()
        for address, mail in mails.items():
            self.pair.expect(mail, {f"world {address}": 1, "archive alice/Sent": 1})
        self.pair.expect(local, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})
        self.assertEqual(self.dns.questions(), [])

    def test_the_queue_says_why_mail_waits_for_a_hop_that_is_down_and_until_when(self):
        mail = hello(BOB)
        self.pair.from_world(mail, BOB)
        [entry] = self.pair.wait_for_queue(self.primary, lambda entry: entry["hop_held_until"])
        self.assertEqual([recipient["attempts"] for recipient in entry["recipients"]], [0])
        self.assertIn("refused", entry["hop_failure"])
        self.assertGreater(entry["hop_held_until"], entry["next_attempt"])
        reason = entry["hop_failure"].encode()
        for words in (("queue", "list"), ("queue", "show", entry["id"])):  # while it is held; it is tried again each second or two
            until(lambda: reason in self.primary.verb(*words), f"{reason} in {words}")
        self.back()
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})

    def test_AP_25_a_local_message_is_delivered_and_has_one_entry_with_its_own_envelope(self):
        to = ["Alice+List@Example.ORG", BOB]
        mail = hello()
        self.pair.from_world(mail, *to)
        for user in ("alice", "bob"):
            self.assertEqual([mail.marker in each["subject"] for each in self.primary.messages(f"{user}@example.org", "INBOX")][-1:],
                             [True])
        [entry] = [each for each in self.primary.queue() if each["reverse_path"] == STRANGER]
        self.assertEqual((entry["kind"], [each["address"] for each in entry["recipients"]]), ("copy", to))
        self.back()
        self.pair.expect(mail, {f"{machine} {user}/INBOX": 1 for machine in ("primary", "archive") for user in ("alice", "bob")})
        [there] = [each for each in self.archive.journal() if each["recipients"] == to]
        self.assertEqual(there["reverse_path"], STRANGER)


class BackAndForthTest(OwnRigCase):
    def test_AP_34_a_delay_notice_made_on_the_archive_arrives_on_the_primary(self):
        pair = Pair(self.rig, archive=lambda document: document["queue"].update(delay_notice="1s"))
        pair.world.answer("rcpt", "450 4.2.1 come later", "busy@world.example")
        mail = hello("busy@world.example", ALICE)
        pair.from_user("alice", mail, "busy@world.example")
        until(lambda: pair.places(mail)["report primary alice/INBOX"], "the delay notice")
        notice = pair.report_at(pair.primary, ALICE, "INBOX", mail.marker)
        self.assertRegex(notice, rb"(?im)^action: *delayed")
        self.assertTrue(notice.endswith(pair.report_at(pair.archive, ALICE, "INBOX", mail.marker)))
        pair.world.behave()
        pair.archive.retry_queue()
        pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1,
                           "world busy@world.example": 1})

    def test_AP_26_a_bounce_made_on_the_primary_is_copied_once(self):
        refusing = Sink(self.rig.host(14))
        self.rig.watch(refusing)
        refusing.answer("rcpt", "550 5.1.1 nobody here")

        def primary(document: dict) -> None:
            document["route"].insert(0, {"match": "refusing.example", "via": refusing.at})

        pair = Pair(self.rig, primary=primary)
        mail = hello("x@refusing.example", ALICE)
        pair.from_user("alice", mail, "x@refusing.example")
        pair.expect(mail, {"report primary alice/INBOX": 1, "report archive alice/INBOX": 1})


if __name__ == "__main__":
    unittest.main()
