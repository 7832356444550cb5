"""The sink's side of one SMTP connection: what it says by itself, and what the sink's rules make it say instead."""
import base64
import binascii
import hashlib
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Protocol

DROP = b""  # as an answer: close the connection instead
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")


@dataclass
class Connection:
    """What happened on one connection."""
    client: str
    helo: str = ""
    tls: bool = False
    user: str = ""      # who logged in
    commands: list[bytes] = field(default_factory=list)
    early: bytes = b""  # what came after STARTTLS and before the handshake


@dataclass
class Received:
    """One message that the sink answered with 250."""
    reverse_path: str
    forward_paths: list[str]
    parameters: dict[str, str]  # of MAIL under "", of RCPT under the forward-path
    octets: bytes               # as unstuffed
    wire: bytes                 # as they came, with the final dot; for BDAT the chunks
    connection: Connection
    at: float = field(default_factory=time.time)

    def trouble(self) -> str | None:
        """Why no honest machine would hand over this message; None where nothing is wrong with it."""
        what = f"{self.reverse_path} -> {', '.join(self.forward_paths)}: "
        announced = re.search(r"(?i)(?:^| )SIZE=(\d+)", self.parameters.get("", ""))
        if not self.octets:
            return what + "an empty message"
        if announced and int(announced[1]) != len(self.octets):
            return what + f"{len(self.octets)} octets where SIZE={announced[1]} was announced"
        if not FIELD.match(self.octets):
            return what + f"does not begin like a message: {self.octets[:60]!r}"
        return None


class Gone(Exception):
    """The connection is over, by either side."""


class Host(Protocol):
    """What a session asks of its sink."""
    name: str
    offers: tuple[str, ...]
    tls: ssl.SSLContext | None
    logins: dict[str, str]

    def ask(self, stage: str, addresses: tuple[str, ...] = ()) -> bytes | None: ...
    def keep(self, message: Received) -> None: ...
    def complain(self, trouble: str) -> None: ...


