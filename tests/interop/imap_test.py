"""IMAP as Python's own client speaks it: what arrives is read, filed, marked, searched and thrown away, and every other session
hears of it."""
import base64
import imaplib
import time
import unittest
from datetime import datetime

from support.case import RigCase
from support.instance import DOMAIN
from support.reading import ALICE, BOB, PASSWORD, Reading
from support.scram import Scram

MAIL = (b"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nFrom: Some One <someone@world.example>\r\nTo: alice@example.org\r\n"
        b"Subject: %s\r\nMessage-ID: <%s@world.example>\r\n\r\nA few words.\r\n")


def mail(name: str) -> bytes:
    return MAIL % (name.encode(), name.replace(" ", "-").encode())


class ImapTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def ok(self, answer: tuple) -> list:
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def no(self, call, *arguments) -> str:
        kind, [text] = call(*arguments)
        self.assertEqual(kind, "NO", text)
        return text.decode()

    def fresh(self, client: imaplib.IMAP4, name: str) -> None:
        self.ok(client.create(name))
        self.ok(client.select(name))

    def append(self, client: imaplib.IMAP4, name: str, *subjects: str, flags: str = "") -> None:
        for subject in subjects:
            self.ok(client.append(name, flags, None, mail(subject)))

    def test_what_arrives_is_read_bit_for_bit(self):
        self.reading.deliver(mail("arrived"))
        client = self.reading.login()
        self.assertEqual(self.ok(client.select("INBOX"))[0], b"1")
        [(head, octets), _] = self.ok(client.fetch("1", "(UID RFC822.SIZE BODY.PEEK[])"))
        self.assertTrue(octets.endswith(mail("arrived")))
        self.assertIn(b"RFC822.SIZE %d" % len(octets), head)
        self.assertEqual(octets, self.reading.machine.export(ALICE, "INBOX", 1))
        [line] = self.ok(client.fetch("1", "(ENVELOPE)"))
        self.assertIn(b'"arrived" (("Some One" NIL "someone" "world.example"))', line)
        [(_, header), _] = self.ok(client.fetch("1", "(BODY.PEEK[HEADER.FIELDS (Subject Nowhere)])"))
        self.assertEqual(header, b"Subject: arrived\r\n\r\n")
        [line] = self.ok(client.fetch("1", "(FLAGS)"))
        self.assertNotIn(b"\\Seen", line)
        self.ok(client.fetch("1", "(BODY[TEXT])"))
        [line] = self.ok(client.fetch("1", "(FLAGS)"))
        self.assertIn(b"\\Seen", line)

    def test_folders_are_made_renamed_listed_and_removed(self):
        client = self.reading.login()
        self.ok(client.create("Work/Projects"))
        self.assertIn("ALREADYEXISTS", self.no(client.create, "Work/Projects"))
        names = {line.rsplit(b'"/" ', 1)[1] for line in self.ok(client.list())}
        self.assertLessEqual({b'"INBOX"', b'"Sent"', b'"Work"', b'"Work/Projects"'}, names)
        self.ok(client.rename("Work/Projects", "Play"))
        self.ok(client.subscribe("Play"))
        self.assertIn(b'() "/" "Play"', self.ok(client.lsub()))
        self.ok(client.unsubscribe("Play"))
        self.ok(client.create("Play/Deep"))
        self.ok(client.delete("Play"))
        self.assertIn(b'(\\NonExistent \\NoSelect \\HasChildren) "/" "Play"', self.ok(client.list('""', "Play")))
        self.assertIn("NONEXISTENT", self.no(client.select, "Play"))
        self.assertIn("CANNOT", self.no(client.delete, "INBOX"))

    def test_names_that_are_paths_elsewhere_are_refused(self):
        client = self.reading.login()
        for name in ("..", "../../etc/passwd", "a/./b", "/etc/passwd", "a//b", "&bad", "a&AGE-b", "a&AAA-b", '"a\x7fb"'):
            self.assertIn("CANNOT", self.no(client.create, name), name)
        for name in ("Entw&APw-rfe", '"a\\\\b"', "a..b"):
            self.ok(client.create(name))
        self.assertIn(b'"Entw&APw-rfe"', b"".join(self.ok(client.list())))

    def test_append_store_copy_move_and_expunge(self):
        client = self.reading.login()
        self.fresh(client, "changes")
        self.ok(client.create("elsewhere"))
        self.append(client, "changes", "one", "two", "three", flags="\\Flagged")
        self.ok(client.noop())
        self.ok(client.store("1", "+FLAGS", "(\\Deleted $Later)"))
        [line] = self.ok(client.fetch("1", "(FLAGS)"))
        self.assertIn(b"\\Flagged \\Deleted $Later", line)
        self.ok(client.copy("2:3", "elsewhere"))
        self.assertIn("TRYCREATE", self.no(client.copy, "1", "nowhere"))
        self.ok(client.uid("MOVE", "3", "elsewhere"))
        client.response("EXPUNGE")
        self.assertEqual(self.ok(client.expunge()), [b"1"])
        self.assertEqual(self.ok(client.uid("SEARCH", "ALL")), [b"2"])
        self.assertEqual(self.ok(client.select("elsewhere")), [b"3"])

    def test_savedate_is_when_a_message_came_into_its_mailbox(self):  # RFC 8514: not when it was sent, nor INTERNALDATE
        client = self.reading.login()
        self.fresh(client, "dated")
        self.ok(client.append("dated", "", '"01-Jan-2020 00:00:00 +0000"', mail("old")))
        self.ok(client.noop())

        def saved() -> float:
            [line] = self.ok(client.fetch("1", "(SAVEDATE)"))
            return datetime.strptime(line.split(b'"')[1].decode(), "%d-%b-%Y %H:%M:%S %z").timestamp()

        first = saved()
        self.assertLess(abs(time.time() - first), 60)
        self.ok(client.create("dated-later"))
        time.sleep(1.1)
        self.ok(client.copy("1", "dated-later"))
        self.ok(client.store("1", "+FLAGS", "(\\Seen)"))
        self.assertEqual(saved(), first)
        self.ok(client.select("dated-later"))
        self.assertTrue(first < saved() <= time.time(), "a copy was saved when it was made")

    def test_search_looks_where_it_is_told(self):
        client = self.reading.login()
        self.fresh(client, "searched")
        self.append(client, "searched", "the quick fox", "a LAZY dog", "nothing")  # the fourth has no Date
        self.ok(client.append("searched", "", None, "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Odd: yes\r\n\r\nKäse\r\n".encode()))
        self.ok(client.noop())
        for what, found in (("SUBJECT lazy", b"2"), ("FROM world.example", b"1 2 3"), ("HEADER X-Odd yes", b"4"), ("BODY few", b"1 2 3"),
                            ("TEXT fox", b"1"), ("OR SUBJECT fox SUBJECT nothing", b"1 3"), ("NOT FROM world", b"4"), ("UNSEEN", b"1 2 3 4"),
                            ("LARGER 100000", b""), ("SENTON 23-Nov-2026", b"1 2 3"), ("2:* SUBJECT dog", b"2"),
                            ("HEADER Message-ID nothing@", b"3")):
            self.assertEqual(self.ok(client.search(None, what)), [found], what)
        client.literal = "GRÜSSE".encode()
        self.assertEqual(self.ok(client.search("UTF-8", "SUBJECT")), [b""], "sharp s is not ss (RFC 5051)")
        client.literal = "grüß".encode()
        self.assertEqual(self.ok(client.search("UTF-8", "SUBJECT")), [b"4"])
        self.assertIn("BADCHARSET", self.no(client.search, "X-NONE", "SUBJECT x"))

    def test_another_session_hears_of_it_and_idle_at_once(self):
        writer, reader = self.reading.login(), self.reading.login()
        self.fresh(writer, "watched")
        self.ok(reader.select("watched"))
        tag = reader._new_tag()
        reader.send(tag + b" IDLE\r\n")
        self.assertTrue(reader.readline().startswith(b"+ "))
        self.append(writer, "watched", "seen by both")
        self.assertEqual(reader.readline(), b"* 1 EXISTS\r\n")
        self.ok(writer.noop())
        took = []
        for _ in range(10):  # from the writer's OK on: the middle one of several, since machines are busy
            self.append(writer, "watched", "more")
            began = time.monotonic()
            self.assertTrue(reader.readline().endswith(b"EXISTS\r\n"))
            took.append(time.monotonic() - began)
        self.assertLess(sorted(took)[5], 0.1)
        self.ok(writer.store("2:*", "+FLAGS.SILENT", "(\\Deleted)"))
        self.ok(writer.expunge())
        while reader.readline() != b"* 2 EXPUNGE\r\n":
            pass
        self.ok(writer.store("1", "+FLAGS", "(\\Deleted)"))
        self.assertIn(b"FLAGS (\\Deleted)", reader.readline())
        self.ok(writer.expunge())
        self.assertEqual(reader.readline(), b"* 1 EXPUNGE\r\n")
        reader.send(b"DONE\r\n")
        self.assertTrue(reader.readline().startswith(tag + b" OK"))

    def test_each_of_several_who_idle_hears_of_flags_and_of_what_goes_within_100_ms(self):
        writer = self.reading.login()
        self.fresh(writer, "crowded")
        self.append(writer, "crowded", *(f"m{number}" for number in range(22)))
        idlers = []
        for number in range(6):
            idler = self.reading.login()
            if number % 2:
                self.ok(idler.enable("QRESYNC"))
            self.ok(idler.select("crowded"))
            idler.send(idler._new_tag() + b" IDLE\r\n")
            self.assertTrue(idler.readline().startswith(b"+ "))
            idlers.append(idler)

        def took(change: bytes, expected: tuple[bytes, bytes]) -> list[float]:
            """From the moment that the change is sent on: it cannot be told before it is made."""
            began = time.monotonic()
            writer.send(b"x " + change + b"\r\n")
            times = []
            for number, idler in enumerate(idlers):
                self.assertIn(expected[number % 2], idler.readline())
                times.append(time.monotonic() - began)
            while not (line := writer.readline()).startswith(b"x "):
                pass
            self.assertTrue(line.startswith(b"x OK"), line)
            return times

        flags, expunges = [], []
        for number in range(11):
            flags += took(b"UID STORE %d +FLAGS.SILENT (\\Deleted)" % (2 * number + 1), (b"FLAGS (\\Deleted)", b"FLAGS (\\Deleted)"))
            expunges += took(b"UID EXPUNGE %d" % (2 * number + 1), (b"* %d EXPUNGE" % (number + 1), b"* VANISHED %d" % (2 * number + 1)))
        for name, times in (("flags", flags), ("expunges", expunges)):
            self.assertLess(sorted(times)[len(times) // 2], 0.1, f"{name}: {sorted(times)}")

    def test_logins(self):
        client = self.reading.connect()
        with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
            client.login(ALICE, "a wrong password")
        client.login(BOB, PASSWORD)
        self.assertEqual(self.ok(client.select("INBOX")), [b"0"])
        client = self.reading.connect()
        self.ok(client.authenticate("PLAIN", lambda _: f"\0{ALICE}\0{PASSWORD}".encode()))

    def test_logins_by_the_words_that_old_programs_know(self):
        client = self.reading.connect()
        answers = iter((BOB, PASSWORD))
        self.ok(client.authenticate("LOGIN", lambda _: next(answers).encode()))
        client = self.reading.connect()
        answers = iter((BOB, "a wrong password"))
        with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
            client.authenticate("LOGIN", lambda _: next(answers).encode())

    def test_what_there_is_is_told_and_nothing_else(self):
        before = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID"
        client = self.reading.connect()
        logins = " AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN"
        self.assertEqual(sorted(self.ok(client.capability())[0].decode().split()), sorted((before + logins).split()))
        behind = (" COMPRESS=DEFLATE ACL RIGHTS=kxte LIST-MYRIGHTS NAMESPACE IDLE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE CREATE-SPECIAL-USE "
                  "LIST-EXTENDED LIST-STATUS STATUS=SIZE ESEARCH SEARCHRES ESORT SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES "
                  "WITHIN PARTIAL BINARY MULTIAPPEND CATENATE REPLACE CONDSTORE QRESYNC OBJECTID SAVEDATE PREVIEW UTF8=ACCEPT QUOTA "
                  "QUOTA=RES-STORAGE QUOTA=RES-MESSAGE METADATA LIST-METADATA NOTIFY APPENDLIMIT=104857600")
        client.login(BOB, PASSWORD)
        self.assertEqual(sorted(self.ok(client.capability())[0].decode().split()), sorted((before + behind).split()))

    def test_scram(self):
        client = self.reading.connect()
        scram = Scram(ALICE, PASSWORD)
        answers = iter((lambda _: scram.first, lambda challenge: scram.final(base64.b64encode(challenge).decode()), lambda _: ""))
        heard = []

        def answer(challenge: bytes) -> bytes:
            heard.append(challenge)
            return base64.b64decode(next(answers)(challenge))

        self.ok(client.authenticate("SCRAM-SHA-256", answer))
        self.assertTrue(scram.proves(base64.b64encode(heard[-1]).decode()))

    def test_idle_is_over_when_the_login_is(self):
        machine, user = self.reading.machine, f"leaver@{DOMAIN}"
        machine.add_account(user, PASSWORD)
        client = self.reading.login(user)
        self.ok(client.select("INBOX"))
        client.send(client._new_tag() + b" IDLE\r\n")
        self.assertTrue(client.readline().startswith(b"+ "))
        machine.verb("account", "passwd", user, "--password-stdin", text=b"another long password\n")
        time.sleep(1.1)
        self.reading.deliver(mail("for whoever knows the new password"), user)
        self.assertTrue(client.readline().startswith(b"* BYE"))

    def test_a_restart_changes_nothing(self):
        client = self.reading.login()
        self.fresh(client, "kept")
        self.append(client, "kept", "one", "two")
        self.ok(client.select("kept"))
        before = self.ok(client.fetch("1:2", "(UID FLAGS MODSEQ ENVELOPE BODYSTRUCTURE)")), client.response("UIDVALIDITY")
        self.reading.machine.stop()
        self.reading.machine.start()
        client = self.reading.login()
        self.ok(client.select("kept"))
        self.assertEqual((self.ok(client.fetch("1:2", "(UID FLAGS MODSEQ ENVELOPE BODYSTRUCTURE)")), client.response("UIDVALIDITY")), before)


if __name__ == "__main__":
    unittest.main()
