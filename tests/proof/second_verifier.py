#!/usr/bin/env python3
"""A second opinion on what `understudy journal prove` and `journal consistency` give away (docs/proofs.md, docs/store.md).

    second_verifier.py [--key ed25519:...] PROOF [MESSAGE]
    second_verifier.py [--key ed25519:...] --consistency FILE

Written from the documents alone, and by another method than the program and `check-proof.py`: trees are rebuilt by the recursive
definitions of RFC 9162 section 2.1, the common part is read to its end, and signatures are the business of the `openssl` command. It is
stricter than a reader of proofs has to be: a document that says anything twice or in two spellings is refused.
"""
import argparse
import base64
import binascii
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HASH, NONCE, KEY, SIGNATURE = 32, 32, 32, 64
MAIL = 1  # which journal a head is of
ENDINGS, KEY_CHANGE = 1, 2  # extras of entries that bring no message
ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo before the 32 octets of the key, RFC 8410


class Refused(Exception):
    """The document does not prove what it says."""


def demand(holds: bool, what: str) -> None:
    if not holds:
        raise Refused(what)


# ---------------------------------------------------------------- trees, RFC 9162 section 2.1


def digest(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def node(left: bytes, right: bytes) -> bytes:
    return digest(b"\x01" + left + right)


def largest_power_below(count: int) -> int:
    """The k of the definitions: the largest power of two that is smaller than `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH of section 2.1.1; the leaves are hashes already."""
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return node(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root to which PATH(index, D[size]) of section 2.1.3.1 would belong."""
    demand(0 <= index < size, "the entry lies beyond the head")
    if size == 1:
        demand(not path, "the path is too long")
        return leaf
    demand(bool(path), "the path is too short")
    k = largest_power_below(size)
    if index < k:
        return node(root_by_inclusion(leaf, index, k, path[:-1]), path[-1])
    return node(path[-1], root_by_inclusion(leaf, index - k, size - k, path[:-1]))


def roots_by_consistency(first: bytes, old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots over `old` and `new` leaves to which PROOF(old, D[new]) of section 2.1.4.1 would belong."""
    demand(0 < old <= new, "the heads are in the wrong order, or the first one is empty")
    return _subproof(first, old, new, path)


def _subproof(first: bytes | None, old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """`first`: the root that the verifier knows, as long as the subtree begins at the left and may be all of the old tree."""
    if old == new:
        demand(len(path) == (first is None), "the path has the wrong length")
        known = path[0] if first is None else first
        return known, known
    demand(bool(path), "the path is too short")
    k, last = largest_power_below(new), path[-1]
    if old <= k:
        before, after = _subproof(first, old, k, path[:-1])
        return before, node(after, last)
    before, after = _subproof(None, old - k, new - k, path[:-1])
    return node(last, before), node(last, after)


# ---------------------------------------------------------------- the grammar of docs/store.md


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


# ---------------------------------------------------------------- signatures


@dataclass
class Signatures:
    """Ed25519 by the `openssl` command. What was asked once is remembered."""
    _known: dict[tuple[bytes, bytes, bytes], bool] = field(default_factory=dict)

    def hold(self, key: bytes, message: bytes, signature: bytes) -> bool:
        question = (key, message, signature)
        if question not in self._known:
            self._known[question] = self._ask(*question)
        return self._known[question]

    @staticmethod
    def _ask(key: bytes, message: bytes, signature: bytes) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder) / name for name in ("key", "message", "signature")}
            for name, octets in (("key", ED25519_DER + key), ("message", message), ("signature", signature)):
                files[name].write_bytes(octets)
            command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", files["key"],
                       "-sigfile", files["signature"], "-in", files["message"]]
            done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        said = "Signature Verified Successfully" in done.stdout
        demand(said == (done.returncode == 0), f"openssl contradicts itself: {done.stdout}{done.stderr}")
        return said


# ---------------------------------------------------------------- documents


