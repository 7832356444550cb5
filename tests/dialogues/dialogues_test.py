"""Runs the scripts beside it against the real program, one connection each. A script is read line by line:

    # text          a comment; the first one says what the script shows
    at NAME         to which listener: `mx` (the default), `submission`, or `archive`'s
    from NAME       as whom: `world` (the default), `office` (may relay), or `peer` (the other machine)
    > text          sends the text and CRLF
    >> text         sends the text as it is, with the escapes \\r \\n \\0 \\t \\xHH
    < 250           the next reply has this code
    < 550 5.1.1     ... and its last line begins so
    <~ 503|554      ... or one of these: a code is an expression here
    <~ 250 REGEX    ... and its lines, joined by newlines, hold this one
    tls             makes the TLS handshake (after the 220 to STARTTLS)
    login USER      AUTH PLAIN with the right password; expects 235
    closed          the server closes, and says nothing more
    silent          the server says nothing for a moment
"""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
from support.case import PairCase  # noqa: E402
from support.client import Client, tls_context  # noqa: E402
from support.pair import PASSWORD  # noqa: E402

HERE = Path(__file__).resolve().parent
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([rnt0\\]))")


def octets(text: str) -> bytes:
    def one(found: re.Match) -> str:
        return chr(int(found[1], 16)) if found[1] else {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}[found[2]]
    return b"".join(one(part).encode("latin-1") if (part := ESCAPE.fullmatch(piece)) else piece.encode()
                    for piece in re.split(r"(\\x[0-9a-fA-F]{2}|\\[rnt0\\])", text))


class Script:
    """One script and its connection."""

    def __init__(self, case: "DialoguesTest", path: Path):
        self.case, self.path = case, path
        self.server, self.source = case.primary.smtp, case.pair.outside
        self.client: Client | None = None

    def run(self) -> None:
        try:
            for number, line in enumerate(self.path.read_text().splitlines(), start=1):
                if line.strip() and not line.startswith("#"):
                    try:
                        self.step(*line.partition(" ")[::2])
                    except Exception as error:
                        raise AssertionError(f"{self.path.name}:{number}: {line}: {error}") from error
        finally:
            if self.client:
                self.client.close()

    def step(self, word: str, rest: str) -> None:
        if word in ("at", "from"):
            self.choose(word, rest)
            return
        if not self.client:
            self.client = Client(self.server, self.source)
            self.case.assertEqual(self.client.greeting, 220)
        client = self.client
        match word:
            case ">":
                client.send(rest.encode() + b"\r\n")
            case ">>":
                client.send(octets(rest))
            case "<" | "<~":
                self.expect(word, *rest.partition(" ")[::2])
            case "tls":
                client._socket = tls_context().wrap_socket(client._socket)
            case "login":
                self.case.assertEqual(client.auth_plain(rest, PASSWORD), 235)
            case "closed":
                self.case.assertTrue(client.is_closed(), "still open, or something more was said")
            case "silent":
                self.case.assertTrue(client.is_silent(0.3), "something more was said")
            case _:
                raise ValueError("no such step")

    def choose(self, word: str, name: str) -> None:
        pair = self.case.pair
        if word == "at":
            self.server = {"mx": pair.primary.smtp, "submission": pair.primary.submission, "archive": pair.archive.smtp}[name]
        else:
            self.source = {"world": pair.outside, "office": pair.office, "peer": None}[name]

    def expect(self, word: str, code: str, rest: str) -> None:
        reply = self.client.reply()
        if word == "<~":
            self.case.assertRegex(str(reply.code), f"^(?:{code})$", reply)
            self.case.assertTrue(re.search(rest, "\n".join(reply.lines)), reply)
        else:
            self.case.assertEqual(str(reply.code), code, reply)
            self.case.assertTrue(reply.lines[-1].startswith(rest), reply)


class DialoguesTest(PairCase):
    """One case a script: added below."""


for script in sorted(path for path in HERE.glob("*.txt") if path.name != "CMakeLists.txt"):
    def run(self: DialoguesTest, path: Path = script) -> None:
        Script(self, path).run()
    setattr(DialoguesTest, f"test_{script.stem.replace('-', '_')}", run)

if __name__ == "__main__":
    unittest.main()
