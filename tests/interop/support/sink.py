"""A stand-in for the world's mail servers: takes mail by SMTP, keeps each octet as it came, and misbehaves on request.

As a program it serves in the foreground and writes each message, and what was wrong with some, into a directory:

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
from dataclasses import dataclass
from pathlib import Path

from .rig import Rig
from .sink_session import DROP, Connection, Gone, Received, Session
from .waiting import until

__all__ = ["DROP", "OFFERS", "Connection", "Received", "Sink", "SinkProcess"]

TROUBLES = "troubles.txt"
OFFERS = ("PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "ENHANCEDSTATUSCODES")


@dataclass
class _Rule:
    stage: str
    answer: bytes
    address: str | None
    times: int | None
    seconds: float


class Sink:
    """Listens from the constructor on. All public members may be used from the test's thread while it serves.

    Stages for `answer` and `slow`: connect, ehlo, starttls, auth, mail, rcpt, data, middle (after the first octets of DATA), end.
    `troubles`: what no honest machine would do, a line each; a test that does not ask for it asserts that there is none.
    """

    def __init__(self, address: str = "127.0.0.1", port: int = 0, name: str = "mx.world.example", offers: tuple[str, ...] = OFFERS,
                 certificate: tuple[Path, Path] | None = None, implicit_tls: bool = False, logins: dict[str, str] | None = None):
        """`certificate` and its key: STARTTLS is offered, or TLS comes first. `logins`: user -> password; then nobody sends without
        AUTH PLAIN, which is offered under TLS only."""
        self.name = name
        self.offers = offers
        self.logins = logins or {}
        self.messages: list[Received] = []
        self.connections: list[Connection] = []
        self.troubles: list[str] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._implicit_tls = implicit_tls
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
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

    # ---- for its own threads and sessions

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
        session = Session(self, accepted, connection)
        try:
            if self._implicit_tls:
                session.begin_tls()
            session.run()
        except (OSError, ssl.SSLError, Gone):
            pass
        finally:
            with self._lock:
                self._sockets.discard(accepted)
            session.close()

    def ask(self, stage: str, addresses: tuple[str, ...] = ()) -> bytes | None:
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

    def keep(self, message: Received) -> None:
        with self._lock:
            self.messages.append(message)

    def complain(self, trouble: str) -> None:
        with self._lock:
            self.troubles.append(f"{self.name}: {trouble}")


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

    @property
    def troubles(self) -> list[str]:
        path = self._directory / TROUBLES
        return path.read_text().splitlines() if path.exists() else []

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
        if sink.troubles:
            (options.directory / TROUBLES).write_text("\n".join(sink.troubles) + "\n")


if __name__ == "__main__":
    main()
