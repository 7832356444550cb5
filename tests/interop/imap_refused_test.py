"""What is said where the machine cannot do what it was asked: each trouble has the response code of its own (RFC 5530, RFC 9051 §7.1),
the session goes on, and what was not touched is served as before."""
import base64
import os
import shutil
import signal
import subprocess
import unittest

from support.case import OwnRigCase
from support.imap_case import ImapCase, ImapWords, letter, literals
from support.imap_wire import Gone
from support.instance import PROGRAM
from support.reading import ALICE, BOB, PASSWORD, Reading
from support.waiting import until

MIB = 1 << 20


def _bulky() -> bytes:
    """A mebibyte that does not get smaller."""
    lines = (base64.b64encode(os.urandom(54)) for _ in range(MIB // 74))
    return letter("bulky") + b"\r\n".join(lines)


def _may_mount() -> bool:
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return os.geteuid() == 0 and subprocess.run(probe, capture_output=True, check=False).returncode == 0


class LimitTest(ImapCase):
    def test_so_many_keywords_are_taken_and_no_more(self):
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", letter("one")))
        self.ok(wire.ask(b"SELECT INBOX"))
        words = [b"$w%d" % number for number in range(101)]
        self.ok(wire.ask(b"STORE 1 FLAGS (" + b" ".join(words[:100]) + b")"))
        for command in (b"STORE 1 FLAGS", b"STORE 1 +FLAGS", b"STORE 1 -FLAGS.SILENT", b"UID STORE 1 +FLAGS"):
            self.refused(wire.ask(command + b" (" + b" ".join(words) + b")"), b"LIMIT")
        self.refused(wire.ask(b"APPEND INBOX (" + b" ".join(words) + b") " + literals(letter("two"))), b"LIMIT")
        [line] = self.ok(wire.ask(b"FETCH 1 FLAGS"))
        self.assertEqual(len(line.split(b"$w")), 101)

    def test_so_many_messages_are_copied_at_once_and_no_more(self):
        wire = self.login(self.new_user("collector"))
        self.ok(wire.ask(b"APPEND INBOX " + literals(*[letter("s")] * 500)))
        self.ok(wire.ask(b"SELECT INBOX"))
        self.multiply(wire, b"INBOX", 50_001)
        self.refused(wire.ask(b"COPY 1:* Archive"), b"LIMIT")
        self.refused(wire.ask(b"UID COPY 1:* Archive"), b"LIMIT")
        self.assertEqual(self.ok(wire.ask(b"STATUS Archive (MESSAGES)")), [b'* STATUS "Archive" (MESSAGES 0)'])
        self.ok(wire.ask(b"COPY 2:* Archive"))
        self.assertEqual(self.ok(wire.ask(b"STATUS Archive (MESSAGES)")), [b'* STATUS "Archive" (MESSAGES 50000)'])


    def test_words_of_messages_that_would_be_neighbours_are_copied_so_far_and_no_further(self):
        wire = self.login(self.new_user("tagger"))

        def tagged(number: int) -> bytes:
            return b"(" + b" ".join(b"%d-%056d" % (word, number) for word in range(10)) + b") " + literals(letter("s"))

        far = literals(*[letter("s")] * 34)  # not all of them are neighbours where they are
        self.ok(wire.ask(b"APPEND INBOX " + b" ".join([*map(tagged, range(30)), far, *map(tagged, range(30, 60))])))
        self.ok(wire.ask(b"SELECT INBOX"))
        self.refused(wire.ask(b"COPY 1:30,65:94 Archive"), b"LIMIT")
        self.assertEqual(self.ok(wire.ask(b"STATUS Archive (MESSAGES UIDNEXT)")), [b'* STATUS "Archive" (MESSAGES 0 UIDNEXT 1)'])
        self.ok(wire.ask(b"COPY 1:30 Archive"))
        self.refused(wire.ask(b"UID COPY 65:94 Archive"), b"LIMIT")
        self.ok(wire.ask(b"COPY 31:64 Archive"))
        self.ok(wire.ask(b"COPY 65:94 Archive"))
        self.assertEqual(self.ok(wire.ask(b"STATUS Archive (MESSAGES)")), [b'* STATUS "Archive" (MESSAGES 94)'])


class FullTest(OwnRigCase, ImapWords):
    def test_below_the_floor_nothing_is_added_and_all_else_goes_on(self):
        self.reading = Reading(self.rig)
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", letter("one"), letter("two")))
        machine = self.reading.machine
        machine.stop()
        machine.configure(lambda document: document["server"].update(free_space="1024G"))
        machine.start()
        wire = self.login()
        self.ok(wire.ask(b"SELECT INBOX"))
        self.refused(self.append(wire, b"INBOX", letter("three")), b"UNAVAILABLE")
        self.refused(wire.ask(b'APPEND INBOX CATENATE (URL "/INBOX/;UID=1")'), b"UNAVAILABLE")
        self.refused(wire.ask(b"REPLACE 1 INBOX " + literals(letter("three"))), b"UNAVAILABLE")
        for command in (b"FETCH 1 BODY[]", b"STORE 1 +FLAGS (\\Flagged)", b"COPY 1 Archive", b"MOVE 1 Trash"):
            self.ok(wire.ask(command))  # what makes room must be possible
        self.ok(wire.ask(b"STORE 1 +FLAGS (\\Deleted)"))
        self.assertEqual(self.ok(wire.ask(b"EXPUNGE")), [b"* 1 EXPUNGE"])

    @unittest.skipUnless(_may_mount(), "only root can mount a small disk")
    def test_on_a_full_disk_a_change_is_put_off_and_made_when_there_is_space(self):
        self.reading = Reading(self.rig, change=lambda document: document["server"].update(memory="16M", free_space="0"))
        machine = self.reading.machine
        machine.stop()
        kept = self.rig.directory / "kept"
        shutil.copytree(machine.data, kept, ignore=shutil.ignore_patterns("admin.sock"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60M,mode=700", "tmpfs", machine.data], check=True)
        self.rig.at_close(lambda: subprocess.run(["umount", "--lazy", machine.data], check=True))
        shutil.copytree(kept, machine.data, dirs_exist_ok=True)
        machine.start()
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", letter("one")))
        taken = 1
        while (answer := self.append(wire, b"INBOX", _bulky()))[0].startswith(b"OK"):
            taken += 1
            self.assertLess(taken, 100, "the disk did not get full")
        self.refused(answer, b"UNAVAILABLE")
        self.ok(wire.ask(b"SELECT INBOX"))
        self.ok(wire.ask(b"FETCH 1 BODY.PEEK[]"))
        subprocess.run(["mount", "-o", "remount,size=300M", machine.data], check=True)
        until(lambda: self.append(wire, b"INBOX", _bulky())[0].startswith(b"OK"), "a message taken, now that there is space")
        self.ok(wire.ask(b"STORE 1 +FLAGS (\\Flagged)"))
        self.assertEqual(self.ok(wire.ask(b"STATUS INBOX (MESSAGES)")), [b'* STATUS "INBOX" (MESSAGES %d)' % (taken + 1)])


class NoKeyTest(OwnRigCase, ImapWords):
    def test_mail_under_a_key_that_is_not_here_is_unavailable_and_the_others_is_there(self):
        master = self.rig.directory / "master.key"
        master.touch(0o600)
        master.write_bytes(subprocess.run([PROGRAM, "encryption", "new-key"], capture_output=True, check=True).stdout)
        encryption = {"master_key": str(master), "ring": str(self.rig.directory / "ring")}
        self.reading = Reading(self.rig, change=lambda document: document.update(encryption=encryption))
        for user in (ALICE, BOB):
            self.ok(self.append(self.login(user), b"INBOX", letter("kept")))
        machine = self.reading.machine
        machine.stop()
        copy = self.rig.directory / "copy"
        shutil.copytree(machine.data, copy, ignore=shutil.ignore_patterns("admin.sock"))
        machine.start()
        machine.verb("account", "remove", ALICE)
        machine.verb("account", "destroy-key", ALICE, "--reason", "she left", "--yes")
        machine.stop()
        shutil.rmtree(machine.data)
        copy.rename(machine.data)  # from before: there she has an account
        machine.start()
        self.refused(self.connect().ask(f'LOGIN {ALICE} "{PASSWORD}"'.encode()), b"UNAVAILABLE")
        bob = self.login(BOB)
        self.ok(bob.ask(b"SELECT INBOX"))
        self.assertIn(letter("kept"), b"".join(self.ok(bob.ask(b"FETCH 1 BODY.PEEK[]"))))


class StopTest(OwnRigCase, ImapWords):
    def test_at_a_stop_each_session_is_told(self):
        self.reading = Reading(self.rig)
        plain, stranger, idle, notified = self.login(), self.connect(), self.login(), self.login()
        self.ok(idle.ask(b"SELECT INBOX"))
        idle.send(b"IDLE")
        self.assertTrue(idle.response().startswith(b"+ "))
        self.ok(notified.ask(b"NOTIFY SET (personal (MessageNew MessageExpunge))"))
        self.reading.machine.process.popen.send_signal(signal.SIGTERM)
        for wire in (plain, stranger, idle, notified):
            self.assertEqual(wire.response(), b"* BYE the server is stopping")
            with self.assertRaises(Gone):
                wire.response()
        self.assertEqual(self.reading.machine.process.popen.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
