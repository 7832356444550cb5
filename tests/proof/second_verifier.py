#!/usr/bin/env python3
"""A second opinion on what `understudy journal prove` and `journal consistency` give away, and what `audit prove` and `audit consistency`
do (docs/proofs.md, docs/store.md).

    second_verifier.py [--key ed25519:...] PROOF [MESSAGE]
    second_verifier.py [--key ed25519:...] --audit PROOF
    second_verifier.py [--key ed25519:...] [--audit] --consistency FILE

Written from the documents alone, and by another method than the program and `check-proof.py`: trees are rebuilt by the recursive
definitions of RFC 9162 section 2.1, parts are read to their end, and signatures are the business of the `openssl` command. It is
stricter than a reader of proofs has to be: a document that says anything twice or in two spellings is refused.
"""
import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from second_grammar import Common, Grammar, HASH, Key, parse_common, parse_recipient, parse_record, Record, SIGNATURE
from second_reading import from_base64, from_hex, get, number, parse_json, path_of
from second_trees import demand, digest, Refused, root_by_inclusion, roots_by_consistency, tree_hash

__all__ = ["Refused", "Signatures", "check_audit_proof", "check_consistency", "check_proof", "follow", "from_base64", "tree_hash"]

NONCE = 32
MAIL, AUDIT = 1, 2  # which journal a head is of
ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo before the 32 octets of the key, RFC 8410


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
    def check(cls, document: dict, signatures: Signatures, journal: int) -> "Head":
        octets = from_base64(get(document, "octets", str))
        signature = from_base64(get(document, "signature", str), SIGNATURE)
        key = Key.parse(get(document, "key", str))
        part = Grammar(octets)
        part.version()
        head = cls(octets, signature, key, part.raw(16), part.raw(16), part.number(1), part.number(2), part.number(8), part.raw(HASH),
                   part.number(8))
        demand(part.raw(HASH) == digest(key.octets), "the head names another key")
        demand(part.at_end(), "the head is too long")
        demand(head.journal == journal, "the head is not of this journal")
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


@dataclass(frozen=True)
class Shown:
    """An entry that is in a journal, before anybody asks what it says."""
    partition: int
    index: int
    leaf: bytes
    head: Head
    common: Common | Record
    recipients: tuple[bytes | None, ...]


def check_entry(text: bytes | str, parse: Callable[[bytes], object], journal: int, signatures: Signatures, key: Key | None) -> Shown:
    document = parse_json(text)
    demand(get(document, "understudy_proof", int) == 1, "a format that is not known here")
    entry = get(document, "entry", dict)
    partition, index = number(entry, "partition", 16), number(entry, "index", 64)
    common_hash, common = part_hash(get(entry, "common", dict), parse)
    demand(common is not None, "the common part is not shown")
    parts = []
    for recipient in get(entry, "recipients", list):
        demand(isinstance(recipient, dict), "a recipient that is no object")
        parts.append(part_hash(recipient, parse_recipient))
    leaf = digest(b"\x00\x01" + partition.to_bytes(2, "big") + index.to_bytes(8, "big") + common_hash + b"".join(each for each, _ in parts))
    head = Head.check(get(document, "head", dict), signatures, journal)
    demand(key is None or head.key == key, "the head was signed by another key than the one that is trusted")
    demand(head.partition == partition, "the head is of another partition")
    demand(root_by_inclusion(leaf, index, head.size, path_of(document)) == head.root, "the path does not lead to the head")
    if "witness" in document:
        _checked_witness(get(document, "witness", dict), head, signatures)
    return Shown(partition, index, leaf, head, common, tuple(said for _, said in parts))


def check_proof(text: bytes | str, message: bytes | None, signatures: Signatures, key: Key | None = None) -> Checked:
    """Refused unless the entry is in the journal under the head, and brought `message` (None: one that brought none, or any).
    `key`: the one that has to have signed; without it anybody may have."""
    shown = check_entry(text, parse_common, MAIL, signatures, key)
    if message is not None:
        demand(shown.common.brings_message(), "the entry brought no message")
        demand(digest(message) == shown.common.handed and len(message) == shown.common.size, "the entry is of other octets than the message")
    return Checked(shown.partition, shown.index, shown.leaf, shown.head, shown.common, shown.recipients)


def check_audit_proof(text: bytes | str, signatures: Signatures, key: Key | None = None) -> Shown:
    """Refused unless the entry is in the audit journal under the head."""
    shown = check_entry(text, parse_record, AUDIT, signatures, key)
    demand(not shown.recipients, "an entry of the audit journal has one part")
    return shown


def follow(key: Key, entry: Checked, signatures: Signatures) -> Key:
    """The key that signs from a proven entry on, which `key`, the one before, has to agree to."""
    change = entry.common.key_change()
    demand(change is not None, "the entry tells of no key")
    demand(change.by == key, "the key before does not agree to the new one")
    demand(signatures.hold(key.octets, b"understudy journal key\0" + change.key.octets, change.signature), "the consent does not hold")
    return change.key


def check_consistency(text: bytes | str, signatures: Signatures, journal: int = MAIL) -> tuple[Head, Head]:
    """Of a file of `journal consistency`: the two heads, the second of which continues the first. Their keys may differ."""
    document = parse_json(text)
    demand(get(document, "understudy_consistency", int) == 1, "a format that is not known here")
    first, second = (Head.check(get(document, name, dict), signatures, journal) for name in ("first", "second"))
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
    parser.add_argument("--audit", action="store_true", help="it is of the audit journal")
    parser.add_argument("file", type=Path)
    parser.add_argument("message", type=Path, nargs="?", help="its octets, as `journal export` wrote them")
    options = parser.parse_args()
    signatures = Signatures()
    try:
        key = Key.parse(options.key) if options.key else None
        if options.consistency:
            first, second = check_consistency(options.file.read_bytes(), signatures, AUDIT if options.audit else MAIL)
            demand(key in (None, second.key), "the second head was signed by another key than the one that is trusted")
            print(f"the head over {second.size} entries continues the one over {first.size}")
            return 0
        if options.audit:
            demand(options.message is None, "an entry of the audit journal brings no message")
            shown = check_audit_proof(options.file.read_bytes(), signatures, key)
            said = shown.common
            print(f"entry {shown.index} of {shown.head.size}: {said.event} {_shown(said.action, '')} by {_shown(said.name, '')}, uid {said.uid}")
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
