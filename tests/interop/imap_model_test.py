"""Random commands of three sessions against a model, with the server killed in between: no UID is given twice or goes down, no
MODSEQ either, no message is lost or doubled, every session ends up with what is there, a search finds what is to be found, and what was
answered with OK is there after a crash.

    UNDERSTUDY_MODEL_COMMANDS=1000000 python3 imap_model_test.py       # default: 6,000
"""
import os
import random
import re
import unittest
from dataclasses import dataclass, field

from support.case import OwnRigCase
from support.imap_wire import Wire
from support.reading import ALICE, PASSWORD, Reading, unverified

COMMANDS = int(os.environ.get("UNDERSTUDY_MODEL_COMMANDS", "6000"))
FOLDERS = (b"INBOX", b"work", b"work/deep")
NOTIFY = (None, b"(selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange))",
          b"(selected-delayed (MessageNew MessageExpunge FlagChange)) (subtree work (MessageNew MessageExpunge))")  # a client is told without asking
FLAGS = (b"\\Seen", b"\\Flagged", b"\\Deleted", b"$One", b"$Two")


@dataclass
class Folder:
    next: int = 1
    validity: bytes = b""
    messages: dict[int, tuple[bytes, frozenset]] = field(default_factory=dict)  # UID -> name, flags


@dataclass
class Session:
    wire: Wire
    counts: bool  # nobody tells it of an EXPUNGE while it writes down sequence numbers (RFC 5465 §5.3)
    folder: bytes = b""
    uids: list = field(default_factory=list)   # as the client was told; None: it was told of a message and not of its UID
    flags: dict = field(default_factory=dict)  # UID -> flags, as it was told


