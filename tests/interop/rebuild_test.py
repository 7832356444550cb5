"""Mailboxes are a projection: made again from the change log they are the same, with UIDs, UIDVALIDITY, MODSEQ and flags."""
import unittest

from support.case import PairCase
from support.pair import hello

ALICE, BOB = "alice@example.org", "bob@example.org"


class RebuildTest(PairCase):
    @classmethod
    def set_up_rig(cls):
        super().set_up_rig()
        for number in range(6):
            mail = hello(subject=f"number {number}")
            cls.pair.from_world(mail, ALICE, BOB)
        cls.primary.wait_for_empty_queue()
        for machine in (cls.primary, cls.archive):
            cls.work_with(machine)

    @staticmethod
    def work_with(machine) -> None:
        """A little of all that a user does to his mailbox."""
        for words in (("mailbox", "create", ALICE, "Projects"), ("mailbox", "create", ALICE, "Projects/2026"),
                      ("mailbox", "create", ALICE, "Passing"),
                      ("message", "flag", ALICE, "INBOX", "1", "seen", "flagged", "$label1"),
                      ("message", "flag", ALICE, "INBOX", "1", "--remove", "flagged"),
                      ("message", "move", ALICE, "INBOX", "2", "Projects/2026"),
                      ("message", "copy", ALICE, "INBOX", "3", "Projects"),
                      ("message", "copy", ALICE, "INBOX", "3", "Passing"),
                      ("message", "delete", ALICE, "INBOX", "4"),
                      ("message", "flag", ALICE, "Projects/2026", "1", "answered", "draft"),
                      ("mailbox", "rename", ALICE, "Projects", "Work"),
                      ("message", "delete", ALICE, "INBOX", "6"),  # the last one: its UID is not given again
                      ("mailbox", "remove", ALICE, "Passing"),
                      ("mailbox", "create", ALICE, "Passing"),     # the same name, another UIDVALIDITY
                      ("mailbox", "rename", ALICE, "Passing", "Projects"),
                      ("message", "move", ALICE, "INBOX", "5", "Projects")):
            machine.verb(*words)

    @staticmethod
    def state(machine) -> dict:
        """All that the verbs say of each folder and each message, in order, and the octets."""
        return {(account, folder["name"]): (folder, [(row, machine.export(account, folder["name"], row["uid"])) for row in rows])
                for account in machine.accounts() for folder in machine.folders(account)
                for rows in [machine.messages(account, folder["name"])]}

    def test_a_rebuild_after_all_kinds_of_changes_changes_nothing(self):
        for machine in (self.primary, self.archive):
            with self.subTest(machine.role):
                before = self.state(machine)
                self.assertEqual([row["uid"] for row, _ in before[ALICE, "INBOX"][1]][:2], [1, 3])
                self.assertGreater(before[ALICE, "INBOX"][0]["uidnext"], 6)
                self.assertEqual({name for account, name in before if account == ALICE} & {"Work", "Work/2026", "Projects", "Passing"},
                                 {"Work", "Work/2026", "Projects"})
                for _ in range(2):
                    self.assertEqual(machine.stop(), 0)
                    machine.verb("rebuild")
                    machine.start()
                    self.assertEqual(self.state(machine), before)

    def test_a_rebuild_of_one_account_leaves_the_others_and_what_comes_next_gets_the_next_uid(self):
        machine = self.primary
        before = self.state(machine)
        machine.stop()
        machine.verb("rebuild", ALICE)
        machine.start()
        self.assertEqual(self.state(machine), before)
        uidnext = before[ALICE, "INBOX"][0]["uidnext"]
        mail = hello()
        self.pair.from_world(mail, ALICE)
        [row] = [each for each in machine.messages(ALICE, "INBOX") if mail.marker in each["subject"]]
        self.assertEqual(row["uid"], uidnext)
        self.assertGreater(row["modseq"], before[ALICE, "INBOX"][0]["highestmodseq"])

    def test_a_running_server_is_not_rebuilt_under_its_feet(self):
        before = self.state(self.primary)
        self.assertEqual(self.primary.run("rebuild").returncode, 1)
        self.assertEqual(self.state(self.primary), before)


if __name__ == "__main__":
    unittest.main()
