"""The base of tests that read and change mail over IMAP: one machine a class, and words for what an answer must be."""
from collections.abc import Callable

from .case import RigCase
from .imap_wire import Gone, Wire
from .reading import ALICE, PASSWORD, Reading, unverified

Answer = tuple[bytes, list[bytes]]


def letter(subject: str, octets: int = 0) -> bytes:
    head = f"From: Ann <ann@world.example>\r\nTo: alice@example.org\r\nSubject: {subject}\r\n\r\n".encode()
    return head + b"x" * max(octets - len(head), 0)


def literals(*messages: bytes) -> bytes:
    return b" ".join(b"{%d+}\r\n%s" % (len(octets), octets) for octets in messages)


class ImapWords:
    """For a test case whose machine is `self.reading`."""

    reading: Reading

    def connect(self) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.addCleanup(wire.close)
        return wire

    def login(self, user: str = ALICE) -> Wire:
        wire = self.connect()
        self.ok(wire.ask(f'LOGIN {user} "{PASSWORD}"'.encode()))
        return wire

    def new_user(self, name: str) -> str:
        user = f"{name}@example.org"
        self.reading.machine.add_account(user, PASSWORD)
        return user

    def ok(self, answer: Answer) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def refused(self, answer: Answer, code: bytes) -> None:
        self.assertTrue(answer[0].startswith(b"NO [" + code + b"]"), answer)

    def assert_connection_ends(self, wire: Wire) -> None:
        """The connection, whatever is said before; it does not just fall silent."""
        with self.assertRaises(Gone) as ended:
            while True:
                wire.response()
        self.assertNotIsInstance(ended.exception.__cause__, TimeoutError)

    def append(self, wire: Wire, folder: bytes, *messages: bytes) -> Answer:
        return wire.ask(b"APPEND %s %s" % (folder, literals(*messages)))

    def multiply(self, wire: Wire, folder: bytes, wanted: int) -> None:
        """The selected mailbox `folder`, which has messages, has `wanted` of them, by copying them into it."""
        def there() -> int:
            [line] = self.ok(wire.ask(b"STATUS %s (MESSAGES)" % folder))
            return int(line.split(b"MESSAGES ")[1].rstrip(b")"))

        while (count := there()) < wanted:
            self.ok(wire.ask(b"COPY 1:%d %s" % (min(count, wanted - count), folder)))
            self.ok(wire.ask(b"NOOP"))


class ImapCase(ImapWords, RigCase):
    change: Callable[[dict], None] | None = None

    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig, change=cls.change)
