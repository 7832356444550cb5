"""What is sent in one measurement: size, sessions, messages."""
from dataclasses import dataclass
from pathlib import Path

USERS = 50
DOMAIN = "a.test"
LOCAL_DOMAINS = ("a.test", "b.test")
CORPUS = "corpus"


@dataclass(frozen=True)
class Case:
    """`text` is how the user wrote it: SIZE/SESSIONS/COUNT[/PERCONNECTION], or `corpus` in the place of the size."""
    text: str
    size: int | None  # octets of each message; None: the corpus
    sessions: int
    count: int
    per_connection: int = 0  # messages of a connection; 0: all of its session

    @classmethod
    def parse(cls, text: str) -> "Case":
        """ValueError where it is none."""
        size, *numbers = text.split("/")
        values = [int(number) for number in numbers]
        if not 2 <= len(values) <= 3 or min(values[:2]) < 1 or min(values) < 0:
            raise ValueError(f"{text}: SIZE/SESSIONS/COUNT[/PERCONNECTION], in whole numbers")
        return cls(text, None if size == CORPUS else int(size), *values)

    def words(self, corpus: Path | None) -> list[str]:
        """The options of `bench_load send`."""
        what = ["--list", str(corpus)] if self.size is None else ["--size", str(self.size), "--users", str(USERS), "--domain", DOMAIN]
        return [*what, "--sessions", str(self.sessions), "--count", str(self.count), "--per-connection", str(self.per_connection)]

    def copies(self, messages: int) -> int | None:
        """How many mailbox copies an archive makes of so many messages, whose sender and recipient are local users.
        None: the corpus, where some are not."""
        return None if self.size is None else 2 * messages


WARM_UP = Case("warm-up", 1024, 10, 2 * USERS)  # makes every mailbox; its time is not counted
