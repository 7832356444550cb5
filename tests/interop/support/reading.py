"""A machine whose users read their mail: one Understudy as the primary with a listener for IMAP under TLS."""
import contextlib
import imaplib
import ssl
from collections.abc import Callable

from .client import smtp_send
from .instance import DOMAIN, Instance
from .rig import Rig

ALICE, BOB, PASSWORD = f"alice@{DOMAIN}", f"bob@{DOMAIN}", "a long password"


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _end(client: imaplib.IMAP4_SSL) -> None:
    with contextlib.suppress(OSError):  # it has logged out
        client.shutdown()


class Reading:
    def __init__(self, rig: Rig, *, role: str = "primary", change: Callable[[dict], None] | None = None, tls: str = "implicit"):
        self.rig = rig
        host = rig.host(2)
        self.imap, self.pop3 = (host, rig.port(host)), (host, rig.port(host))

        def with_imap(document: dict) -> None:
            for protocol, place in (("imap", self.imap), ("pop3", self.pop3)):
                document["listener"].append({"protocol": protocol, "bind": ["{}:{}".format(*place)], "tls": tls})
            if change:
                change(document)

        self.machine = Instance(rig, role, (host, rig.port(host)), (rig.host(3), rig.port(rig.host(3))), change=with_imap)
        self.machine.start()
        for user in (ALICE, BOB):
            self.machine.add_account(user, PASSWORD)

    def deliver(self, octets: bytes, *to: str) -> None:
        smtp_send(self.machine.smtp, octets, "someone@world.example", list(to or (ALICE,)), source=self.rig.host(9), name="mail.world.example")

    def connect(self) -> imaplib.IMAP4_SSL:
        client = imaplib.IMAP4_SSL(*self.imap, ssl_context=unverified(), timeout=30)
        self.rig.at_close(lambda: _end(client))
        return client

    def login(self, user: str = ALICE) -> imaplib.IMAP4_SSL:
        client = self.connect()
        client.login(user, PASSWORD)
        return client
