"""An operator reads an account by his mail client: what he is given is in the audit journal before he has it, he can change nothing, and
he sees what his case lets him see for as long as it lets him."""
import base64
import imaplib
import os
import poplib
import pwd
import re
import smtplib
import time
import unittest

from support.case import OwnRigCase, RigCase
from support.imap_wire import Gone, Wire
from support.reading import ALICE, BOB, PASSWORD, Reading, unverified
from support.scram import Scram, verifier
from support.waiting import until

WORD = "the word of an operator"
ADMINISTRATOR, AUDITOR, SECOND = pwd.getpwuid(os.geteuid()).pw_name, "games", "daemon"
MAIL = (b"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nFrom: Some One <someone@world.example>\r\nTo: alice@example.org\r\n"
        b"Subject: %s\r\n\r\nA few words of %s.\r\n")
OLD, NEW = '"01-Jan-2020 10:00:00 +0000"', '"01-Jun-2026 10:00:00 +0000"'


def mail(name: str) -> bytes:
    return MAIL % (name.encode(), name.encode())


def operators(document: dict, **settings) -> None:
    document["operator"] = [{"name": "Adam", "user": ADMINISTRATOR, "roles": ["administrator"]},
                            {"name": "Vera", "user": AUDITOR, "roles": ["auditor"], "password": verifier(WORD)},
                            {"name": "Otto", "user": SECOND, "roles": ["administrator"], "password": verifier(WORD)}]
    document["audit"] = settings


class Auditing:
    """With `self.reading`."""

    def rows(self, *words: str) -> list[dict]:
        return self.reading.machine.json("audit", "list", *words)

    def last(self, action: str, event: str = "begun") -> dict:
        return [row for row in self.rows("--action", action) if row["event"] == event][-1]

    def count(self, action: str) -> int:
        return len(self.rows("--action", action))

    def login(self, name: str, word: str = WORD) -> imaplib.IMAP4_SSL:
        client = self.reading.connect()
        client.login(f'"{name}"', word)  # which imaplib sends as it is, and "*" is no letter of an atom
        return client

    def refused(self, name: str, word: str = WORD) -> str:
        with self.assertRaises(imaplib.IMAP4.error) as caught:
            self.login(name, word)
        return str(caught.exception)

    def wire(self, name: str) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.rig.at_close(wire.close)
        answer, _ = wire.ask(b'LOGIN "%s" "%s"' % (name.encode(), WORD.encode()))
        self.assertTrue(answer.startswith(b"OK "), answer)
        return wire

    def ok(self, answer: tuple) -> list:
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def select(self, client: imaplib.IMAP4_SSL, name: str) -> None:
        """By SELECT; imaplib's own method takes a mailbox that is open for reading alone for a failure."""
        client.is_readonly = True
        self.ok(client._simple_command("SELECT", name))
        client.state = "SELECTED"

    def no(self, answer: tuple) -> str:
        self.assertEqual(answer[0], "NO", answer)
        return answer[1][0].decode()

    def fill(self, *names: str, folder: str = "INBOX", date: str = NEW, user: str = ALICE) -> None:
        owner = self.reading.login(user)
        owner.create(folder)
        for name in names:
            self.ok(owner.append(folder, "", date, mail(name)))
        owner.logout()

    def ends(self, wire: Wire) -> bytes:
        """What is said at the end of a session that nobody asks anything."""
        began, said = time.monotonic(), b""
        try:
            while True:
                said = wire.response()
        except Gone:
            self.assertLess(time.monotonic() - began, 4, said)
        self.assertTrue(said.startswith(b"* BYE this login is over: "), said)
        return said


