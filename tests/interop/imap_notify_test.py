"""NOTIFY (RFC 5465): what a client hears while it says nothing, and what it does not. What stands in which response: imap_scripts/notify*.txt."""
import random
import re
import time
import unittest

from support.case import RigCase
from support.imap_wire import Gone, Wire
from support.instance import DOMAIN
from support.reading import PASSWORD, Reading, unverified

MESSAGES = b"MessageNew MessageExpunge"
QUIET = 0.3  # seconds in which what may not come has not come


def literal(octets: bytes) -> bytes:
    return b"{%d+}\r\n%s" % (len(octets), octets)


def letter(subject: str, body: str = "a few words\r\n") -> bytes:
    return literal(f"From: Ann <ann@world.example>\r\nTo: alice@example.org\r\nSubject: {subject}\r\n\r\n{body}".encode())


def mail(subject: str) -> bytes:
    return f"From: Ann <ann@world.example>\r\nSubject: {subject}\r\n\r\na few words\r\n".encode()


class NotifyCase(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def setUp(self) -> None:
        self.user = f"{self.id().rsplit('.', 1)[1][:40]}@{DOMAIN}"
        self.reading.machine.add_account(self.user, PASSWORD)

    def login(self, *commands: bytes) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.addCleanup(wire.close)
        self.ok(wire.ask(f'LOGIN {self.user} "{PASSWORD}"'.encode()))
        for command in commands:
            self.ok(wire.ask(command))
        return wire

    def ok(self, answer: tuple[bytes, list[bytes]]) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def hears(self, wire: Wire, *expected: bytes) -> None:
        """Without a word of its own."""
        for pattern in expected:
            self.assertRegex(wire.response(), b"(?s)^" + pattern + b"$")

    def hears_nothing(self, wire: Wire) -> None:
        self.assertFalse(wire._left)
        wire._socket.settimeout(QUIET)
        with self.assertRaises(Gone) as quiet:
            wire._more()
        self.assertIsInstance(quiet.exception.__cause__, TimeoutError)
        wire._socket.settimeout(30)


class BetweenCommandsTest(NotifyCase):
    def test_of_the_selected_mailbox_each_change_comes_at_once(self):
        writer = self.login(b"CREATE box", b"SELECT box")
        reader = self.login(b"SELECT box", b"NOTIFY SET (selected (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (Subject)]) MessageExpunge FlagChange))")
        self.ok(writer.ask(b"APPEND box (\\Draft) " + letter("first")))
        self.hears(reader, rb"\* 1 EXISTS", rb"\* 1 FETCH \(UID 1 FLAGS \(\\Draft\) BODY\[HEADER.FIELDS \(Subject\)\] \{18\}\r\nSubject: first\r\n\r\n\)")
        took = []
        for number in range(2, 12):  # from the writer's OK on: the middle one of several, since machines are busy
            self.ok(writer.ask(b"APPEND box " + letter("more")))
            began = time.monotonic()
            self.hears(reader, rb"\* %d EXISTS" % number)
            took.append(time.monotonic() - began)
            self.hears(reader, rb"\* %d FETCH .*" % number)
        self.assertLess(sorted(took)[5], 0.1)
        self.ok(writer.ask(b"STORE 2:11 +FLAGS (\\Deleted)"))
        self.hears(reader, *(rb"\* %d FETCH \(UID %d FLAGS \(\\Deleted\)\)" % (number, number) for number in range(2, 12)))
        self.ok(writer.ask(b"EXPUNGE"))
        self.hears(reader, *(rb"\* %d EXPUNGE" % number for number in range(11, 1, -1)))
        self.assertEqual(self.ok(reader.ask(b"NOOP")), [])
        self.assertIn(b"\\Draft", self.ok(reader.ask(b"FETCH 1 FLAGS"))[0])
        self.assertNotIn(b"\\Seen", self.ok(writer.ask(b"FETCH 1 FLAGS"))[0])

    def test_what_is_read_without_being_asked_is_not_seen(self):
        writer = self.login(b"SELECT INBOX")
        reader = self.login(b"SELECT INBOX", b"NOTIFY SET (selected (MessageNew (BODY[] RFC822.TEXT BINARY[]) MessageExpunge))")
        self.reading.deliver(mail("pushed"), self.user)
        self.hears(reader, rb"\* 1 EXISTS", rb"\* 1 FETCH \(UID 1 BODY\[\] .*pushed.*")
        self.ok(writer.ask(b"NOOP"))
        self.assertNotIn(b"\\Seen", self.ok(writer.ask(b"FETCH 1 FLAGS"))[0])

    def test_mail_for_a_mailbox_that_is_not_selected_is_counted_at_once(self):
        reader = self.login(b"CREATE box", b"SELECT box", b"NOTIFY SET (inboxes (" + MESSAGES + b" FlagChange))")
        took = []
        for number in range(1, 6):
            self.reading.deliver(mail(f"number {number}"), self.user)
            began = time.monotonic()
            self.hears(reader, rb'\* STATUS "INBOX" \(MESSAGES %d UIDNEXT %d UIDVALIDITY \d+ UNSEEN %d\)' % (number, number + 1, number))
            took.append(time.monotonic() - began)
        self.assertLess(sorted(took)[2], 0.1)

    def test_a_mailbox_that_another_session_makes_is_covered_from_then_on(self):
        writer = self.login()
        everywhere = self.login(b"NOTIFY SET (personal (" + MESSAGES + b" MailboxName))")
        below = self.login(b"NOTIFY SET (subtree lists (" + MESSAGES + b"))")
        self.ok(writer.ask(b"CREATE lists/new"))
        self.hears(everywhere, rb'\* LIST \(\\NonExistent \\HasChildren\) "/" "lists"', rb'\* LIST \(\\HasNoChildren\) "/" "lists/new"')
        self.ok(writer.ask(b"APPEND lists/new " + letter("first")))
        for reader in (everywhere, below):
            self.hears(reader, rb'\* STATUS "lists/new" \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+\)')
        self.ok(writer.ask(b"RENAME lists/new elsewhere"))
        self.hears(everywhere, rb'\* LIST \(\\HasNoChildren\) "/" "elsewhere" \("OLDNAME" \("lists/new"\)\)')
        self.ok(writer.ask(b"APPEND elsewhere " + letter("second")))
        self.hears(everywhere, rb'\* STATUS "elsewhere" \(MESSAGES 2 UIDNEXT 3 UIDVALIDITY \d+\)')
        self.hears_nothing(below)

    def test_names_are_told_as_the_client_writes_them(self):
        writer = self.login(b"ENABLE UTF8=ACCEPT")
        old, new = self.login(), self.login(b"ENABLE IMAP4rev2")
        for wire in (old, new):
            self.ok(wire.ask(b"NOTIFY SET (personal (MailboxName))"))
        self.ok(writer.ask('CREATE "Grüße \\"a\\""'.encode()))
        self.hears(old, rb'\* LIST \(\\HasNoChildren\) "/" "Gr&APwA3w-e \\"a\\""')
        self.hears(new, r'\* LIST \(\\HasNoChildren\) "/" "Grüße \\"a\\""'.encode())

    def test_expunges_wait_for_a_command_that_allows_them_where_they_are_delayed(self):
        writer = self.login(b"CREATE box", b"APPEND box " + b" ".join(map(letter, "abcd")), b"SELECT box")
        reader = self.login(b"SELECT box", b"NOTIFY SET (selected-delayed (" + MESSAGES + b" FlagChange))")
        self.ok(writer.ask(b"STORE 1 +FLAGS.SILENT (\\Deleted)"))
        self.hears(reader, rb"\* 1 FETCH \(UID 1 FLAGS \(\\Deleted\)\)")
        self.ok(writer.ask(b"EXPUNGE"))
        self.hears_nothing(reader)
        self.ok(writer.ask(b"STORE 1 +FLAGS (\\Flagged)"))  # which is his second
        self.hears(reader, rb"\* 2 FETCH \(UID 2 FLAGS \(\\Flagged\)\)")
        self.ok(writer.ask(b"APPEND box " + letter("e")))
        self.hears(reader, rb"\* 5 EXISTS")
        self.assertEqual(self.ok(reader.ask(b"FETCH 2 UID")), [b"* 2 FETCH (UID 2)"])
        tag = reader.send(b"IDLE")
        self.hears(reader, rb"\+ .*", rb"\* 1 EXPUNGE")
        reader.send_line(b"DONE")
        self.hears(reader, tag + b" OK .*")
        self.assertEqual(self.ok(reader.ask(b"FETCH 2 UID")), [b"* 2 FETCH (UID 3)"])

    def test_a_message_that_is_not_taken_is_answered_behind_what_was_delayed(self):
        """Else who was told of a MODSEQ, and hangs up, never hears of what vanished below it (RFC 7162 §3.2.5)."""
        writer = self.login(b"CREATE box", b"APPEND box " + b" ".join(map(letter, "abc")), b"SELECT box")
        reader = self.login(b"ENABLE QRESYNC", b"SELECT box", b"NOTIFY SET (selected-delayed (" + MESSAGES + b" FlagChange))")
        self.ok(writer.ask(b"STORE 1 +FLAGS.SILENT (\\Deleted)"))
        self.hears(reader, rb"\* 1 FETCH \(UID 1 FLAGS \(\\Deleted\) MODSEQ \(\d+\)\)")
        self.ok(writer.ask(b"EXPUNGE"))
        self.ok(writer.ask(b"STORE 1 +FLAGS (\\Flagged)"))
        self.hears(reader, rb"\* 2 FETCH \(UID 2 FLAGS \(\\Flagged\) MODSEQ \(\d+\)\)")
        answer, untagged = reader.ask(b"APPEND nowhere " + letter("d"))
        self.assertTrue(answer.startswith(b"NO [TRYCREATE]"), answer)
        self.assertEqual(untagged, [b"* VANISHED 1"])

    def test_nothing_comes_in_the_middle_of_a_command(self):
        writer = self.login(b"CREATE box")
        reader = self.login(b"SELECT box", b"NOTIFY SET (selected (" + MESSAGES + b")) (personal (MailboxName))")
        for begins, goes_on in ((b"half NO", b"OP\r\n"), (b"half LOGIN {3}\r\n", b"abc x\r\n"), (b"half APPEND nowhere {5+}\r\nab", b"cde\r\n")):
            reader._socket.sendall(begins)
            if begins.endswith(b"}\r\n"):
                self.hears(reader, rb"\+ .*")
            time.sleep(0.1)  # until it has come there
            self.ok(writer.ask(b"APPEND box " + letter("unheard of")))
            self.hears_nothing(reader)
            reader._socket.sendall(goes_on)
            heard = sorted([reader.response(), reader.response()])  # what is refused unread is answered first
            self.assertRegex(b"\n".join(heard), rb"^\* \d EXISTS\nhalf ")

    def test_idle_and_notify_beside_each_other(self):
        writer = self.login(b"CREATE box", b"CREATE other")
        idle = self.login(b"SELECT box")
        notified = self.login(b"SELECT box", b"NOTIFY SET (selected (" + MESSAGES + b")) (personal (" + MESSAGES + b"))")
        both = self.login(b"SELECT box", b"NOTIFY SET (selected-delayed (" + MESSAGES + b")) (mailboxes other (" + MESSAGES + b"))")
        elsewhere = self.login(b"NOTIFY SET (mailboxes box (" + MESSAGES + b"))")
        deaf = self.login(b"SELECT box", b"NOTIFY NONE")
        tags = {wire: wire.send(b"IDLE") for wire in (idle, both, elsewhere, deaf)}
        for wire in tags:
            self.hears(wire, rb"\+ .*")
        self.ok(writer.ask(b"APPEND box " + letter("seen by all")))
        for wire in (idle, notified, both):
            self.hears(wire, rb"\* 1 EXISTS")
        self.hears(elsewhere, rb'\* STATUS "box" \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+\)')
        self.ok(writer.ask(b"APPEND other " + letter("seen by two")))
        for wire in (notified, both):
            self.hears(wire, rb'\* STATUS "other" \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+\)')
        self.ok(writer.ask(b"SELECT box"))
        self.ok(writer.ask(b"STORE 1 +FLAGS (\\Deleted)"))
        self.hears(idle, rb"\* 1 FETCH \(UID 1 FLAGS \(\\Deleted\)\)")
        self.ok(writer.ask(b"EXPUNGE"))
        for wire in (idle, notified, both):
            self.hears(wire, rb"\* 1 EXPUNGE")
        for wire in (idle, notified, both, deaf):
            self.hears_nothing(wire)
        for wire, tag in tags.items():
            wire.send_line(b"DONE")
        for wire in (idle, both, deaf):
            self.hears(wire, tags[wire] + b" OK .*")

    def test_a_login_that_is_over_is_told_without_a_command(self):
        reader = self.login(b"NOTIFY SET (personal (" + MESSAGES + b"))")
        self.reading.machine.verb("account", "passwd", self.user, "--password-stdin", text=b"another long password\n")
        time.sleep(1.1)
        self.reading.deliver(mail("for whoever knows the new password"), self.user)
        self.hears(reader, rb"\* BYE .*")
        with self.assertRaises(Gone):
            reader.response()

    def test_what_follows_from_what_is_told_is_what_is_there(self):
        """Two sessions change what they like; one follows by what it hears alone, and changes something itself."""
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        boxes = [b"box", b"second", b"third"]
        writers = [self.login(*(b"CREATE " + name for name in boxes)), self.login()]
        for number, writer in enumerate(writers):
            self.ok(writer.ask(b"SELECT " + boxes[number]))
        reader = self.login(b"SELECT box")
        follower = Follower(reader)
        follower.take(self.ok(reader.ask(b"NOTIFY SET STATUS (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (personal (" + MESSAGES + b" FlagChange MailboxName))")))
        for _ in range(400):
            writer = chance.choice(writers)
            self.change(chance, writer, boxes)
            if chance.random() < 0.1:
                follower.take(self.ok(reader.ask(chance.choice([b"NOOP", b"UID STORE 1:* +FLAGS ($Read)", b"APPEND second " + letter("of the reader"),
                                                                b"APPEND box (\\Seen) " + letter("of the reader"), b"UID COPY * second", b"EXPUNGE"]))))
        self.ok(writers[0].ask(b"APPEND second " + letter("the last one")))
        follower.take(self.ok(reader.ask(b"NOOP")))
        there = [(int(re.search(rb"UID (\d+)", line)[1]), follower.flags(line)) for line in self.ok(reader.ask(b"UID FETCH 1:* (FLAGS)"))]
        self.assertEqual(len(follower.messages), len(there), f"seed {seed}")
        for known, is_so in zip(follower.messages, there):  # of one of its own it knows that it is there
            self.assertIn(known, (is_so, follower.ITS_OWN), f"seed {seed}")
        for name in boxes[1:]:
            [status] = self.ok(writers[0].ask(b"STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)" % name))
            self.assertEqual({**follower.counted[name], b"HIGHESTMODSEQ": b""}, {**follower.numbers(status), b"HIGHESTMODSEQ": b""}, f"seed {seed}")
        listed = {re.search(rb'"/" "([^"]*)"', line)[1] for line in self.ok(reader.ask(b'LIST "" made*'))}
        self.assertEqual(follower.names, listed, f"seed {seed}")

    def change(self, chance: random.Random, wire: Wire, boxes: list[bytes]) -> None:
        what = chance.randrange(8)
        name = b"made%d" % chance.randrange(5)
        commands = [b"APPEND %s %s" % (chance.choice(boxes), letter("x")), b"APPEND box " + letter("y"), b"UID STORE 1:* +FLAGS (\\Flagged)",
                    b"UID STORE %d:* %cFLAGS (\\Deleted)" % (chance.randrange(1, 200), chance.choice(b"+-")), b"EXPUNGE", b"CREATE " + name,
                    b"DELETE " + name, b"RENAME %s made%d" % (name, chance.randrange(5))]
        wire.ask(commands[what])


class Follower:
    """What a client knows that asks for nothing."""
    ITS_OWN = 0, frozenset()

    def __init__(self, wire: Wire):
        self.wire = wire
        self.messages: list[tuple[int, frozenset[bytes]]] = []
        self.names: set[bytes] = set()
        self.counted: dict[bytes, dict[bytes, bytes]] = {}

    @staticmethod
    def flags(line: bytes) -> frozenset[bytes]:
        return frozenset(re.search(rb"FLAGS \(([^)]*)\)", line)[1].split())

    @staticmethod
    def numbers(status: bytes) -> dict[bytes, bytes]:
        words = re.search(rb"\(([^)]*)\)", status)[1].split()
        return dict(zip(words[::2], words[1::2]))

    def take(self, responses: list[bytes]) -> None:
        for line in responses:
            words = line.split()
            if words[2:] == [b"EXISTS"]:
                assert int(words[1]) >= len(self.messages), line
                self.messages += [self.ITS_OWN] * (int(words[1]) - len(self.messages))
            elif words[2:] == [b"EXPUNGE"]:
                del self.messages[int(words[1]) - 1]
            elif words[2] == b"FETCH":
                uid = int(re.search(rb"UID (\d+)", line)[1])
                at = int(words[1]) - 1
                assert self.messages[at][0] in (0, uid), (line, self.messages[at])
                self.messages[at] = (uid, self.flags(line))
            elif words[1] == b"LIST":
                name = re.search(rb'"/" "([^"]*)"', line)[1]
                if old := re.search(rb'"OLDNAME" \("([^"]*)"\)', line):
                    self.names.discard(old[1])
                (self.names.discard if b"\\NonExistent" in line else self.names.add)(name)
            elif words[1] == b"STATUS":
                self.counted.setdefault(words[2].strip(b'"'), {}).update(self.numbers(line))


class LimitsTest(NotifyCase):
    def test_so_many_names_and_no_more(self):
        wire = self.login()
        self.ok(wire.ask(b"NOTIFY SET (mailboxes (" + b" ".join(b"%d" % number for number in range(500)) + b") (MailboxName))"))
        for command in (b"(mailboxes (" + b" ".join(b"%d" % number for number in range(501)) + b") (MailboxName))",
                        b"(subtree (" + b" ".join(b"%0900d" % number for number in range(40)) + b") (MailboxName))",
                        b"(selected (MessageNew (BODY.PEEK[HEADER.FIELDS (" + b" ".join(b"%070d" % number for number in range(800)) + b")]) MessageExpunge))"):
            self.assertTrue(wire.ask(b"NOTIFY SET " + command)[0].startswith(b"NO [NOTIFICATIONOVERFLOW]"), command[:40])
        self.assertTrue(wire.ask(b"NOTIFY SET (mailboxes (" + b" ".join(b"%d" % number for number in range(1001)) + b") (MailboxName))")[0].startswith(b"BAD"))
        self.ok(self.login().ask(b"CREATE 7"))
        self.hears(wire, rb'\* LIST .* "7"')  # what was asked for before stays

    def test_what_is_too_much_at_once_ends_it(self):
        writer = self.login()
        reader = self.login(b"SELECT INBOX", b"NOTIFY SET (selected (" + MESSAGES + b")) (personal (MailboxName))")
        reader._socket.sendall(b"half NO")  # and nothing is told from when it is read
        time.sleep(1)
        for number in range(1001):
            writer.send(b"CREATE n%d" % number)
        for _ in range(1001):
            self.assertIn(b" OK ", writer.response())
        reader._socket.sendall(b"OP\r\n")
        self.hears(reader, rb"\* OK \[NOTIFICATIONOVERFLOW\] .*", rb"half OK .*")
        self.ok(writer.ask(b"CREATE one-more"))
        self.ok(writer.ask(b"APPEND INBOX " + letter("unheard")))
        self.hears_nothing(reader)
        self.assertEqual(self.ok(reader.ask(b"NOOP")), [])
        self.assertEqual(self.ok(reader.ask(b"NOTIFY SET (personal (MailboxName))")), [b"* 1 EXISTS"])
        self.ok(writer.ask(b"CREATE yet-another"))
        self.hears(reader, rb'\* LIST \(\\HasNoChildren\) "/" "yet-another"')

    def test_notes_are_looked_for_among_so_many_changes_and_no_more(self):
        writer = self.login(b"APPEND INBOX " + letter("one"), b"SELECT INBOX")
        with_notes = self.login(b"NOTIFY SET (personal (MailboxMetadataChange " + MESSAGES + b"))")
        without = self.login(b"NOTIFY SET (personal (" + MESSAGES + b" FlagChange))")
        for among, heard in ((1990, rb'\* METADATA "INBOX" /private/a'), (2010, rb"\* OK \[NOTIFICATIONOVERFLOW\] .*")):
            for reader in (with_notes, without):
                reader._socket.sendall(b"half NO")  # and nothing is told from when it is read
            time.sleep(1)
            writer.send(b'SETMETADATA INBOX (/private/a "%d")' % among)
            for number in range(among):
                writer.send(b"STORE 1 %cFLAGS.SILENT (\\Seen)" % b"-+"[number % 2])
            for _ in range(among + 1):
                self.assertIn(b" OK ", writer.response())
            self.ok(writer.ask(b"STORE 1 %cFLAGS.SILENT (\\Seen)" % (b"+" if among < 2000 else b"-")))
            for reader in (with_notes, without):
                reader._socket.sendall(b"OP\r\n")
            self.hears(with_notes, heard, rb"half OK .*")
            self.assertIn(b"half OK", without.response() + without.response())

    def test_a_thousand_at_once_are_told(self):
        writer = self.login()
        reader = self.login(b"NOTIFY SET (personal (MailboxName))")
        reader._socket.sendall(b"half NO")
        time.sleep(1)
        for number in range(1000):
            writer.send(b"CREATE n%d" % number)
        for _ in range(1000):
            self.assertIn(b" OK ", writer.response())
        reader._socket.sendall(b"OP\r\n")
        self.hears(reader, *[rb"\* LIST .*"] * 1000, rb"half OK .*")

    def test_a_client_that_does_not_read_holds_up_nobody_and_hears_all_of_it_later(self):
        large = "x" * 70 + "\r\n"
        writer = self.login(b"CREATE box")
        stalled = self.login(b"SELECT box")
        self.ok(stalled.ask(b"NOTIFY SET (selected (MessageNew (BODY.PEEK[]) MessageExpunge)) (personal (MailboxName))"))
        other = self.login(b"SELECT box", b"NOTIFY SET (selected (" + MESSAGES + b"))")
        for number in range(1, 21):
            self.ok(writer.ask(b"APPEND box " + letter(str(number), large * 14_000)))
            self.hears(other, rb"\* %d EXISTS" % number)
        self.ok(writer.ask(b"CREATE told-last"))
        listed, fetched = False, []
        while not listed or len(fetched) < 20:
            line = stalled.response()
            listed = listed or b"told-last" in line
            if b" FETCH " in line:
                fetched.append(int(line.split()[1]))
        self.assertEqual(fetched, list(range(1, 21)))

    def test_a_command_is_answered_while_much_is_still_to_be_told(self):
        writer = self.login(b"CREATE box", b"CREATE many", b"APPEND many " + b" ".join(letter(str(number)) for number in range(900)), b"SELECT many")
        reader = self.login(b"SELECT box", b"NOTIFY SET (selected (MessageNew (BODY.PEEK[]) MessageExpunge))")
        reader._socket.sendall(b"half NO")
        self.ok(writer.ask(b"COPY 1:* box"))
        reader._socket.sendall(b"OP\r\n")
        before = 0
        while not (line := reader.response()).startswith(b"half OK"):
            before += b" FETCH " in line
        self.assertEqual(before, 100)
        self.hears(reader, *(rb"\* %d FETCH .*" % number for number in range(101, 901)))

    def test_connections_that_end_in_the_middle_leave_nothing_behind(self):
        writer = self.login(b"CREATE box")
        for number in range(30):
            reader = self.login(b"SELECT box", b"NOTIFY SET (selected (MessageNew (BODY.PEEK[]) MessageExpunge FlagChange)) (personal (" + MESSAGES + b" MailboxName))")
            writer.send(b"APPEND box " + letter("x", "y" * 200_000 + "\r\n"))
            if number % 3 == 0:
                reader.send(b"IDLE")
            if number % 3 == 1:
                reader.send(b"UID FETCH 1:* (BODY.PEEK[])")
            reader.close()
            while b" OK " not in writer.response():
                pass
        self.ok(self.login().ask(b"NOOP"))

    def test_commands_that_come_all_at_once_are_answered_in_their_order(self):
        writer = self.login(b"CREATE box")
        reader = self.login(b"SELECT box", b"NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange)) (personal (MailboxName))")
        for number in range(50):
            writer.send(b"APPEND box " + letter(str(number)))
        tags = [reader.send(b"NOOP") for _ in range(300)]
        heard = []
        while len(heard) < len(tags):
            line = reader.response()
            if not line.startswith(b"* "):
                heard.append(line.split()[0])
        self.assertEqual(heard, tags)


if __name__ == "__main__":
    unittest.main()
