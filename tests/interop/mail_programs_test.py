"""The mail programs that people have: two that keep copies of all mailboxes and change them on both sides, two that fetch by POP3 and
leave the mail there, and one that reads."""
import random
import shutil
import unittest

from support.case import RigCase
from support.imap_wire import Wire
from support.instance import DOMAIN
from support.mail_programs import Fetched, Maildirs, Mbsync, OfflineImap, Server, mutt
from support.reading import PASSWORD, Reading, unverified

FOLDERS = ("INBOX", "Work", "Later")
MESSAGES = 1000
ROUNDS = 4
NAMES = {"S": b"\\Seen", "F": b"\\Flagged", "R": b"\\Answered"}


def mail(subject: str) -> bytes:
    return (f"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nFrom: someone@world.example\r\nTo: alice@example.org\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject}@x>\r\n\r\nA few words of {subject}.\r\n").encode()


class MailProgramsTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)
        cls.imap = Server(cls.reading.imap, cls.rig.directory)
        cls.pop3 = Server(cls.reading.pop3, cls.rig.directory)

    def setUp(self) -> None:
        self.user = f"{self.id().rsplit('.', 1)[1].replace('_', '-')}@{DOMAIN}"
        self.home = self.rig.folder(self.user)
        self.reading.machine.add_account(self.user, PASSWORD)

    def login(self) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.addCleanup(wire.close)
        self.ok(wire.ask(f'LOGIN {self.user} "{PASSWORD}"'.encode()))
        return wire

    def ok(self, answer: tuple[bytes, list[bytes]]) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def append(self, wire: Wire, folder: str, *subjects: str) -> None:
        literals = b" ".join(b"{%d+}\r\n%s" % (len(mail(subject)), mail(subject)) for subject in subjects)
        self.ok(wire.ask(f"APPEND {folder} ".encode() + literals))

    def there(self, wire: Wire, folder: str) -> dict[str, frozenset]:
        self.ok(wire.ask(f"EXAMINE {folder}".encode()))
        found = {}
        for line in self.ok(wire.ask(b"UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])")):
            subject = line.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
            self.assertNotIn(subject, found)
            found[subject] = frozenset(letter for letter, name in NAMES.items() if name in line)
        return found

    # ---- two-way synchronisation

    def change_there(self, wire: Wire, folder: str, marked: dict, gone: list, new: list) -> None:
        self.ok(wire.ask(f"SELECT {folder}".encode()))
        for subject, flags in marked.items():
            [found] = self.ok(wire.ask(f"UID SEARCH HEADER Message-ID {subject}@x".encode()))[:1]
            self.ok(wire.ask(b"UID STORE " + found.split()[-1] + b" FLAGS (" + b" ".join(NAMES[flag] for flag in flags) + b")"))
        for subject in gone:
            [found] = self.ok(wire.ask(f"UID SEARCH HEADER Message-ID {subject}@x".encode()))[:1]
            self.ok(wire.ask(b"UID STORE " + found.split()[-1] + b" +FLAGS (\\Deleted)"))
        self.ok(wire.ask(b"EXPUNGE"))
        if new:
            self.append(wire, folder, *new)

    @staticmethod
    def change_here(copies: Maildirs, folder: str, marked: dict, gone: list, new: list) -> None:
        files = copies.files(folder)
        for subject, flags in marked.items():
            copies.mark(files[subject], flags)
        for subject in gone:
            files[subject].unlink()
        for subject in new:
            copies.add(folder, mail(subject))

    def test_two_programs_and_the_server_come_to_the_same(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        wire = self.login()
        model = {folder: {} for folder in FOLDERS}
        for folder in FOLDERS[1:]:
            self.ok(wire.ask(f"CREATE {folder}".encode()))
        for number in range(MESSAGES):
            model[FOLDERS[number % len(FOLDERS)]][f"m{number}"] = frozenset()
        for folder in FOLDERS:
            self.append(wire, folder, *model[folder])
        first, second = Mbsync(self.imap, self.user, self.home / "first"), OfflineImap(self.imap, self.user, self.home / "second")
        first.sync()
        second.sync()
        serial = MESSAGES
        for _ in range(ROUNDS):  # all sides change, each its own messages, before anybody hears of it
            for folder in FOLDERS:
                subjects = chance.sample(sorted(model[folder]), 90)
                for number, change in enumerate((lambda *what: self.change_here(first, *what), lambda *what: self.change_here(second, *what),
                                                 lambda *what: self.change_there(wire, *what))):
                    mine = subjects[number::3]
                    marked = {subject: frozenset(chance.sample("SFR", chance.randrange(4))) for subject in mine[:20]}
                    gone, new = mine[20:], [f"m{serial + i}" for i in range(10)]
                    serial += 10
                    change(folder, marked, gone, new)
                    model[folder].update(marked)
                    for subject in gone:
                        del model[folder][subject]
                    model[folder].update({subject: frozenset() for subject in new})
            first.sync()
            second.sync()
            first.sync()  # flags are merged three ways: a side that changes what it has not heard of yet would be added to it
        for folder in FOLDERS:
            for where, found in (("on the server", self.there(wire, folder)), ("mbsync", first.messages(folder)), ("OfflineIMAP", second.messages(folder))):
                differ = {subject: (found.get(subject), model[folder].get(subject)) for subject in set(found) | set(model[folder])
                          if found.get(subject) != model[folder].get(subject)}
                self.assertEqual(differ, {}, f"{where}, {folder}, found and expected, seed {seed}")

    def test_all_sides_change_the_same_at_once(self):
        wire = self.login()
        self.ok(wire.ask(b"CREATE Work"))
        self.ok(wire.ask(b"CREATE Later"))
        names = [f"m{number}" for number in range(20)]
        self.append(wire, "Work", *names)
        first, second = Mbsync(self.imap, self.user, self.home / "first"), OfflineImap(self.imap, self.user, self.home / "second")

        def sync() -> None:
            for program in (first, second, first):
                program.sync()

        sync()
        # the same message on two sides, and on all three, before anybody hears of it
        here, there = first.files("Work"), second.files("Work")
        first.mark(here["m0"], frozenset("S"))
        second.mark(there["m0"], frozenset("F"))
        self.change_there(wire, "Work", {"m0": frozenset("R"), "m1": frozenset("F")}, ["m2"], [])
        first.mark(here["m1"], frozenset("S"))
        here["m2"].unlink()     # gone on two sides
        there["m3"].unlink()    # gone here, marked there
        first.mark(here["m3"], frozenset("S"))
        # moved by each
        first.move(here["m4"], "Later")
        second.move(there["m5"], "Later")
        self.ok(wire.ask(b"SELECT Work"))
        [found] = self.ok(wire.ask(b"UID SEARCH HEADER Message-ID m6@x"))
        self.ok(wire.ask(b"UID MOVE " + found.split()[-1] + b" Later"))
        # made by each
        first.make("Made")
        first.add("Made", mail("new1"))
        second.make("Other")
        second.add("Other", mail("new2"))
        sync()
        sync()
        self.assert_same(wire, first, second, {"Later": {"m4", "m5", "m6"}, "Made": {"new1"}, "Other": {"new2"},
                                               "Work": set(names) - {"m2", "m3", "m4", "m5", "m6"}})
        work = self.there(wire, "Work")
        self.assertEqual((work["m0"], work["m1"]), (frozenset("SFR"), frozenset("SF")))
        # renamed on the server, and removed
        self.ok(wire.ask(b"UNSELECT"))
        self.ok(wire.ask(b"RENAME Made Renamed"))
        self.ok(wire.ask(b"DELETE Later"))
        first.sync()
        first.sync()
        self.assertEqual(first.messages("Renamed"), {"new1": frozenset()})
        self.assertEqual(self.there(wire, "Renamed"), {"new1": frozenset()})
        listed = b"".join(self.ok(wire.ask(b'LIST "" *')))
        self.assertFalse([name for name in (b'"Made"', b'"Later"') if name in listed], "brought back by a program")
        # removed by a program: first what is in it, then itself
        first.files("Other")["new2"].unlink()
        first.sync()
        self.assertEqual(self.there(wire, "Other"), {})
        self.ok(wire.ask(b"UNSELECT"))
        shutil.rmtree(first.directory / "Other")
        first.sync()
        self.assertNotIn(b'"Other"', b"".join(self.ok(wire.ask(b'LIST "" *'))))

    def assert_same(self, wire: Wire, first: Maildirs, second: Maildirs, expected: dict[str, set]) -> None:
        for folder, names in expected.items():
            there = self.there(wire, folder)
            self.assertEqual(set(there), names, folder)
            self.assertEqual(first.messages(folder), there, folder)
            self.assertEqual(second.messages(folder), there, folder)

    # ---- fetching and reading

    def test_what_was_fetched_and_left_is_not_fetched_again(self):
        wire = self.login()
        self.append(wire, "INBOX", "one", "two", "three")
        one, other = (Fetched(self.pop3, self.user, self.home / name) for name in ("fetchmail", "getmail"))
        for fetch in (one.fetchmail, other.getmail):
            self.assertEqual(sorted(octets.split(b"words of ")[1].split(b".")[0] for octets in fetch()), [b"one", b"three", b"two"])
            self.assertEqual(fetch(), [])
        self.reading.machine.stop()
        self.reading.machine.start()
        self.append(self.login(), "INBOX", "four")
        for fetch in (one.fetchmail, other.getmail):
            [last] = fetch()
            self.assertIn(b"A few words of four.", last)

    def test_mutt_reads_marks_files_and_throws_away(self):
        wire = self.login()
        self.append(wire, "INBOX", "one", "two", "three")
        self.ok(wire.ask(b"CREATE Kept"))
        screen = mutt(self.imap, self.user, self.home,
             "<search>~s two<enter><copy-message>=Kept<enter><set-flag>!"
             "<limit>~s three<enter><delete-message><limit>all<enter><search>~s one<enter><display-message><exit><quit>")
        logins = [line for line in self.reading.machine.log().splitlines() if " imap.login " in line and self.user in line]
        self.assertIn("mechanism=SCRAM-SHA-256 ", logins[-1])
        self.assertEqual(set(self.there(wire, "Kept")), {"two"}, screen)
        there = self.there(wire, "INBOX")
        self.assertEqual(set(there), {"one", "two"})
        self.assertIn("F", there["two"])
        self.assertIn("S", there["one"])


if __name__ == "__main__":
    unittest.main()
