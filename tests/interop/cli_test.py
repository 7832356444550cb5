"""The command line: what each verb prints with --json, and the exit statuses 0 (done), 1 (failed), 2 (wrong usage)."""
import json
import os
import pty
import stat
import subprocess
import unittest

from support.case import PairCase
from support.client import Client
from support.instance import PROGRAM
from support.pair import hello
from support.waiting import until

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"


class CommandLineTest(PairCase):
    def test_account_verbs(self):
        self.primary.add_account("erin@example.org", "a password")
        [erin] = [each for each in self.primary.json("account", "list") if each["address"] == "erin@example.org"]
        self.assertTrue({"address", "aliases", "login", "mailbox", "template", "origin"} <= set(erin))
        self.assertTrue(erin["login"])
        self.assertIn(b"erin@example.org", self.primary.verb("account", "show", "erin@example.org"))
        self.assertEqual(self.primary.run("account", "add", "erin@example.org").returncode, 1)
        self.assertEqual(self.primary.run("account", "add", "no address").returncode, 2)
        self.primary.verb("account", "passwd", "erin@example.org", "--password-stdin", text=b"another\n")
        self.primary.verb("account", "remove", "erin@example.org")
        self.assertNotIn("erin@example.org", self.primary.accounts())
        self.assertEqual(self.primary.run("account", "show", "erin@example.org").returncode, 1)

    def test_mailbox_and_message_verbs(self):
        mail = hello(subject="a subject with [brackets]")
        self.pair.from_world(mail, ALICE)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        [inbox] = [folder for folder in self.primary.folders(ALICE) if folder["name"] == "INBOX"]
        self.assertTrue({"name", "special_use", "messages", "uidnext", "uidvalidity", "highestmodseq"} <= set(inbox))
        [listed] = [each for each in self.primary.messages(ALICE, "INBOX") if mail.marker in each["subject"]]
        self.assertTrue({"uid", "size", "flags", "received_at", "from", "subject", "name", "journal", "modseq"} <= set(listed))
        octets = self.primary.export(ALICE, "INBOX", listed["uid"])
        self.assertEqual(len(octets), listed["size"])
        self.assertTrue(octets.endswith(mail.octets))
        self.assertIn(mail.marker.encode(), self.primary.verb("message", "show", ALICE, "INBOX", str(listed["uid"])))
        self.assertEqual(self.primary.run("message", "export", ALICE, "INBOX", "999999").returncode, 1)
        self.assertEqual(self.primary.run("message", "list", ALICE, "No Such Folder").returncode, 1)
        self.assertEqual(self.primary.run("message", "export", ALICE, "INBOX", "one").returncode, 2)

    def test_queue_verbs(self):
        self.world.answer("rcpt", "450 4.2.1 come later", "busy@world.example")
        mail = hello("busy@world.example", ALICE)
        self.pair.from_user("alice", mail, "busy@world.example")
        [entry] = until(lambda: [each for each in self.archive.queue() if each["recipients"][0]["attempts"]], "a deferred entry")
        self.assertTrue({"id", "kind", "hop", "reverse_path", "recipients", "size", "created", "next_attempt", "held"} <= set(entry))
        self.assertEqual((entry["kind"], entry["reverse_path"], entry["held"]), ("relay", ALICE, False))
        [recipient] = entry["recipients"]
        self.assertEqual(recipient["address"], "busy@world.example")
        self.assertIn("450", recipient["last_reply"])

        name = str(entry["id"])
        self.assertIn(b"busy@world.example", self.archive.verb("queue", "show", name))
        self.archive.verb("queue", "hold", name)
        self.assertTrue(self.archive.queue()[0]["held"])
        self.world.behave()
        self.archive.retry_queue()
        self.archive.verb("queue", "release", name)
        self.archive.retry_queue()
        self.pair.expect(mail, {"archive alice/Sent": 1, "world busy@world.example": 1})
        self.assertEqual(self.archive.run("queue", "show", name).returncode, 1)

    def test_queue_remove_ends_an_entry_without_a_report(self):
        self.world.answer("rcpt", "450 4.2.1 come later", "busy@world.example")
        mail = hello("busy@world.example", ALICE)
        self.pair.from_user("alice", mail, "busy@world.example")
        [entry] = until(self.archive.queue, "a deferred entry")
        self.archive.verb("queue", "remove", str(entry["id"]))
        self.pair.expect(mail, {"archive alice/Sent": 1})

    def test_journal_verbs(self):
        mail = hello()
        self.pair.from_world(mail, ALICE, BOB)
        self.pair.expect(mail, {f"{machine} {user}/INBOX": 1 for machine in ("primary", "archive") for user in ("alice", "bob")})
        [message] = [each for each in self.primary.messages(ALICE, "INBOX") if mail.marker in each["subject"]]
        [entry] = [each for each in self.primary.journal() if each["position"] == message["journal"]]
        self.assertTrue({"position", "time", "reverse_path", "recipients", "received", "handed", "size", "plan", "marks", "client",
                         "user"} <= set(entry))
        self.assertEqual(len(entry["recipients"]), 2)
        self.assertIn(self.pair.outside, json.dumps(entry["client"]))
        self.assertIn(b"alice@example.org", self.primary.verb("journal", "show", str(message["journal"])))
        self.primary.verb("journal", "verify")
        self.assertIn(self.primary.run("journal", "show", "999999999").returncode, (1, 2))

    def test_a_verification_shows_progress_to_a_person_and_none_to_a_program(self):
        piped = self.primary.run("journal", "verify", "--bodies")
        self.assertEqual((piped.returncode, piped.stderr), (0, b""))
        self.assertRegex(piped.stdout, rb"^partition 0: \d+ entries, \d+ bodies read, .*, 0 faults, tree head [0-9a-f]{64}\n$")
        shown = self.on_terminal("journal", "verify")
        self.assertRegex(shown, rb"\rpartition 0: (\d+) of \1 entries\r?\n$")
        self.assertRegex(self.primary.verb("audit", "verify"), rb"^audit journal: \d+ entries, .*, 0 faults, tree head [0-9a-f]{64}\n$")

    def on_terminal(self, *words: str) -> bytes:
        """What the verb, which must succeed, writes on standard error where that is a terminal."""
        ours, its = pty.openpty()
        with open(ours, "rb", buffering=0) as reading:
            with open(its, "wb", buffering=0) as writing:
                subprocess.run([PROGRAM, *words, "--config", self.primary.config], stdout=subprocess.DEVNULL, stderr=writing,
                               check=True, timeout=60)
            return reading.read(65536)

    def test_a_verification_ends_with_1_where_it_cannot_be_done_and_with_2_where_it_is_no_wish(self):
        for status, words in ((2, ("--from", "5", "--to", "4")), (2, ("--from", "x")), (2, ("--nothing",)), (1, ("--from", "99999999"))):
            with self.subTest(words=words):
                done = self.primary.run("journal", "verify", *words)
                self.assertEqual((done.returncode, bool(done.stderr)), (status, True), done.stdout)

    def test_what_one_machine_hands_the_other_receives(self):
        """A message has one name on both machines: `handed` here is `received` there."""
        mail = hello(EXT, ALICE)
        self.pair.from_user("alice", mail, EXT)
        self.pair.expect(mail, {"archive alice/Sent": 1, f"world {EXT}": 1})
        [sent] = [each for each in self.archive.messages(ALICE, "Sent") if mail.marker in each["subject"]]
        [there] = [each for each in self.archive.journal() if each["position"] == sent["journal"]]
        self.assertIn(there["received"], {entry["handed"] for entry in self.primary.journal()})

    def test_status_and_passthrough_and_reload(self):
        self.assertIn("role", self.archive.json("status"))
        self.assertIn(b"copy_local_to_outbox", self.primary.verb("passthrough", "show"))
        pid = self.primary.process.pid
        self.primary.verb("reload")
        self.assertTrue(self.primary.process.running())
        self.assertEqual(self.primary.process.pid, pid)

    def test_a_bad_file_is_not_loaded_and_the_server_goes_on(self):
        good = self.primary.config.read_text()
        self.addCleanup(self.primary.config.write_text, good)
        self.primary.config.write_text(good + "\n[nonsense]\n")
        self.assertEqual(self.primary.run("reload").returncode, 2)
        self.primary.config.write_text(good)
        mail = hello()
        self.pair.from_world(mail, ALICE)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})

    def test_a_reload_names_everything_that_is_wrong(self):
        good = self.primary.config.read_text()
        self.addCleanup(self.primary.config.write_text, good)
        missing = [f"/nowhere/{number}.auth" for number in (1, 2)]
        self.primary.config.write_text(good + "".join(
            f'\n[[route]]\nmatch = "x{number}.example"\nvia = "mx.x.example"\nauth = "{path}"\ntls = "verify"\n'
            for number, path in enumerate(missing)))
        done = self.primary.run("reload")
        self.assertEqual(done.returncode, 2)
        for path in missing:
            self.assertIn(f"{path}: No such file".encode(), done.stderr)

    def test_a_second_server_on_the_same_data_is_told_who_has_it(self):
        for verb, advice in (("serve", "server.data"), ("rebuild", "stop that one first")):
            with self.subTest(verb):
                done = self.primary.run(verb)
                said = done.stderr.decode()
                self.assertEqual(done.returncode, 1, said)
                self.assertIn(f"in use by process {self.primary.process.pid}, another understudy", said)
                self.assertIn(advice, said)
                self.assertNotIn("try again", said)

    def test_postmaster_takes_mail_whatever_account_is_removed(self):
        done = self.primary.run("account", "remove", "admin@example.org")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"takes the mail for postmaster@example.org", done.stderr)
        with Client(self.primary.smtp, self.pair.outside) as client:
            client.ehlo()
            client.envelope(EXT, ["postmaster"])  # fails where it is refused

    def test_wrong_usage_is_2(self):
        for words in (("nonsense",), ("queue", "nonsense"), ("message", "list"), ("queue", "list", "--nonsense")):
            with self.subTest(words=words):
                self.assertEqual(self.primary.run(*words).returncode, 2)

    def test_the_admin_socket_is_its_owners(self):
        mode = os.stat(self.primary.data / "admin.sock").st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode) & 0o077, 0)


