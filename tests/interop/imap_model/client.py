"""A mail program that remembers: what it was told of the mailbox that it has open, and, where it knows QRESYNC, of all others that it
had open before. It believes the server in everything; who runs it compares what it believes with what must be there."""
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from support.imap_wire import Gone, Wire

FLAGS, MODSEQ, UID = re.compile(rb"FLAGS \(([^)]*)\)"), re.compile(rb"MODSEQ \((\d+)\)"), re.compile(rb"UID (\d+)")
VANISHED = re.compile(rb"\* VANISHED ([\d:,]+)$")


class Wrong(AssertionError):
    """The server has told something that cannot be."""


@dataclass
class Remembered:
    """Of a mailbox, as QRESYNC has it (RFC 7162 §3.2.5): all changes up to `highest` are in it."""
    validity: int
    highest: int
    flags: dict[int, frozenset]  # by UID


@dataclass
class Client:
    """One device: its memory outlives its connections."""
    qresync: bool
    memory: dict[int, Remembered] = field(default_factory=dict)  # by the number of the mailbox, which MAILBOXID stands for
    wire: Wire | None = None
    counts: bool = True       # nobody tells it of an EXPUNGE while it writes down sequence numbers (RFC 5465 §5.3)
    folder: int | None = None
    read_only: bool = False
    validity: int = 0
    highest: int = 0          # 0: it has not heard of everything yet
    seen: int = 0             # the highest MODSEQ that it was told of in this mailbox
    uids: list = field(default_factory=list)     # as it was told; None: it was told of a message and not of its UID
    flags: dict = field(default_factory=dict)    # UID -> flags
    modseqs: dict = field(default_factory=dict)  # UID -> MODSEQ
    fresh: dict = field(default_factory=dict)    # those that it was told of lately
    flagged: set = field(default_factory=set)    # UIDs whose flags it was told of with the last answer
    unsure: set = field(default_factory=set)     # those of them that it has changed itself meanwhile: it asks again

    def connected(self, wire: Wire, *, counts: bool) -> None:
        self.wire, self.counts, self.folder = wire, counts, None

    def answer(self, tag: bytes) -> tuple[bytes | None, list[bytes]]:
        """What stands behind the tag, None where the connection ends before it, and the responses before it."""
        untagged = []
        try:
            while not (line := self.wire.response()).startswith(tag + b" "):
                untagged.append(line)
        except Gone:
            return None, untagged
        return line[len(tag) + 1:], untagged

    # ---- an open mailbox

    def is_whole(self) -> bool:
        return None not in self.uids and all(uid in self.flags for uid in self.uids)

    def hear(self, untagged: Iterable[bytes]) -> None:
        for line in untagged:
            if found := re.match(rb"\* (\d+) EXISTS$", line):
                if int(found[1]) < len(self.uids):
                    raise Wrong(f"{line!r} of {len(self.uids)}")
                self.uids += [None] * (int(found[1]) - len(self.uids))
            elif found := re.match(rb"\* (\d+) EXPUNGE$", line):
                self._forget(int(found[1]) - 1)
            elif found := VANISHED.match(line):
                for uid in uids_of(found[1]):
                    self._forget(self._place_of(uid))
            elif found := re.match(rb"\* (\d+) FETCH \((.*)\)$", line, re.S):
                self._hear_fetch(int(found[1]) - 1, found[2])
            elif found := re.match(rb"\* OK \[HIGHESTMODSEQ (\d+)\]", line):
                self.seen = max(self.seen, int(found[1]))

    def _forget(self, index: int) -> None:
        uid = self.uids.pop(index)
        for known in (self.flags, self.modseqs, self.fresh):
            known.pop(uid, None)

    def _place_of(self, uid: int) -> int:
        """Of a message whose UID nobody has told: where it must be, between those whose UIDs are known."""
        if uid in self.uids:
            return self.uids.index(uid)
        place = next((index for index, known in enumerate(self.uids) if known is not None and known > uid), len(self.uids)) - 1
        if place < 0 or self.uids[place] is not None:
            raise Wrong(f"VANISHED {uid} of {self.uids}")
        return place

    def _hear_fetch(self, index: int, items: bytes) -> None:
        said = UID.search(items)
        uid = int(said[1]) if said else self.uids[index]
        if uid is None or self.uids[index] not in (None, uid):
            raise Wrong(f"FETCH of number {index + 1}, UID {uid}: it is that of {self.uids[index]}")
        self.uids[index] = uid
        if flags := FLAGS.search(items):
            self.flags[uid] = frozenset(flags[1].split())
            self.flagged.add(uid)
            self.unsure.discard(uid)
        if modseq := MODSEQ.search(items):
            if int(modseq[1]) < self.modseqs.get(uid, 0):
                raise Wrong(f"MODSEQ {modseq[1]!r} of UID {uid}, after {self.modseqs[uid]}")
            self.modseqs[uid] = self.fresh[uid] = int(modseq[1])
            self.seen = max(self.seen, int(modseq[1]))

    def heard_all(self, answer: bytes) -> None:
        """A command has ended that nothing was kept back from: what it knows of, it may ask from there on."""
        if found := re.search(rb"\[HIGHESTMODSEQ (\d+)\]", answer):
            self.seen = max(self.seen, int(found[1]))
        if self.is_whole():
            self.highest = max(self.highest, self.seen)

    def leave(self) -> None:
        """It has the mailbox open no more, for whatever reason."""
        if self.unsure & set(self.uids):
            self.memory.pop(self.folder, None)
        elif self.qresync and self.folder is not None and self.highest:
            known = itertools.takewhile(self.flags.__contains__, self.uids)  # all behind these have come after `highest`
            self.memory[self.folder] = Remembered(self.validity, self.highest, {uid: self.flags[uid] for uid in known})
        self.folder, self.uids, self.flags, self.modseqs, self.fresh, self.highest, self.seen = None, [], {}, {}, {}, 0, 0
        self.unsure = set()

    # ---- opening one

    def opened(self, number: int, untagged: list[bytes], *, read_only: bool) -> tuple[Remembered | None, list[bytes]]:
        """By SELECT or EXAMINE. What it remembers of the mailbox, where that holds still, and what was told of this mailbox."""
        closed = [at for at, line in enumerate(untagged) if b"[CLOSED]" in line]  # what comes before is of the other one
        untagged = untagged[closed[0]:] if closed else untagged
        self.folder, self.read_only, self.validity = number, read_only, code(untagged, b"UIDVALIDITY")
        self.hear([line for line in untagged if line.endswith(b" EXISTS") or b"[HIGHESTMODSEQ " in line])
        memory = self.memory.get(number)
        if memory and memory.validity == self.validity:
            return Remembered(memory.validity, memory.highest, dict(memory.flags)), untagged
        if news := [line for line in untagged if re.match(rb"\* (VANISHED|\d+ FETCH)", line)]:
            raise Wrong(f"changes since another UIDVALIDITY: {news}")
        return None, untagged

    def caught_up(self, memory: Remembered, untagged: list[bytes]) -> None:
        """What has happened since comes as VANISHED (EARLIER) and FETCH; in front of that may be what NOTIFY tells."""
        earlier = [at for at, line in enumerate(untagged) if line.startswith(b"* VANISHED (EARLIER) ")]
        since = earlier[0] if earlier else 0
        count = len(self.uids)
        for line in untagged[:since]:
            if found := re.match(rb"\* (\d+) EXISTS$", line):
                count = int(found[1])
            elif found := VANISHED.match(line):  # they are among the earlier ones, too
                count -= len(uids_of(found[1]))
        if earlier:
            for uid in uids_of(untagged[since].split()[3]):
                memory.flags.pop(uid, None)
        if len(memory.flags) > count:
            raise Wrong(f"{count} messages; those that did not vanish: {sorted(memory.flags)}")
        self.uids = sorted(memory.flags) + [None] * (count - len(memory.flags))
        self.flags = memory.flags
        believed = sorted(memory.flags)
        try:
            self.hear(untagged[since:])
        except Wrong as wrong:
            raise Wrong(f"{wrong}; it remembered {believed} up to {memory.highest}, and was told {untagged}") from wrong


def code(untagged: Iterable[bytes], name: bytes) -> int:
    [value] = [int(found[1]) for line in untagged if (found := re.match(rb"\* OK \[" + name + rb" (\d+)\]", line))]
    return value


def uids_of(text: bytes) -> list[int]:
    """Of a set as VANISHED, MODIFIED and their like have it."""
    uids = []
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        uids += range(int(first), int(last or first) + 1)
    return uids
