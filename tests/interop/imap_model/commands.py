"""What a client may say at random: a command, what its commits make of the model, and what it is answered."""
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .client import Client, uids_of
from .model import INBOX, Model, with_flags

KEPT = (INBOX, b"work", b"work/deep")  # mailboxes that are always there
OTHERS = (b"box", b"box/one", b"box/one/two", b"paper", b"work/new")
FLAGS = (b"\\Seen", b"\\Flagged", b"\\Deleted", b"$One", b"$Two")
DELETED = frozenset({b"\\Deleted"})
Commit = Callable[[Model], None]


@dataclass
class Command:
    line: bytes
    commits: list[Commit]
    refused: bytes | None = None         # the code of NO, where nobody else does anything at the same time
    keeps_back: bool = False             # EXPUNGE is not told behind it (RFC 9051 §7.5.1)
    modified: list[int] | None = None    # UNCHANGEDSINCE: those that the answer must name
    heard: Callable[[bytes], None] = lambda answer: None  # what the client makes of OK for himself
    closes: bool = False

    def was_done(self, answer: bytes) -> bool:
        """STORE by sequence numbers, too, where some of the messages have gone: what is there was changed (RFC 2180 §4.2)."""
        return answer.startswith(b"OK") or (self.keeps_back and answer.startswith(b"NO [EXPUNGEISSUED]"))

    @property
    def of_mailboxes(self) -> bool:
        return self.line.split()[0] in (b"CREATE", b"DELETE", b"RENAME", b"SUBSCRIBE", b"UNSUBSCRIBE")