class RestartTest(PairCase):
    def test_AP_04_each_machine_has_an_identity_of_its_own_for_life(self):
        identities = [self.identity(machine) for machine in (self.primary, self.archive)]
        self.assertEqual(len(set(identities)), 2)
        for machine in (self.primary, self.archive):
            machine.kill()
            machine.start()
        self.assertEqual([self.identity(machine) for machine in (self.primary, self.archive)], identities)

    def identity(self, machine) -> str:
        store = machine.json("status")["store"]
        self.assertRegex(store["instance"], r"^[0-9a-f]{32}$")
        return f"{store['instance']}.{store['incarnation']}"

    def test_rebuild_and_restarts_change_nothing(self):
        mail = hello()
        self.pair.from_world(mail, ALICE, BOB)
        everywhere = {f"{machine} {user}/INBOX": 1 for machine in ("primary", "archive") for user in ("alice", "bob")}
        self.pair.expect(mail, everywhere)
        before = self._mailboxes()
        self.assertEqual(self.primary.stop(), 0)
        self.assertEqual(self.primary.run("queue", "list").returncode, 1)  # nobody answers
        self.primary.verb("rebuild")
        self.primary.start()
        self.pair.expect(mail, everywhere)
        self.assertEqual(self._mailboxes(), before)

    def _mailboxes(self) -> list:
        return [(folder, self.primary.messages(account, folder["name"]))
                for account in self.primary.accounts() for folder in self.primary.folders(account)]


if __name__ == "__main__":
    unittest.main()
