"""SCRAM-SHA-256-PLUS by IMAP and POP3: a login that holds on the TLS connection that it was made for, and on no other. Python's own TLS does
not tell what a connection exports (RFC 9266), so `openssl s_client` makes it."""
import re
import subprocess
import unittest

from support.case import RigCase
from support.reading import ALICE, PASSWORD, Reading
from support.scram import Scram


class Connection:
    """Lines over TLS 1.3, and what it exports for channel bindings."""

    def __init__(self, place: tuple[str, int]):
        self._process = subprocess.Popen(
            ["openssl", "s_client", "-connect", "{}:{}".format(*place), "-nocommands", "-ign_eof", "-crlf",
             "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.exported = bytes.fromhex(re.search(rb"Keying material: ([0-9A-F]{64})", self.until(b"Keying material:"))[1].decode())

    def until(self, *beginnings: bytes) -> bytes:
        """The next line that has one of these in it where the tool's own have nothing but spaces."""
        while line := self._process.stdout.readline():
            if line.lstrip().startswith(beginnings):
                return line.strip()
        raise AssertionError(f"the connection ended before {beginnings}")

    def say(self, line: str) -> None:
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class BindingTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def last_of(self, protocol: str, binding: bytes | None = None) -> bytes:
        """The last answer to a login over a new connection, bound to what it exports or to `binding`."""
        connection = Connection(getattr(self.reading, protocol))
        try:
            greeting, tag, end = {"imap": (b"* OK", "a AUTHENTICATE", (b"a ",)), "pop3": (b"+OK", "AUTH", (b"+OK", b"-ERR"))}[protocol]
            connection.until(greeting)
            scram = Scram(ALICE, PASSWORD, binding=connection.exported if binding is None else binding)
            connection.say(f"{tag} SCRAM-SHA-256-PLUS {scram.first}")
            connection.say(scram.final(connection.until(b"+ ")[2:].decode()))
            answer = connection.until(b"+ ", *end)
            if answer.startswith(b"+ "):
                self.assertTrue(scram.proves(answer[2:].decode()))
                connection.say("")
                answer = connection.until(*end)
            return answer
        finally:
            connection.close()

    def test_who_binds_to_his_connection_is_let_in(self):
        self.assertRegex(self.last_of("imap"), b"^a OK")
        self.assertRegex(self.last_of("pop3"), rb"^\+OK")
        for event in (" imap.login ", " pop3.login "):
            [line] = [line for line in self.reading.machine.log().splitlines() if event in line]
            self.assertIn("mechanism=SCRAM-SHA-256-PLUS", line)

    def test_who_binds_to_another_connection_is_not(self):
        self.assertRegex(self.last_of("imap", bytes(32)), rb"^a NO \[AUTHENTICATIONFAILED\]")
        self.assertRegex(self.last_of("pop3", bytes(32)), rb"^-ERR \[AUTH\]")


if __name__ == "__main__":
    unittest.main()
