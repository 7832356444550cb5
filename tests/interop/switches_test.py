"""Each switch of the passthrough table by itself: what it makes a machine do, and what it keeps it from."""
import re
import unittest

from support.case import PairCase
from support.client import Client, Refused, smtp_send
from support.mail import Mail
from support.pair import hello

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"
STRANGER = "someone@world.example"


class PrimaryTest(PairCase):
    """The primary's column."""

    def test_AP_23_sent_on_the_primary_holds_only_what_its_owner_put_there(self):
        mail, own = hello(f"{BOB}, {EXT}", ALICE), hello()
        self.pair.from_user("alice", mail, BOB, EXT)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1, f"world {EXT}": 1})
        self.assertEqual(self.primary.messages(ALICE, "Sent"), [])
        self.pair.from_world(own, ALICE)
        [uid] = [each["uid"] for each in self.primary.messages(ALICE, "INBOX") if own.marker in each["subject"]]
        self.primary.verb("message", "copy", ALICE, "INBOX", str(uid), "Sent")
        self.assertEqual([own.marker in each["subject"] for each in self.primary.messages(ALICE, "Sent")], [True])

    def test_AP_24_mail_for_an_unknown_user_makes_no_mailbox(self):
        before = self.primary.accounts()
        for path in ("nobody@example.org", "nobody+x@example.org", "NOBODY@EXAMPLE.ORG"):
            with self.assertRaises(Refused) as caught:
                self.pair.from_world(hello(path), path)
            self.assertEqual(caught.exception.reply.enhanced, "5.1.1")
        mail = hello("nobody@example.org", ALICE)
        self.pair.from_user("alice", mail, "nobody@example.org")
        self.pair.expect(mail, {"report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        self.assertEqual(self.primary.accounts(), before)
        self.assertNotIn("nobody@example.org", self.archive.accounts())

    def test_AP_27_the_world_hears_550_and_a_user_gets_a_report(self):
        with Client(self.primary.smtp, self.pair.outside) as client:
            client.ehlo()
            client.must(f"MAIL FROM:<{STRANGER}>", 250)
            reply = client.command("RCPT TO:<nobody@example.org>")
            self.assertEqual((reply.code, reply.enhanced), (550, "5.1.1"))
            client.must(f"RCPT TO:<{BOB}>", 250)  # the others still get it
            good = hello(BOB)
            self.assertEqual(client.data(good.octets), 250)
        self.pair.expect(good, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})

        mail = hello("nobody@example.org, " + BOB, ALICE)
        self.pair.from_user("alice", mail, "nobody@example.org", BOB)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1,
                                "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        report = self.pair.report_at(self.primary, ALICE, "INBOX", mail.marker)
        self.assertRegex(report, rb"(?im)^final-recipient: *rfc822; *nobody@example\.org")
        self.assertRegex(report, rb"(?im)^status: *5\.1\.1")
        self.assertNotRegex(report, rb"(?im)^final-recipient: *rfc822; *bob@")


class ArchiveTest(PairCase):
    """The archive's column. A scanner hands it mail, too: what the primary brings would not go back there in any case."""

    @classmethod
    def set_up_rig(cls):
        cls.scanner = cls.rig.host(8)
        cls.pair_options = {"archive": lambda document: document["client"].append(
            {"name": "scanner.example.org", "networks": [f"{cls.scanner}/32"], "may": ["relay", "local-sender"]})}
        super().set_up_rig()

    def test_AP_30_local_mail_is_filed_and_nothing_is_queued_outwards(self):
        before, connections = len(self.archive.journal()), len(self.world.connections)
        mails = [(hello(), STRANGER, [ALICE]), (hello(BOB, ALICE), ALICE, [BOB]), (hello(BOB), STRANGER, [ALICE, BOB])]
        for mail, reverse_path, to in mails:
            smtp_send(self.primary.smtp, mail.octets, reverse_path, to,
                      source=self.pair.office if reverse_path == ALICE else self.pair.outside)
        for mail, reverse_path, to in mails:
            users = [path.partition("@")[0] for path in to]
            self.pair.expect(mail, {f"{machine} {user}/INBOX": 1 for machine in ("primary", "archive") for user in users}
                             | ({"archive alice/Sent": 1} if reverse_path == ALICE else {}))
        scanned = hello(BOB, ALICE)
        smtp_send(self.archive.smtp, scanned.octets, ALICE, [BOB], source=self.scanner)
        self.pair.expect(scanned, {"archive bob/INBOX": 1, "archive alice/Sent": 1})
        new = self.archive.journal()[before:]
        self.assertEqual(len(new), len(mails) + 1)
        for entry in new:
            for plan in entry["plan"]:
                self.assertNotRegex(plan, r"\b(copy|relay|home)\b")
        self.assertEqual(len(self.world.connections), connections)

    def test_AP_31_what_the_archive_makes_for_a_user_leaves_for_the_primary(self):
        self.world.answer("rcpt", "450 4.2.1 come later", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        self.pair.from_user("alice", mail, "gone@world.example")
        self.primary.wait_for_empty_queue()
        self.primary.stop()  # so that what leaves for it can be seen
        self.addCleanup(lambda: self.primary.process.running() or self.primary.start())
        self.world.behave()
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        self.archive.retry_queue()
        [entry] = self.pair.wait_for_queue(self.archive, lambda entry: entry["kind"] == "home")
        self.assertEqual((entry["hop"], entry["reverse_path"]), ("route:example.org", ""))
        self.assertEqual([each["address"] for each in entry["recipients"]], [ALICE])
        self.primary.start()
        self.archive.retry_queue()
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})

    def test_AP_36_a_report_brought_home_is_not_copied_back(self):
        """Split horizon: the primary owes a copy of local mail to the machine that brought it least of all."""
        before = len(self.archive.journal())
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        self.pair.from_user("alice", mail, "gone@world.example")
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        relayed, made = self.archive.journal()[before:]  # and no third entry: nothing came back
        self.assertEqual((relayed["client"]["via"], made["client"]["via"]), ("network", "here"))
        self.assertEqual(made["marks"], [])
        brought = self.primary.journal()[-1]
        self.assertEqual((brought["received"], brought["plan"]), (made["handed"], [f"file {ALICE}/INBOX"]))
        self.assertTrue(self.pair.report_at(self.primary, ALICE, "INBOX", mail.marker).endswith(
            self.pair.report_at(self.archive, ALICE, "INBOX", mail.marker)))


