"""Understudy as a plain mail server with accounts, whose users read their mail over IMAP."""
import base64
import hashlib
import hmac

from case import LOCAL_DOMAINS
from servers.imap_server import PASSWORD, USERS, ImapServer, certificate
from servers.understudy import Task, Understudy
from support.rig import Rig

READING = """
[tls]
certificate = "{certificate}"
key         = "{key}"

[[listener]]
protocol = "imap"
bind     = ["{tls}"]
tls      = "implicit"

[[listener]]
protocol = "imap"
bind     = ["{clear}"]
tls      = "none"

[access]
connections             = 100000
connections_per_address = 100000
login_wait              = "1h"

"""
ACCOUNT = '[[account]]\naddress = "{address}"\npassword = "{verifier}"\n\n'
ITERATIONS = 4096
SALT = b"of the benchmark"


class UnderstudyImap(Understudy, ImapServer):
    def __init__(self, name: str, rig: Rig, host: str):
        paths = certificate(rig)
        self.tls, self.clear = (host, rig.port(host)), (host, rig.port(host))
        reading = READING.format(certificate=paths[0], key=paths[1], tls="{}:{}".format(*self.tls), clear="{}:{}".format(*self.clear))
        verifier = _verifier()
        self._more: str | None = reading + "".join(ACCOUNT.format(address=self.user(number), verifier=verifier) for number in range(USERS))
        super().__init__(name, rig, host, Task.RELAY)

    def start(self, patience: float = 600) -> float:
        if self._more:
            self.add(self._more)
            self._more = None
        return super().start(patience)

    def user(self, number: int) -> str:
        return f"user{number}@{LOCAL_DOMAINS[0]}"

    def settings(self) -> str:
        """With one account, as the others are like it."""
        before, mark, accounts = super().settings().partition(ACCOUNT[:11])
        return f"{before}{mark}{accounts.partition(ACCOUNT[:11])[0]}# and {USERS - 1} more"


def _verifier() -> str:
    """Of PASSWORD, for SCRAM-SHA-256 (RFC 5803)."""
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    parts = (base64.b64encode(part).decode() for part in (SALT, stored, hmac.digest(salted, b"Server Key", "sha256")))
    return "{SCRAM-SHA-256}%d," % ITERATIONS + ",".join(parts)