def parse_json(text: bytes | str) -> dict:
    """One object. A name that stands twice in an object would be read differently by different readers: Refused."""
    def unique(pairs: list[tuple[str, object]]) -> dict:
        made = dict(pairs)
        demand(len(made) == len(pairs), "a name stands twice in an object")
        return made

    try:
        document = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise Refused(f"no JSON: {error}") from None
    demand(isinstance(document, dict), "no JSON object")
    return document


def get(document: dict, name: str, kind: type):
    value = document.get(name)
    demand(type(value) is kind, f"{name}: missing, or of the wrong type")  # a bool is no number here
    return value


def from_base64(text: str, count: int | None = None) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"no base64: {error}") from None
    demand(base64.b64encode(octets).decode() == text, "base64 in an uncommon spelling")
    demand(count is None or len(octets) == count, "octets of the wrong number")
    return octets


def from_hex(text: object) -> bytes:
    demand(isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) is not None, "no hash of 64 hexadecimal digits")
    return bytes.fromhex(text)


def number(document: dict, name: str, bits: int) -> int:
    value = get(document, name, int)
    demand(0 <= value < 1 << bits, f"{name}: out of range")
    return value


def path_of(document: dict) -> list[bytes]:
    path = get(document, "path", list)
    demand(len(path) <= 64, "a path of more than 64 hashes")
    return [from_hex(text) for text in path]


@dataclass(frozen=True)
class Head:
    """A tree head under its signature."""
    octets: bytes
    signature: bytes
    key: Key
    instance: bytes
    incarnation: bytes
    journal: int
    partition: int
    size: int
    root: bytes
    time: int

    @classmethod
    def check(cls, document: dict, signatures: Signatures) -> "Head":
        octets = from_base64(get(document, "octets", str))
        signature = from_base64(get(document, "signature", str), SIGNATURE)
        key = Key.parse(get(document, "key", str))
        part = Grammar(octets)
        part.version()
        head = cls(octets, signature, key, part.raw(16), part.raw(16), part.number(1), part.number(2), part.number(8), part.raw(HASH),
                   part.number(8))
        demand(part.raw(HASH) == digest(key.octets), "the head names another key")
        demand(part.at_end(), "the head is too long")
        demand(head.journal == MAIL, "the head is not of the journal of mail")
        demand(signatures.hold(key.octets, b"understudy tree head\0" + octets, signature), "the signature of the head does not hold")
        return head

    def same_log(self, other: "Head") -> bool:
        return (self.instance, self.incarnation, self.journal, self.partition) == (
            other.instance, other.incarnation, other.journal, other.partition)


@dataclass(frozen=True)
class Checked:
    """What a proof that holds says."""
    partition: int
    index: int
    leaf: bytes
    head: Head
    common: Common
    recipients: tuple[bytes | None, ...]  # None: not shown


def part_hash(document: dict, parse: Callable[[bytes], object]) -> tuple[bytes, object | None]:
    """The hash of a part, and what the part says; None where it is not shown. A hash that can be computed is not read."""
    shown = {"nonce", "octets"} & document.keys()
    if not shown:
        return from_hex(document.get("hash")), None
    demand("hash" not in document, "a part that is shown and hidden")
    octets = from_base64(get(document, "octets", str))
    return digest(from_base64(get(document, "nonce", str), NONCE) + octets), parse(octets)


def _checked_witness(document: dict, head: Head, signatures: Signatures) -> None:
    key = Key.parse(get(document, "key", str))
    demand(key != head.key, "the archive is its own witness")
    signature = from_base64(get(document, "signature", str), SIGNATURE)
    signed = number(document, "time", 64).to_bytes(8, "big") + head.octets + head.signature
    demand(signatures.hold(key.octets, b"understudy witness\0" + signed, signature), "the signature of the witness does not hold")


