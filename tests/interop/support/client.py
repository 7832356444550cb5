"""An SMTP client that sends exactly the octets it is told to: for what polite clients never do."""
import base64
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reply:
    """A whole SMTP reply. Compares with a number: `reply == 250`."""
    code: int
    lines: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return self.code == other if isinstance(other, int) else tuple.__eq__((self.code, self.lines), (other.code, other.lines))

    __hash__ = None

    @property
    def enhanced(self) -> str:
        """The enhanced status code of the last line, as `5.1.1`; empty where there is none."""
        word = self.lines[-1].split(" ", 1)[0]
        return word if word.count(".") == 2 and word.replace(".", "").isdigit() else ""

    def __str__(self) -> str:
        return f"{self.code} {' / '.join(self.lines)}"


class Closed(Exception):
    """The server closed the connection instead of answering."""


class Refused(AssertionError):
    """The server refused a step that the test counts on."""

    def __init__(self, step: str, reply: Reply):
        super().__init__(f"{step}: {reply}")
        self.reply = reply


class Client:
    """One connection. `source` is the loopback address that the server sees; `certificate`, with its key, what it is shown under
    TLS. One thread."""

    def __init__(self, server: tuple[str, int], source: str | None = None, name: str = "client.example", seconds: float = 30,
                 implicit_tls: bool = False, certificate: tuple[Path, Path] | None = None):
        self.name = name
        self._tls = tls_context(certificate)
        self.extensions: dict[str, str] = {}
        self._buffer = b""
        self._socket = socket.create_connection(server, seconds, (source, 0) if source else None)
        if implicit_tls:
            self._socket = self._tls.wrap_socket(self._socket, server_hostname=name)
        self.greeting = self.reply()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def reset(self) -> None:
        """Ends the connection with a TCP reset, as a crashed machine's router does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()

    # ---- octets

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def reply(self) -> Reply:
        lines = []
        while True:
            line = self._line()
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), tuple(lines))

    def _line(self) -> str:
        while b"\n" not in self._buffer:
            try:
                more = self._socket.recv(65536)
            except (ConnectionError, ssl.SSLEOFError) as error:
                raise Closed(str(error)) from None
            if not more:
                raise Closed(f"closed by the server; unread: {self._buffer!r}")
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise AssertionError(f"the server sent a line that does not end in CRLF: {line!r}")
        return line[:-1].decode("utf-8", "replace")

    def is_closed(self, seconds: float = 5) -> bool:
        """True when the server closes within the time without a further octet."""
        self._socket.settimeout(seconds)
        try:
            return not self._buffer and self._socket.recv(1) == b""
        except TimeoutError:
            return False
        except (ConnectionError, ssl.SSLError):
            return True

    def is_silent(self, seconds: float = 0.5) -> bool:
        """True when the server says nothing more for this time, or has closed."""
        self._socket.settimeout(seconds)
        try:
            if not self._buffer:
                self._buffer = self._socket.recv(1)
            return not self._buffer
        except (TimeoutError, ConnectionError, ssl.SSLError):
            return True
        finally:
            self._socket.settimeout(30)

    # ---- commands

    def command(self, line: str | bytes) -> Reply:
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def must(self, line: str | bytes, code: int) -> Reply:
        reply = self.command(line)
        if reply != code:
            raise Refused(str(line), reply)
        return reply

    def ehlo(self) -> Reply:
        reply = self.must(f"EHLO {self.name}", 250)
        self.extensions = {word.split(" ")[0].upper(): word.partition(" ")[2] for word in reply.lines[1:]}
        return reply

    def starttls(self) -> None:
        self.must("STARTTLS", 220)
        self.wrap()

    def wrap(self) -> None:
        """The handshake, and EHLO again. No octet may have come before the handshake."""
        assert not self._buffer, f"octets before the handshake: {self._buffer!r}"
        self._socket = self._tls.wrap_socket(self._socket, server_hostname=self.name)
        self.ehlo()

    def auth_plain(self, user: str, password: str) -> Reply:
        return self.command("AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode())

    def auth_login(self, user: str, password: str) -> Reply:
        reply = self.command("AUTH LOGIN")
        for word in (user, password):
            if reply != 334:
                return reply
            reply = self.command(base64.b64encode(word.encode()))
        return reply

    def envelope(self, reverse_path: str, forward_paths: list[str], mail_parameters: str = "") -> None:
        self.must(f"MAIL FROM:<{reverse_path}> {mail_parameters}".rstrip(), 250)
        for path in forward_paths:
            self.must(f"RCPT TO:<{path}>" if " " not in path else f"RCPT TO:{path}", 250)

    def data(self, octets: bytes) -> Reply:
        """The message by DATA: dots are doubled, and the last line ended where it was not."""
        self.must("DATA", 354)
        if not octets.endswith(b"\r\n"):
            octets += b"\r\n"
        if octets.startswith(b"."):
            octets = b"." + octets
        self.send(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.reply()

    def bdat(self, octets: bytes, last: bool = True) -> Reply:
        self.send(f"BDAT {len(octets)}{' LAST' if last else ''}\r\n".encode() + octets)
        return self.reply()

    def quit(self) -> None:
        self.command("QUIT")
        self.close()


def tls_context(certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """Trusts anybody: what the server shows is judged where a test is about that. Shows `certificate`, with its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def smtp_send(server: tuple[str, int], octets: bytes, reverse_path: str, forward_paths: list[str], *, source: str | None = None,
              login: tuple[str, str] | None = None, mail_parameters: str = "", name: str = "client.example") -> Reply:
    """One message on one connection, each step accepted or `Refused`; with `login` under STARTTLS and AUTH PLAIN."""
    with Client(server, source, name) as client:
        client.ehlo()
        if login:
            client.starttls()
            reply = client.auth_plain(*login)
            if reply != 235:
                raise Refused("AUTH", reply)
        client.envelope(reverse_path, forward_paths, mail_parameters)
        reply = client.data(octets)
        if reply != 250:
            raise Refused("end of data", reply)
        client.quit()
        return reply
