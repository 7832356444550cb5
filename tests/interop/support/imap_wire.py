"""IMAP as octets on a connection: commands sent, answers taken apart as far as a model needs it. Literals are taken whole."""
import collections
import re
import socket
import ssl
import zlib


class Gone(Exception):
    """The connection has ended."""


class Wire:
    transcript: "collections.deque | None" = None  # of all wires: which of them, and a line that was sent or came

    def __init__(self, place: tuple[str, int], context: ssl.SSLContext, source: str = ""):
        self._socket = context.wrap_socket(socket.create_connection(place, 30, (source, 0) if source else None))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = bytearray()
        self._tags = 0
        self.greeting = self.response()

    def close(self) -> None:
        self._socket.close()

    def _note(self, line: bytes) -> None:
        if self.transcript is not None:
            self.transcript.append((id(self), line))

    def _more(self) -> None:
        try:
            piece = self._socket.recv(1 << 16)
        except OSError as error:
            raise Gone from error
        if not piece:
            raise Gone
        self._left += piece

    def _take(self, octets: int) -> bytes:
        while len(self._left) < octets:
            self._more()
        taken = bytes(self._left[:octets])
        del self._left[:octets]
        return taken

    def response(self) -> bytes:
        """One response without its CRLF, its literals in place."""
        whole = b""
        while True:
            while (end := self._left.find(b"\r\n")) < 0:
                self._more()
            line = self._take(end + 2)[:-2]
            whole += line
            literal = re.search(rb"~?\{(\d+)\}$", line)
            if not literal:
                self._note(whole)
                return whole
            whole += b"\r\n" + self._take(int(literal[1]))

    def send(self, command: bytes) -> bytes:
        """The tag under which its answer comes."""
        self._tags += 1
        tag = b"t%d" % self._tags
        self._note(tag + b" " + command)
        try:
            self._socket.sendall(tag + b" " + command + b"\r\n")
        except OSError as error:
            raise Gone from error
        return tag

    def send_line(self, line: bytes) -> None:
        """What is no command: the answer to a challenge, DONE."""
        self.send_octets(line + b"\r\n")

    def send_octets(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def ask(self, command: bytes) -> tuple[bytes, list[bytes]]:
        """What stands behind the tag, and the responses before it."""
        tag = self.send(command) + b" "
        untagged = []
        while not (line := self.response()).startswith(tag):
            untagged.append(line)
        return line[len(tag):], untagged


class Deflated(Wire):
    """Compression begins now."""

    def __init__(self, wire: Wire):  # noqa: takes over what is there
        self.__dict__.update(wire.__dict__)
        self._in, self._out, self._plain = zlib.decompressobj(-15), zlib.compressobj(wbits=-15), self._socket
        self._socket = self

    def sendall(self, octets: bytes) -> None:
        self._plain.sendall(self._out.compress(octets) + self._out.flush(zlib.Z_SYNC_FLUSH))

    def recv(self, octets: int) -> bytes:
        while True:
            packed = self._plain.recv(octets)
            if not packed or (piece := self._in.decompress(packed)):
                return packed and piece
