"""The passthrough table on real machines: a primary, an archive and the world, one message a story.

Each story says where its message must end, how often, and (by `expect`) that it ends nowhere else.
"""
import imaplib
import poplib
import re
import unittest

from support.case import PairCase
from support.client import Client, smtp_send
from support.mail import CORPUS, compose, from_corpus, without_trace
from support.pair import PASSWORD, hello
from support.reading import unverified

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"


class FlowTest(PairCase):
    """Where mail goes when everybody is well."""

    def test_AP_06_mail_from_the_world_is_in_both_inboxes(self):
        mail = hello()
        self.pair.from_world(mail, ALICE)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})

    def test_AP_06_mail_to_two_users_is_in_both_inboxes_of_each(self):
        mail = hello()
        self.pair.from_world(mail, ALICE, BOB)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "primary bob/INBOX": 1,
                                "archive alice/INBOX": 1, "archive bob/INBOX": 1})

    def test_AP_07_mail_between_users_is_in_the_senders_sent_on_the_archive_too(self):
        mail = hello(BOB, ALICE)
        self.pair.from_user("alice", mail, BOB)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1})

    def test_AP_08_AP_28_mail_to_the_world_leaves_by_the_archive_and_is_in_sent_there_as_seen(self):
        mail = hello(EXT, ALICE)
        self.pair.from_user("alice", mail, EXT)
        self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})
        [relayed] = self.world.got(mail.marker)
        self.assertEqual(relayed.connection.helo, self.archive.hostname)
        self.assertEqual(relayed.reverse_path, ALICE)
        [sent] = [each for each in self.archive.messages(ALICE, "Sent") if mail.marker in each["subject"]]
        self.assertIn("\\Seen", sent["flags"])

    def test_AP_08_the_world_never_hears_from_the_primary(self):
        for user in ("alice", "bob"):
            mail = hello(EXT, f"{user}@example.org")
            self.pair.from_user(user, mail, EXT)
            self.world.wait_for(mail.marker)
        self.assertEqual({connection.helo for connection in self.world.connections}, {self.archive.hostname})

    def test_AP_48_mail_to_a_user_and_the_world_goes_to_each_once(self):
        mail = hello(f"{BOB}, {EXT}", ALICE)
        self.pair.from_user("alice", mail, BOB, EXT)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1, f"world {EXT}": 1})

    def test_AP_48_mail_that_a_primary_splits_over_transactions_is_in_sent_once(self):
        """Many mail systems hand over the same octets once for each domain, or for each group of recipients."""
        trace = "Received: by mailbox.example.org; Mon, 06 Jul 2026 10:00:01 +0000\r\n"
        mail = hello(f"{BOB}, erin@example.org, {EXT}", ALICE, headers=trace)
        for path in (BOB, "erin@example.org", EXT):
            smtp_send(self.archive.smtp, mail.octets, ALICE, [path])  # from 127.0.0.1: the primary
        self.pair.expect(mail, {"archive bob/INBOX": 1, "archive erin/INBOX": 1, "archive alice/Sent": 1, f"world {EXT}": 1})

    def test_AP_47_the_envelope_files_a_blind_copy_and_nobody_sees_it(self):
        mail = hello(BOB, "someone@world.example")
        self.pair.from_world(mail, BOB, ALICE)  # alice is not in the header
        self.pair.expect(mail, {"primary bob/INBOX": 1, "primary alice/INBOX": 1,
                                "archive bob/INBOX": 1, "archive alice/INBOX": 1})
        for machine in (self.primary, self.archive):
            head = self.pair.octets_at(machine, BOB, "INBOX", mail.marker).partition(b"\r\n\r\n")[0]
            self.assertNotIn(b"bcc", head.lower())
            self.assertNotIn(b"alice", head.lower())

    def test_AP_49_a_copy_is_never_relayed_out_again(self):
        before = len(self.world.messages)
        mail = hello(BOB)
        self.pair.from_world(mail, BOB)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})
        self.assertEqual(len(self.world.messages), before)

    def test_AP_29_the_archive_makes_a_mailbox_at_the_first_message(self):
        self.primary.add_account("carol@example.org", "a password of hers")
        self.assertNotIn("carol@example.org", self.archive.accounts())
        mail = hello("carol@example.org")
        self.pair.from_world(mail, "carol@example.org")
        self.pair.expect(mail, {"primary carol/INBOX": 1, "archive carol/INBOX": 1})
        folders = {folder["name"] for folder in self.archive.folders("carol@example.org")}
        self.assertEqual(folders, {"INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive"})

    def test_AP_29_the_archive_makes_a_mailbox_for_a_sender_too(self):
        self.assertNotIn("fred@example.org", self.archive.accounts())
        mail = hello(EXT, "fred@example.org")
        smtp_send(self.primary.smtp, mail.octets, "fred@example.org", [EXT], source=self.pair.office)
        self.pair.expect(mail, {f"world {EXT}": 1, "archive fred/Sent": 1})

    def test_AP_37_a_null_sender_stays_null_and_has_no_sent_folder(self):
        mail = hello()
        self.pair.from_world(mail, ALICE, reverse_path="")
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        position = self._journal_position(self.archive, ALICE, mail.marker)
        [entry] = [entry for entry in self.archive.journal() if entry["position"] == position]
        self.assertEqual(entry["reverse_path"], "")

    def test_AP_53_the_envelope_sender_decides_whose_sent_folder(self):
        mail = hello(EXT, BOB)  # From: bob, but alice sends it
        self.pair.from_user("alice", mail, EXT)
        self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})

    def test_AP_53_a_detail_of_the_sender_leads_to_its_owner(self):
        mail = hello(EXT, ALICE)
        smtp_send(self.primary.smtp, mail.octets, "alice+news@example.org", [EXT], source=self.pair.office)
        self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})

    def test_AP_03_octets_are_the_same_everywhere(self):
        """Real messages, in and out: what is stored and relayed is what was handed over, below our trace headers."""
        for path in sorted((CORPUS / "plain").glob("*.eml")):
            with self.subTest(path=path.name):
                mail = from_corpus(f"plain/{path.name}")
                self.pair.from_world(mail, ALICE)
                self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
                for machine in (self.primary, self.archive):
                    self.assertEqual(without_trace(self.pair.octets_at(machine, ALICE, "INBOX", mail.marker)), mail.octets)
        mail = compose(ALICE, EXT, body=b".dot\r\n..\r\n \xc3\xa9\r\n" + b"x" * 990 + b"\r\n")
        self.pair.from_user("alice", mail, EXT, parameters="BODY=8BITMIME")
        self.pair.expect(mail, {f"world {EXT}": 1, "archive alice/Sent": 1})
        self.assertEqual(without_trace(self.world.got(mail.marker)[0].octets), mail.octets)
        self.assertEqual(without_trace(self.pair.octets_at(self.archive, ALICE, "Sent", mail.marker)), mail.octets)

    def test_AP_02_a_message_sent_twice_after_a_cut_is_filed_once(self):
        """The client that heard no answer sends the same octets again; the second answer is 250 too."""
        mail = hello()
        for _ in range(2):
            self.pair.from_world(mail, ALICE)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})

    def _journal_position(self, machine, account: str, marker: str) -> int:
        [message] = [each for each in machine.messages(account, "INBOX") if marker in each["subject"]]
        return message["journal"]


