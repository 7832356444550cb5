"""Makes what `understudy journal prove` and `journal consistency` give, from the pages alone (docs/proofs.md, docs/store.md): parts,
tree, signed head, JSON.

Shares no line with the checkers, and signs with the openssl program. The tree is the definition of RFC 9162 §2.1.1, §2.1.3.1 and §2.1.4.1.
"""
import base64
import hashlib
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

ENTRY_TIME, HEAD_TIME, WITNESS_TIME = 1_700_000_000_123, 1_700_000_060_000, 1_700_000_061_000
PRIVATE_FRAME = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: PKCS #8 of an Ed25519 key, up to its 32 octets
PUBLIC_FRAME = bytes.fromhex("302a300506032b6570032100")


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def to_base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


# ---------------------------------------------------------------- keys

def openssl(*arguments: str, **files: bytes) -> subprocess.CompletedProcess:
    """Runs `openssl`; a word of the arguments that names one of `files` stands for a file with these octets."""
    with tempfile.TemporaryDirectory() as folder:
        for name, octets in files.items():
            (Path(folder) / name).write_bytes(octets)
        return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)


class Key:
    """A key pair of Ed25519. `seed` makes it the same each time."""

    def __init__(self, seed: str):
        self.private = PRIVATE_FRAME + sha256(seed.encode())
        self.public = openssl("pkey", "-inform", "DER", "-in", "key", "-pubout", "-outform", "DER", key=self.private).stdout[-32:]

    def sign(self, octets: bytes) -> bytes:
        run = openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", "key", "-in", "octets", key=self.private, octets=octets)
        if len(run.stdout) != 64:
            raise RuntimeError(run.stderr.decode())
        return run.stdout

    @property
    def text(self) -> str:
        return "ed25519:" + to_base64(self.public)


def openssl_verifies(public: bytes, octets: bytes, signature: bytes) -> bool:
    run = openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "key", "-in", "octets", "-sigfile", "signature",
                  key=PUBLIC_FRAME + public, octets=octets, signature=signature)
    return run.returncode == 0


# ---------------------------------------------------------------- the grammar of docs/store.md

def number(value: int, octets: int) -> bytes:
    return value.to_bytes(octets, "big")


def varint(value: int) -> bytes:
    octets = b""
    while value > 127:
        octets, value = octets + bytes([value & 127 | 128]), value >> 7
    return octets + bytes([value])


def text(octets: bytes) -> bytes:
    return varint(len(octets)) + octets


def address(octets: bytes) -> bytes:
    local, _, domain = octets.rpartition(b"@")
    return text(local) + text(domain)


@dataclass
class Message:
    """An entry of the journal, and the octets of the message that it brought."""
    octets: bytes = b"Received: from here\r\nSubject: a message\r\n\r\nText.\r\n"
    reverse_path: bytes | None = b"alice@example.org"
    recipients: tuple[bytes, ...] = (b"bob@example.org",)
    helo: bytes = b"client.example"
    envid: bytes = b""
    time: int = ENTRY_TIME

    def common(self) -> bytes:
        sender = b"\0" if self.reverse_path is None else b"\1" + address(self.reverse_path)
        transaction = sender + b"\1\0\0" + text(self.envid)
        origin = b"\0" + text(b"a client") + b"\5" + b"".join(map(text, (b"", b"alice", b"192.0.2.1", self.helo, b"TLSv1.3")))
        facts = sha256(b"as it came") + sha256(self.octets) + varint(len(self.octets)) + b"\1\1\1" + text(b"<id@example>") + text(b"Subject")
        facts += b"\1" + address(b"alice@example.org")
        body = bytes(16) + varint(len(self.octets)) + b"\0"
        return b"\1" + number(self.time, 8) + transaction + origin + facts + body + text(b"plan") + text(b"") + b"\0"

    def part(self, recipient: int) -> bytes:
        return b"\1" + address(self.recipients[recipient]) + b"\4" + text(b"rfc822;original") + text(b"his plan")


# ---------------------------------------------------------------- the tree