class AuditorTest(Auditing, RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig, change=lambda document: operators(document, administrators_read="never"))

    def test_nothing_comes_to_an_auditor_unasked(self):  # RFC 5465
        wire = self.wire(f"{ALICE}*{AUDITOR}")
        self.assertNotIn(b"NOTIFY", wire.ask(b"CAPABILITY")[1][0])
        for command in (b"NOTIFY SET (selected (MessageNew (BODY.PEEK[]) MessageExpunge))", b"NOTIFY SET STATUS (personal (MailboxName))", b"NOTIFY NONE"):
            self.assertTrue(wire.ask(command)[0].startswith(b"NO [NOPERM]"), command)

    def test_what_others_share_with_a_user_is_not_for_his_auditor(self):  # RFC 4314
        bob = self.reading.login(BOB)
        self.ok(bob.setacl("INBOX", ALICE, "lr"))
        alice = self.reading.login()
        self.ok(alice.select(f'"Other Users/{BOB}/INBOX"', readonly=True))
        wire = self.wire(f"{ALICE}*{AUDITOR}")
        self.assertTrue(wire.ask(f'SELECT "Other Users/{BOB}/INBOX"'.encode())[0].startswith(b"NO [NONEXISTENT]"))
        self.assertNotIn(b"Other Users", b"".join(wire.ask(b'LIST "" *')[1] + wire.ask(b"NAMESPACE")[1]))
        self.assertEqual(wire.ask(b"MYRIGHTS INBOX")[1], [b'* MYRIGHTS "INBOX" lr'])
        for command in (b"GETACL INBOX", b"SETACL INBOX anyone lr", b"DELETEACL INBOX anyone", b"LISTRIGHTS INBOX anyone"):
            self.assertTrue(wire.ask(command)[0].startswith(b"NO [NOPERM]"), command)
        self.ok(bob.deleteacl("INBOX", ALICE))

    def test_what_is_given_is_written_down_once_and_before_it_is_given(self):
        self.fill("one", "two", "three", folder="Given")
        client = self.login(f"{ALICE}*{AUDITOR}")
        begun = self.last("imap/login")
        self.assertEqual((begun["operator"], begun["kind"], begun["role"], begun["object"]), ("Vera", "search", "auditor", {"account": ALICE}))
        self.assertTrue(begun["from"].startswith("imap, 127."), begun)
        self.select(client, "Given")
        reads = self.count("imap/read")
        self.ok(client.fetch("1:*", "(ENVELOPE BODYSTRUCTURE FLAGS RFC822.SIZE)"))
        self.assertEqual(self.count("imap/read"), reads)
        self.ok(client.fetch("1:2", "(BODY.PEEK[TEXT])"))
        entry = self.last("imap/read")
        self.assertEqual(entry["object"], {"account": ALICE, "folder": "Given", "messages": "2", "uids": "1:2"})
        self.assertEqual((entry["operator"], entry["kind"]), ("Vera", "read"))
        self.ok(client.fetch("1:2", "(BODY[])"))
        self.assertEqual(self.count("imap/read"), reads + 1)
        for item in ("BODY[HEADER.FIELDS (Subject)]", "BINARY[1]", "RFC822", "RFC822.HEADER", "RFC822.TEXT", "PREVIEW"):
            again = self.login(f"{ALICE}*{AUDITOR}")
            self.select(again, "Given")
            self.ok(again.fetch("3", f"({item})"))
            reads += 1
            self.assertEqual(self.count("imap/read"), reads + 1, item)
            self.assertEqual(self.last("imap/read")["object"]["uids"], "3")
        client.logout()
        ended = until(lambda: [row for row in self.rows() if row["of"] == begun["entry"]], "the end of the session")
        self.assertRegex(ended[0]["outcome"], r"^gave [1-9]\d+ octets of 2 messages$")

    def test_entries_are_there_though_the_server_is_killed_behind_the_answer(self):
        self.fill("killed", folder="Killed")
        client = self.login(f"{ALICE}*{AUDITOR}")
        self.select(client, "Killed")
        self.ok(client.fetch("1", "(BODY[])"))
        self.reading.machine.kill()
        self.reading.machine.start()
        self.assertEqual(self.last("imap/read")["object"]["folder"], "Killed")
        self.reading.machine.verb("audit", "verify")

    def test_a_server_that_stops_tells_what_was_given_till_then(self):
        self.fill("stopped", folder="Stopped")
        client = self.login(f"{ALICE}*{AUDITOR}")
        begun = self.last("imap/login")
        self.select(client, "Stopped")
        self.ok(client.fetch("1", "(BODY[])"))
        self.assertEqual(self.reading.machine.stop(), 0)
        self.reading.machine.start()
        (ended,) = [row for row in self.rows() if row["of"] == begun["entry"]]
        self.assertRegex(ended["outcome"], r"^gave \d+ octets of 1 messages$")

    def test_nothing_can_be_changed(self):
        self.fill("kept", folder="Fixed")
        client = self.login(f"{ALICE}*{AUDITOR}")
        self.select(client, "Fixed")
        self.assertEqual(client.untagged_responses.get("READ-ONLY"), [b""])
        self.ok(client.fetch("1", "(BODY[])"))
        [line] = self.ok(client.fetch("1", "(FLAGS)"))
        self.assertNotIn(b"Seen", line)
        for call in (lambda: client.store("1", "+FLAGS", "\\Deleted"), lambda: client.uid("STORE", "1", "FLAGS", "\\Seen"),
                     lambda: client.append("Fixed", "", NEW, mail("new")), lambda: client.copy("1", "INBOX"),
                     lambda: client.uid("MOVE", "1", "INBOX"), lambda: client.create("Made"), lambda: client.delete("Fixed"),
                     lambda: client.rename("Fixed", "Other"), lambda: client.subscribe("Fixed"), lambda: client.unsubscribe("Fixed"),
                     client.expunge, lambda: client.uid("EXPUNGE", "1")):
            self.no(call())
        wire = self.wire(f"{ALICE}*{AUDITOR}")
        wire.ask(b"SELECT Fixed")
        answer, _ = wire.ask(b"REPLACE 1 Fixed {3+}\r\nabc")
        self.assertTrue(answer.startswith(b"NO "), answer)
        self.ok(client.close())
        owner = self.reading.login()
        self.assertEqual(self.ok(owner.select("Fixed")), [b"1"])
        self.assertEqual(self.ok(owner.search(None, "UNSEEN UNDELETED")), [b"1"])

    def test_a_search_for_words_is_written_down_and_one_for_headers_is_the_login(self):
        self.fill("sought", folder="Sought")
        client = self.login(f"{ALICE}*{AUDITOR}")
        self.select(client, "Sought")
        self.assertEqual(self.ok(client.search(None, "SUBJECT", "sought")), [b"1"])
        self.assertEqual(self.count("imap/search"), 0)
        self.assertEqual(self.ok(client.search(None, "NOT", "(BODY nothing)")), [b"1"])
        self.assertEqual(self.last("imap/search")["object"], {"account": ALICE, "folder": "Sought"})
        self.ok(client.sort("DATE", "UTF-8", "TEXT", "sought"))
        self.ok(client.thread("REFERENCES", "UTF-8", "TEXT", "sought"))
        self.assertEqual(self.count("imap/search"), 3)

    def test_who_may_not_is_refused_and_known_operators_are_written_down(self):
        self.assertIn("AUTHENTICATIONFAILED", self.refused(f"{ALICE}*nobody"))
        self.assertIn("AUTHENTICATIONFAILED", self.refused(f"{ALICE}*{ADMINISTRATOR}"))  # he has no password
        before = self.rows()[-1]["entry"]
        self.assertIn("AUTHENTICATIONFAILED", self.refused(f"{ALICE}*{AUDITOR}", "a guess"))
        self.assertIn("AUTHENTICATIONFAILED", self.refused(f"{ALICE}*{AUDITOR}", PASSWORD))  # the account's own
        wrong = until(lambda: [row for row in self.rows() if row["entry"] > before and row["action"] == "imap/login"], "the refusal")
        self.assertEqual((wrong[0]["event"], wrong[0]["operator"]), ("refused", "Vera"))
        self.assertIn("the password was wrong", wrong[0]["outcome"])
        said = self.refused(f"{ALICE}*{SECOND}")
        self.assertIn("AUTHORIZATIONFAILED", said)
        self.assertIn("administrators do not read mail here", said)
        self.assertEqual(self.last("imap/login", "refused")["operator"], "Otto")
        self.assertIn("there is no such account", self.refused(f"nosuch@example.org*{AUDITOR}"))
        self.assertIn("there is no case 99", self.refused(f"{ALICE}*{AUDITOR}*99"))
        self.assertFalse([row for row in self.rows() if row["operator"] == "nobody"])

    def test_the_identity_may_be_named_as_sasl_has_it(self):
        for message in (f"{ALICE}\0{AUDITOR}\0{WORD}", f"\0alice*{AUDITOR}\0{WORD}"):
            client = self.reading.connect()
            self.ok(client.authenticate("PLAIN", lambda _, message=message: message.encode()))
            self.select(client, "INBOX")
            self.assertEqual(self.last("imap/login")["object"], {"account": ALICE})
        for user, identity, word, good in ((AUDITOR, ALICE, WORD, True), (f"alice*{AUDITOR}", "", WORD, True), (AUDITOR, ALICE, "wrong", False),
                                           ("nobody", ALICE, WORD, False), (BOB, ALICE, PASSWORD, False)):
            wire = Wire(self.reading.imap, unverified())
            self.rig.at_close(wire.close)
            scram = Scram(user, word, identity)
            wire.send(b"AUTHENTICATE SCRAM-SHA-256 " + scram.first.encode())
            challenge = wire.response().removeprefix(b"+ ").decode()
            wire.send_line(scram.final(challenge).encode())
            answer = wire.response()
            if good:
                self.assertTrue(scram.proves(answer.removeprefix(b"+ ").decode()))
                wire.send_line(b"")
                answer = wire.response()
            self.assertIn(b" OK " if good else b" NO ", answer, (user, identity))

    def test_pop3_takes_nobody_s_mail_away_for_an_auditor(self):
        def said(word: str) -> str:
            client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
            self.rig.at_close(client.close)
            client.user(f"{ALICE}*{AUDITOR}")
            with self.assertRaises(poplib.error_proto) as caught:
                client.pass_(word)
            return str(caught.exception)
        self.assertIn("an auditor reads by IMAP", said(WORD))
        self.assertNotIn("auditor", said("a guess"))
        refused = until(lambda: self.rows("--action", "pop3/login"), "the refusal")
        self.assertEqual({row["event"] for row in refused}, {"refused"})

    def test_nobody_sends_mail_by_the_login_of_an_auditor(self):
        with smtplib.SMTP(*self.reading.machine.submission, timeout=30) as client:
            client.starttls(context=unverified())
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                client.login(f"{ALICE}*{AUDITOR}", WORD)

    def test_the_log_and_the_journal_have_no_password(self):
        self.login(f"{ALICE}*{AUDITOR}")
        self.assertNotIn(WORD, self.reading.machine.log())
        self.assertNotIn("SCRAM-SHA-256}", str(self.rows()))
        self.assertIn("imap.audit_login", self.reading.machine.log())


