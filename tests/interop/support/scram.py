"""The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), for what Python's own smtplib does not speak."""
import base64
import hashlib
import hmac
import os


class Scram:
    """One exchange: send `first`, answer the challenge with `final`, then see that the server `proves` itself. All in base64."""

    def __init__(self, user: str, password: str, identity: str = "", binding: bytes | None = None):
        """`identity`: for whom the user acts. `binding`: what the TLS connection exports (RFC 9266), for SCRAM-SHA-256-PLUS."""
        self._password = password
        self._head = ("n," if binding is None else "p=tls-exporter,") + (f"a={identity}," if identity else ",")
        self._bound = base64.b64encode(self._head.encode() + (binding or b"")).decode()
        self._nonce = base64.b64encode(os.urandom(18)).decode()
        self._bare = f"n={user},r={self._nonce}"
        self._server_signature = b""

    @property
    def first(self) -> str:
        return _encode(self._head + self._bare)

    def final(self, challenge: str) -> str:
        server_first = base64.b64decode(challenge).decode()
        fields = dict(field.split("=", 1) for field in server_first.split(","))
        if not fields["r"].startswith(self._nonce):
            raise AssertionError("the server's nonce does not begin with ours")
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        without_proof = f"c={self._bound},r={fields['r']}"
        signed = f"{self._bare},{server_first},{without_proof}".encode()
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), signed)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        self._server_signature = _hmac(_hmac(salted, b"Server Key"), signed)
        return _encode(f"{without_proof},p={base64.b64encode(proof).decode()}")

    def proves(self, challenge: str) -> bool:
        """Whether the server knows the password's verifier."""
        return base64.b64decode(challenge) == b"v=" + base64.b64encode(self._server_signature)


def verifier(password: str, iterations: int = 4096) -> str:
    """What is kept of a password, as the configuration writes it."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    parts = (salt, hashlib.sha256(_hmac(salted, b"Client Key")).digest(), _hmac(salted, b"Server Key"))
    return f"{{SCRAM-SHA-256}}{iterations}," + ",".join(base64.b64encode(part).decode() for part in parts)


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
