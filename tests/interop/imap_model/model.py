"""What must be on the server: mailboxes, messages and subscriptions, and what one commit makes of them. Knows nothing of the wire."""
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

INBOX = b"INBOX"


class Message(NamedTuple):
    subject: bytes
    flags: frozenset
    changes: int = 0  # of its flags: as long as this is the same, its MODSEQ is


@dataclass
class Folder:
    name: bytes
    next: int = 1
    messages: dict[int, Message] = field(default_factory=dict)  # by UID


class Model:
    """A mailbox has a number of its own, which stays with it under any name and never comes again."""

    def __init__(self, names: Iterable[bytes] = ()):
        self.folders = {number: Folder(name) for number, name in enumerate(names)}
        self.subscribed: set[bytes] = set()
        self.next = len(self.folders)
        self.looked_at: dict[bytes, list[int]] = {}  # by a command that has not ended yet

    def copy(self) -> "Model":
        other = Model()
        other.folders = {number: Folder(each.name, each.next, dict(each.messages)) for number, each in self.folders.items()}
        other.subscribed, other.next, other.looked_at = set(self.subscribed), self.next, dict(self.looked_at)
        return other

    def contents(self) -> dict[bytes, dict[int, tuple[bytes, frozenset]]]:
        """Subjects and flags by name and UID."""
        return {folder.name: {uid: message[:2] for uid, message in folder.messages.items()} for folder in self.folders.values()}

    def number(self, name: bytes) -> int | None:
        return next((number for number, folder in self.folders.items() if folder.name == name), None)

    def there(self, number: int, uids: Iterable[int]) -> list[int]:
        """Those of the UIDs that are in the mailbox."""
        folder = self.folders.get(number)
        return [uid for uid in uids if folder and uid in folder.messages]

    # ---- messages

    def put(self, name: bytes, messages: Iterable[tuple[bytes, frozenset]]) -> None:
        folder = self.folders.get(self.number(name))
        for subject, flags in messages if folder else ():
            folder.messages[folder.next] = Message(subject, flags)
            folder.next += 1

    def store(self, number: int, uids: Iterable[int], mode: bytes, flags: frozenset) -> None:
        for uid in self.there(number, uids):
            message = self.folders[number].messages[uid]
            new = with_flags(message.flags, mode, flags)
            if new != message.flags:
                self.folders[number].messages[uid] = Message(message.subject, new, message.changes + 1)

    def copy_messages(self, number: int, uids: Iterable[int], name: bytes) -> None:
        self.put(name, [self.folders[number].messages[uid][:2] for uid in self.there(number, uids)])

    def move(self, number: int, uids: Iterable[int], name: bytes) -> None:
        if self.number(name) is None:
            return
        there = self.there(number, uids)
        self.copy_messages(number, there, name)
        self.expunge(number, there)

    def expunge(self, number: int, uids: Iterable[int], having: frozenset = frozenset()) -> None:
        for uid in self.there(number, list(uids)):
            if having <= self.folders[number].messages[uid].flags:
                del self.folders[number].messages[uid]

    # ---- mailboxes: `why_no_...` is the code of the refusal; what is refused changes nothing

    def why_no_name(self, name: bytes) -> bytes | None:
        return b"ALREADYEXISTS" if self.number(name) is not None else None

    def make(self, name: bytes) -> None:
        if not self.why_no_name(name):
            self.folders[self.next] = Folder(name)
            self.next += 1

    def remove(self, number: int | None) -> None:
        self.folders.pop(number, None)

    def _renamed(self, old: bytes, new: bytes) -> dict[int, bytes]:
        """With all that are below it."""
        return {number: new + folder.name[len(old):] for number, folder in self.folders.items()
                if folder.name == old or folder.name.startswith(old + b"/")}

    def why_no_rename(self, old: bytes, new: bytes) -> bytes | None:
        if old == INBOX:
            return self.why_no_name(new)
        if new.startswith(old + b"/"):
            return b"CANNOT"
        renamed = self._renamed(old, new)
        if not renamed and old != new:
            return b"NONEXISTENT"
        taken = {folder.name for number, folder in self.folders.items() if number not in renamed}
        return b"ALREADYEXISTS" if old == new or taken & set(renamed.values()) else None

    def rename(self, old: bytes, new: bytes) -> None:
        if not self.why_no_rename(old, new):
            for number, name in self._renamed(old, new).items():
                self.folders[number].name = name


def with_flags(old: frozenset, mode: bytes, flags: frozenset) -> frozenset:
    return flags if not mode else old | flags if mode == b"+" else old - flags


@dataclass
class UnderWay:
    """A command that was sent: what each of its commits does, one after another, and whether all of them are there for sure."""
    line: bytes
    commits: list[Callable[[Model], None]]
    done: bool


def outcomes(model: Model, commands: list[UnderWay]) -> Iterator[Model]:
    """All that a model may have become by commands that were under way at the same time: their commits in any order, and of one that
    was not answered as many as there may be."""
    if not any(command.done and command.commits for command in commands):
        yield model
    for place, command in enumerate(commands):
        if command.commits:
            after = model.copy()
            command.commits[0](after)
            rest = replace(command, commits=command.commits[1:])
            yield from outcomes(after, [*commands[:place], rest, *commands[place + 1:]])
