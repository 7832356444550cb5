"""Messages for the tests, each with a marker by which it is found again wherever it went."""
import hashlib
import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
MARKER = re.compile(rb"\[m-[0-9a-f]+-\d+\]")
TRACE = re.compile(rb"(?:(?:Return-Path|Delivered-To|X-Original-To|Received):.*\r?\n(?:[ \t].*\r?\n)*)*")
ADDED = re.compile(rb"(Message-ID|Date):.*\r\n")  # by submission where it is missing, RFC 6409 section 8
_run, _count = os.urandom(4).hex(), itertools.count(1)


@dataclass(frozen=True)
class Mail:
    """A message as it is handed over. `marker` stands in its Subject; reports about it quote that."""
    marker: str
    octets: bytes

    def trouble_with(self, stored: bytes) -> str | None:
        """What keeps `stored` from being these octets with trace fields on top, and with what submission adds; None: nothing."""
        if not stored.endswith(self.octets):
            return f"{_digest(without_trace(stored))} instead of {_digest(self.octets)}"
        on_top = TRACE.sub(b"", stored[:len(stored) - len(self.octets)], count=1)
        missing = {name for name in (b"Message-ID", b"Date") if not re.search(rb"(?im)^%s:" % name, self.header)}
        while (added := ADDED.match(on_top)) and added[1] in missing:
            missing.remove(added[1])
            on_top = on_top[added.end():]
        return f"on top of it {on_top[:200]!r}" if on_top else None

    @property
    def header(self) -> bytes:
        return self.octets.partition(b"\r\n\r\n")[0] + b"\r\n"


def new_marker() -> str:
    return f"[m-{_run}-{next(_count)}]"


def compose(sender: str = "someone@world.example", to: str = "alice@example.org", subject: str = "hello", body: bytes = b"Hello.\r\n",
            headers: str = "", message_id: bool = True) -> Mail:
    """A plain message with CRLF line ends. `headers`: whole lines, each with its CRLF."""
    marker = new_marker()
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject} {marker}", "Date: Mon, 06 Jul 2026 10:00:00 +0000"]
    if message_id:
        lines.append(f"Message-ID: <{marker.strip('[]')}@client.example>")
    return Mail(marker, ("\r\n".join(lines) + "\r\n" + headers + "\r\n").encode() + body)


def from_corpus(name: str) -> Mail:
    """A real message of tests/corpus with CRLF line ends (the last one too), a marker put into a Subject of its own on top."""
    octets = re.sub(rb"\r?\n", b"\r\n", (CORPUS / name).read_bytes())
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    if octets.startswith(b"From "):  # an mbox separator, no part of the message
        octets = octets.partition(b"\r\n")[2]
    head, blank, body = octets.partition(b"\r\n\r\n")
    head = re.sub(rb"(?im)^Subject:.*(?:\r\n[ \t].*)*\r\n", b"", head + b"\r\n")
    marker = new_marker()
    return Mail(marker, f"Subject: {name} {marker}\r\n".encode() + head + blank[2:] + body)


def without_trace(octets: bytes) -> bytes:
    """The message without the trace headers on its top (Return-Path and Received): what its first sender handed over."""
    return TRACE.sub(b"", octets, count=1)


def _digest(octets: bytes) -> str:
    return f"{len(octets)} octets sha256={hashlib.sha256(octets).hexdigest()[:16]}"
