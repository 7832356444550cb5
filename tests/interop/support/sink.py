"""A stand-in for the world's mail servers: takes mail by SMTP, keeps each octet as it came, and misbehaves on request.

As a program it serves in the foreground and writes each message into a directory:

    python3 -m support.sink --listen ADDRESS:PORT --directory DIR [--refuse ADDRESS=REPLY]...
"""
import argparse
import json
import signal
import socket
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from .rig import Rig
from .waiting import until

OFFERS = ("PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "ENHANCEDSTATUSCODES")
DROP = b""  # as an answer: close the connection instead


@dataclass
class Received:
    """One message that the sink answered with 250."""
    reverse_path: str
    forward_paths: list[str]
    parameters: dict[str, str]  # of MAIL under "", of RCPT under the forward-path
    octets: bytes               # as unstuffed
    wire: bytes                 # as they came, with the final dot; for BDAT the chunks
    connection: "Connection"
    at: float = field(default_factory=time.time)


@dataclass
class Connection:
    """What happened on one connection."""
    client: str
    helo: str = ""
    tls: bool = False
    commands: list[bytes] = field(default_factory=list)
    early: bytes = b""  # what came after STARTTLS and before the handshake


@dataclass
class _Rule:
    stage: str
    answer: bytes
    address: str | None
    times: int | None
    seconds: float


class Sink:
    """Listens from the constructor on. All public members may be used from the test's thread while it serves.

    Stages for `answer` and `slow`: connect, ehlo, starttls, mail, rcpt, data, middle (after the first octets of DATA), end.
    """

    def __init__(self, address: str = "127.0.0.1", port: int = 0, name: str = "mx.world.example", offers: tuple[str, ...] = OFFERS,
                 certificate: tuple[Path, Path] | None = None):
        self.name = name
        self.offers = offers
        self.messages: list[Received] = []
        self.connections: list[Connection] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self._listener = socket.create_server((address, port), backlog=128,
                                              family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.address, self.port = self._listener.getsockname()[:2]
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    # ---- for the test

    @property
    def at(self) -> str:
        """As a `via` of a route."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def answer(self, stage: str, reply: str | bytes, address: str | None = None, times: int | None = None) -> None:
        """From now on answers so at this stage; for `address`, only where it is the forward-path (at rcpt) or among them.

        Octets are sent as they are; DROP closes the connection instead. `times`: how often it holds, for ever without.
        """
        octets = reply if isinstance(reply, bytes) else reply.encode() + b"\r\n"
        with self._lock:
            self._rules.insert(0, _Rule(stage, octets, address and address.lower(), times, 0))

    def slow(self, stage: str, seconds: float) -> None:
        """Waits so long before it answers at this stage."""
        with self._lock:
            self._rules.append(_Rule(stage, b"", None, None, seconds))

    def behave(self) -> None:
        """Forgets all that `answer` and `slow` asked for."""
        with self._lock:
            self._rules.clear()

    def got(self, marker: str) -> list[Received]:
        """The messages that hold the marker anywhere."""
        with self._lock:
            return [each for each in self.messages if marker.encode() in each.octets]

    def wait_for(self, marker: str, count: int = 1, seconds: float = 20) -> list[Received]:
        return until(lambda: len(found := self.got(marker)) >= count and found, f"{count} of {marker} at {self.name}", seconds)

    def close(self) -> None:
        self._open = False
        self._listener.close()
        with self._lock:
            for each in self._sockets:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    # ---- for its own threads

    def _accept(self) -> None:
        while self._open:
            try:
                accepted, peer = self._listener.accept()
            except OSError:
                return
            connection = Connection(peer[0])
            with self._lock:
                self.connections.append(connection)
                self._sockets.add(accepted)
            threading.Thread(target=self._serve, args=(accepted, connection), daemon=True).start()

    def _serve(self, accepted: socket.socket, connection: Connection) -> None:
        session = _Session(self, accepted, connection)
        try:
            session.run()
        except (OSError, ssl.SSLError, _Gone):
            pass
        finally:
            with self._lock:
                self._sockets.discard(accepted)
            session.close()

    def _ask(self, stage: str, addresses: tuple[str, ...] = ()) -> bytes | None:
        """What the rules say about this stage; None where they are silent."""
        seconds, answer = 0.0, None
        with self._lock:
            for rule in self._rules:
                if rule.stage != stage or rule.address and rule.address not in addresses or rule.times == 0:
                    continue
                if rule.seconds:
                    seconds = max(seconds, rule.seconds)
                elif answer is None:
                    answer = rule.answer
                    rule.times = rule.times and rule.times - 1
        time.sleep(seconds)
        return answer

    def _keep(self, message: Received) -> None:
        with self._lock:
            self.messages.append(message)


class _Gone(Exception):
    """The connection is over, by either side."""


class _Session:
    """One connection, one thread."""

    def __init__(self, sink: Sink, accepted: socket.socket, connection: Connection):
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

    # ---- commands

    def on_ehlo(self, rest: str) -> None:
        self.connection.helo = rest
        self.forget()
        offers = list(self.sink.offers)
        if self.sink._tls and not self.connection.tls:
            offers.append("STARTTLS")
        lines = [self.sink.name, *offers]
        self.reply("ehlo", "\r\n".join(f"250{'-' if n < len(lines) else ' '}{line}" for n, line in enumerate(lines, start=1)))

    def on_helo(self, rest: str) -> None:
        self.connection.helo = rest
        self.forget()
        self.reply("ehlo", f"250 {self.sink.name}")

    def on_starttls(self, _: str) -> None:
        if not self.sink._tls:
            self.send(b"502 5.5.1 no TLS here\r\n")
            return
        if not self.reply("starttls", "220 2.0.0 go on"):
            return
        self.connection.early, self.buffer = self.buffer, b""
        self.socket = self.sink._tls.wrap_socket(self.socket, server_side=True)
        self.connection.tls = True
        self.forget()

    def on_mail(self, rest: str) -> None:
        if self.reverse_path is not None:
            self.send(b"503 5.5.1 one at a time\r\n")
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
        raise _Gone

    def finish(self, octets: bytes, wire: bytes) -> None:
        message = Received(self.reverse_path or "", self.forward_paths, self.parameters, octets, wire, self.connection)
        self.forget()
        answer = self.sink._ask("end", tuple(path.lower() for path in message.forward_paths))
        if answer is None or answer.startswith(b"2"):
            self.sink._keep(message)
        self.say(answer if answer is not None else b"250 2.0.0 taken\r\n")

    # ---- octets

    def reply(self, stage: str, usual: str, *addresses: str) -> bool:
        """Answers as the rules say, else as usual. True when the answer was a yes."""
        answer = self.sink._ask(stage, tuple(address.lower() for address in addresses))
        self.say(answer if answer is not None else usual.encode() + b"\r\n")
        return answer is None or answer[:1] in (b"2", b"3")

    def say(self, octets: bytes) -> None:
        if octets == DROP:
            raise _Gone
        self.send(octets)

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def more(self) -> None:
        octets = self.socket.recv(1 << 16)
        if not octets:
            raise _Gone
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
        if self.sink._ask("middle", tuple(path.lower() for path in self.forward_paths)) == DROP:
            raise _Gone
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


class SinkProcess:
    """A sink that runs as a program of its own, and goes on when the one who started it ends."""

    def __init__(self, rig: Rig, address: str, refuse: dict[str, str] | None = None, name: str = "world"):
        self.at = f"{address}:{rig.port(address)}"
        self._directory = rig.folder(name)
        rules = [word for refused, reply in (refuse or {}).items() for word in ("--refuse", f"{refused}={reply}")]
        rig.start(name, [sys.executable, "-B", "-m", "support.sink", "--listen", self.at, "--directory", self._directory, *rules],
                  {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}).wait_for_output("ready")

    def got(self, marker: str) -> list[Received]:
        found = []
        for path in sorted(self._directory.glob("*.json")):
            octets = path.with_suffix(".eml").read_bytes()
            if marker.encode() in octets:
                envelope = json.loads(path.read_text())
                found.append(Received(envelope["reverse_path"], envelope["forward_paths"], envelope["parameters"], octets, b"",
                                      Connection(envelope["client"], envelope["helo"], envelope["tls"])))
        return found

    def close(self) -> None:
        """Nothing: the rig ends its processes."""


# ---------------------------------------------------------------- as a program

def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--directory", required=True, type=Path)
    parser.add_argument("--refuse", action="append", default=[], metavar="ADDRESS=REPLY", help="answer to RCPT for the address")
    options = parser.parse_args()
    address, _, port = options.listen.rpartition(":")
    options.directory.mkdir(parents=True, exist_ok=True)
    sink = Sink(address.strip("[]"), int(port))
    for rule in options.refuse:
        refused, _, reply = rule.partition("=")
        sink.answer("rcpt", reply, refused)
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    print(f"ready sink {sink.at}", flush=True)
    written = 0
    while not done.wait(0.05):
        for message in sink.messages[written:]:
            written += 1
            path = options.directory / f"{written:06}"
            path.with_suffix(".eml").write_bytes(message.octets)
            envelope = json.dumps({
                "reverse_path": message.reverse_path, "forward_paths": message.forward_paths, "parameters": message.parameters,
                "client": message.connection.client, "helo": message.connection.helo, "tls": message.connection.tls})
            path.with_suffix(".tmp").write_text(envelope + "\n")
            path.with_suffix(".tmp").rename(path.with_suffix(".json"))  # whole or not at all, for those who look at once


if __name__ == "__main__":
    main()