def check_proof(text: bytes | str, message: bytes | None, signatures: Signatures, key: Key | None = None) -> Checked:
    """Refused unless the entry is in the journal under the head, and brought `message` (None: one that brought none, or any).
    `key`: the one that has to have signed; without it anybody may have."""
    document = parse_json(text)
    demand(get(document, "understudy_proof", int) == 1, "a format that is not known here")
    entry = get(document, "entry", dict)
    partition, index = number(entry, "partition", 16), number(entry, "index", 64)
    common_hash, common = part_hash(get(entry, "common", dict), parse_common)
    demand(common is not None, "the common part is not shown")
    parts = []
    for recipient in get(entry, "recipients", list):
        demand(isinstance(recipient, dict), "a recipient that is no object")
        parts.append(part_hash(recipient, parse_recipient))
    leaf = digest(b"\x00\x01" + partition.to_bytes(2, "big") + index.to_bytes(8, "big") + common_hash + b"".join(each for each, _ in parts))
    head = Head.check(get(document, "head", dict), signatures)
    demand(key is None or head.key == key, "the head was signed by another key than the one that is trusted")
    demand(head.partition == partition, "the head is of another partition")
    demand(root_by_inclusion(leaf, index, head.size, path_of(document)) == head.root, "the path does not lead to the head")
    if "witness" in document:
        _checked_witness(get(document, "witness", dict), head, signatures)
    if message is not None:
        demand(common.brings_message(), "the entry brought no message")
        demand(digest(message) == common.handed and len(message) == common.size, "the entry is of other octets than the message")
    return Checked(partition, index, leaf, head, common, tuple(said for _, said in parts))


def follow(key: Key, entry: Checked, signatures: Signatures) -> Key:
    """The key that signs from a proven entry on, which `key`, the one before, has to agree to."""
    change = entry.common.key_change()
    demand(change is not None, "the entry tells of no key")
    demand(change.by == key, "the key before does not agree to the new one")
    demand(signatures.hold(key.octets, b"understudy journal key\0" + change.key.octets, change.signature), "the consent does not hold")
    return change.key


def check_consistency(text: bytes | str, signatures: Signatures) -> tuple[Head, Head]:
    """Of a file of `journal consistency`: the two heads, the second of which continues the first. Their keys may differ."""
    document = parse_json(text)
    demand(get(document, "understudy_consistency", int) == 1, "a format that is not known here")
    first, second = (Head.check(get(document, name, dict), signatures) for name in ("first", "second"))
    demand(first.same_log(second), "the heads are of different logs")
    roots = roots_by_consistency(first.root, first.size, second.size, path_of(document))
    demand(roots == (first.root, second.root), "the second head does not continue the first")
    return first, second


def _shown(octets: bytes | None, hidden: str) -> str:
    return hidden if octets is None else octets.decode("utf-8", "backslashreplace")


def main() -> int:
    """0: it holds; 1: it does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--key", help="the key that has to have signed the head (of two, the second one)")
    parser.add_argument("--consistency", action="store_true", help="FILE is one of `journal consistency`")
    parser.add_argument("file", type=Path)
    parser.add_argument("message", type=Path, nargs="?", help="its octets, as `journal export` wrote them")
    options = parser.parse_args()
    signatures = Signatures()
    try:
        key = Key.parse(options.key) if options.key else None
        if options.consistency:
            first, second = check_consistency(options.file.read_bytes(), signatures)
            demand(key in (None, second.key), "the second head was signed by another key than the one that is trusted")
            print(f"the head over {second.size} entries continues the one over {first.size}")
            return 0
        checked = check_proof(options.file.read_bytes(), options.message.read_bytes() if options.message else None, signatures, key)
    except (Refused, OSError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    said = ", ".join(_shown(recipient, "(hidden)") for recipient in checked.recipients)
    print(f"entry {checked.partition}.{checked.index} of {checked.head.size}: from {_shown(checked.common.reverse_path, '(null)')} "
          f"to {said}, message {checked.common.handed.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
