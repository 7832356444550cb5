"""The admin socket, asked as the verbs ask it: for tests that look at so much that a process for each question is too slow."""
import http.client
import json
import socket
from pathlib import Path


class AdminFailed(AssertionError):
    """The server answered with an error, or not at all."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float):
        super().__init__("understudy", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Admin:
    """Connects at the first question, and again after the server's restart. One thread."""

    def __init__(self, path: Path, seconds: float = 60):
        self._path = str(path)
        self._seconds = seconds
        self._connection: _Connection | None = None

    def list(self, verb: str, **arguments: str) -> list[dict]:
        """All rows, page by page."""
        rows: list[dict] = []
        while True:
            answer = json.loads(self.octets(verb, **arguments))
            rows += answer["value"]
            if "next" not in answer:
                return rows
            arguments["after"] = answer["next"]

    def octets(self, verb: str, **arguments: str | int) -> bytes:
        """The answer as it is."""
        for last in (False, True):  # the server closes connections that rest
            try:
                return self._ask(verb, arguments)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if last:
                    raise AdminFailed(f"{verb} at {self._path}: {error!r}") from None
        raise AssertionError("not reached")

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _ask(self, verb: str, arguments: dict) -> bytes:
        if not self._connection:
            self._connection = _Connection(self._path, self._seconds)
        self._connection.request("POST", "/" + verb, json.dumps(arguments), {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        octets = response.read()
        if response.status != 200:
            raise AdminFailed(f"{verb} {arguments}: {octets.decode('utf-8', 'replace')}")
        return octets