class IdentityTest(PairCase):
    """AP-53: the envelope alone decides whose Sent folder it is."""

    @classmethod
    def set_up_rig(cls):
        def names(document: dict) -> None:
            document["account"] = [each for each in document.get("account", []) if each["address"] != ALICE]
            document["account"].append({"address": ALICE, "aliases": ["a.lice@example.org"]})

        cls.pair_options = {"archive": names}
        super().set_up_rig()

    def test_AP_53_a_from_that_differs_is_logged_and_changes_nothing(self):
        for sender, differs in ((BOB, True), (STRANGER, True), (ALICE, False), ("A.Lice+x@example.org", False)):
            with self.subTest(sender=sender):
                mail = hello(EXT, sender)
                self.pair.from_user("alice", mail, EXT)
                self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})
                self.assertEqual(self.marks(mail), ["from-differs"] if differs else [])
                [entry] = [each for each in self.archive.journal() if each["position"] == self.position(mail)]
                self.assertEqual(entry["marks"], ["from-differs"] if differs else [])

    def test_AP_53_other_names_of_a_user_lead_to_her_sent_folder(self):
        for path in ("a.lice@example.org", "alice+news@example.org", "ALICE@Example.Org"):
            with self.subTest(path=path):
                mail = hello(EXT, ALICE)
                smtp_send(self.primary.smtp, mail.octets, path, [EXT], source=self.pair.office)
                self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})
        self.assertNotIn("a.lice@example.org", self.archive.accounts())

    def test_AP_53_a_null_sender_has_no_sent_folder_whatever_its_from_says(self):
        mail = hello(EXT, ALICE)
        smtp_send(self.primary.smtp, mail.octets, "", [EXT], source=self.pair.office)
        self.pair.expect(mail, {f"world {EXT}": 1})

    def marks(self, mail: Mail) -> list[str]:
        return re.findall(rf" smtp\.mark mark=(\S+) .*message_id={mail.marker[1:-1]}@", self.archive.log())

    def position(self, mail: Mail) -> str:
        [position] = [each["journal"] for each in self.archive.messages(ALICE, "Sent") if mail.marker in each["subject"]]
        return position


class SubmissionTest(PairCase):
    """What submission adds to a message that lacks it: RFC 6409 section 8.2 and 8.3."""

    def test_a_missing_date_and_message_id_are_added_once_by_submission(self):
        for lacking in ((), ("Date",), ("Message-ID",), ("Date", "Message-ID")):
            with self.subTest(lacking=lacking):
                mail = without(hello(f"{BOB}, {EXT}", ALICE), *lacking)
                self.pair.from_user("alice", mail, BOB, EXT)
                self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1, f"world {EXT}": 1})
                everywhere = [self.pair.octets_at(self.primary, BOB, "INBOX", mail.marker),
                              self.pair.octets_at(self.archive, BOB, "INBOX", mail.marker),
                              self.pair.octets_at(self.archive, ALICE, "Sent", mail.marker),
                              self.world.got(mail.marker)[0].octets]
                for name in ("Date", "Message-ID"):
                    fields = [re.findall(rf"(?im)^{name}: (.+)\r\n".encode(), octets.partition(b"\r\n\r\n")[0] + b"\r\n")
                              for octets in everywhere]
                    self.assertEqual([len(each) for each in fields], [1] * 4)
                    self.assertEqual(len({each[0] for each in fields}), 1)  # one message, one name

    def test_nothing_is_added_to_mail_that_came_by_another_door(self):
        for reverse_path, source in ((STRANGER, self.pair.outside), (ALICE, self.pair.office)):
            with self.subTest(reverse_path=reverse_path):
                mail = without(hello(BOB, reverse_path), "Date", "Message-ID")
                smtp_send(self.primary.smtp, mail.octets, reverse_path, [BOB], source=source)
                self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1}
                                 | ({"archive alice/Sent": 1} if reverse_path == ALICE else {}))
                for machine in (self.primary, self.archive):
                    head = self.pair.octets_at(machine, BOB, "INBOX", mail.marker).partition(b"\r\n\r\n")[0]
                    self.assertNotRegex(head, rb"(?im)^(date|message-id):")


def without(mail: Mail, *names: str) -> Mail:
    """The message without these header fields."""
    octets = mail.octets
    for name in names:
        octets = re.sub(rf"(?m)^{name}: .*\r\n".encode(), b"", octets, count=1)
    return Mail(mail.marker, octets)


if __name__ == "__main__":
    unittest.main()
