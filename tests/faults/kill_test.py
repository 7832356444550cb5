"""SIGKILL at random moments, under load, again and again; then every message is accounted for.

    tests/faults/kill_test.py [--cycles N] [--seed S]

A cycle: several clients send, and at a random moment the archive or the primary (or both) is killed and started again. A client
that heard no answer sends the same octets again, as RFC 5321 asks. At the end, for each message and each place where it should be:

    answered with 250           there, exactly once
    answered with 4xx or 5xx    not there
    no answer                   there at most once, also after the client tried again

The world is no Understudy: where the archive was killed between the world's 250 and its own note of it, the world gets the
message again (RFC 1047). At most so many doubles are allowed as deliveries can have been on their way at the kills.
"""
import argparse
import os
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
from support.client import Client, Closed, Refused  # noqa: E402
from support.mail import Mail, compose, without_trace  # noqa: E402
from support.pair import PASSWORD, Pair  # noqa: E402
from support.rig import Rig  # noqa: E402

SENDERS = 6
CONNECTIONS_TO_THE_WORLD = 4
ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"
# Who sends to whom, and where each such message must end.
STORIES = {
    (None, (ALICE,)): {"primary alice/INBOX": 1, "archive alice/INBOX": 1},
    (None, (ALICE, BOB)): {"primary alice/INBOX": 1, "primary bob/INBOX": 1, "archive alice/INBOX": 1, "archive bob/INBOX": 1},
    ("alice", (BOB,)): {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1},
    ("bob", (EXT,)): {"archive bob/Sent": 1, f"world {EXT}": 1},
    ("alice", (BOB, EXT)): {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1, f"world {EXT}": 1},
}


@dataclass
class Sent:
    """One message and what its sender heard of it, attempt by attempt: a code, or None for no answer."""
    mail: Mail
    story: tuple
    answers: list[int | None] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if 250 in self.answers:
            return "safe"
        return "unknown" if None in self.answers else "refused"