class Commands:
    """`told`: what the server has told of messages, by mailbox and UID: how many changes of the model its MODSEQ stands for."""

    def __init__(self, chance: random.Random):
        self.random = chance
        self.model = Model(KEPT)
        self.told: dict[tuple[int, int], tuple[int | None, int]] = {}
        self._letters = 0

    def any(self, client: Client) -> Command:
        """Of a client that has a mailbox open, and of what it has been told of it."""
        command = self._any(client)
        if client.read_only and command.refused == b"CANNOT":
            command.commits = []
        return command

    def _any(self, client: Client) -> Command:
        uids = self._some(client)
        kind = self.random.randrange(24)
        if kind == 0:
            return self._of_mailboxes()
        if kind == 1 and self.random.randrange(3) == 0:
            return self._leave(client)
        if kind < 5 or not uids:
            return self._append()
        if kind < 9:
            return self._store(client, uids)
        if kind < 11:
            return self._store_unchanged(client)
        if kind == 11:
            return self._place(b"UID COPY", client, uids)
        if kind == 12:
            return self._place(b"UID MOVE", client, uids)
        if kind == 13:
            return self.expunge(client, uids)
        if kind in (14, 15) and client.counts and (there := self.model.there(client.folder, uids)):
            return self._by_sequence_numbers(client, there)
        if kind == 16 and (there := self.model.there(client.folder, uids)):
            return self._replace(client, self.random.choice(there))
        return Command(b"UID FETCH %s (FLAGS ENVELOPE MODSEQ)" % named(uids), [])

    def _some(self, client: Client) -> list[int]:
        known = [uid for uid in client.uids if uid is not None]
        return sorted(self.random.sample(known, min(len(known), self.random.choice((1, 1, 2, 5, 20)))))

    def _letter(self) -> tuple[bytes, bytes]:
        """Its subject, and itself as a literal."""
        self._letters += 1
        subject = b"m%d" % self._letters
        octets = b"Subject: %s\r\n\r\nwords\r\n" % subject
        return subject, b"{%d+}\r\n%s" % (len(octets), octets)

    def _target(self) -> tuple[bytes, bytes | None]:
        """A name, and why nothing can be put there."""
        name = self.random.choice(KEPT) if self.random.randrange(2) else self._name()
        return name, None if self.model.number(name) is not None else b"TRYCREATE"

    def _name(self) -> bytes:
        """Of a mailbox that comes and goes."""
        there = sorted({folder.name for folder in self.model.folders.values()} - set(KEPT))
        return self.random.choice(there if there and self.random.randrange(2) else OTHERS)

    def _append(self) -> Command:
        name, refused = self._target()
        letters = [self._letter() for _ in range(self.random.choice((1, 1, 1, 3)))]  # several: all of them or none (RFC 3502)
        filed = [(subject, frozenset({b"\\Flagged"})) for subject, _ in letters]
        literals = b"".join(b" (\\Flagged) " + literal for _, literal in letters)
        return Command(b"APPEND %s%s" % (name, literals), [lambda model: model.put(name, filed)], refused)

    def _flags(self) -> tuple[bytes, frozenset]:
        return self.random.choice((b"", b"+", b"-")), frozenset(self.random.sample(FLAGS, self.random.randrange(3)))

    def _store(self, client: Client, uids: list[int]) -> Command:
        mode, flags = self._flags()
        return self.store(client, uids, mode, flags, self.random.choice((b"", b".SILENT")))

    def store(self, client: Client, uids: list[int], mode: bytes, flags: frozenset, silent: bytes) -> Command:
        folder = client.folder
        return Command(b"UID STORE %s %sFLAGS%s (%s)" % (named(uids), mode, silent, b" ".join(sorted(flags))),
                       [lambda model: model.store(folder, uids, mode, flags)], cannot_where(client),
                       heard=silently(client, uids, mode, flags) if silent else _nothing)

    def _store_unchanged(self, client: Client) -> Command:
        """RFC 7162 §3.1.3: what the client has not heard the last change of stays as it is."""
        folder, known = client.folder, sorted(uid for uid in client.modseqs if (client.folder, uid) in self.told)
        if not known:
            return Command(b"UID FETCH 1:* (FLAGS MODSEQ)", [])
        uids = sorted(self.random.sample(known, min(len(known), self.random.choice((1, 2, 8)))))
        since = self.random.choice([client.modseqs[uid] for uid in uids] * 4 + [0, max(client.modseqs.values())])
        mode, flags = self._flags()
        silent = self.random.choice((b"", b".SILENT"))
        told = dict(self.told)

        def changed(model: Model) -> list[int]:
            """Each change has a higher MODSEQ than all that the client was told of before."""
            def is_changed(uid: int) -> bool:
                changes, modseq = told[folder, uid]
                return modseq > since or changes != model.folders[folder].messages[uid].changes
            return [uid for uid in model.there(folder, uids) if is_changed(uid)]

        def store(model: Model) -> None:
            model.store(folder, [uid for uid in uids if uid not in changed(model)], mode, flags)
        return Command(b"UID STORE %s (UNCHANGEDSINCE %d) %sFLAGS%s (%s)" % (named(uids), since, mode, silent, b" ".join(sorted(flags))),
                       [store], cannot_where(client), modified=changed(self.model),
                       heard=silently(client, uids, mode, flags) if silent else _nothing)

    def _place(self, verb: bytes, client: Client, uids: list[int]) -> Command:
        folder, (name, refused) = client.folder, self._target()
        moves = verb == b"UID MOVE"
        place = Model.move if moves else Model.copy_messages
        return Command(b"%s %s %s" % (verb, named(uids), name), [lambda model: place(model, folder, uids, name)],
                       moves and cannot_where(client) or refused)

    def move_away(self, client: Client) -> Command:
        never_given = 4_000_000_000  # what it has not been told of it does not name
        return self._place(b"UID MOVE", client, self._some(client) or [never_given])

    def expunge(self, client: Client, uids: list[int]) -> Command:
        folder = client.folder
        return Command(b"UID EXPUNGE " + named(uids), [lambda model: model.expunge(folder, uids, DELETED)], cannot_where(client))

    def _replace(self, client: Client, uid: int) -> Command:
        folder, (name, refused) = client.folder, self._target()
        subject, literal = self._letter()

        def replace(model: Model) -> None:
            if model.there(folder, [uid]) and model.number(name) is not None:
                model.put(name, [(subject, frozenset())])
                model.expunge(folder, [uid])
        return Command(b"UID REPLACE %d %s %s" % (uid, name, literal), [replace], cannot_where(client) or refused)

    def _by_sequence_numbers(self, client: Client, there: list[int]) -> Command:
        """As the client counts: what went by somebody else, and was not told, still has its number."""
        folder, (name, refused) = client.folder, self._target()
        numbers = named(client.uids.index(uid) + 1 for uid in there)
        which = self.random.randrange(3)
        if which == 0:
            answered = frozenset({b"\\Answered"})
            return Command(b"STORE %s +FLAGS.SILENT (\\Answered)" % numbers, [lambda model: model.store(folder, there, b"+", answered)],
                           cannot_where(client), keeps_back=True, heard=silently(client, there, b"+", answered))
        if which == 1:
            def copy(model: Model) -> None:  # all of them or none
                if model.there(folder, there) == there:
                    model.copy_messages(folder, there, name)
            return Command(b"COPY %s %s" % (numbers, name), [copy], refused)
        return Command(b"MOVE %s %s" % (numbers, name), [lambda model: model.move(folder, there, name)], cannot_where(client) or refused)

    def _leave(self, client: Client) -> Command:
        return self.random.choice((Command(b"UNSELECT", [], closes=True), self.close(client)))

    @staticmethod
    def close(client: Client) -> Command:
        """Of a client that has just heard of everything: what it does not know of stays."""
        folder, known = client.folder, list(client.uids)
        return Command(b"CLOSE", [] if client.read_only else [lambda model: model.expunge(folder, known, DELETED)], closes=True)

    # ---- mailboxes

    def _of_mailboxes(self) -> Command:
        name, other = self._name(), self.random.choice(OTHERS)
        kind = self.random.randrange(12)
        if kind < 4:
            return Command(b"CREATE " + name, [lambda model: model.make(name)], self.model.why_no_name(name))
        if kind < 7:
            return self._delete(name)
        if kind < 10:
            return Command(b"RENAME %s %s" % (name, other), [lambda model: model.rename(name, other)], self.model.why_no_rename(name, other))
        if kind == 10:
            return self._rename_inbox(name)
        if self.random.randrange(2):
            return Command(b"SUBSCRIBE " + name, [lambda model: model.subscribed.add(name)])
        return Command(b"UNSUBSCRIBE " + name, [lambda model: model.subscribed.discard(name)])

    def _delete(self, name: bytes) -> Command:
        refused = b"NONEXISTENT" if self.model.number(name) is None else None
        return Command(b"DELETE " + name, [lambda model: model.remove(model.number(name))], refused)

    def _rename_inbox(self, name: bytes) -> Command:
        """Makes a mailbox, looks what is there, and moves that into it (RFC 9051 §6.3.6): what comes meanwhile stays."""
        def make(model: Model) -> None:
            if not model.why_no_name(name):  # somebody else may have given up the name
                model.make(name)
                model.looked_at[name] = []

        def look(model: Model) -> None:
            if name in model.looked_at:
                model.looked_at[name] = list(model.folders[model.number(INBOX)].messages)

        def empty(model: Model) -> None:
            model.move(model.number(INBOX), model.looked_at.pop(name, []), name)
        return Command(b"RENAME INBOX " + name, [make, look, empty], self.model.why_no_name(name))


def named(numbers: Iterable[int]) -> bytes:
    return b",".join(b"%d" % number for number in numbers)


def cannot_where(client: Client) -> bytes | None:
    return b"CANNOT" if client.read_only else None


def _nothing(answer: bytes) -> None:
    """It is told of all that has changed."""


def silently(client: Client, uids: list[int], mode: bytes, flags: frozenset) -> Callable[[bytes], None]:
    """It is not told of what it has done itself, and knows. Where it was told of the flags all the same, somebody else had a hand in
    them: then or, by NOTIFY, before; it asks for them again."""
    def heard(answer: bytes) -> None:
        found = re.search(rb"\[MODIFIED ([\d:,]+)\]", answer)
        others = uids_of(found[1]) if found else []
        for uid in uids:
            if uid in client.flagged:
                client.unsure.add(uid)
            elif uid in client.flags and uid not in others:
                client.flags[uid] = with_flags(client.flags[uid], mode, flags)
    return heard
