"""Somebody on the peer link who has stolen the link keys of both machines: passes on what each says, and changes what the test wants changed.
docs/peer-link.md has the records, docs/custody.md the receipts."""
import collections
import hashlib
import select
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .accepting import accept_each
from .rig import Rig

RECORD, HAVE, ASK, ANSWER = 3, 4, 5, 6
PROTOCOL = "understudy-peer"


class Octets:
    """Reads the integers and texts of docs/store.md."""

    def __init__(self, octets: bytes):
        self._octets, self._at = octets, 0

    def take(self, count: int) -> bytes:
        taken = self._octets[self._at:self._at + count]
        assert len(taken) == count, "shorter than it says"
        self._at += count
        return taken

    def number(self, octets: int) -> int:
        return int.from_bytes(self.take(octets))

    def varint(self) -> int:
        value = shift = 0
        while (octet := self.number(1)) >= 128:
            value, shift = value | (octet & 127) << shift, shift + 7
        return value | octet << shift

    def text(self) -> bytes:
        return self.take(self.varint())

    def rest(self) -> bytes:
        return self.take(len(self._octets) - self._at)


def text(octets: bytes) -> bytes:
    length, head = len(octets), b""
    while length >= 128:
        head, length = head + bytes([length & 127 | 128]), length >> 7
    return head + bytes([length]) + octets


def flip(octets: bytes, at: int) -> bytes:
    """One bit of it is another."""
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:]


@dataclass(frozen=True)
class Frame:
    kind: int
    body: bytes

    @property
    def topic(self) -> str:
        """Of a record or a `have`."""
        return Octets(self.body).text().decode() if self.kind in (RECORD, HAVE) else ""

    def with_octets(self, octets: bytes) -> "Frame":
        """The record or answer, saying something else."""
        said = Octets(self.body)
        head = text(said.text()) + said.take(8) if self.kind == RECORD else said.take(9)
        return Frame(self.kind, head + text(octets))

    @property
    def octets(self) -> bytes:
        """What a record or an answer says."""
        said = Octets(self.body)
        if self.kind == RECORD:
            said.text()
        said.take(8 if self.kind == RECORD else 9)
        return said.text()


def record(topic: str, position: int, octets: bytes) -> Frame:
    return Frame(RECORD, text(topic.encode()) + struct.pack(">Q", position) + text(octets))


Change = Callable[[Frame, str], Frame | None]


class LinkBetween:
    """Takes the link of one machine at `at`, as `callee`, and speaks with the other one at `to`, as `caller`: certificates and keys.
    `to_caller`, `to_callee` change a frame on its way; they get the verb of the question, too, where it is an answer. None: it is
    swallowed."""

    def __init__(self, rig: Rig, at: tuple[str, int], to: tuple[str, int], *, callee: tuple[Path, Path], caller: tuple[Path, Path]):
        self._to, self._caller = to, caller
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._context.set_alpn_protocols([PROTOCOL])
        self._context.load_cert_chain(*callee)
        self.to_caller: Change = lambda frame, verb: frame
        self.to_callee: Change = lambda frame, verb: frame
        self._said: collections.deque[Frame] = collections.deque()
        accept_each(rig, at, self._serve)

    def honest(self) -> None:
        self.to_caller = self.to_callee = lambda frame, verb: frame

    def say_to_caller(self, frame: Frame) -> None:
        """What the other machine never said."""
        self._said.append(frame)

    def _serve(self, connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols([PROTOCOL])
        context.load_cert_chain(*self._caller)
        try:
            with connection, self._context.wrap_socket(connection, server_side=True) as near, \
                    context.wrap_socket(socket.create_connection(self._to, 10)) as far:
                self._carry(Side(near), Side(far))
        except (OSError, EOFError):
            pass

    def _carry(self, caller: "Side", callee: "Side") -> None:
        while True:
            select.select([caller.stream, callee.stream], [], [], 0.05)
            while self._said:
                caller.write(self._said.popleft())
            for here, there, way in ((caller, callee, "to_callee"), (callee, caller, "to_caller")):
                for frame in here.read():
                    if frame.kind == ASK:
                        asked = Octets(frame.body)
                        number = asked.number(8)
                        here.questions[number] = asked.text().decode()
                    verb = there.questions.get(Octets(frame.body).number(8), "") if frame.kind == ANSWER else ""
                    changed = getattr(self, way)(frame, verb)
                    if changed:
                        there.write(changed)


class Side:
    """One of the two connections; one thread."""

    def __init__(self, stream: ssl.SSLSocket):
        self.stream, self._in = stream, b""
        self.questions: dict[int, str] = {}  # of whoever is at its end
        stream.setblocking(False)

    def read(self) -> list[Frame]:
        try:
            while True:
                more = self.stream.recv(1 << 20)
                if not more:
                    raise EOFError
                self._in += more
        except ssl.SSLWantReadError:
            pass
        frames = []
        while len(self._in) >= 4 and len(self._in) >= 4 + (length := int.from_bytes(self._in[:4])):
            frames.append(Frame(self._in[4], self._in[5:4 + length]))
            self._in = self._in[4 + length:]
        return frames

    def write(self, frame: Frame) -> None:
        octets = struct.pack(">IB", len(frame.body) + 1, frame.kind) + frame.body
        while octets:
            try:
                octets = octets[self.stream.send(octets):]
            except ssl.SSLWantWriteError:
                select.select([], [self.stream], [], 1)


class StolenKey:
    """The key that signs a machine's journal, in a stranger's hands."""

    def __init__(self, pem: Path):
        self._pem = pem

    def sign(self, context: str, octets: bytes) -> bytes:
        file = self._pem.with_suffix(".signed")
        file.write_bytes(context.encode() + b"\0" + octets)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self._pem, "-rawin", "-in", file], capture_output=True, check=True)
        file.unlink()
        return done.stdout


class Receipts:
    """A signed batch of receipts, taken apart."""

    def __init__(self, octets: bytes):
        said = Octets(octets)
        self.signature = said.take(64)
        self._version = said.take(1)
        self.number = said.number(8)
        self._by = said.take(32)
        self.receipts = [said.text() for _ in range(said.number(2))]

    def _head(self) -> bytes:
        return self._version + struct.pack(">Q", self.number) + self._by + struct.pack(">H", len(self.receipts))

    def octets(self) -> bytes:
        return self.signature + self._head() + b"".join(map(text, self.receipts))

    def signed_by(self, key: StolenKey) -> bytes:
        """The batch, as it is now."""
        hashes = b"".join(hashlib.sha256(receipt).digest() for receipt in self.receipts)
        self.signature = key.sign("understudy receipts", self._head() + hashes)
        return self.octets()
