"""The questions that are measured, and what must come back: a server that does less is no faster than the others.

Each is a command of RFC 9051 or of an extension that mail programs use (RFC 5256, RFC 6851, RFC 7162).
"""
from collections.abc import Callable
from dataclasses import dataclass

from imap.client import Answer, Client
from imap.mailbox import Mailbox

SHOWN = 1000  # messages that a list shows at once
MANY = 10_000  # of STORE, COPY and MOVE
READ = 2000  # bodies
LIST_VIEW = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
MEGA = 1e6
MARKED = r"\Flagged"


@dataclass
class Found:
    """One figure."""
    step: str
    value: float  # milliseconds, or what the step's name says
    octets: int  # of the answer
    hits: int | None = None  # messages in it, where all servers must agree


@dataclass(frozen=True)
class Step:
    name: str
    command: Callable[[int], str]  # of the number of messages in the folder
    hits: Callable[[Answer], int]
    wanted: Callable[[int], int] | None = None  # hits; None: whatever the others find, too
    per_second: bool = False  # MB/s instead of ms
    slow: bool = False  # asked in few rounds

    def run(self, client: Client, messages: int) -> Found:
        answer = client.command(self.command(messages), keep=not self.per_second)
        value = answer.octets / MEGA / answer.seconds if self.per_second else 1000 * answer.seconds
        return Found(self.name, value, answer.octets, None if self.per_second else self.hits(answer))


def fetched(answer: Answer) -> int:
    return answer.count(b" FETCH (")


def listed(answer: Answer) -> int:
    return len(answer.numbers())


def threaded(answer: Answer) -> int:
    [line] = [line for line in answer.text.split(b"\r\n") if line.startswith(b"* THREAD")]
    return len(line.translate(bytes.maketrans(b"()", b"  ")).split()) - 2


def _last(messages: int) -> str:
    return f"{max(1, messages - SHOWN + 1)}:*"


def _shown(messages: int) -> int:
    return min(SHOWN, messages)


SELECT = "SELECT"
FLAGS = "FETCH 1:* (FLAGS UID)"
BOTH = "SELECT and these FLAGS"
READING = (
    Step(FLAGS, lambda _: FLAGS, fetched, lambda messages: messages),
    Step("ENVELOPE of the last 1,000", lambda messages: f"FETCH {_last(messages)} (ENVELOPE)", fetched, _shown),
    Step("BODYSTRUCTURE of the last 1,000", lambda messages: f"FETCH {_last(messages)} (BODYSTRUCTURE)", fetched, _shown),
    Step("list view of the first 1,000", lambda messages: f"FETCH 1:{_shown(messages)} {LIST_VIEW}", fetched, _shown),
    Step("SORT (DATE)", lambda _: "SORT (DATE) UTF-8 ALL", listed, lambda messages: messages),
    Step("SORT (SUBJECT)", lambda _: "SORT (SUBJECT) UTF-8 ALL", listed, lambda messages: messages),
    Step("THREAD REFERENCES", lambda _: "THREAD REFERENCES UTF-8 ALL", threaded, lambda messages: messages),
    Step("SEARCH SUBJECT", lambda _: "SEARCH SUBJECT other", listed),
    Step("SEARCH FROM", lambda _: "SEARCH FROM anna", listed),
    Step("2,000 bodies, MB/s", lambda messages: f"FETCH 1:{min(READ, messages)} (BODY.PEEK[])", fetched, per_second=True),
    Step("SEARCH TEXT", lambda _: "SEARCH TEXT qqzzxx", listed, lambda _: 0, slow=True),
)


ALONE = ("SEARCH SUBJECT", "SORT (DATE)", "THREAD REFERENCES")  # each of them may find what another one has read


def first_question(name: str) -> str:
    return f"{name}, the first question"


def ask_alone(client: Client, mailbox: Mailbox, name: str) -> list[Found]:
    """The first question that is asked of a mailbox, behind its SELECT."""
    messages = _exists(client.command(f"SELECT {mailbox.folder}"))
    [step] = [step for step in READING if step.name == name]
    found = step.run(client, messages)
    return [Found(first_question(name), found.value, found.octets, found.hits)]


def read(client: Client, mailbox: Mailbox, slow: bool) -> list[Found]:
    """A session that only looks. ValueError: an answer is not whole."""
    answer = client.command(f"SELECT {mailbox.folder}")
    messages = _exists(answer)
    found = [Found(SELECT, 1000 * answer.seconds, answer.octets, messages)]
    for step in READING:
        if step.slow and not slow:
            continue
        found.append(step.run(client, messages))
        if step.wanted and found[-1].hits not in (None, step.wanted(messages)):
            raise ValueError(f"{step.name}: {found[-1].hits} messages, not {step.wanted(messages)}")
        if step.name == FLAGS:  # some servers read at SELECT what others read when they are asked for it
            found.append(Found(BOTH, found[-2].value + found[-1].value, found[-2].octets + found[-1].octets, messages))
    return found


def change(client: Client, mailbox: Mailbox, number: int) -> list[Found]:
    """Marks, copies and moves; afterwards all is as it was. `number`: of the round."""
    messages = _exists(client.command(f"SELECT {mailbox.folder}"))
    many = min(MANY, messages)
    copied, moved = f"copied{number}", f"moved{number}"
    for folder in (copied, moved):
        client.command(f"CREATE {folder}")
    found = [_changed("STORE +FLAGS of 10,000", client.command(f"STORE 1:{many} +FLAGS ({MARKED})"), b" FETCH (", many)]
    client.command(f"STORE 1:{many} -FLAGS.SILENT ({MARKED})")
    answer = client.command(f"COPY 1:{many} {copied}")
    found.append(Found("COPY of 10,000", 1000 * answer.seconds, answer.octets))
    if (there := _exists(client.command(f"SELECT {copied}"))) != many:
        raise ValueError(f"COPY: {there} messages, not {many}")
    found.append(_changed("MOVE of 10,000", client.command(f"MOVE 1:* {moved}"), b" EXPUNGE\r\n", many))
    client.command("UNSELECT")
    for folder in (copied, moved):
        client.command(f"DELETE {folder}")
    return found


def _changed(step: str, answer: Answer, mark: bytes, wanted: int) -> Found:
    if answer.count(mark) != wanted:
        raise ValueError(f"{step}: told of {answer.count(mark)} messages, not {wanted}")
    return Found(step, 1000 * answer.seconds, answer.octets, wanted)


def _exists(answer: Answer) -> int:
    [line] = [line for line in answer.text.split(b"\r\n") if line.endswith(b" EXISTS")]
    return int(line.split()[1])