class ReportTest(PairCase):
    """What cannot be delivered comes back to its sender, once, and is archived like any other mail."""

    @classmethod
    def set_up_rig(cls):
        host = cls.rig.host(2)
        cls.imap, cls.pop3 = ((host, cls.rig.port(host)) for _ in range(2))

        def primary(document: dict) -> None:
            for protocol, place in (("imap", cls.imap), ("pop3", cls.pop3)):
                document["listener"].append({"protocol": protocol, "bind": ["{}:{}".format(*place)], "tls": "implicit"})

        cls.pair_options = {"primary": primary}
        super().set_up_rig()

    def read_by_imap(self, user: str) -> list[bytes]:
        """All messages of the user's INBOX as his mail program gets them."""
        client = imaplib.IMAP4_SSL(*self.imap, ssl_context=unverified(), timeout=30)
        self.addCleanup(client.shutdown)
        client.login(user, PASSWORD)
        client.select("INBOX", readonly=True)
        return [found[1] for found in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(found, tuple)]

    def read_by_pop3(self, user: str) -> list[bytes]:
        client = poplib.POP3_SSL(*self.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        client.user(user)
        client.pass_(PASSWORD)
        found = [b"\r\n".join(client.retr(number)[1]) + b"\r\n" for number in range(1, client.stat()[0] + 1)]
        client.quit()
        return found

    def test_AP_33_AP_36_a_refusal_by_the_world_comes_home_once(self):
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        self.pair.from_user("alice", mail, "gone@world.example")
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})

        report = self.pair.report_at(self.primary, ALICE, "INBOX", mail.marker)
        self.assertRegex(report, rb"(?i)content-type: multipart/report;[^\0]*report-type=\"?delivery-status")
        self.assertRegex(report, rb"(?im)^final-recipient: *rfc822; *gone@world\.example")
        self.assertRegex(report, rb"(?im)^status: *5\.1\.1")
        self.assertRegex(report, rb"(?im)^diagnostic-code: *smtp; *550 5\.1\.1 no such user here")
        self.assertRegex(report, rb"(?im)^auto-submitted: *auto-")
        self.assertRegex(report, rb"(?im)^return-path: *<>|\A(?!return-path)")
        for read in (self.read_by_imap, self.read_by_pop3):  # by the user himself, who has no other way to it
            about_it = [octets for octets in read(ALICE) if mail.marker.encode() in octets]
            self.assertEqual(about_it, [report], read.__name__)

    def test_AP_32_a_report_has_no_received_where_it_was_made_and_one_where_it_came(self):
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        self.pair.from_user("alice", mail, "gone@world.example")
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        reports = [self.pair.report_at(machine, ALICE, "INBOX", mail.marker) for machine in (self.archive, self.primary)]
        received = [len(re.findall(rb"(?im)^received:", report.partition(b"\r\n\r\n")[0])) for report in reports]
        self.assertEqual(received, [0, 1])

    def test_AP_33_a_refusal_after_the_data_comes_home_too(self):
        self.world.answer("end", "554 5.7.1 not this one", "picky@world.example")
        mail = hello("picky@world.example", ALICE)
        self.pair.from_user("alice", mail, "picky@world.example")
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})

    def test_AP_33_of_two_recipients_only_the_refused_one_is_reported(self):
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello(f"gone@world.example, {EXT}", ALICE)
        self.pair.from_user("alice", mail, "gone@world.example", EXT)
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1,
                                f"world {EXT}": 1})
        status = self.pair.report_at(self.primary, ALICE, "INBOX", mail.marker).partition(b"message/delivery-status")[2]
        self.assertNotIn(EXT.encode(), status.partition(b"\r\n--")[0])

    def test_AP_37_a_report_is_never_made_about_a_report(self):
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        smtp_send(self.primary.smtp, mail.octets, "", ["gone@world.example"], source=self.pair.office)
        self.pair.expect(mail, {})

    def test_AP_33_nobody_is_told_who_asked_not_to_be(self):
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        with Client(self.primary.smtp, self.pair.office) as client:
            client.ehlo()
            client.must(f"MAIL FROM:<{ALICE}>", 250)
            client.must("RCPT TO:<gone@world.example> NOTIFY=NEVER", 250)
            self.assertEqual(client.data(mail.octets), 250)
        self.pair.expect(mail, {"archive alice/Sent": 1})

    def test_AP_50_a_deferred_message_holds_nobody_else(self):
        self.world.answer("rcpt", "450 4.2.1 come later", "busy@world.example")
        late, prompt = hello("busy@world.example", ALICE), hello(EXT, ALICE)
        self.pair.from_user("alice", late, "busy@world.example")
        self.pair.from_user("alice", prompt, EXT)
        self.world.wait_for(prompt.marker, seconds=5)
        self.assertEqual(self.world.got(late.marker), [])
        self.world.behave()
        self.archive.retry_queue()
        self.pair.expect(late, {"archive alice/Sent": 1, "world busy@world.example": 1})


if __name__ == "__main__":
    unittest.main()
