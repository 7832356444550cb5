"""What is sent in one measurement: size, sessions, messages, and from whom to whom."""
import enum
from dataclasses import dataclass, replace
from pathlib import Path

USERS = 50
LOCAL_DOMAINS = ("a.test", "b.test")
OUTSIDE = "out.test"
CORPUS = "corpus"
LETTERS = "letters"
LETTER = 1500  # octets on average


class Traffic(enum.Enum):
    """Who writes to whom, as options of `bench_load send`."""
    LOCAL = ["--domain", LOCAL_DOMAINS[0]]  # from local user to local user
    OUTWARD = ["--domain", OUTSIDE]  # nobody is local: there is nothing to file
    BOTH = ["--domain", LOCAL_DOMAINS[0], "--also", OUTSIDE]  # from a local user to one like him and to one outside


@dataclass(frozen=True)
class Crowd:
    """Who sends messages of another size beside a case, as long as that takes."""
    size: int
    sessions: int


@dataclass(frozen=True)
class Case:
    """`text` is how the user wrote it: SIZE/SESSIONS/COUNT[/PERCONNECTION][+SIZE/SESSIONS], with `corpus` or `letters` for the first
    size."""
    text: str
    size: int | str  # octets of each message, or CORPUS, or LETTERS
    sessions: int
    count: int
    per_connection: int = 0  # messages of a connection; 0: all of its session
    beside: Crowd | None = None
    traffic: Traffic = Traffic.LOCAL
    users: int = USERS

    @classmethod
    def parse(cls, text: str) -> "Case":
        """ValueError where it is none."""
        what, plus, others = text.partition("+")
        size, *numbers = what.split("/")
        values, crowd = [int(number) for number in numbers], [int(number) for number in others.split("/")] if plus else []
        if not 2 <= len(values) <= 3 or min(values[:2]) < 1 or min(values) < 0 or plus and (len(crowd) != 2 or min(crowd) < 1):
            raise ValueError(f"{text}: SIZE/SESSIONS/COUNT[/PERCONNECTION][+SIZE/SESSIONS], in whole numbers")
        return cls(text, size if size in (CORPUS, LETTERS) else int(size), *values, beside=Crowd(*crowd) if crowd else None)

    def words(self, corpus: Path | None, first: int = 0) -> list[str]:
        """The options of `bench_load send`; `first` is the number of the first message."""
        what = {CORPUS: ["--list", str(corpus)], LETTERS: ["--letters", str(LETTER)]}.get(self.size, ["--size", str(self.size)])
        others = ["--beside-size", str(self.beside.size), "--beside-sessions", str(self.beside.sessions)] if self.beside else []
        return [*what, *others, *self.traffic.value, "--users", str(self.users), "--sessions", str(self.sessions),
                "--count", str(self.count), "--first", str(first), "--per-connection", str(self.per_connection)]

    def copies(self, messages: int) -> int | None:
        """How many mailbox copies an archive makes of so many messages. None: the corpus, where some users are not local."""
        if self.size == CORPUS:
            return None
        return 0 if self.traffic is Traffic.OUTWARD else 2 * messages

    def warm_up(self) -> "Case":
        """Makes every mailbox; its time is not counted."""
        return replace(self, text="warm-up", size=1024, sessions=10, count=2 * self.users, per_connection=0, beside=None)
