"""Many different messages from many sessions at once, through the primary and the archive to the world; then every octet is compared.

    tests/faults/octets_test.py [--messages N] [--sessions M] [--seed S]

No two messages are the same: sizes from 0.2 to 300 KiB, dots where a line begins, octets above 127, one recipient or more, by DATA
and by BDAT, several on a connection. Meanwhile the world says "later" to some, and hangs up in the middle of others. At the end each message is exactly once with each of its
recipients in the world, in Sent of its sender on the archive, and in the mailboxes of its local recipients on both machines; and
the SHA-256 of what is there is that of what was handed over. The world's replies name what it took: what the archive noted of
them is held against what the world has.
"""
import argparse
import hashlib
import os
import queue
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
from support.client import Client  # noqa: E402
from support.instance import DOMAIN  # noqa: E402
from support.mail import MARKER, without_trace  # noqa: E402
from support.pair import USERS, Pair  # noqa: E402
from support.rig import Rig  # noqa: E402
from support.sink import DROP, Received, Sink  # noqa: E402

LEAST, MOST = 200, 300 * 1024
OUTSIDE = [f"{name}@{domain}" for domain in ("world.example", "else.example") for name in ("ann", "ben", "cora", "dirk")]
A_CONNECTION = 20  # messages, on the average
# What DATA carries unchanged: any octet but NUL, CR and LF.
CLEAN = bytes(octet if octet not in (0, 10, 13) else 0x80 | octet for octet in range(256))
ASCII = bytes(0x20 + octet % 95 for octet in range(256))


class Letter:
    """Message `number` of a run: made when it is sent and never kept; what is kept tells all that must come of it."""

    def __init__(self, seed: int, number: int):
        chance = random.Random(f"{seed} {number}")
        self.sender, other = chance.sample(USERS, 2)
        self.outside = chance.sample(OUTSIDE, chance.choice((1, 1, 1, 2, 5)))
        self.local = [other] if chance.random() < 0.2 else []
        self.chunked = chance.random() < 0.3
        self.marker = f"[m-{seed:x}-{number}]"
        self._chance = chance.getrandbits(64)

    def octets(self) -> bytes:
        chance = random.Random(self._chance)
        size = int(LEAST * (MOST / LEAST) ** chance.random())
        head = (f"From: {self.sender}@{DOMAIN}\r\nTo: {self.outside[0]}\r\nSubject: letter {self.marker}\r\n"
                f"Date: Mon, 06 Jul 2026 10:00:00 +0000\r\nMessage-ID: <{self.marker[1:-1]}@client.example>\r\n\r\n").encode()
        random_octets = chance.randbytes(size).translate(CLEAN if chance.random() < 0.5 else ASCII)
        lines, at = [], 0
        while at < size:
            line = random_octets[at:at + chance.choice((0, 1, 20, 76, 300, 990))]
            lines.append(chance.choice((b"", b"", b"", b".", b"..")) + line)
            at += max(len(line), 1)
        open_end = self.chunked and chance.random() < 0.3  # a last line without its end, which only BDAT can carry
        return head + b"\r\n".join(lines) + (b"." if open_end else b"\r\n")

    def places(self) -> Counter:
        return Counter([f"archive {self.sender}/Sent", *(f"world {path}" for path in self.outside),
                        *(f"{machine} {user}/INBOX" for machine in ("primary", "archive") for user in self.local)])


class Ledger(Sink):
    """The world: keeps of each message where it came and its digest, says "later" now and then, and hangs up once in a while."""

    def __init__(self, address: str, seed: int):
        super().__init__(address)
        self.found: dict[str, Counter] = {}  # marker -> (place, digest) -> how often
        self.taken: Counter = Counter()      # (recipient, what the reply said)
        self.strange: list[str] = []
        self.delays = 0
        self._chance = random.Random(seed)

    def keep(self, message: Received) -> None:
        markers = MARKER.findall(message.octets.partition(b"\r\n\r\n")[0])
        digest = digest_of(without_trace(message.octets))
        with self._lock:
            self.taken.update((path, digest_of(message.octets, 16)) for path in message.forward_paths)
            if len(markers) != 1:
                self.strange.append(f"the world got from {message.reverse_path or '<>'}: {message.octets[:600]!r}")
            for marker in markers:
                self.found.setdefault(marker.decode(), Counter()).update((f"world {path}", digest) for path in message.forward_paths)

    def ask(self, stage: str, addresses: tuple[str, ...] = ()) -> bytes | None:
        with self._lock:
            if stage in ("rcpt", "end") and self._chance.random() < 0.005:
                self.delays += 1
                return b"451 4.3.0 later\r\n"
            if stage == "middle" and self._chance.random() < 0.002:
                self.delays += 1
                return DROP
        return None


def digest_of(octets: bytes, digits: int = 64) -> str:
    return f"{len(octets)} octets sha256={hashlib.sha256(octets).hexdigest()[:digits]}"


