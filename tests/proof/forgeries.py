"""Every way that we know to make a wrong file out of a proof that holds. Any verifier has to refuse each of them."""
import base64
import copy
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE = slice(36, 44)  # of the leaves in the octets of a head: after version, instance, incarnation, journal, partition
FINGERPRINT = slice(-32, None)


@dataclass(frozen=True)
class Forgery:
    name: str
    proof: bytes
    message: bytes


class Forger:
    """Somebody with a key of his own, which nobody trusts."""

    def __init__(self, folder: Path):
        self._folder, self._key = folder, folder / "forger.der"
        self._openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", self._key)
        self.public = self._openssl("pkey", "-in", self._key, "-inform", "DER", "-pubout", "-outform", "DER")[-32:]

    def sign(self, context: str, octets: bytes) -> bytes:
        signed = self._folder / "forged"
        signed.write_bytes(context.encode() + b"\0" + octets)
        return self._openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", self._key, "-in", signed)

    def take_over(self, head: dict, octets: bytes) -> None:
        """Signs these octets as a head of his own, in due form."""
        octets = octets[:FINGERPRINT.start] + hashlib.sha256(self.public).digest()
        signature = self.sign("understudy tree head", octets)
        head |= {"octets": _text(octets), "signature": _text(signature), "key": "ed25519:" + _text(self.public)}

    @staticmethod
    def _openssl(*words: object) -> bytes:
        return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout


def forgeries(proof: bytes, message: bytes, other_heads: dict[str, dict], forger: Forger) -> Iterator[Forgery]:
    """Of a proof with a path, all recipients shown and at least two of them. `other_heads`: heads that do not belong to it."""
    for name, forged in _messages(message):
        yield Forgery(name, proof, forged)
    for name, change in [*_parts(), *_positions(), *_paths(json.loads(proof)), *_heads(other_heads, forger), *_witnesses(forger)]:
        document = json.loads(proof)
        before = copy.deepcopy(document)
        change(document)
        assert document != before, f"{name}: nothing was forged"
        yield Forgery(name, json.dumps(document).encode(), message)


Changes = Iterator[tuple[str, Callable[[dict], object]]]


def _messages(message: bytes) -> Iterator[tuple[str, bytes]]:
    for at in (0, len(message) // 2, len(message) - 1):
        yield f"octet {at} of the message turned around", message[:at] + bytes([message[at] ^ 1]) + message[at + 1:]
    yield "the message without its last octet", message[:-1]
    yield "a message with one octet more", message + b"\n"
    yield "another message", b"From: forger@example.org\r\n\r\nPay at once.\r\n"
    yield "no octet at all", b""


def _parts() -> Changes:
    def of(document: dict, part: str) -> dict:
        entry = document["entry"]
        return entry["common"] if part == "common" else entry["recipients"][int(part)]

    def flip(part: str, field: str, at: int) -> Callable[[dict], object]:
        def change(document: dict) -> None:
            octets = bytearray(_octets(of(document, part)[field]))
            octets[at] ^= 1
            of(document, part)[field] = _text(octets)
        return change

    for part in ("common", "0", "1"):
        yield f"part {part}: another nonce", flip(part, "nonce", 31)
        for at in (0, 5, -1):
            yield f"part {part}: octet {at} turned around", flip(part, "octets", at)
    yield "an octet behind the common part", lambda document: of(document, "common").update(
        octets=_text(_octets(of(document, "common")["octets"]) + b"\0"))
    yield "the common part hidden behind a hash", lambda document: document["entry"].update(common={"hash": document["path"][0]})
    yield "a recipient hidden behind another hash", lambda document: document["entry"]["recipients"].__setitem__(
        1, {"hash": document["path"][0]})
    yield "a recipient less", lambda document: document["entry"]["recipients"].pop()
    yield "a recipient more", lambda document: document["entry"]["recipients"].append({"hash": document["path"][0]})
    yield "a recipient twice", lambda document: document["entry"]["recipients"].append(document["entry"]["recipients"][0])
    yield "recipients in another order", lambda document: document["entry"]["recipients"].reverse()


def _positions() -> Changes:
    def move(document: dict, by: int) -> None:
        document["entry"]["index"] += by

    for by in (1, -1, 256, 1 << 32):
        yield f"the index moved by {by}", lambda document, by=by: move(document, by)
    yield "another partition", lambda document: document["entry"].update(partition=1)


def _paths(document: dict) -> Changes:
    length = len(document["path"])
    for at in sorted({0, length // 2, length - 1}):
        yield f"hash {at} of the path left out", lambda document, at=at: document["path"].pop(at)
        yield f"hash {at} of the path twice", lambda document, at=at: document["path"].insert(at, document["path"][at])
        yield f"hash {at} of the path changed", lambda document, at=at: document["path"].__setitem__(at, _other_hash(document["path"][at]))
    yield "no path", lambda document: document["path"].clear()
    yield "the path from the root down", lambda document: document["path"].reverse()


def _heads(other_heads: dict[str, dict], forger: Forger) -> Changes:
    def size(document: dict, by: int) -> bytes:
        octets = bytearray(_octets(document["head"]["octets"]))
        octets[SIZE] = (int.from_bytes(octets[SIZE], "big") + by).to_bytes(8, "big")
        return bytes(octets)

    def sign_only(document: dict) -> None:
        signature = forger.sign("understudy tree head", _octets(document["head"]["octets"]))
        document["head"]["signature"] = _text(signature)

    def empty(document: dict) -> None:
        document["head"]["signature"] = _text(bytes(64))

    for name, head in other_heads.items():
        yield name, lambda document, head=head: document.update(head=head)
    for by in (1, -1):
        yield f"the size changed by {by}", lambda document, by=by: document["head"].update(octets=_text(size(document, by)))
        yield f"the size changed by {by}, and signed by another key", lambda document, by=by: forger.take_over(
            document["head"], size(document, by))
    yield "the same head, signed by another key in its own name", lambda document: forger.take_over(
        document["head"], _octets(document["head"]["octets"]))
    yield "the same head, signed by another key in the name of the right one", sign_only
    yield "the right signature under another key", lambda document: document["head"].update(key="ed25519:" + _text(forger.public))
    yield "a signature of zeros", empty


def _witnesses(forger: Forger) -> Changes:
    def sign(document: dict, time: int) -> dict:
        head = document["head"]
        signed = time.to_bytes(8, "big") + _octets(head["octets"]) + _octets(head["signature"])
        return {"time": time, "signature": _text(forger.sign("understudy witness", signed)), "key": "ed25519:" + _text(forger.public)}

    yield "a witness who did not sign", lambda document: document.update(witness=sign(document, 1) | {"signature": _text(bytes(64))})
    yield "a witness who signed at another time", lambda document: document.update(witness=sign(document, 1) | {"time": 2})


def _other_hash(text: str) -> str:
    return f"{int(text[:2], 16) ^ 1:02x}{text[2:]}"


def _octets(text: str) -> bytes:
    return base64.b64decode(text)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