def root_of(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1."""
    if len(leaves) == 1:
        return leaves[0]
    middle = split(len(leaves))
    return sha256(b"\1" + root_of(leaves[:middle]) + root_of(leaves[middle:]))


def path_of(leaves: list[bytes], index: int) -> list[bytes]:
    """RFC 9162 §2.1.3.1."""
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return path_of(leaves[:middle], index) + [root_of(leaves[middle:])]
    return path_of(leaves[middle:], index - middle) + [root_of(leaves[:middle])]


def consistency_path_of(leaves: list[bytes], old: int) -> list[bytes]:
    """PROOF of RFC 9162 §2.1.4.1."""
    def subproof(leaves: list[bytes], old: int, whole: bool) -> list[bytes]:
        if old == len(leaves):
            return [] if whole else [root_of(leaves)]
        middle = split(len(leaves))
        if old <= middle:
            return subproof(leaves[:middle], old, whole) + [root_of(leaves[middle:])]
        return subproof(leaves[middle:], old - middle, False) + [root_of(leaves[:middle])]

    return subproof(leaves, old, True)


def split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


# ---------------------------------------------------------------- the journal

@dataclass
class Head:
    """What a signed head says, to be changed at will before it is signed."""
    size: int
    root: bytes
    version: int = 1
    instance: bytes = b"I" * 16
    incarnation: bytes = b"i" * 16
    journal: int = 1
    partition: int = 0
    time: int = HEAD_TIME
    key_name: bytes | None = None  # None: that of the key that signs

    def encode(self, key: Key) -> bytes:
        name = sha256(key.public) if self.key_name is None else self.key_name
        return (bytes([self.version]) + self.instance + self.incarnation + bytes([self.journal]) + number(self.partition, 2) +
                number(self.size, 8) + self.root + number(self.time, 8) + name)


@dataclass
class Action:
    """An entry of the audit journal, in the place of a message."""
    octets: bytes = b""
    recipients: tuple[bytes, ...] = ()
    event: int = 1
    name: bytes = b"Vera Miller"
    action: bytes = b"message/export"
    object: tuple[tuple[bytes, bytes], ...] = ((b"account", b"alice@example.org"), (b"uid", b"7"))
    reason: bytes = b"court order 12/26"
    case: bytes = b"17/26"
    outcome: bytes = b""
    extras: tuple[tuple[int, bytes], ...] = ()
    time: int = ENTRY_TIME

    def common(self) -> bytes:
        actor = text(self.name) + number(1001, 4) + text(b"admin socket, process 7")
        asked = varint(len(self.object)) + b"".join(text(name) + text(value) for name, value in self.object)
        words = text(self.reason) + text(self.case) + text(self.outcome)
        extras = varint(len(self.extras)) + b"".join(bytes([kind]) + text(octets) for kind, octets in self.extras)
        return b"\1" + number(self.time, 8) + bytes([self.event]) + actor + b"\2\5" + text(self.action) + asked + words + extras


@dataclass
class Journal:
    """A journal of `size` entries, each a message of its own that `message` makes, with its own nonces."""
    key: Key
    size: int
    message: Message | Action = field(default_factory=Message)
    partition: int = 0
    book: int = 1  # 2: the audit journal

    def __post_init__(self) -> None:
        self.messages = [replace(self.message, octets=self.message.octets + b"%d\r\n" % index) for index in range(self.size)]
        self.leaves = [self.leaf(index) for index in range(self.size)]

    def nonce(self, index: int, part: int) -> bytes:
        return sha256(b"nonce %d %d" % (index, part))

    def parts(self, index: int) -> list[bytes]:
        message = self.messages[index]
        return [message.common(), *(message.part(recipient) for recipient in range(len(message.recipients)))]

    def leaf(self, index: int) -> bytes:
        hashes = [sha256(self.nonce(index, part) + octets) for part, octets in enumerate(self.parts(index))]
        return sha256(b"\0\1" + number(self.partition, 2) + number(index, 8) + b"".join(hashes))

    def head(self) -> Head:
        return Head(self.size, root_of(self.leaves), partition=self.partition, journal=self.book)

    def signed_head(self, head: Head | None = None) -> dict:
        octets = (head or self.head()).encode(self.key)
        signature = self.key.sign(b"understudy tree head\0" + octets)
        return {"octets": to_base64(octets), "signature": to_base64(signature), "key": self.key.text}

    def proof(self, index: int, hidden: tuple[int, ...] = (), signed_head: dict | None = None) -> dict:
        """`hidden`: the parts that are not shown, 0 the common one."""
        def shown(part: int, octets: bytes) -> dict:
            nonce = self.nonce(index, part)
            if part in hidden:
                return {"hash": sha256(nonce + octets).hex()}
            return {"nonce": to_base64(nonce), "octets": to_base64(octets)}

        common, *recipients = (shown(part, octets) for part, octets in enumerate(self.parts(index)))
        return {
            "understudy_proof": 1,
            "notice": "For people.",
            "entry": {"partition": self.partition, "index": index, "common": common, "recipients": recipients},
            "head": signed_head or self.signed_head(),
            "path": [digest.hex() for digest in path_of(self.leaves, index)],
        }


def consistency(first: Journal, second: Journal) -> dict:
    """That the second one continues the first, of which it has the leaves. Their keys may differ."""
    path = consistency_path_of(second.leaves, first.size)
    return {
        "understudy_consistency": 1,
        "first": first.signed_head(),
        "second": second.signed_head(),
        "path": [digest.hex() for digest in path],
    }


def countersigned(proof: dict, witness: Key, time: int = WITNESS_TIME) -> dict:
    head = proof["head"]
    covered = b"understudy witness\0" + number(time, 8) + base64.b64decode(head["octets"]) + base64.b64decode(head["signature"])
    return proof | {"witness": {"time": time, "signature": to_base64(witness.sign(covered)), "key": witness.text}}

