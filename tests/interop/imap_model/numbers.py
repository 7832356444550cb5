"""The numbers that stand for something: UIDVALIDITY, MAILBOXID, MODSEQ and UIDs. What they once stood for they stand for always."""
import re
from dataclasses import dataclass

from support.imap_wire import Wire

from .client import Wrong, code, uids_of
from .model import Model

STATUS = b"(MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ MAILBOXID)"


@dataclass
class Listed:
    """A mailbox as STATUS tells of it."""
    messages: int
    unseen: int
    next: int
    validity: int
    modseq: int
    id: bytes


class Numbers:
    def __init__(self) -> None:
        self._ids: dict[int, bytes] = {}                     # MAILBOXID of a mailbox
        self._validities: dict[bytes, int] = {}              # the last UIDVALIDITY under a name
        self._numbers: dict[tuple[bytes, int], int] = {}     # name, UIDVALIDITY -> mailbox
        self._modseqs: dict[int, int] = {}
        self._subjects: dict[tuple[bytes, int, int], bytes] = {}

    def look(self, wire: Wire) -> dict[bytes, Listed]:
        answer, untagged = wire.ask(b'LIST "" "*" RETURN (STATUS ' + STATUS + b")")
        if not answer.startswith(b"OK"):
            raise Wrong(answer)
        listed = {}
        for line in untagged:
            if found := re.match(rb'\* STATUS "([^"]*)" \(MESSAGES (\d+) UNSEEN (\d+) UIDNEXT (\d+) UIDVALIDITY (\d+) '
                                 rb'HIGHESTMODSEQ (\d+) MAILBOXID \((\S+)\)\)$', line):
                listed[found[1]] = Listed(*(int(each) for each in found.groups()[1:6]), found[7])
        return listed

    @staticmethod
    def subscribed(wire: Wire) -> set[bytes]:
        _, untagged = wire.ask(b'LSUB "" "*"')
        return {found[1] for line in untagged if (found := re.match(rb'\* LSUB \(\) "/" "([^"]*)"$', line))}

    def may_be(self, model: Model, listed: dict[bytes, Listed]) -> bool:
        """The mailboxes of the model are those that are listed: an old one has its id, a new one has a new one."""
        taken = {id_: number for number, id_ in self._ids.items()}
        for number, folder in model.folders.items():
            if folder.name not in listed:
                return False
            id_ = listed[folder.name].id
            if self._ids.get(number, id_) != id_ or taken.get(id_, number) != number:
                return False
        return True

    def keep(self, model: Model, listed: dict[bytes, Listed]) -> None:
        for number, folder in model.folders.items():
            told = listed[folder.name]
            self._ids[number] = told.id
            if told.validity < self._validities.get(folder.name, 0):
                raise Wrong(f"UIDVALIDITY of {folder.name!r} was {self._validities[folder.name]}, is {told.validity}")
            if self._numbers.setdefault((folder.name, told.validity), number) != number:
                raise Wrong(f"{folder.name!r} has UIDVALIDITY {told.validity} again, and is another mailbox")
            self._validities[folder.name] = told.validity
            self._grows(number, told.modseq)
            self.stand_for(folder.name, told.validity, {uid: message.subject for uid, message in folder.messages.items()})

    def selected(self, number: int, untagged: list[bytes]) -> None:
        self._grows(number, code(untagged, b"HIGHESTMODSEQ"))
        [id_] = [found[1] for line in untagged if (found := re.match(rb"\* OK \[MAILBOXID \((\S+)\)\]", line))]
        if self._ids.setdefault(number, id_) != id_:
            raise Wrong(f"MAILBOXID was {self._ids[number]}, is {id_}")

    def _grows(self, number: int, modseq: int) -> None:
        if modseq < self._modseqs.get(number, 0):
            raise Wrong(f"HIGHESTMODSEQ was {self._modseqs[number]}, is {modseq}")
        self._modseqs[number] = modseq

    def stand_for(self, name: bytes, validity: int, subjects: dict[int, bytes]) -> None:
        for uid, subject in subjects.items():
            if self._subjects.setdefault((name, validity, uid), subject) != subject:
                raise Wrong(f"{name!r}, UIDVALIDITY {validity}, UID {uid}: {self._subjects[name, validity, uid]!r}, now {subject!r}")

    @staticmethod
    def modified(answer: bytes) -> list[int]:
        found = re.search(rb"\[MODIFIED ([\d:,]+)\]", answer)
        return uids_of(found[1]) if found else []