class Session:
    """One connection, one thread."""

    def __init__(self, sink: Host, accepted: socket.socket, connection: Connection):
        self.sink = sink
        self.socket = accepted
        self.connection = connection
        self.buffer = b""
        self.forget()

    def forget(self) -> None:
        self.reverse_path: str | None = None
        self.forward_paths: list[str] = []
        self.parameters: dict[str, str] = {}
        self.chunks = b""

    def run(self) -> None:
        self.reply("connect", f"220 {self.sink.name} ESMTP")
        while True:
            line = self.line()
            self.connection.commands.append(line)
            verb, _, rest = line.decode("utf-8", "replace").partition(" ")
            handler = getattr(self, "on_" + verb.lower(), None)
            if handler:
                handler(rest)
            else:
                self.send(b"500 5.5.1 what?\r\n")

    def begin_tls(self) -> None:
        self.socket = self.sink.tls.wrap_socket(self.socket, server_side=True)
        self.connection.tls = True

    # ---- commands

    def on_ehlo(self, rest: str) -> None:
        self.connection.helo = rest
        self.forget()
        offers = list(self.sink.offers)
        if self.sink.tls and not self.connection.tls:
            offers.append("STARTTLS")
        if self.sink.logins and self.connection.tls:
            offers.append("AUTH PLAIN")
        lines = [self.sink.name, *offers]
        self.reply("ehlo", "\r\n".join(f"250{'-' if n < len(lines) else ' '}{line}" for n, line in enumerate(lines, start=1)))

    def on_helo(self, rest: str) -> None:
        self.connection.helo = rest
        self.forget()
        self.reply("ehlo", f"250 {self.sink.name}")

    def on_starttls(self, _: str) -> None:
        if not self.sink.tls or self.connection.tls:
            self.send(b"502 5.5.1 no TLS here\r\n")
            return
        if not self.reply("starttls", "220 2.0.0 go on"):
            return
        self.connection.early, self.buffer = self.buffer, b""
        self.begin_tls()
        self.forget()

    def on_auth(self, rest: str) -> None:
        """RFC 4616, with the response in the command or after an empty challenge."""
        mechanism, _, response = rest.partition(" ")
        if mechanism.upper() != "PLAIN" or not self.sink.logins or not self.connection.tls:
            self.send(b"504 5.5.4 not that\r\n")
            return
        if not response:
            self.send(b"334 \r\n")
            response = self.line().decode("ascii", "replace")
        try:
            _, user, password = base64.b64decode(response, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            self.send(b"501 5.5.2 not understood\r\n")
            return
        if self.sink.logins.get(user) != password:
            self.send(b"535 5.7.8 no\r\n")
        elif self.reply("auth", "235 2.7.0 welcome"):
            self.connection.user = user

    def on_mail(self, rest: str) -> None:
        if self.reverse_path is not None:
            self.send(b"503 5.5.1 one at a time\r\n")
            return
        if self.sink.logins and not self.connection.user:
            self.send(b"530 5.7.0 who are you?\r\n")
            return
        path, parameters = _path(rest)
        if self.reply("mail", "250 2.1.0 ok"):
            self.reverse_path = path
            self.parameters[""] = parameters

    def on_rcpt(self, rest: str) -> None:
        if self.reverse_path is None:
            self.send(b"503 5.5.1 MAIL first\r\n")
            return
        path, parameters = _path(rest)
        if self.reply("rcpt", "250 2.1.5 ok", path.lower()):
            self.forward_paths.append(path)
            self.parameters[path] = parameters

    def on_data(self, _: str) -> None:
        if not self.forward_paths:
            self.send(b"554 5.5.1 no valid recipients\r\n")
            return
        if not self.reply("data", "354 go on", *self.forward_paths):
            return
        wire = self.until_dot()
        self.finish(_unstuffed(wire[:-3]), wire)

    def on_bdat(self, rest: str) -> None:
        size, _, last = rest.partition(" ")
        chunk = self.exactly(int(size))
        if not self.forward_paths:
            self.send(b"554 5.5.1 no valid recipients\r\n")
            return
        self.chunks += chunk
        if last.upper() == "LAST":
            self.finish(self.chunks, self.chunks)
        else:
            self.send(b"250 2.0.0 chunk taken\r\n")

    def on_rset(self, _: str) -> None:
        self.forget()
        self.send(b"250 2.0.0 ok\r\n")

    def on_noop(self, _: str) -> None:
        self.send(b"250 2.0.0 ok\r\n")

    def on_quit(self, _: str) -> None:
        self.send(b"221 2.0.0 bye\r\n")
        raise Gone

    def finish(self, octets: bytes, wire: bytes) -> None:
        """The reply says what was taken, so that the client's log can be held against what the sink has."""
        message = Received(self.reverse_path or "", self.forward_paths, self.parameters, octets, wire, self.connection)
        self.forget()
        if trouble := message.trouble():
            self.sink.complain(trouble)
        answer = self.sink.ask("end", tuple(path.lower() for path in message.forward_paths))
        if answer is None or answer.startswith(b"2"):
            self.sink.keep(message)
        taken = f"250 2.0.0 taken {len(octets)} octets sha256={hashlib.sha256(octets).hexdigest()[:16]}\r\n"
        self.say(answer if answer is not None else taken.encode())

    # ---- octets

    def reply(self, stage: str, usual: str, *addresses: str) -> bool:
        """Answers as the rules say, else as usual. True when the answer was a yes."""
        answer = self.sink.ask(stage, tuple(address.lower() for address in addresses))
        self.say(answer if answer is not None else usual.encode() + b"\r\n")
        return answer is None or answer[:1] in (b"2", b"3")

    def say(self, octets: bytes) -> None:
        if octets == DROP:
            raise Gone
        self.send(octets)

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def more(self) -> None:
        octets = self.socket.recv(1 << 16)
        if not octets:
            raise Gone
        self.buffer += octets

    def line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.more()
        octets, self.buffer = self.buffer[:size], self.buffer[size:]
        return octets

    def until_dot(self) -> bytes:
        """The message with its final dot: only CRLF dot CRLF ends it."""
        if not self.buffer:
            self.more()
        if self.sink.ask("middle", tuple(path.lower() for path in self.forward_paths)) == DROP:
            raise Gone
        while len(self.buffer) < 3:
            self.more()
        if self.buffer.startswith(b".\r\n"):
            return self.exactly(3)
        start = 0
        while (end := self.buffer.find(b"\r\n.\r\n", start)) < 0:
            start = max(0, len(self.buffer) - 4)
            self.more()
        return self.exactly(end + 5)

    def close(self) -> None:
        self.socket.close()


def _unstuffed(octets: bytes) -> bytes:
    return octets.replace(b"\r\n.", b"\r\n").removeprefix(b".")


def _path(rest: str) -> tuple[str, str]:
    """`FROM:<path> parameters` as path and parameters."""
    path, _, parameters = rest.partition(":")[2].strip().removeprefix("<").partition(">")
    return path, parameters.strip()