class Session(threading.Thread):
    """Takes letters until there are none, several to a connection."""

    def __init__(self, pair: Pair, letters: "queue.SimpleQueue[Letter]", digests: dict[str, str], seed: int):
        super().__init__(daemon=True)
        self.pair, self.letters, self.digests = pair, letters, digests
        self.chance = random.Random(seed)
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.letters.empty():
                with Client(self.pair.primary.smtp, self.pair.office, seconds=120) as client:
                    client.ehlo()
                    while self.send_one(client) and self.chance.random() > 1 / A_CONNECTION:
                        pass
                    client.quit()
        except BaseException as failure:
            self.failure = failure

    def send_one(self, client: Client) -> bool:
        try:
            letter = self.letters.get_nowait()
        except queue.Empty:
            return False
        octets = letter.octets()
        self.digests[letter.marker] = digest_of(octets)
        client.envelope(f"{letter.sender}@{DOMAIN}", [*letter.outside, *(f"{user}@{DOMAIN}" for user in letter.local)], "BODY=8BITMIME")
        if letter.chunked:
            cut = self.chance.randrange(len(octets))
            reply = client.bdat(octets[:cut], last=False)
            reply = client.bdat(octets[cut:]) if reply == 250 else reply
        else:
            reply = client.data(octets)
        if reply != 250:
            raise AssertionError(f"{letter.marker}: {reply}")
        return True


def send_all(pair: Pair, options: argparse.Namespace) -> dict[str, str]:
    """marker -> digest of what was handed over and answered with 250."""
    letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()
    for number in range(1, options.messages + 1):
        letters.put(Letter(options.seed, number))
    digests: dict[str, str] = {}
    sessions = [Session(pair, letters, digests, options.seed + number) for number in range(options.sessions)]
    for session in sessions:
        session.start()
    said = time.monotonic()
    for session in sessions:
        while session.is_alive():
            session.join(1)
            if time.monotonic() - said > 30:
                said = time.monotonic()
                print(f"{len(digests)} sent, the world has {len(pair.world.found)}", flush=True)
        if session.failure:
            raise session.failure
    return digests


def stored(pair: Pair) -> tuple[dict[str, Counter], list[str]]:
    """marker -> (place, digest) -> how often, on both machines; and what bears no marker, or is a report."""
    found: dict[str, Counter] = {}
    strange = []
    for census in pair.censuses:
        for marker, copies in census.find().items():
            for copy in copies:
                octets = census.octets(copy)
                if copy.is_report:
                    strange.append(f"{copy.place}: a report: {octets[:600]!r}")
                else:
                    found.setdefault(marker, Counter())[copy.place, digest_of(without_trace(octets))] += 1
    return found, strange


def problems(options: argparse.Namespace, digests: dict[str, str], found: dict[str, Counter]) -> list[str]:
    wrong = []
    for number in range(1, options.messages + 1):
        letter = Letter(options.seed, number)
        wanted = Counter({(place, digests[letter.marker]): count for place, count in letter.places().items()})
        got = found.pop(letter.marker, Counter())
        wrong += [f"{letter.marker}: missing {place}, {digest}" for place, digest in (wanted - got).elements()]
        wrong += [f"{letter.marker}: should not be: {place}, {digest}" for place, digest in (got - wanted).elements()]
    return wrong + [f"{marker}: nobody sent that" for marker in found]


def broken_promises(pair: Pair) -> list[str]:
    """What the archive noted as taken by the world and the world does not have, and the other way round."""
    noted = Counter(re.findall(r' delivery .* recipient=(\S+) .*"250 2\.0\.0 taken (\d+ octets sha256=[0-9a-f]{16})"', pair.archive.log()))
    return ([f"the archive noted, and the world has not: {each}" for each in (noted - pair.world.taken).elements()]
            + [f"the world has, and the archive did not note: {each}" for each in (pair.world.taken - noted).elements()])


def run(rig: Rig, options: argparse.Namespace) -> list[str]:
    def faster(document: dict) -> None:
        document["outbound"] = {"connections_per_hop": options.sessions}

    world = Ledger(rig.host(4), options.seed)
    pair = Pair(rig, primary=faster, archive=faster, world=world)
    begin = time.monotonic()
    digests = send_all(pair, options)
    accepted = time.monotonic()
    pair.primary.wait_for_empty_queue(600)
    pair.archive.wait_for_empty_queue(600)
    arrived = time.monotonic()
    found, strange = stored(pair)
    for marker, copies in world.found.items():
        found.setdefault(marker, Counter()).update(copies)
    copies = sum(copies.total() for copies in found.values())
    print(f"{len(digests)} messages accepted in {accepted - begin:.1f} s, delivered {arrived - accepted:.1f} s later, "
          f"{world.delays} times put off; {copies} copies read in {time.monotonic() - arrived:.1f} s")
    wrong = problems(options, digests, found) + strange + world.strange + broken_promises(pair) + rig.troubles()
    for machine in (pair.primary, pair.archive):
        machine.verb("journal", "verify", seconds=1800)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.messages} messages, {options.sessions} sessions", flush=True)
    rig = Rig("octets")
    try:
        wrong = run(rig, options)
        for line in wrong[:40]:
            print(line)
        if wrong:
            kept = tempfile.mkdtemp(prefix="understudy-octets-logs-")
            for log in rig.directory.glob("*.log"):
                shutil.copy(log, kept)
            print(f"FAILED: {len(wrong)} problems; seed {options.seed}; logs in {kept}")
            return 1
        print("Ran 1 test: every octet is where it should be")
        return 0
    except BaseException:
        rig.dump_logs()
        raise
    finally:
        rig.close()


if __name__ == "__main__":
    sys.exit(main())
