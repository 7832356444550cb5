"""Rights that are taken away, and mailboxes that are removed, while somebody is at work in them: what his command had done until then is
done, whole commits of it, the rest is not, and each answer is one that a mail program knows what to make of."""
import re
import time
import unittest

from support.imap_case import ImapCase, letter, literals
from support.imap_wire import Wire
from support.reading import ALICE, BOB

COUNT, AT_ONCE = 6000, 2000  # messages that are worked upon, and those of one commit
MARKED, MARKED_AT_ONCE = 30_000, 10_000  # the same of STORE
TRIES = 6


class RevokedTest(ImapCase):
    names = 0

    def setUp(self) -> None:
        self.alice, self.bob = self.login(), self.login(BOB)

    def theirs(self, name: str) -> bytes:
        return f'"Other Users/{ALICE}/{name}"'.encode()

    def new_folder(self, rights: str, count: int = 1) -> str:
        type(self).names += 1
        name = f"Box{self.names}"
        self.ok(self.alice.ask(f"CREATE {name}".encode()))
        self.ok(self.append(self.alice, name.encode(), *[letter("one")] * min(count, 500)))
        self.ok(self.alice.ask(f"SELECT {name}".encode()))
        self.multiply(self.alice, name.encode(), count)
        self.ok(self.alice.ask(f"SETACL {name} {BOB} {rights}".encode()))
        return name

    def status(self, wire: Wire, name: bytes, items: bytes) -> dict[bytes, int]:
        [line] = self.ok(wire.ask(b"STATUS %s (%s)" % (name, items)))
        words = line.rsplit(b"(", 1)[1].rstrip(b")").split()
        return dict(zip(words[::2], map(int, words[1::2])))

    # ---- between the look at the rights and the last commit

    def revoked_in(self, command: bytes, name: str, change: str) -> bytes:
        """Bob's answer to a command of many commits, in the middle of which Alice takes a right away."""
        self.ok(self.bob.ask(b"SELECT " + self.theirs(name)))
        tag = self.bob.send(command)
        self.ok(self.alice.ask(f"SETACL {name} {BOB} {change}".encode()))
        while not (line := self.bob.response()).startswith(tag + b" "):
            pass
        return line[len(tag) + 1:]

    def cut_short(self, make, after, count: int = COUNT, at_once: int = AT_ONCE) -> None:
        """`make` gives command, mailbox and change; `after` how many messages the command has met. It is tried until the right went between
        two commits, where that can be had."""
        outcomes = []
        for _ in range(TRIES):
            command, name, change = make()
            answer = self.revoked_in(command, name, change)
            done = after(name)
            self.assertTrue(done % at_once == 0 and done <= count, f"{done}: a part of a commit")
            if answer.startswith(b"OK"):
                self.assertEqual(done, count)
            else:
                self.assertTrue(answer.startswith((b"NO [NOPERM]", b"NO [NONEXISTENT]")), answer)
                self.assertLess(done, count, "all of it is done, and he is told that it is not")
            outcomes.append(done)
            if 0 < done < count:
                return
        self.assertLess(min(outcomes), count, f"a right that was taken away in the middle never held: {outcomes}")

    def test_a_store_ends_with_the_right_to_it(self):
        def done(name: str) -> int:
            self.ok(self.alice.ask(f"SELECT {name}".encode()))
            [line] = self.ok(self.alice.ask(b"SEARCH RETURN (COUNT) FLAGGED"))
            return int(re.search(rb"COUNT (\d+)", line)[1])

        self.cut_short(lambda: (b"STORE 1:* +FLAGS.SILENT (\\Flagged)", self.new_folder("lrw", MARKED), "lr"), done, MARKED, MARKED_AT_ONCE)

    def test_an_expunge_ends_with_the_right_to_it(self):
        def make() -> tuple:
            name = self.new_folder("lrte", COUNT)
            self.ok(self.alice.ask(b"STORE 1:* +FLAGS.SILENT (\\Deleted)"))
            return b"EXPUNGE", name, "lrt"

        self.cut_short(make, lambda name: COUNT - self.status(self.alice, name.encode(), b"MESSAGES")[b"MESSAGES"])

    def test_a_move_ends_with_the_right_to_it_and_loses_nothing(self):
        before = []

        def make() -> tuple:
            name = self.new_folder("lriswte", COUNT)
            self.ok(self.alice.ask(f"CREATE {name}-to".encode()))
            self.ok(self.alice.ask(f"SETACL {name}-to {BOB} lriswt".encode()))
            before.append(name)
            return b"MOVE 1:* " + self.theirs(name + "-to"), name, "lr"

        def done(name: str) -> int:
            left = self.status(self.alice, name.encode(), b"MESSAGES")[b"MESSAGES"]
            moved = self.status(self.alice, f"{name}-to".encode(), b"MESSAGES")[b"MESSAGES"]
            self.assertEqual(left + moved, COUNT)
            return moved

        self.cut_short(make, done)

    def test_a_copy_is_there_as_a_whole_or_not_at_all(self):
        name, copies = self.new_folder("lr", AT_ONCE), 0
        self.ok(self.alice.ask(f"CREATE {name}-to".encode()))
        for number in range(TRIES):
            self.ok(self.alice.ask(f"SETACL {name}-to {BOB} lri".encode()))
            self.ok(self.bob.ask(b"SELECT " + self.theirs(name)))
            revoke, copy = f"SETACL {name}-to {BOB} lr".encode(), b"COPY 1:* " + self.theirs(name + "-to")
            if number % 2:
                revoked, copied = self.alice.send(revoke), self.bob.send(copy)
            else:
                copied, revoked = self.bob.send(copy), self.alice.send(revoke)
            self.assertTrue(self.alice.response().startswith(revoked + b" OK"))
            while not (line := self.bob.response()).startswith(copied + b" "):
                pass
            self.assertRegex(line, rb"^\S+ (OK |NO \[(NOPERM|NONEXISTENT)\])")
            copies += line.startswith(copied + b" OK")
            there = self.status(self.alice, f"{name}-to".encode(), b"MESSAGES")[b"MESSAGES"]
            self.assertEqual(there, AT_ONCE * copies)

    # ---- a mailbox that is gone under a session

    COMMANDS = (b"FETCH 1 FLAGS", b"UID FETCH 1:* FLAGS", b"STORE 1 +FLAGS (\\Seen)", b"SEARCH ALL", b"UID SEARCH ALL", b"SORT (DATE) UTF-8 ALL",
                b"THREAD REFERENCES UTF-8 ALL", b"EXPUNGE", b"UID EXPUNGE 1:*", b"COPY 1 INBOX", b"UID MOVE 1 INBOX", b"CHECK",
                b"REPLACE 1 INBOX " + literals(letter("new")))

    def test_who_is_shut_out_is_told_no_until_he_opens_another(self):
        for take in (f"DELETEACL {{}} {BOB}", f"SETACL {{}} {BOB} l", "DELETE {}"):
            for idles in (False, True):
                with self.subTest(take, idles=idles):
                    name = self.new_folder("lrswite")
                    self.ok(self.bob.ask(b"SELECT " + self.theirs(name)))
                    tag = self.bob.send(b"IDLE") if idles else b""
                    if idles:
                        self.assertTrue(self.bob.response().startswith(b"+ "))
                    self.ok(self.alice.ask(take.format(name).encode()))
                    if idles:
                        while not (line := self.bob.response()).startswith(b"* OK [CLOSED]"):
                            self.assertEqual(line, b"* 1 EXPUNGE")  # a mailbox is emptied before it goes
                        self.bob.send_line(b"DONE")
                        self.assertTrue(self.bob.response().startswith(tag + b" OK"))
                    told = []
                    for command in self.COMMANDS * 2:  # more of them than mistakes that end a session
                        answer, untagged = self.bob.ask(command)
                        self.assertTrue(answer.startswith(b"NO [NONEXISTENT] "), (command, answer))
                        told += untagged
                    self.assertEqual([line[:13] for line in told], [] if idles else [b"* OK [CLOSED]"])
                    self.ok(self.bob.ask(b"CLOSE"))
                    self.assertTrue(self.bob.ask(b"FETCH 1 FLAGS")[0].startswith(b"BAD"))  # this he can know
                    self.ok(self.bob.ask(b"SELECT INBOX"))

    def test_who_idles_is_shut_out_soon_each_time(self):  # often: the change may wake him before the rights that follow from it are known
        for _ in range(30):
            name = self.new_folder("lr")
            self.ok(self.bob.ask(b"SELECT " + self.theirs(name)))
            tag = self.bob.send(b"IDLE")
            self.assertTrue(self.bob.response().startswith(b"+ "))
            self.ok(self.append(self.alice, name.encode(), letter("another")))
            self.assertEqual(self.bob.response(), b"* 2 EXISTS")
            began = time.monotonic()
            self.ok(self.alice.ask(f"SETACL {name} -anyone r".encode()))
            self.assertTrue(self.bob.response().startswith(b"* OK [CLOSED]"))
            self.assertLess(time.monotonic() - began, 5)
            self.bob.send_line(b"DONE")
            self.assertTrue(self.bob.response().startswith(tag + b" OK"))

    def test_ones_own_mailbox_that_another_session_removes_is_empty(self):
        for idles in (False, True):
            with self.subTest(idles=idles):
                other, name = self.login(), self.new_folder("lr", 3)
                self.ok(other.ask(f"SELECT {name}".encode()))
                tag, told = other.send(b"IDLE") if idles else b"", []
                if idles:
                    self.assertTrue(other.response().startswith(b"+ "))
                self.ok(self.alice.ask(b"UNSELECT"))
                self.ok(self.alice.ask(f"DELETE {name}".encode()))
                if idles:
                    other.send_line(b"DONE")
                    while not (line := other.response()).startswith(tag):
                        told.append(line)
                else:
                    told = self.ok(other.ask(b"NOOP"))
                self.assertEqual(told, [b"* 3 EXPUNGE", b"* 2 EXPUNGE", b"* 1 EXPUNGE"])
                for command in (b"UID FETCH 1:* FLAGS", b"UID STORE 1:* +FLAGS (\\Seen)", b"UID COPY 1:* INBOX", b"UID MOVE 1:* INBOX", b"EXPUNGE", b"CHECK"):
                    self.assertEqual(self.ok(other.ask(command)), [], command)
                self.assertEqual(self.ok(other.ask(b"SEARCH ALL")), [b"* SEARCH"])
                self.refused(other.ask(f"STATUS {name} (MESSAGES)".encode()), b"NONEXISTENT")
                self.ok(other.ask(b"CLOSE"))


if __name__ == "__main__":
    unittest.main()
