"""Somebody between two machines: speaks SMTP with both, and damages, repeats, cuts or swallows what passes by."""
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from .accepting import accept_each
from .client import Client, Closed
from .rig import Rig

CUSTODY = re.compile(r" XCUSTODY=([0-9a-f]{32})\.([0-9a-f]{32})\.(\d+)\.(\d+):([0-9a-f]{64})$")
HIDDEN = ("PIPELINING", "CHUNKING", "STARTTLS")  # so that a transaction is lines, one after the other, and DATA


@dataclass
class Handed:
    """One transaction as it passed by."""
    mail: str
    rcpts: list[str] = field(default_factory=list)
    octets: bytes = b""
    reply: str = ""

    @property
    def custody(self) -> re.Match | None:
        return CUSTODY.search(self.mail)

    @property
    def number(self) -> int:
        return int(self.custody[4])


class Between:
    """Takes connections at `at`, and speaks with `to` for each of them. `damage` changes the octets of a message on their way, of those
    that `damages` says; `cut` says of a transaction that was taken whether its answer is lost, `swallow` of one that comes whether it is answered with 250
    and goes no further."""

    def __init__(self, rig: Rig, at: tuple[str, int], to: tuple[str, int]):
        self._to = to
        self.handed: list[Handed] = []
        self.damage: Callable[[bytes], bytes] = lambda octets: octets
        self.damages: Callable[[Handed], bool] = lambda handed: True
        self.cut: Callable[[Handed], bool] = lambda handed: False
        self.swallow: Callable[[Handed], bool] = lambda handed: False
        self.hidden: tuple[str, ...] = HIDDEN  # keywords of EHLO that the sender does not see
        accept_each(rig, at, self._serve)

    def honest(self) -> None:
        self.damage, self.cut = lambda octets: octets, lambda handed: False
        self.damages = lambda handed: True
        self.swallow, self.hidden = lambda handed: False, HIDDEN

    def tries(self, handed: Handed) -> int:
        """How often its number came before."""
        return sum(each.number == handed.number for each in self.handed if each is not handed and each.custody)

    def taken(self) -> list[int]:
        """The numbers that were taken where they were sent to, in this order, each as often as it was."""
        return [each.number for each in self.handed if each.custody and each.reply.startswith("250")]

    def refused(self) -> list[int]:
        return [each.number for each in self.handed if each.custody and each.reply and not each.reply.startswith("250")]

    def of(self, marker: str) -> list[Handed]:
        return [each for each in self.handed if marker.encode() in each.octets]

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, Client(self._to) as onwards:
            try:
                connection.sendall(b"220 between\r\n")
                self._carry(connection, lines, onwards)
            except (OSError, Closed):
                pass

    def _carry(self, connection: socket.socket, lines, onwards: Client) -> None:
        handed = Handed("")
        while line := lines.readline().decode().removesuffix("\r\n"):
            verb = line[:4].upper()
            reply = onwards.command(line)
            said = [text for text in reply.lines if verb != "EHLO" or text.split(" ")[0] not in self.hidden]
            if verb == "MAIL":
                handed = Handed(line)
            if verb == "RCPT" and reply == 250:
                handed.rcpts.append(line)
            connection.sendall(wire(reply.code, said))
            if verb == "QUIT":
                return
            if verb == "DATA" and reply == 354 and not self._body(connection, lines, onwards, handed):
                return

    def _body(self, connection: socket.socket, lines, onwards: Client, handed: Handed) -> bool:
        while (line := lines.readline()) != b".\r\n":
            handed.octets += line.removeprefix(b".") if line.startswith(b".") else line
        if self.swallow(handed):
            self.handed.append(handed)
            connection.sendall(b"250 2.0.0 taken\r\n")
            return False
        octets = self.damage(handed.octets) if self.damages(handed) else handed.octets
        onwards.send(b"".join(b"." + line if line.startswith(b".") else line for line in octets.splitlines(keepends=True)) + b".\r\n")
        reply = onwards.reply()
        handed.reply = f"{reply.code} {reply.lines[-1]}"
        self.handed.append(handed)
        if reply == 250 and self.cut(handed):
            return False
        connection.sendall(wire(reply.code, list(reply.lines)))
        return True


def wire(code: int, lines: list[str]) -> bytes:
    return b"".join(f"{code}{'-' if more else ' '}{text}\r\n".encode() for text, more in
                    zip(lines, [True] * (len(lines) - 1) + [False]))
