"""Random commands of three clients against a model, with the server killed in between while each has a command under way: no UID is
given twice or goes down, no MODSEQ either, no message is lost or doubled, every client ends up with what is there, a search finds what
is to be found, and what was answered with OK is there after a crash. One client knows QRESYNC, and comes back with what it remembers.

    UNDERSTUDY_MODEL_COMMANDS=1000000 python3 imap_model_test.py       # default: 4,000
    UNDERSTUDY_MODEL_SEED=17 python3 imap_model_test.py                # the same commands again
    UNDERSTUDY_MODEL_TRANSCRIPT=FILE python3 imap_model_test.py        # after a failure: the last 20,000 lines of all connections
"""
import collections
import os
import random
import re
import sys
import unittest
from collections import Counter

from imap_model.client import Client, Wrong
from imap_model.commands import DELETED, KEPT, Command, Commands
from imap_model.model import Message, Model, UnderWay, outcomes
from imap_model.numbers import Numbers
from support.case import OwnRigCase
from support.imap_wire import Wire
from support.reading import ALICE, PASSWORD, Reading, unverified

TRANSCRIPT = os.environ.get("UNDERSTUDY_MODEL_TRANSCRIPT")
COMMANDS = int(os.environ.get("UNDERSTUDY_MODEL_COMMANDS", "4000"))
NOTIFY = (None, b"(selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange))",
          b"(selected-delayed (MessageNew MessageExpunge FlagChange)) (subtree work (MessageNew MessageExpunge))")  # a client is told without asking


