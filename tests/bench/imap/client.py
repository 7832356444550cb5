"""A mail program that is quick: it takes octets as they come and looks only for the line that ends the answer.

What servers are compared by must not be the client's own work. So an answer is not taken apart while it comes in; who wants to know
what is in it does that afterwards. Only ever connects to this machine.
"""
import itertools
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

PIECE = 1 << 17  # octets asked of the socket at once
SILENCE = 900  # seconds without an octet, after which a server is given up


class Refused(Exception):
    """The server said NO or BAD, or ended the connection."""


@dataclass(frozen=True)
class Answer:
    """From the first octet sent to the last one of the tagged line."""
    seconds: float
    octets: int
    text: bytes  # empty where it was not to be kept

    def count(self, mark: bytes) -> int:
        return self.text.count(mark)

    def number(self, before: bytes) -> int:
        """The digits behind these octets. ValueError: there are none."""
        rest = self.text.partition(before)[2]
        return int(bytes(itertools.takewhile(lambda octet: octet in b"0123456789", rest)))

    def numbers(self) -> list[int]:
        """Those of all `* SEARCH` and `* SORT` lines."""
        lines = (line.split() for line in self.text.split(b"\r\n") if line.startswith((b"* SEARCH", b"* SORT")))
        return [int(word) for words in lines for word in words[2:] if word.isdigit()]


def under_tls() -> ssl.SSLContext:
    """Whoever the server is: its certificate was made a moment ago."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One connection; one command at a time. `context` None: in clear."""

    def __init__(self, place: tuple[str, int], context: ssl.SSLContext | None, source: str | None = None):
        if not ip_address(place[0]).is_loopback:
            raise ValueError(f"{place[0]} is not this machine")
        plain = socket.create_connection(place, 60, source_address=(source, 0) if source else None)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(SILENCE)
        self._socket = context.wrap_socket(plain) if context else plain
        self._commands = 0
        self._line(b"* ")

    def login(self, user: str, password: str) -> Answer:
        return self.command(f"LOGIN {user} {password}")

    def command(self, text: str | bytes, *, keep: bool = True) -> Answer:
        """`text` may hold non-synchronising literals (RFC 7888). Refused: the answer was not OK."""
        self._commands += 1
        tag = b"bench%d " % self._commands
        octets = tag + (text.encode() if isinstance(text, str) else text) + b"\r\n"
        began = time.perf_counter()
        self._socket.sendall(octets)
        return self._answer(tag, began, keep)

    def append(self, folder: str, messages: Iterable[tuple[str, bytes]]) -> Answer:
        """One command for all (RFC 3502). Of each what stands before its literal (flags, date), and its octets."""
        parts = [f"APPEND {folder}".encode()]
        for before, octets in messages:
            parts += [b" %s{%d+}\r\n" % (before.encode(), len(octets)), octets]
        return self.command(b"".join(parts))

    def idle(self) -> None:
        """Until the server waits. Nothing else may be asked any more."""
        self._socket.sendall(b"idle IDLE\r\n")
        self._line(b"+ ")

    def close(self) -> None:
        try:
            self.command("LOGOUT")
        except (Refused, OSError):
            pass
        self._socket.close()

    def drop(self) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        # An acknowledgement that waits makes a server wait that has Nagle's algorithm on: 40 ms in the middle of an answer.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        piece = self._socket.recv(PIECE)
        if not piece:
            raise Refused("the server ended the connection")
        return piece

    def _line(self, wanted: bytes) -> None:
        got = b""
        while not got.endswith(b"\n"):
            got += self._receive()
        if not got.split(b"\r\n")[-2].startswith(wanted):
            raise Refused(got.decode(errors="replace"))

    def _answer(self, tag: bytes, began: float, keep: bool) -> Answer:
        kept, octets, begun = [], 0, b""  # `begun`: of the last line, as far as it came in earlier pieces
        while True:
            piece = self._receive()
            octets += len(piece)
            if keep:
                kept.append(piece)
            whole = piece.endswith(b"\n")
            start = piece.rfind(b"\n", 0, len(piece) - whole) + 1
            line = piece[start:] if start else begun + piece
            if whole and line.startswith(tag):
                break
            begun = b"" if whole else line
        seconds = time.perf_counter() - began
        if not line.startswith(tag + b"OK"):
            raise Refused(line[:300].decode(errors="replace").strip())
        return Answer(seconds, octets, b"".join(kept))