class Sender(threading.Thread):
    """A client that sends message after message until told to stop, and tries again what got no answer."""

    def __init__(self, pair: Pair, seed: int):
        super().__init__(daemon=True)
        self.pair = pair
        self.random = random.Random(seed)
        self.sent: list[Sent] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            sent = self._next()
            self.sent.append(sent)
            for _ in range(self.random.choice((1, 1, 3, 50))):  # some give up at once, some insist
                sent.answers.append(self._hand_over(sent))
                if sent.answers[-1] is not None or self.stopping.is_set():
                    break
                time.sleep(0.05)

    def _next(self) -> Sent:
        user, to = story = self.random.choice(list(STORIES))
        size = self.random.choice((200, 2_000, 20_000, 400_000))
        body = b"".join(self.random.randbytes(36).hex().encode() + b"\r\n" for _ in range(size // 74))
        return Sent(compose(f"{user or 'someone'}@example.org", ", ".join(to), body=body), story)

    def _hand_over(self, sent: Sent) -> int | None:
        """The answer to the end of the data; None where none came; what a refusal before it said."""
        user, to = sent.story
        try:
            with Client(self.pair.submission_or_mx(user), self.pair.outside, seconds=15) as client:
                client.ehlo()
                if user:
                    client.starttls()
                    reply = client.auth_plain(f"{user}@example.org", PASSWORD)
                    if reply != 235:
                        return reply.code
                client.envelope(f"{user}@example.org" if user else "someone@world.example", list(to))
                client.must("DATA", 354)
                try:
                    client.send(sent.mail.octets + b".\r\n")
                    return client.reply().code
                except (OSError, Closed):
                    return None
        except Refused as refused:
            return refused.reply.code
        except (OSError, Closed):
            return 499  # nothing was handed over: the same as a refusal


def run_cycles(pair: Pair, chance: random.Random, cycles: int) -> tuple[list[Sent], int]:
    """All that was sent, and how often the archive was killed."""
    senders = [Sender(pair, chance.getrandbits(64)) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    archive_kills = 0
    for cycle in range(1, cycles + 1):
        time.sleep(chance.uniform(0.05, 0.6))
        victims = chance.choice(([pair.archive], [pair.primary], [pair.archive, pair.primary]))
        for victim in victims:
            victim.kill()
        archive_kills += pair.archive in victims
        for victim in victims:
            victim.start()
        if cycle % 20 == 0:
            print(f"cycle {cycle}: {sum(len(sender.sent) for sender in senders)} messages so far", flush=True)
    for sender in senders:
        sender.stopping.set()
    for sender in senders:
        sender.join(60)
    return [sent for sender in senders for sent in sender.sent], archive_kills


def wait_until_drained(pair: Pair) -> None:
    pair.primary.retry_queue()
    pair.primary.wait_for_empty_queue(180)
    pair.archive.retry_queue()
    pair.archive.wait_for_empty_queue(180)


def problems(pair: Pair, everything: list[Sent], archive_kills: int) -> list[str]:
    """What is not as it must be, a line each."""
    found, doubles = [], 0
    where = {}
    for census in pair.censuses:
        for marker, places in census.take().items():
            where.setdefault(marker, Counter()).update(places)
    for received in pair.world.messages:
        for marker in pair.world_markers(received):
            where.setdefault(marker, Counter()).update(f"world {path}" for path in received.forward_paths)
    for sent in everything:
        here = where.get(sent.mail.marker, Counter())
        for place, count in STORIES[sent.story].items():
            got, least = here.pop(place, 0), {"safe": count, "refused": 0, "unknown": 0}[sent.verdict]
            most = 0 if sent.verdict == "refused" else count
            if place.startswith("world ") and got > most > 0:
                doubles += got - most
            elif not least <= got <= most:
                found.append(f"{sent.mail.marker} ({sent.verdict}, answers {sent.answers}): {place} x{got}, should be {least}..{most}")
        found += [f"{sent.mail.marker}: {place} x{count}, should not be there" for place, count in here.items()]
    allowed = archive_kills * CONNECTIONS_TO_THE_WORLD
    print(f"doubles in the world: {doubles}, of {allowed} that {archive_kills} kills of the archive allow")
    if doubles > allowed:
        found.append(f"{doubles} doubles in the world")
    return found


def altered(pair: Pair, everything: list[Sent], chance: random.Random) -> list[str]:
    """A sample of what was stored, octet by octet."""
    found = []
    safe = [sent for sent in everything if sent.verdict == "safe"]
    for sent in chance.sample(safe, min(60, len(safe))):
        place = next(place for place in STORIES[sent.story] if place.startswith("archive "))
        user, folder = place.removeprefix("archive ").split("/")
        stored = pair.octets_at(pair.archive, f"{user}@example.org", folder, sent.mail.marker)
        if without_trace(stored) != sent.mail.octets:
            found.append(f"{sent.mail.marker}: other octets in {place}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.cycles} cycles", flush=True)
    chance = random.Random(options.seed)
    rig = Rig("kill")
    try:
        pair = Pair(rig)
        everything, archive_kills = run_cycles(pair, chance, options.cycles)
        wait_until_drained(pair)
        verdicts = Counter(sent.verdict for sent in everything)
        print(f"{len(everything)} messages: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
        wrong = problems(pair, everything, archive_kills) + altered(pair, everything, chance)
        for machine in (pair.primary, pair.archive):
            machine.verb("journal", "verify")
        for line in wrong[:40]:
            print(line)
        if wrong or verdicts["safe"] < options.cycles:
            print(f"FAILED: {len(wrong)} problems; seed {options.seed}")
            rig.dump_logs()
            return 1
        print("Ran 1 test: every message is accounted for")
        return 0
    except BaseException:
        rig.dump_logs()
        raise
    finally:
        rig.close()


if __name__ == "__main__":
    sys.exit(main())