class CaseTest(Auditing, RigCase):
    """Auditors who need a case."""

    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig, change=lambda document: operators(document, auditors_need_case=True))

    def open(self, name: str, *words: str) -> None:
        self.reading.machine.verb("case", "open", name, "--reason", "fraud", "--operator", "Vera", "--account", ALICE, *words)

    def test_without_a_case_or_in_another_one_s_nobody_gets_in(self):
        self.open("17/2026", "--for", "1h")
        self.assertIn("name it", self.refused(f"{ALICE}*{AUDITOR}"))
        self.assertIn("not part of case", self.refused(f"{BOB}*{AUDITOR}*17/2026"))
        self.assertIn("not yours", self.refused(f"{ALICE}*{SECOND}*17/2026"))
        client = self.login(f"{ALICE}*{AUDITOR}*17/2026")
        self.select(client, "INBOX")
        self.assertEqual(self.last("imap/login")["case"], "17/2026")

    def test_what_is_outside_the_time_of_the_case_is_not_there(self):
        self.fill("now one", "now two", folder="Window")
        self.fill("then one", folder="Window", date=OLD)
        self.open("window", "--for", "1h", "--from", "2020-01-01", "--to", "2021-01-01")
        wire = self.wire(f"{ALICE}*{AUDITOR}*window")
        answer, lines = wire.ask(b"SELECT Window")
        self.assertTrue(answer.startswith(b"OK [READ-ONLY]"), answer)
        self.assertIn(b"* 1 EXISTS", lines)
        self.assertEqual(wire.ask(b"UID SEARCH ALL")[1], [b"* SEARCH 3"])
        self.assertEqual(wire.ask(b"UID FETCH 1:2 (FLAGS BODY[])")[1], [])
        self.assertTrue(wire.ask(b"FETCH 2 BODY[]")[0].startswith(b"BAD"))
        _, [line] = wire.ask(b"STATUS Window (MESSAGES SIZE UNSEEN)")
        self.assertEqual(re.findall(rb"(MESSAGES|SIZE|UNSEEN) (\d+)", line), [(b"MESSAGES", b"1"), (b"SIZE", b"%d" % len(mail("then one"))), (b"UNSEEN", b"1")])
        self.fill("now three", folder="Window")
        self.assertEqual(wire.ask(b"NOOP")[1], [])
        self.fill("then two", folder="Window", date=OLD)
        self.assertEqual(wire.ask(b"NOOP")[1], [b"* 2 EXISTS"])
        self.assertEqual(len(wire.ask(b"FETCH 1:2 BODY[]")[1]), 2)
        self.assertEqual(self.last("imap/read")["object"]["uids"], "3,5")

    def test_a_message_is_in_the_case_by_when_it_was_stored_whatever_date_its_user_gave_it(self):
        self.fill("backdated", folder="Backdated", date=OLD)
        self.open("today", "--for", "1h", "--from", "2026-01-01")
        answer, lines = self.wire(f"{ALICE}*{AUDITOR}*today").ask(b"SELECT Backdated")
        self.assertTrue(answer.startswith(b"OK [READ-ONLY]"), answer)
        self.assertIn(b"* 1 EXISTS", lines)

    def test_a_case_that_closes_ends_the_session_and_so_does_one_whose_time_is_over(self):
        self.open("closing", "--for", "1h")
        wire = self.wire(f"{ALICE}*{AUDITOR}*closing")
        wire.ask(b"SELECT INBOX")
        idle = self.wire(f"{ALICE}*{AUDITOR}*closing")
        idle.ask(b"SELECT INBOX")
        idle.send(b"IDLE")
        idle.response()
        self.reading.machine.verb("case", "close", "closing", "--reason", "done")
        self.assertIn(b"case closing was closed", self.ends(wire))
        self.assertIn(b"case closing was closed", self.ends(idle))
        self.assertIn("was closed", self.refused(f"{ALICE}*{AUDITOR}*closing"))
        self.open("short", "--for", "3s")
        self.assertIn(b"its time has run out", self.ends_later(self.wire(f"{ALICE}*{AUDITOR}*short")))
        begun = self.last("imap/login")
        until(lambda: [row for row in self.rows() if row["of"] == begun["entry"]], "the end of the session")

    def ends_later(self, wire: Wire) -> bytes:
        try:
            while True:
                said = wire.response()
        except Gone:
            return said


