"""A busy hour of the little company in a few seconds: then the archive is held against the primary, message by message.

The seed is printed, and taken back from the environment as SEED.
"""
import hashlib
import os
import random
import threading
import unittest
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from support.case import PairCase
from support.client import smtp_send
from support.mail import Mail, compose, without_trace
from support.pair import USERS

SEED = int(os.environ.get("SEED") or random.SystemRandom().getrandbits(32))
SENDERS, EACH = 6, 30
LATEST = 5.0  # seconds from the primary's commit to the archive's
DOMAIN, EXT = "example.org", "ext@world.example"


@dataclass
class Sent:
    """What one sender of the traffic handed over."""
    mail: Mail
    user: str | None  # None: the world
    to: list[str] = field(default_factory=list)


class Sender(threading.Thread):
    """Strangers and users in turn: to one, to several, to themselves, to the world, with a null sender, to another name of a user."""

    def __init__(self, pair, seed: int):
        super().__init__(daemon=True)
        self.pair, self.chance, self.sent = pair, random.Random(seed), []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            for _ in range(EACH):
                self.sent.append(self.send_one())
        except BaseException as failure:
            self.failure = failure

    def send_one(self) -> Sent:
        local = [self.chance.choice((f"{user}@{DOMAIN}", f"{user}+list@{DOMAIN}", f"{user.upper()}@Example.ORG"))
                 for user in self.chance.sample(USERS, self.chance.choice((1, 1, 2)))]
        user = self.chance.choice((None, *USERS))
        body = b"".join(self.chance.randbytes(30).hex().encode() + b"\r\n" for _ in range(self.chance.choice((1, 30, 3000))))
        if user is None:
            sent = Sent(compose("someone@world.example", local[0], body=body, message_id=self.chance.random() < 0.8), None, local)
            self.pair.from_world(sent.mail, *sent.to, reverse_path=self.chance.choice(("", "someone@world.example")))
            return sent
        to = self.chance.choice((local, [EXT], [*local, EXT], [EXT, "other@else.example"]))
        sent = Sent(compose(f"{user}@{DOMAIN}", to[0], body=body), user, to)
        if self.chance.random() < 0.5:
            self.pair.from_user(user, sent.mail, *to)
        else:
            smtp_send(self.pair.primary.smtp, sent.mail.octets, f"{user}@{DOMAIN}", to, source=self.pair.office)
        return sent


class TrafficTest(PairCase):
    """The traffic runs once; each test looks at what came of it."""

    @classmethod
    def set_up_rig(cls):
        super().set_up_rig()
        print(f"seed {SEED}")
        senders = [Sender(cls.pair, SEED + number) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(60)
            if sender.failure:
                raise sender.failure
        cls.sent = [sent for sender in senders for sent in sender.sent]
        cls.pair.primary.wait_for_empty_queue()
        cls.pair.archive.wait_for_empty_queue()

    def test_AP_01_every_message_is_on_the_archive_within_its_time(self):
        """What the primary handed over (its name on both machines) is what the archive received, once, and soon."""
        there = Counter(entry["received"] for entry in self.archive.journal())
        times = {entry["received"]: moment(entry) for entry in self.archive.journal()}
        here = [entry for entry in self.primary.journal() if entry["recipients"]]  # others tell of keys
        self.assertEqual(len(here), SENDERS * EACH)
        self.assertEqual(Counter(entry["handed"] for entry in here), there)
        slowest = max(times[entry["handed"]] - moment(entry) for entry in here)
        self.assertLess(slowest, LATEST)

    def test_AP_01_each_message_is_in_each_of_its_places(self):
        wrong = []
        for sent in self.sent:
            users = {path.partition("@")[0].partition("+")[0].lower() for path in sent.to if path.lower().endswith(DOMAIN)}
            wanted = Counter({f"{machine} {user}/INBOX": 1 for machine in ("primary", "archive") for user in users})
            wanted.update(f"world {path}" for path in sent.to if not path.lower().endswith(DOMAIN))
            if sent.user:
                wanted[f"archive {sent.user}/Sent"] = 1
            if (places := self.pair.places(sent.mail)) != wanted:
                wrong.append(f"{sent.mail.marker} {sent.user} -> {sent.to}: {dict(places)}")
            wrong += self.pair.altered(sent.mail)
        self.assertEqual(wrong, [])

    def test_AP_03_the_archive_holds_all_that_the_primary_delivered_and_all_that_users_sent(self):
        """By digest, user by user: the two INBOXes are equal, and Sent is what the user sent."""
        for user in USERS:
            with self.subTest(user=user):
                delivered = self.digests(self.primary, user, "INBOX")
                self.assertGreater(len(delivered), EACH)
                self.assertEqual(self.digests(self.archive, user, "INBOX"), delivered)
                self.assertEqual(self.digests(self.archive, user, "Sent"),
                                 Counter(digest(sent.mail.octets) for sent in self.sent if sent.user == user))
                self.assertEqual(self.digests(self.primary, user, "Sent"), Counter())

    def test_AP_03_both_machines_verify_what_they_hold(self):
        for machine in (self.primary, self.archive):
            machine.verb("journal", "verify")

    def digests(self, machine, user: str, folder: str) -> Counter:
        account = f"{user}@{DOMAIN}"
        return Counter(digest(without_trace(machine.admin.octets("message/export", account=account, folder=folder, uid=each["uid"])))
                       for each in machine.messages(account, folder))


def digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def moment(entry: dict) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp()


if __name__ == "__main__":
    unittest.main()
