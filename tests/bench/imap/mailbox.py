"""The mail of a mailbox, the same for each server: realistic messages in one file, made once, and read where they are wanted."""
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imap.client import Client
from realistic.chance import DAYS, MONTHS, date
from realistic.messages import Messages
from realistic.shape import Shape

SHAPES = {
    "mixed": Shape(),  # as `run corpus` makes it: half under 6 KB, the average some 100 KB
    "letters": Shape(largest_attachment=1000),  # the same texts and structures, hardly anything attached: some 8 KB
}
AT_ONCE = 500  # messages of one APPEND
OCTETS_AT_ONCE = 8 << 20
FLAGS = ((r"\Seen", 0.8), (r"\Answered", 0.2), ("$Forwarded", 0.05))  # and how many messages have them


@dataclass(frozen=True)
class Mailbox:
    """`text` is how the user wrote it: KIND/COUNT."""
    text: str
    kind: str
    count: int

    @classmethod
    def parse(cls, text: str) -> "Mailbox":
        """ValueError where it is none."""
        kind, _, count = text.partition("/")
        if kind not in SHAPES or not count.isdigit() or int(count) < 1:
            raise ValueError(f"{text}: KIND/COUNT, of the kinds {', '.join(SHAPES)}")
        return cls(text, kind, int(count))

    @property
    def folder(self) -> str:
        return f"{self.kind}{self.count}"


class Mail:
    """The messages of one mailbox. No two are alike; their dates grow, and half of them answer others."""

    def __init__(self, mailbox: Mailbox, folder: Path):
        self.mailbox = mailbox
        self._path = folder / f"{mailbox.folder}.mail"
        self._ends = [0]
        self._before: list[str] = []
        messages, chance = Messages(SHAPES[mailbox.kind]), random.Random(mailbox.text)
        with open(self._path, "wb") as out:
            for number in range(mailbox.count):
                message = messages.message(number)
                out.write(message.octets)
                self._ends.append(self._ends[-1] + len(message.octets))
                flags = " ".join(flag for flag, share in FLAGS if chance.random() < share)
                self._before.append(f'({flags}) "{_internal_date(message.envelope.time, message.envelope.zone)}" ')

    @property
    def octets(self) -> int:
        return self._ends[-1]

    def messages(self, first: int = 0) -> Iterator[tuple[str, bytes]]:
        """From this one on, as `Client.append` wants them; after the last one the first one again, without end."""
        with open(self._path, "rb") as file:
            number = first % self.mailbox.count
            while True:
                file.seek(self._ends[number])
                yield self._before[number], file.read(self._ends[number + 1] - self._ends[number])
                number = (number + 1) % self.mailbox.count

    def fill(self, client: Client) -> None:
        """Into a new folder of the account."""
        client.command(f"CREATE {self.mailbox.folder}")
        messages, waiting, octets = self.messages(), [], 0
        for _ in range(self.mailbox.count):
            waiting.append(next(messages))
            octets += len(waiting[-1][1])
            if len(waiting) == AT_ONCE or octets >= OCTETS_AT_ONCE:
                client.append(self.mailbox.folder, waiting)
                waiting, octets = [], 0
        if waiting:
            client.append(self.mailbox.folder, waiting)


def _internal_date(seconds: int, zone: int) -> str:
    """As `date-time` of RFC 9051 has it."""
    day_name, day, month, year, clock, offset = date(seconds, zone).split()
    assert day_name.rstrip(",") in DAYS and month in MONTHS
    return f"{int(day):2d}-{month}-{year} {clock} {offset}"