class ImapModelTest(OwnRigCase):
    def setUp(self) -> None:
        self.reading = Reading(self.rig)
        self.seed = int(os.environ.get("UNDERSTUDY_MODEL_SEED", random.randrange(1 << 32)))
        self.random = random.Random(self.seed)
        self.model = {name: Folder() for name in FOLDERS}
        self.serial = 0
        self.modseqs: dict[tuple, int] = {}

    # ---- sessions

    def connect(self) -> Session:
        wire = Wire(self.reading.imap, unverified())
        self.ok(wire.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()))
        if notify := self.random.choice(NOTIFY):
            self.ok(wire.ask(b"NOTIFY SET " + notify))
        return Session(wire, counts=not notify or b"selected-delayed" in notify)

    def ok(self, answer: tuple[bytes, list[bytes]]) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def hear(self, session: Session, untagged: list[bytes]) -> None:
        """What a mail program makes of it."""
        for line in untagged:
            if found := re.match(rb"\* (\d+) EXISTS$", line):
                self.assertGreaterEqual(int(found[1]), len(session.uids), line)
                session.uids += [None] * (int(found[1]) - len(session.uids))
            elif found := re.match(rb"\* (\d+) EXPUNGE$", line):
                uid = session.uids.pop(int(found[1]) - 1)
                session.flags.pop(uid, None)
            elif found := re.match(rb"\* (\d+) FETCH \((.*)\)$", line, re.S):
                index = int(found[1]) - 1
                said = re.search(rb"UID (\d+)", found[2])
                uid = int(said[1]) if said else session.uids[index]
                self.assertIsNotNone(uid, "of a message whose UID nobody has said")
                self.assertIn(session.uids[index], (None, uid), "a sequence number names another message")
                session.uids[index] = uid
                if flags := re.search(rb"FLAGS \(([^)]*)\)", found[2]):
                    session.flags[uid] = frozenset(flags[1].split())
                if modseq := re.search(rb"MODSEQ \((\d+)\)", found[2]):
                    self.grows((session.folder, self.model[session.folder].validity, uid, id(session)), int(modseq[1]))

    def ask(self, session: Session, command: bytes) -> tuple[bytes, list[bytes]]:
        answer = session.wire.ask(command)
        self.hear(session, answer[1])
        return answer

    def select(self, session: Session, name: bytes) -> None:
        session.folder, session.uids, session.flags = name, [], {}
        untagged = self.ok(session.wire.ask(b"SELECT " + name))
        closed = [number for number, line in enumerate(untagged) if b"[CLOSED]" in line]  # what comes before is of the other one
        self.hear(session, untagged[closed[0]:] if closed else untagged)
        [validity] = [line for line in untagged if b"[UIDVALIDITY" in line]
        folder = self.model[name]
        self.assertIn(folder.validity, (b"", validity))
        folder.validity = validity
        [highest] = [int(found[1]) for line in untagged if (found := re.search(rb"\[HIGHESTMODSEQ (\d+)\]", line))]
        self.grows((name, validity), highest)
        self.check(session)

    def grows(self, what: tuple, modseq: int) -> None:
        """A MODSEQ never goes down: of a mailbox, or of a message as a session was told of it."""
        self.assertGreaterEqual(modseq, self.modseqs.get(what, 0), f"{what}, seed {self.seed}")
        self.modseqs[what] = modseq

    def check(self, session: Session) -> None:
        """The session hears of everything, and has what the model has."""
        self.ok(self.ask(session, b"NOOP"))
        if None in session.uids:
            self.ok(self.ask(session, b"UID FETCH 1:* (FLAGS)"))
        folder = self.model[session.folder]
        self.assertEqual(session.uids, sorted(folder.messages), f"seed {self.seed}")
        for uid, (_, flags) in folder.messages.items():
            if uid in session.flags:
                self.assertEqual(session.flags[uid], flags, f"UID {uid}, seed {self.seed}")

    def read_all(self, session: Session, name: bytes) -> dict[int, tuple[bytes, frozenset]]:
        self.ok(session.wire.ask(b"SELECT " + name))
        there = {}
        for line in self.ok(session.wire.ask(b"UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])")):
            if found := re.match(rb"\* \d+ FETCH \(.*?UID (\d+).*?FLAGS \(([^)]*)\).*?Subject: (\S+)", line, re.S):
                there[int(found[1])] = (found[3], frozenset(found[2].split()))
        return there

    # ---- commands

    def some(self, session: Session) -> list[int]:
        known = [uid for uid in session.uids if uid is not None]
        return sorted(self.random.sample(known, min(len(known), self.random.choice((1, 1, 2, 5, 20)))))

    def step(self, session: Session):
        """A command and what it makes of the model where it succeeds."""
        folder = self.model[session.folder]
        uids = self.some(session)
        there = [uid for uid in uids if uid in folder.messages]
        named = b",".join(b"%d" % uid for uid in uids)
        other = self.random.choice(FOLDERS)
        kind = self.random.randrange(18)
        if kind < 4 or not uids:
            letters = [self.letter() for _ in range(self.random.choice((1, 1, 1, 3)))]  # several: all of them or none (RFC 3502)
            return b"APPEND %s%s" % (other, b"".join(b" (\\Flagged) " + literal for _, literal in letters)), lambda: self.put(
                other, [(subject, frozenset({b"\\Flagged"})) for subject, _ in letters])
        if kind < 8:
            mode = self.random.choice((b"", b"+", b"-"))
            flags = frozenset(self.random.sample(FLAGS, self.random.randrange(3)))
            silent = self.random.choice((b"", b".SILENT"))

            def store() -> None:
                for uid in there:
                    subject, old = folder.messages[uid]
                    new = flags if not mode else old | flags if mode == b"+" else old - flags
                    folder.messages[uid] = (subject, new)
                    if silent and uid in session.flags:
                        known = session.flags[uid]
                        session.flags[uid] = flags if not mode else known | flags if mode == b"+" else known - flags
            return b"UID STORE %s %sFLAGS%s (%s)" % (named, mode, silent, b" ".join(sorted(flags))), store
        if kind == 8:
            return b"UID COPY %s %s" % (named, other), lambda: self.put(other, [folder.messages[uid] for uid in there])
        if kind == 9:
            def move() -> None:
                moved = [folder.messages[uid] for uid in there]
                self.put(other, moved)
                for uid in there:
                    del folder.messages[uid]
            return b"UID MOVE %s %s" % (named, other), move
        if kind == 10:
            def expunge() -> None:
                for uid in there:
                    if b"\\Deleted" in folder.messages[uid][1]:
                        del folder.messages[uid]
            return b"UID EXPUNGE " + named, expunge
        if kind in (11, 12) and there and session.counts:
            return self.by_sequence_numbers(session, folder, there, other)
        if kind == 13 and there:
            subject, literal = self.letter()
            gone = self.random.choice(there)

            def replace() -> None:
                self.put(other, [(subject, frozenset())])
                del folder.messages[gone]
            return b"UID REPLACE %d %s %s" % (gone, other, literal), replace
        if kind in (14, 15):
            self.search(session, folder)
        return b"UID FETCH %s (FLAGS ENVELOPE MODSEQ)" % named, lambda: None

    def letter(self) -> tuple[bytes, bytes]:
        """Its subject, and itself as a literal."""
        self.serial += 1
        subject = b"m%d" % self.serial
        octets = b"Subject: %s\r\n\r\nwords\r\n" % subject
        return subject, b"{%d+}\r\n%s" % (len(octets), octets)

    def by_sequence_numbers(self, session: Session, folder: Folder, there: list[int], other: bytes):
        """As the client counts: what went by somebody else, and was not told, still has its number."""
        named = b",".join(b"%d" % (session.uids.index(uid) + 1) for uid in there)
        which = self.random.randrange(3)
        if which == 0:
            def store() -> None:
                for uid in there:
                    subject, old = folder.messages[uid]
                    folder.messages[uid] = (subject, old | {b"\\Answered"})
                    if uid in session.flags:
                        session.flags[uid] |= {b"\\Answered"}
            return b"STORE %s +FLAGS.SILENT (\\Answered)" % named, store
        if which == 1:
            return b"COPY %s %s" % (named, other), lambda: self.put(other, [folder.messages[uid] for uid in there])

        def move() -> None:
            moved = [folder.messages[uid] for uid in there]
            self.put(other, moved)
            for uid in there:
                del folder.messages[uid]
        return b"MOVE %s %s" % (named, other), move

    def search(self, session: Session, folder: Folder) -> None:
        """Of all that the session has been told of, which is all there is."""
        self.check(session)
        flag = self.random.choice((b"Seen", b"Flagged", b"Deleted", b"Answered"))
        asked = [(flag.upper(), lambda _, message: b"\\" + flag in message[1]), (b"UN" + flag.upper(), lambda _, message: b"\\" + flag not in message[1]),
                 (b"KEYWORD $One", lambda _, message: b"$One" in message[1]), (b"UNKEYWORD $Two", lambda _, message: b"$Two" not in message[1])]
        digit = b"%d" % self.random.randrange(100)
        asked.append((b"SUBJECT m" + digit, lambda _, message: b"m" + digit in message[0]))
        middle = self.random.choice(sorted(folder.messages) or [1])
        asked.append((b"UID %d:*" % middle, lambda uid, _: uid >= middle or uid == max(folder.messages)))
        (first, holds), (second, holds_too) = self.random.sample(asked, 2)
        for words, wanted in ((first, holds), (first + b" NOT " + second, lambda *each: holds(*each) and not holds_too(*each)),
                              (b"OR " + first + b" " + second, lambda *each: holds(*each) or holds_too(*each))):
            untagged = self.ok(self.ask(session, b"UID SEARCH " + words))
            [line] = [line for line in untagged if line.startswith(b"* SEARCH")]
            self.assertEqual([int(uid) for uid in line.split()[2:]], [uid for uid in sorted(folder.messages) if wanted(uid, folder.messages[uid])],
                             f"{words!r}, seed {self.seed}")

    def put(self, name: bytes, messages: list) -> None:
        folder = self.model[name]
        for message in messages:
            folder.messages[folder.next] = message
            folder.next += 1

    def copy_of_model(self) -> dict:
        return {name: Folder(folder.next, folder.validity, dict(folder.messages)) for name, folder in self.model.items()}

    def reconnect(self, before: dict, after: dict | None) -> list[Session]:
        """After a kill: what is there is the model with the command that was under way, or without it."""
        self.reading.machine.start()
        sessions = [self.connect() for _ in range(3)]
        there = {name: self.read_all(sessions[0], name) for name in FOLDERS}
        for possible in (before, after):
            if possible and all(there[name] == possible[name].messages for name in FOLDERS):
                self.model = possible
                for name, folder in self.model.items():  # UIDNEXT may have been given to what is gone
                    [line] = [line for line in self.ok(sessions[0].wire.ask(b"STATUS " + name + b" (UIDNEXT)")) if b"(UIDNEXT" in line]
                    given = int(re.search(rb"UIDNEXT (\d+)", line)[1])
                    self.assertGreaterEqual(given, folder.next)
                    folder.next = given
                for session in sessions:
                    self.select(session, self.random.choice(FOLDERS))
                return sessions
        self.fail(f"after a kill, seed {self.seed}: {there}")

    def test_random_commands_of_three_sessions(self):
        setup = self.connect()
        for name in FOLDERS[1:]:
            self.ok(self.ask(setup, b"CREATE " + name))
        sessions = [self.connect() for _ in range(3)]
        for session in sessions:
            self.select(session, self.random.choice(FOLDERS))
        kills = 0
        for number in range(COMMANDS):
            session = self.random.choice(sessions)
            if number % 1500 == 1499:  # in the middle of a command, as far as one can tell
                kills += 1
                before = self.copy_of_model()
                command, effect = self.step(session)
                session.wire.send(command)
                self.reading.machine.kill()
                effect()
                sessions = self.reconnect(before, self.model)
                continue
            if self.random.randrange(60) == 0:
                self.select(session, self.random.choice(FOLDERS))
                continue
            command, effect = self.step(session)
            answer, _ = self.ask(session, command)
            self.assertTrue(answer.startswith(b"OK"), f"{command!r}: {answer!r}, seed {self.seed}")  # RFC 9051 §6.4.9
            effect()
            if self.random.randrange(40) == 0:
                for each in sessions:
                    self.check(each)
            if len(self.model[session.folder].messages) > 300:
                self.thin_out(session)
        for session in sessions:
            self.check(session)
        self.assertGreater(kills, 0)

    def thin_out(self, session: Session) -> None:
        folder = self.model[session.folder]
        gone = sorted(folder.messages)[:250]
        named = b"%d:%d" % (gone[0], gone[-1])
        self.ok(self.ask(session, b"UID STORE " + named + b" +FLAGS.SILENT (\\Deleted)"))
        self.ok(self.ask(session, b"UID EXPUNGE " + named))
        for uid in gone:
            del folder.messages[uid]


if __name__ == "__main__":
    unittest.main()
