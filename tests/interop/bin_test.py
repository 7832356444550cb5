"""The recycle bin as mail programs and administrators meet it: what the administrator deletes is in a folder that its owner sees, copies
out of, and cannot change; the verbs put it back or let it go."""
import unittest

from support.case import RigCase
from support.imap_wire import Wire
from support.reading import ALICE, PASSWORD, Reading, unverified

BIN = b'"Recycle Bin"'


def letter(subject: str) -> bytes:
    octets = f"From: ann@world.example\r\nSubject: {subject}\r\n\r\nwords of {subject}\r\n".encode()
    return b"{%d+}\r\n%s" % (len(octets), octets)


class BinTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def setUp(self) -> None:
        self.machine = self.reading.machine
        self.user = f"{self.id().rsplit('.', 1)[1][:40]}@{ALICE.split('@')[1]}"
        self.machine.add_account(self.user, PASSWORD)
        self.wire = Wire(self.reading.imap, unverified())
        self.addCleanup(self.wire.close)
        self.ok(self.wire.ask(f'LOGIN {self.user} "{PASSWORD}"'.encode()))
        for subject in ("one", "two", "three"):
            self.ok(self.wire.ask(b"APPEND INBOX (\\Flagged $Kept) " + letter(subject)))

    def ok(self, answer: tuple[bytes, list[bytes]]) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def refused(self, answer: tuple[bytes, list[bytes]], code: bytes) -> None:
        self.assertTrue(answer[0].startswith(b"NO [" + code + b"]"), answer)

    def delete(self, *uids: int) -> None:
        for uid in uids:
            self.machine.verb("message", "delete", self.user, "INBOX", str(uid))

    def bin(self, *words: str) -> list[dict]:
        return self.machine.json("bin", "list", self.user, *words)

    def octets(self, folder: bytes, uid: int) -> bytes:
        self.ok(self.wire.ask(b"EXAMINE " + folder))
        [line] = self.ok(self.wire.ask(b"UID FETCH %d BODY.PEEK[]" % uid))
        return line[line.index(b"\r\n") + 2:-1]

    def test_its_owner_sees_what_was_deleted_and_takes_it_back_with_any_mail_program(self):
        """VP-29"""
        before = self.octets(b"INBOX", 2)
        self.delete(2)
        self.assertEqual(self.octets(BIN, 1), before)
        self.assertEqual(self.ok(self.wire.ask(b"UID FETCH 1 (FLAGS)")), [b"* 1 FETCH (UID 1 FLAGS (\\Flagged $Kept))"])
        self.assertEqual(self.ok(self.wire.ask(b"UID SEARCH SUBJECT two")), [b"* SEARCH 1"])
        self.ok(self.wire.ask(b"UID COPY 1 INBOX"))
        self.assertEqual(self.octets(b"INBOX", 4), before)

    def test_nobody_changes_what_is_in_it(self):
        self.delete(1)
        self.assertRegex(self.wire.ask(b"SELECT " + BIN)[0], rb"^OK \[READ-ONLY\]")
        for command in (b"STORE 1 +FLAGS (\\Seen)", b"UID STORE 1 FLAGS ()", b"EXPUNGE", b"UID EXPUNGE 1", b"MOVE 1 INBOX", b"UID MOVE 1 INBOX"):
            self.refused(self.wire.ask(command), b"CANNOT")
        for command in (b"APPEND " + BIN + b" " + letter("here"), b"DELETE " + BIN):
            self.refused(self.wire.ask(command), b"NOPERM")
        self.refused(self.wire.ask(b"RENAME " + BIN + b" Elsewhere"), b"CANNOT")
        self.ok(self.wire.ask(b"CLOSE"))
        self.ok(self.wire.ask(b"SELECT INBOX"))
        for verb in (b"COPY", b"MOVE"):
            self.refused(self.wire.ask(b"UID " + verb + b" 2 " + BIN), b"NOPERM")
        self.assertEqual(self.ok(self.wire.ask(b"MYRIGHTS " + BIN)), [b"* MYRIGHTS " + BIN + b" lr"])
        self.assertEqual([row["uid"] for row in self.bin()], [1])

    def test_who_has_the_folder_open_is_told(self):
        """VP-22"""
        watching = Wire(self.reading.imap, unverified())
        self.addCleanup(watching.close)
        for command in (f'LOGIN {self.user} "{PASSWORD}"'.encode(), b"ENABLE QRESYNC", b"SELECT INBOX"):
            untagged = self.ok(watching.ask(command))
        [highest] = [line.split()[3].rstrip(b"]") for line in untagged if b"HIGHESTMODSEQ" in line]
        self.delete(1, 3)
        self.assertEqual(self.ok(watching.ask(b"NOOP")), [b"* VANISHED 1,3"])
        untagged = self.ok(watching.ask(b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + highest + b" VANISHED)"))
        self.assertEqual(untagged, [b"* VANISHED (EARLIER) 1,3"])

    def test_the_quota_does_not_count_it(self):
        self.machine.verb("account", "quota", self.user, "1M", "--messages", "3")
        self.refused(self.wire.ask(b"APPEND INBOX " + letter("four")), b"OVERQUOTA")
        self.delete(1)
        self.ok(self.wire.ask(b"APPEND INBOX " + letter("four")))
        self.ok(self.wire.ask(b"EXAMINE " + BIN))
        self.refused(self.wire.ask(b"COPY 1 INBOX"), b"OVERQUOTA")

    def test_the_verbs_put_back_and_let_go(self):
        self.delete(1, 2, 3)
        rows = self.bin()
        self.assertEqual([(row["uid"], row["folder"], row["was_uid"], row["by"]) for row in rows],
                         [(uid, "INBOX", uid, "administrator") for uid in (1, 2, 3)])
        self.assertEqual([row["uid"] for row in self.bin("--search", "TWO")], [2])
        self.assertEqual(self.bin("--folder", "Sent"), [])
        self.assertIn(b"FROM FOLDER", self.machine.verb("bin", "list", self.user))
        self.assertEqual(self.machine.verb("bin", "restore", self.user, "1:2"), b"2 messages put back\n")
        self.assertEqual([row["subject"] for row in self.machine.messages(self.user, "INBOX")], ["one", "two"])
        refused = self.machine.run("bin", "empty", self.user, "--all")
        self.assertEqual((refused.returncode, len(self.bin())), (1, 1), refused)
        self.assertEqual(self.machine.run("bin", "empty", self.user, "--yes").returncode, 2)
        self.assertEqual(self.machine.verb("bin", "empty", self.user, "--all", "--yes"),
                         b"1 message deleted for good; the journal keeps what it has of them\n")
        self.assertEqual(self.bin(), [])

    def test_it_comes_back_from_the_change_log(self):
        self.delete(1, 2)
        self.machine.verb("bin", "restore", self.user, "2")
        before = self.bin(), self.machine.messages(self.user, "INBOX")
        self.machine.stop()
        self.machine.verb("rebuild", self.user)
        self.machine.start()
        self.assertEqual((self.bin(), self.machine.messages(self.user, "INBOX")), before)
        self.machine.verb("journal", "verify", "--bodies")


if __name__ == "__main__":
    unittest.main()
