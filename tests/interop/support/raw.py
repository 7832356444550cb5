"""A connection to a listener of users on which any octets can be sent, and read line by line: for what no client's library says."""
import base64
import socket

from .reading import unverified
from .scram import Scram


class Raw:
    """`source`: the loopback address that the server sees. A connection that breaks is one that is closed."""

    def __init__(self, place: tuple[str, int], *, tls: bool = True, source: str = "", greeted: bool = True):
        """`greeted`: the greeting is read first."""
        self.socket = socket.create_connection(place, 30, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left = b""
        self.closed = False
        if tls:
            self.wrap()
        self.greeting = self.line() if greeted else b""

    def wrap(self) -> None:
        self.socket = unverified().wrap_socket(self.socket)

    def close(self) -> None:
        self.socket.close()

    def line(self) -> bytes:
        """Without its CRLF; what there is of one where the connection has ended."""
        while b"\r\n" not in self.left:
            try:
                piece = self.socket.recv(65536)
            except ConnectionError:
                piece = b""
            if not piece:
                self.closed = True
                line, self.left = self.left, b""
                return line
            self.left += piece
        line, _, self.left = self.left.partition(b"\r\n")
        return line

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def is_silent(self, seconds: float) -> bool:
        self.socket.settimeout(seconds)
        try:
            return not self.left and not self.socket.recv(1)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(30)


class Door:
    """How somebody comes in by a protocol: the ways that there are, and what is said to him."""

    place, own = "", ""
    begin = starttls = good = bad = refused = later = inside = bye = b""

    def __init__(self, reading, *, source: str = "", **options):
        self.raw = Raw(getattr(reading, self.place), source=source, **options)

    def ask(self, *lines) -> bytes:
        """Says the first line, and each further one where it is asked to go on; a line may be made of the challenge. The last answer."""
        answer = b""
        for number, line in enumerate(lines):
            if number > 0 and not answer.startswith(b"+ "):
                break
            self.raw.send((line(answer[2:].decode()).encode() if callable(line) else line) + b"\r\n")
            answer = self.answer()
        return answer

    def answer(self) -> bytes:
        return self.raw.line()

    def is_in(self, answer: bytes) -> bool:
        return answer.startswith(self.good)

    # ---- ways to log in: name and password as octets

    def plain(self, user: bytes, password: bytes) -> bytes:
        return self.ask(self.begin + b" PLAIN " + base64.b64encode(b"\0" + user + b"\0" + password))

    def in_two(self, user: bytes, password: bytes) -> bytes:
        return self.ask(self.begin + b" LOGIN", base64.b64encode(user), base64.b64encode(password))

    def scram(self, user: bytes, password: bytes) -> bytes:
        proof = Scram(user.decode(), password.decode())
        return self.ask(f"{self.begin.decode()} SCRAM-SHA-256 {proof.first}".encode(), proof.final, lambda _: "")

    @classmethod
    def ways(cls) -> dict:
        return {"PLAIN": cls.plain, "LOGIN": cls.in_two, "SCRAM-SHA-256": cls.scram, cls.own: cls.words}


class ImapDoor(Door):
    place, own = "imap", "command LOGIN"
    begin, starttls, good, bad = b"t AUTHENTICATE", b"t STARTTLS", b"t OK", b"t BAD"
    refused, later = b"t NO [AUTHENTICATIONFAILED]", b"t NO [UNAVAILABLE]"
    inside, bye = b"t STATUS INBOX (MESSAGES)", b"t LOGOUT"

    def answer(self) -> bytes:
        while (line := self.raw.line()).startswith(b"* ") and not line.startswith((b"* BYE", b"* BAD")):
            pass
        return line

    def words(self, user: bytes, password: bytes) -> bytes:
        return self.ask(b"t LOGIN {%d+}\r\n%s {%d+}\r\n%s" % (len(user), user, len(password), password))


class Pop3Door(Door):
    place, own = "pop3", "USER and PASS"
    begin, starttls, good, bad = b"AUTH", b"STLS", b"+OK", b"-ERR"
    refused, later = b"-ERR [AUTH]", b"-ERR [SYS/TEMP]"
    inside, bye = b"STAT", b"QUIT"

    def words(self, user: bytes, password: bytes) -> bytes:
        answer = self.ask(b"USER " + user)
        return self.ask(b"PASS " + password) if answer.startswith(b"+OK") else answer


DOORS = (ImapDoor, Pop3Door)
