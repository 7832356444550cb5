"""The parts of entries of both journals by the grammar of docs/store.md, each read to its end."""
from dataclasses import dataclass

from second_reading import from_base64
from second_trees import demand, Refused

HASH, KEY, SIGNATURE = 32, 32, 64
ENDINGS, KEY_CHANGE = 1, 2  # extras of entries that bring no message



class Grammar:
    """Reads octets from the front. Refused where a field does not fit."""

    def __init__(self, octets: bytes):
        self._octets, self._at = octets, 0

    def raw(self, count: int) -> bytes:
        demand(count <= len(self._octets) - self._at, "a part is shorter than its grammar")
        self._at += count
        return self._octets[self._at - count:self._at]

    def number(self, octets: int) -> int:
        return int.from_bytes(self.raw(octets), "big")

    def varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            octet = self.number(1)
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                demand(value < 1 << 64, "a number of more than 64 bits")
                return value
        raise Refused("a number of more than 10 octets")

    def text(self) -> bytes:
        return self.raw(self.varint())

    def flag(self) -> bool:
        value = self.number(1)
        demand(value <= 1, "a flag that is neither 0 nor 1")
        return value == 1

    def version(self) -> None:
        demand(self.number(1) == 1, "a version that is not known here")

    def at_end(self) -> bool:
        return self._at == len(self._octets)

    def address(self) -> bytes:
        local, domain = self.text(), self.text()
        return local + b"@" + domain if domain else local


@dataclass(frozen=True)
class Key:
    octets: bytes

    @classmethod
    def parse(cls, text: str) -> "Key":
        demand(text.startswith("ed25519:"), "a key of another kind")
        return cls(from_base64(text.removeprefix("ed25519:"), KEY))


@dataclass(frozen=True)
class KeyChange:
    """A key that signs from here on, and the one before that agrees to it; None: nobody did."""
    key: Key
    by: Key | None
    signature: bytes

    @classmethod
    def parse(cls, octets: bytes) -> "KeyChange":
        part = Grammar(octets)
        key = Key(part.raw(KEY))
        made = cls(key, Key(part.raw(KEY)), part.raw(SIGNATURE)) if part.flag() else cls(key, None, b"")
        demand(part.at_end(), "a change of the key is too long")
        return made


@dataclass(frozen=True)
class Common:
    """What the common part says that a verifier needs."""
    time: int
    reverse_path: bytes | None
    received: bytes
    handed: bytes
    size: int
    extras: dict[int, bytes]

    def brings_message(self) -> bool:
        return not {ENDINGS, KEY_CHANGE} & self.extras.keys()

    def key_change(self) -> KeyChange | None:
        return KeyChange.parse(self.extras[KEY_CHANGE]) if KEY_CHANGE in self.extras else None


def parse_common(octets: bytes) -> Common:
    part = Grammar(octets)
    part.version()
    time = part.number(8)
    reverse_path = part.address() if part.flag() else None
    part.number(1), part.flag(), part.number(1), part.text()  # the rest of the transaction
    part.number(1), part.text(), part.number(1), [part.text() for _ in range(5)]  # origin
    received, handed, size = part.raw(HASH), part.raw(HASH), part.varint()
    part.varint(), part.varint(), part.number(1), part.text(), part.text()
    if part.flag():
        part.address()
    part.raw(16), part.varint(), part.varint()  # body
    part.text(), part.text()
    for _ in range(part.varint()):  # settlements
        part.raw(2 + 8 + 2 + 8)
        if part.flag():
            part.text()
    extras = {}
    while not part.at_end():
        kind = part.number(1)
        demand(kind not in extras, "an extra that stands there twice")
        extras[kind] = part.text()
    return Common(time, reverse_path, received, handed, size, extras)


def parse_recipient(octets: bytes) -> bytes:
    """His forward-path."""
    part = Grammar(octets)
    part.version()
    address = part.address()
    part.number(1), part.text(), part.text()  # NOTIFY, ORCPT, his plan
    return address


@dataclass(frozen=True)
class Record:
    """An entry of the audit journal."""
    time: int
    event: str
    name: bytes
    uid: int
    place: bytes
    kind: int
    action: bytes
    asked: dict[bytes, bytes]
    reason: bytes
    case: bytes
    outcome: bytes
    extras: dict[int, bytes]


EVENTS = ("begun", "ended", "refused", "asked", "noted")


def parse_record(octets: bytes) -> Record:
    part = Grammar(octets)
    part.version()
    time, event = part.number(8), part.number(1)
    demand(1 <= event <= len(EVENTS), "an event that is not known here")
    name, uid, place = part.text(), part.number(4), part.text()
    demand(part.number(1) <= 3, "a role that is not known here")
    kind, action = part.number(1), part.text()
    demand(1 <= kind <= 10, "a kind that is not known here")
    asked = {}
    for _ in range(part.varint()):
        field = part.text()
        demand(field not in asked, "something that is asked for twice")
        asked[field] = part.text()
    reason, case, outcome = part.text(), part.text(), part.text()
    extras = {}
    for _ in range(part.varint()):
        number = part.number(1)
        demand(number not in extras, "an extra that stands there twice")
        extras[number] = part.text()
    demand(part.at_end(), "octets behind the entry")
    return Record(time, EVENTS[event - 1], name, uid, place, kind, action, asked, reason, case, outcome, extras)