class ImapModelTest(OwnRigCase):
    def setUp(self) -> None:
        if TRANSCRIPT:
            Wire.transcript = collections.deque(maxlen=20_000)
        self.reading = Reading(self.rig)
        self.seed = int(os.environ.get("UNDERSTUDY_MODEL_SEED", random.randrange(1 << 32)))
        self.random = random.Random(self.seed)
        self.commands = Commands(self.random)
        self.numbers = Numbers()
        self.happened: Counter[str] = Counter()
        self.clients = [Client(qresync=True), Client(qresync=False), Client(qresync=False)]

    @property
    def model(self) -> Model:
        return self.commands.model

    def ok(self, answer: tuple[bytes, list[bytes]]) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    # ---- connections

    def log_in(self) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.ok(wire.ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()))
        return wire

    def connect(self, client: Client) -> None:
        wire = self.log_in()
        if client.qresync:
            self.ok(wire.ask(b"ENABLE QRESYNC"))
        if notify := self.random.choice(NOTIFY):
            self.ok(wire.ask(b"NOTIFY SET " + notify))
        client.connected(wire, counts=not notify or b"selected-delayed" in notify)
        self.select(client)

    def go_away(self, client: Client) -> None:
        """Until there is something for it to do."""
        client.leave()
        client.wire.close()
        client.wire = None

    # ---- an open mailbox

    def open_word(self, client: Client, number: int) -> tuple[bytes, bool]:
        """SELECT or EXAMINE, with what the client remembers; and whether that leaves out what has come since."""
        verb = self.random.choice((b"SELECT", b"SELECT", b"SELECT", b"EXAMINE"))
        line = verb + b" " + self.model.folders[number].name
        memory = client.memory.get(number)
        if not client.qresync or not memory or self.random.randrange(5) == 0:
            return line + self.random.choice((b"", b" (CONDSTORE)")), False
        known = self.random.choice((b"", b" 1:%d" % max(memory.flags, default=1), b" " + b",".join(b"%d" % uid for uid in memory.flags)))
        return line + b" (QRESYNC (%d %d%s))" % (memory.validity, memory.highest, known.rstrip()), bool(known.strip())

    def select(self, client: Client) -> None:
        number = self.random.choice(sorted(self.model.folders))
        client.leave()
        line, leaves_out = self.open_word(client, number)
        self.opened(client, number, line, self.ok(client.wire.ask(line)), leaves_out)
        self.compare(client)
        self.check(client)

    def opened(self, client: Client, number: int, line: bytes, untagged: list[bytes], leaves_out: bool) -> None:
        memory, untagged = client.opened(number, untagged, read_only=line.startswith(b"EXAMINE"))
        self.numbers.selected(number, untagged)
        if memory and b"QRESYNC" in line:
            self.happened["came back"] += 1
            self.happened["vanished meanwhile"] += any(b"VANISHED (EARLIER)" in each for each in untagged)
            client.caught_up(memory, untagged)
            self.assertTrue(leaves_out or client.is_whole(), "QRESYNC has not told of all")
        elif memory:  # an older mail program (RFC 7162 §3.2.6)
            client.caught_up(memory, self.ok(client.wire.ask(b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d VANISHED)" % memory.highest)))
        if client.qresync and not client.is_whole():
            newer = max((uid for uid in client.uids if uid), default=0) + 1
            client.hear(self.ok(client.wire.ask(b"UID FETCH %d:* (FLAGS MODSEQ)" % newer)))
        if client.qresync:
            client.heard_all(b"")

    def compare(self, client: Client) -> None:
        """The client knows what is there, as far as it can."""
        if client.folder is None:
            return
        folder = self.model.folders.get(client.folder)
        messages = folder.messages if folder else {}
        self.assertEqual(len(client.uids), len(messages))
        for told, uid in zip(client.uids, sorted(messages)):
            self.assertIn(told, (None, uid), client.uids)
        for uid, flags in client.flags.items():
            self.assertEqual(flags, messages[uid].flags, f"UID {uid}")

    def check(self, client: Client) -> None:
        """Once it has heard of everything, it has what the model has."""
        if client.folder is None:
            return
        self.ask(client, Command(b"NOOP", []))
        if not client.is_whole() or client.unsure & set(client.uids):
            self.ask(client, Command(b"UID FETCH 1:* (FLAGS)", []))
        self.assertNotIn(None, client.uids)
        self.compare(client)

    # ---- commands, one after another

    def ask(self, client: Client, command: Command) -> list[bytes]:
        answer, untagged = client.wire.ask(command.line)
        if command.refused:
            self.assertTrue(answer.startswith(b"NO [" + command.refused + b"]"), f"{command.line!r}: {answer!r}")
        else:
            self.assertTrue(answer.startswith(b"OK"), f"{command.line!r}: {answer!r}")  # RFC 9051 §6.4.9
            for commit in command.commits:
                commit(self.model)
        if command.modified is not None and not command.refused:
            self.assertEqual(self.numbers.modified(answer), command.modified, command.line)
            self.happened["modified meanwhile"] += bool(command.modified)
        self.took(client, command, answer, untagged)
        folder = self.model.folders.get(client.folder)
        for uid, modseq in client.fresh.items():
            message = folder.messages.get(uid) if folder else None
            self.know(client.folder, uid, message, modseq)
        client.fresh.clear()
        return untagged

    def took(self, client: Client, command: Command, answer: bytes, untagged: list[bytes]) -> None:
        """What the client makes of an answer."""
        self.assertIn(answer.split()[0], (b"OK", b"NO"), command.line)
        client.flagged.clear()
        if client.folder is not None:
            client.hear(untagged)
        if command.was_done(answer):
            command.heard(answer)
        if command.closes:
            client.leave()
        elif not command.keeps_back and client.folder is not None:
            client.heard_all(answer)

    def know(self, number: int, uid: int, message: Message | None, modseq: int) -> None:
        """The MODSEQ of a message grows with each change of its flags, and only then (RFC 7162 §3.1)."""
        changes, before = self.commands.told.get((number, uid), (None, 0))
        if not message:
            return
        if changes == message.changes:
            self.assertEqual(modseq, before, f"UID {uid}")
        else:
            self.assertGreater(modseq, before - (changes is None), f"UID {uid}")
        self.commands.told[number, uid] = (message.changes, modseq)

    def step(self, client: Client) -> Command:
        if not client.wire:
            self.connect(client)
        elif client.folder not in self.model.folders:
            self.check(client)
            self.select(client)
        command = self.commands.any(client)
        if command.line != b"CLOSE":
            return command
        self.check(client)
        return self.commands.close(client)

    def search(self, client: Client) -> None:
        """Of all that the client has been told of, which is all there is."""
        self.check(client)
        messages = self.model.folders[client.folder].messages
        flag = self.random.choice((b"Seen", b"Flagged", b"Deleted", b"Answered"))
        asked = [(flag.upper(), lambda _, message: b"\\" + flag in message.flags),
                 (b"UN" + flag.upper(), lambda _, message: b"\\" + flag not in message.flags),
                 (b"KEYWORD $One", lambda _, message: b"$One" in message.flags), (b"UNKEYWORD $Two", lambda _, message: b"$Two" not in message.flags)]
        digit = b"%d" % self.random.randrange(100)
        asked.append((b"SUBJECT m" + digit, lambda _, message: b"m" + digit in message.subject))
        middle = self.random.choice(sorted(messages) or [1])
        asked.append((b"UID %d:*" % middle, lambda uid, _: uid >= middle or uid == max(messages)))
        (first, holds), (second, holds_too) = self.random.sample(asked, 2)
        for words, wanted in ((first, holds), (first + b" NOT " + second, lambda *each: holds(*each) and not holds_too(*each)),
                              (b"OR " + first + b" " + second, lambda *each: holds(*each) or holds_too(*each))):
            untagged = self.ask(client, Command(b"UID SEARCH " + words, []))
            [line] = [line for line in untagged if line.startswith(b"* SEARCH")]
            self.assertEqual([int(uid) for uid in line.split()[2:]], [uid for uid in sorted(messages) if wanted(uid, messages[uid])], f"{words!r}")

    def thin_out(self, client: Client) -> None:
        gone = sorted(self.model.folders[client.folder].messages)[:250]
        self.ask(client, self.commands.store(client, gone, b"+", DELETED, b".SILENT"))
        self.ask(client, self.commands.expunge(client, gone))

    # ---- commands at the same time, and kills

    def all_at_once(self, *, kill: bool) -> None:
        """Each client has a command under way. What has become of them is one of what may have."""
        commands = [self.step(client) for client in self.clients]
        names_change = all(command.of_mailboxes for command in commands[1:])  # one goes and another gets its name
        if not kill and not names_change and self.random.randrange(2):
            return self.come_back_meanwhile(commands)
        tags = [client.wire.send(command.line) for client, command in zip(self.clients, commands)]
        answers = {}
        if kill:
            for place in self.random.sample(range(3), self.random.randrange(3)):  # it has got so far
                answers[place] = self.clients[place].answer(tags[place])
            self.reading.machine.kill()
            self.happened["killed"] += 1
        for place, client in enumerate(self.clients):
            if place not in answers:
                answers[place] = client.answer(tags[place])
            answer, untagged = answers[place]
            if answer:
                self.took(client, commands[place], answer, untagged)
            else:
                client.hear(untagged)
        if kill:
            self.reading.machine.start()
        self.find_outcome([UnderWay(command.line, command.commits, bool(answers[place][0])) for place, command in enumerate(commands)
                           if not answers[place][0] or command.was_done(answers[place][0])])
        for client in self.clients:
            if kill:
                self.go_away(client)
            else:
                self.check(client)

    def come_back_meanwhile(self, commands: list[Command]) -> None:
        """The first client opens the mailbox of the second one, if it can, while that one changes what is in it."""
        client, others = self.clients[0], self.clients[1:]
        if self.random.randrange(2):
            commands[1] = self.commands.move_away(others[0])
        number = others[0].folder
        client.leave()
        line, leaves_out = self.open_word(client, number)
        order = [client, *others]
        self.random.shuffle(order)
        tags = {id(each): each.wire.send(line if each is client else commands[self.clients.index(each)].line) for each in order}
        answers = [each.answer(tags[id(each)]) for each in self.clients]
        for each, command, answer in list(zip(self.clients, commands, answers))[1:]:
            self.took(each, command, *answer)
        if answers[0][0].startswith(b"OK"):
            self.opened(client, number, line, answers[0][1], leaves_out)
        self.find_outcome([UnderWay(command.line, command.commits, True) for command, answer in list(zip(commands, answers))[1:]
                           if command.was_done(answer[0])])
        for each in self.clients:
            self.check(each)

    def find_outcome(self, commands: list[UnderWay]) -> None:
        """The model is what has become of it."""
        wire = self.log_in()
        listed = self.numbers.look(wire)
        there = {name: self.read_all(wire, name) for name in listed}
        for possible in outcomes(self.model, commands):
            if possible.contents() == there and self.numbers.may_be(possible, listed) and self.numbers.subscribed(wire) == possible.subscribed:
                self.commands.model = possible
                break
        else:
            before = self.model.contents()
            changed = {name: (before.get(name), there.get(name)) for name in before | there if before.get(name) != there.get(name)}
            self.fail(f"{changed} (before, after) is nothing that may have become of {commands}")
        for folder in self.model.folders.values():  # UIDNEXT may have been given to what is gone
            self.assertGreaterEqual(listed[folder.name].next, folder.next)
            folder.next = listed[folder.name].next
        self.numbers.keep(self.model, listed)
        wire.close()
        self.commands.told = {key: (None, modseq) for key, (_, modseq) in self.commands.told.items()}
        for client in self.clients:  # which changes they stand for nobody knows
            client.modseqs.clear()
            client.fresh.clear()

    def look_over(self) -> None:
        """All mailboxes: their names, numbers and counts."""
        listed = self.numbers.look(self.observer)
        self.assertEqual(set(listed), {folder.name for folder in self.model.folders.values()})
        self.assertTrue(self.numbers.may_be(self.model, listed), listed)
        self.numbers.keep(self.model, listed)
        for folder in self.model.folders.values():
            seen = [uid for uid, message in folder.messages.items() if b"\\Seen" in message.flags]
            told = listed[folder.name]
            self.assertEqual((told.messages, told.unseen, told.next), (len(folder.messages), len(folder.messages) - len(seen), folder.next))
        self.assertEqual(self.numbers.subscribed(self.observer), self.model.subscribed)

    def read_all(self, wire: Wire, name: bytes) -> dict[int, tuple[bytes, frozenset]]:
        self.ok(wire.ask(b"EXAMINE " + name))
        there = {}
        for line in self.ok(wire.ask(b"UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])")):
            if found := re.match(rb"\* \d+ FETCH \(.*?UID (\d+).*?FLAGS \(([^)]*)\).*?Subject: (\S+)", line, re.S):
                there[int(found[1])] = (found[3], frozenset(found[2].split()))
        return there

    # ---- all of it

    def test_random_commands_of_three_sessions(self):
        try:
            self.run_random_commands()
        except (AssertionError, Wrong) as wrong:
            self.write_transcript()
            raise AssertionError(f"seed {self.seed}, command {self.number}: {wrong}") from wrong

    def write_transcript(self) -> None:
        if not TRANSCRIPT:
            return
        names = {id(client.wire): f"client {place}" for place, client in enumerate(self.clients)}
        with open(TRANSCRIPT, "w", encoding="utf-8") as out:
            for wire, line in Wire.transcript:
                out.write(f"{names.get(wire, wire)}: {line[:2000]!r}\n")

    def run_random_commands(self) -> None:
        self.number = 0
        self.observer = self.log_in()
        for name in self.numbers.look(self.observer).keys() - {KEPT[0]}:  # that each account has
            self.ok(self.observer.ask(b"DELETE " + name))
        for name in KEPT[1:]:
            self.ok(self.observer.ask(b"CREATE " + name))
        for client in self.clients:
            self.connect(client)
        for self.number in range(COMMANDS):
            client = self.random.choice(self.clients)
            if self.number % 50 == 49:
                self.all_at_once(kill=self.number % 1000 == 999)
                if self.number % 1000 == 999:
                    self.observer.close()
                    self.observer = self.log_in()
            elif client.wire and self.random.randrange(60) == 0:
                self.select(client)
            elif client.wire and self.random.randrange(15 if client.qresync else 60) == 0:
                self.go_away(client)
            else:
                self.one_command(client)
        for client in self.clients:
            self.check(client)
        self.look_over()
        if COMMANDS >= 2000:
            for what in ("came back", "vanished meanwhile", "modified meanwhile", "killed"):
                self.assertGreater(self.happened[what], 0, what)
        if COMMANDS > 6000:
            print(f"seed {self.seed}: {dict(self.happened)}", file=sys.stderr)

    def one_command(self, client: Client) -> None:
        command = self.step(client)
        self.ask(client, command)
        if command.of_mailboxes:
            self.look_over()
        if client.folder in self.model.folders:
            if self.random.randrange(12) == 0:
                self.search(client)
            if not client.read_only and len(self.model.folders[client.folder].messages) > 300:
                self.thin_out(client)
        if self.random.randrange(40) == 0:
            for each in self.clients:
                self.check(each)


if __name__ == "__main__":
    unittest.main()
