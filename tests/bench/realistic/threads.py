"""Who answers whom: 55 % of all messages are replies, and quote what they answer."""
import math
from dataclasses import dataclass
from hashlib import sha256

from realistic.chance import date, paragraphs, pick, sentence, stream
from realistic.shape import EPOCH, Shape
from realistic.words import FIRST_NAMES, LANGUAGES, OTHER_DOMAINS

REPLIES = 0.55
OLDEST_PARENT = 400  # messages back
LONGEST_CHAIN = 12  # of References
QUOTED = 3  # of its ancestors a message quotes so many
KEPT = 5000  # places in memory


@dataclass(frozen=True)
class Place:
    """A message's place in its thread."""
    ancestors: list[int]  # the parent first
    language: str
    subject: str
    message_id: str


class Threads:
    def __init__(self, shape: Shape):
        self._shape = shape
        self._kept: dict[int, Place] = {}

    def place(self, number: int) -> Place:
        if number not in self._kept:
            if len(self._kept) > KEPT:
                self._kept.clear()
            self._kept[number] = self._find(number)
        return self._kept[number]

    def text(self, number: int) -> list[str]:
        """The lines of the message: its own, what it quotes, a signature."""
        lines = list(self._own_text(number))
        for depth, ancestor in enumerate(self.place(number).ancestors[:QUOTED], start=1):
            lines += ["", f"On {date(EPOCH + ancestor * self._shape.interval, 1)} wrote:"]
            lines += [">" * depth + " " + line for line in self._own_text(ancestor)[:40]]
        name = stream(self._shape.seed, "sig", number % 97).choice(FIRST_NAMES).title()
        return [*lines, "", "-- ", name, "Example GmbH, Musterstr. 1, 12345 Musterstadt"]

    def _parent(self, number: int) -> int | None:
        chance = stream(self._shape.seed, "thread", number)
        if number < 3 or chance.random() >= REPLIES:
            return None
        return number - 1 - int(min(number - 1, OLDEST_PARENT) * chance.random() ** 3)

    def _find(self, number: int) -> Place:
        chance = stream(self._shape.seed, "meta", number)
        language = pick(chance, LANGUAGES)[0]
        ancestors: list[int] = []
        parent = self._parent(number)
        while parent is not None and len(ancestors) < LONGEST_CHAIN:
            ancestors.append(parent)
            parent = self._parent(parent)
        root = ancestors[-1] if ancestors else number
        if ancestors:
            language = pick(stream(self._shape.seed, "meta", root), LANGUAGES)[0]
        subject = sentence(stream(self._shape.seed, "subj", root), language, 2, 8)[:-1]
        digest = sha256(b"%d|%d" % (self._shape.seed, number)).hexdigest()[:24]
        domain = chance.choice([*self._shape.domains, *OTHER_DOMAINS[:4]])
        return Place(ancestors, language, ("Re: " if ancestors else "") + subject, f"<{digest}.{number}@{domain}>")

    def _own_text(self, number: int) -> list[str]:
        chance = stream(self._shape.seed, "text", number)
        size = min(200_000, int(math.exp(chance.gauss(math.log(420), 1.1))))
        return paragraphs(chance, self.place(number).language, size)