class ChangedTest(Auditing, OwnRigCase):
    def change(self, what) -> None:
        self.reading.machine.configure(what)
        self.reading.machine.verb("reload")

    def test_a_reload_that_takes_the_role_the_password_or_the_operator_ends_the_session(self):
        self.reading = Reading(self.rig, change=operators)

        def role(document: dict) -> None:
            document["operator"][1]["roles"] = ["administrator"]
            document["audit"] = {"administrators_read": "never"}

        def password(document: dict) -> None:
            document["operator"][1]["password"] = verifier("another")

        def gone(document: dict) -> None:
            del document["operator"][1]

        for what, why in ((role, b"administrators do not read"), (password, b"your password was changed"), (gone, b"no operator any more")):
            self.reading.machine.configure(lambda document: (operators(document), document.pop("audit")))
            self.reading.machine.verb("reload")
            wire = self.wire(f"{ALICE}*{AUDITOR}")
            wire.ask(b"SELECT INBOX")
            self.change(what)
            self.assertIn(why, self.ends(wire))

    def test_what_needs_a_second_person_waits_for_him(self):
        self.reading = Reading(self.rig, change=lambda document: operators(document, second_person=["read"]))
        self.fill("one", "two")
        client = self.login(f"{ALICE}*{AUDITOR}")
        self.select(client, "INBOX")
        number = re.search(r"asked for as number (\d+)", self.no(client.fetch("1", "(BODY[])")))[1]
        asks = self.reading.machine.json("approval", "show", number)["asks"]
        self.assertEqual((asks["action"], asks["arguments"]["uids"]), ("imap/read", "1"))
        self.assertIn(number, self.no(client.fetch("1", "(BODY[])")))
        self.reading.machine.verb("approval", "give", number)
        self.assertNotIn(number, self.no(client.fetch("1:2", "(BODY[])")))  # not what was agreed to
        self.ok(client.fetch("1", "(BODY[])"))
        self.ok(client.fetch("1", "(BODY[TEXT])"))
        self.no(client.fetch("2", "(BODY[])"))

    def test_in_the_archive_role_an_auditor_is_served_and_users_are_not(self):
        self.reading = Reading(self.rig, role="archive", change=operators)
        self.assertIn("UNAVAILABLE", self.refused(ALICE, PASSWORD))
        client = self.login(f"{ALICE}*{AUDITOR}")
        self.select(client, "INBOX")
        self.no(client.create("Made"))

    def test_an_account_that_is_called_so_is_an_account(self):
        self.reading = Reading(self.rig, change=operators)
        name = f"alice*{AUDITOR}@example.org"
        self.reading.machine.add_account(name, PASSWORD)
        owner = self.login(name, PASSWORD)
        self.ok(owner.create("Mine"))
        self.login(f"{name}*{AUDITOR}")
        self.assertEqual(self.last("imap/login")["object"], {"account": name})

    def test_guesses_count_on_the_operator_whatever_account_is_named(self):
        def limited(document: dict) -> None:
            operators(document)
            document.setdefault("limits", {})["login_failures_per_account"] = 2

        self.reading = Reading(self.rig, change=limited)
        for account in (ALICE, BOB):
            self.assertIn("AUTHENTICATIONFAILED", self.refused(f"{account}*{AUDITOR}", "a guess"))
        self.assertIn("UNAVAILABLE", self.refused(f"{ALICE}*{AUDITOR}"))
        self.reading.login()  # his mail is not shut by guesses about another

    def test_who_is_no_operator_is_answered_with_a_salt_of_his_own_that_stays(self):
        self.reading = Reading(self.rig, change=operators)

        def salt(user: str, identity: str) -> str:
            wire = Wire(self.reading.imap, unverified())
            self.rig.at_close(wire.close)
            wire.send(b"AUTHENTICATE SCRAM-SHA-256 " + Scram(user, WORD, identity).first.encode())
            return re.search(r",s=([^,]+),", base64.b64decode(wire.response().removeprefix(b"+ ")).decode())[1]
        self.assertEqual(len({salt("nobody", ALICE), salt("nobody", BOB), salt("nobody", "nosuch"), salt("alice*nobody", "")}), 1)
        self.assertEqual(len({salt(AUDITOR, ALICE), salt(AUDITOR, BOB), salt(f"nosuch*{AUDITOR}", "")}), 1)
        self.assertNotEqual(salt("nobody", ALICE), salt("somebody", ALICE))


if __name__ == "__main__":
    unittest.main()
