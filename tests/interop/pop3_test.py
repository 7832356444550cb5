"""POP3 as Python's own client speaks it: what arrives is fetched bit for bit, once, and goes when it is told to."""
import base64
import email
import email.policy
import poplib
import signal
import unittest

from support.case import OwnRigCase, RigCase
from support.client import smtp_send
from support.instance import DOMAIN
from support.reading import ALICE, BOB, PASSWORD, Reading, unverified
from support.scram import Scram
from support.waiting import until

MAIL = b"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nFrom: someone@world.example\r\nSubject: %s\r\n\r\n.a dot in front\r\n..two\r\nlast\r\n"

INTERNATIONAL = """Date: Mon, 23 Nov 2026 09:00:00 +0000\r
From: someone@world.example\r
To: Jörg <joerg@example.org>, Zoë <zoë@example.org>\r
Subject: Grüße aus Köln\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=cut\r
\r
--cut\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
Schöne Grüße\r
--cut\r
Content-Type: text/plain\r
Content-Disposition: attachment; filename="Übersicht.txt"\r
\r
ä\r
--cut--\r
"""


class Pop3Test(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def login(self, user: str) -> poplib.POP3_SSL:
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        client.user(user)
        client.pass_(PASSWORD)
        return client

    def test_fetched_left_and_taken_away(self):
        for name in (b"one", b"two", b"three"):
            self.reading.deliver(MAIL % name, ALICE)
        client = self.login(ALICE)
        self.assertEqual(client.stat()[0], 3)
        stored = self.reading.machine.export(ALICE, "INBOX", 2)
        self.assertEqual(b"\r\n".join(client.retr(2)[1]) + b"\r\n", stored)
        self.assertEqual(client.top(2, 1)[1][-1], b".a dot in front")
        names = client.uidl()[1]
        self.assertEqual(len({line.split()[1] for line in names}), 3)
        with self.assertRaisesRegex(poplib.error_proto, "IN-USE"):
            self.login(ALICE)
        client.dele(2)
        client.quit()
        client = self.login(ALICE)
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], [names[0].split()[1], names[2].split()[1]])
        client.dele(1)
        client.close()  # without QUIT nothing goes
        client = self.login(ALICE)
        self.assertEqual(client.stat()[0], 2)
        client.quit()

    def test_uidl_is_the_name_that_imap_knows_too(self):
        self.reading.deliver(MAIL % b"named", BOB)
        client = self.login(BOB)
        imap = self.reading.login(BOB)
        imap.select("INBOX")
        [line] = imap.fetch("1", "(EMAILID)")[1]
        self.assertIn(client.uidl()[1][0].split()[1], line)
        client.quit()

    def test_wrong_passwords_and_unknown_commands_end_the_session(self):
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        client.user(ALICE)
        with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
            client.pass_("wrong")
        client.close()
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        for _ in range(3):
            with self.assertRaises(poplib.error_proto):
                client._shortcmd("NONSENSE")
        with self.assertRaises((poplib.error_proto, OSError)):
            client.noop()
        self.assertIn("UIDL", poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30).capa())

    def test_once_logged_in_mistakes_do_not_end_it_so_soon(self):
        client = self.login(BOB)
        for _ in range(10):
            with self.assertRaises(poplib.error_proto):
                client._shortcmd("NONSENSE")
        client.noop()
        client.quit()

    def test_scram(self):
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        self.assertIn("SCRAM-SHA-256", client.capa()["SASL"])
        scram = Scram(BOB, PASSWORD)
        challenge = client._shortcmd(f"AUTH SCRAM-SHA-256 {scram.first}")
        proof = client._shortcmd(scram.final(challenge.decode().removeprefix("+ ")))
        self.assertTrue(scram.proves(proof.decode().removeprefix("+ ")))
        self.assertTrue(client._shortcmd("").startswith(b"+OK"))
        client.quit()

    def test_each_way_to_log_in(self):
        def fresh() -> poplib.POP3_SSL:
            client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
            self.rig.at_close(client.close)
            return client
        plain = base64.b64encode(f"\0{BOB}\0{PASSWORD}".encode()).decode()
        client = fresh()
        self.assertTrue(client._shortcmd(f"AUTH PLAIN {plain}").startswith(b"+OK"))
        client.quit()
        client = fresh()
        self.assertEqual(client._shortcmd("AUTH PLAIN"), b"+ ")
        self.assertTrue(client._shortcmd(plain).startswith(b"+OK"))
        client.quit()
        client = fresh()
        client._shortcmd("AUTH LOGIN")
        client._shortcmd(base64.b64encode(BOB.encode()).decode())
        self.assertTrue(client._shortcmd(base64.b64encode(PASSWORD.encode()).decode()).startswith(b"+OK"))
        client.quit()
        client = fresh()
        client._shortcmd("AUTH LOGIN")
        with self.assertRaisesRegex(poplib.error_proto, "-ERR"):
            client._shortcmd("*")
        client.quit()

    def test_what_there_is_is_told(self):
        client = self.login(BOB)
        capabilities = client.capa()
        for name in ("TOP", "UIDL", "USER", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8", "LANG", "SASL"):
            self.assertIn(name, capabilities)
        self.assertNotIn("STLS", capabilities)  # under TLS there is none
        client.quit()

    def test_languages_and_utf8(self):
        client = self.login(BOB)
        self.assertEqual(client._longcmd("LANG")[1], [b"en English"])
        self.assertTrue(client._shortcmd("LANG en").startswith(b"+OK"))
        with self.assertRaises(poplib.error_proto):
            client._shortcmd("LANG xx-none")
        client.quit()
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        self.assertTrue(client.utf8().startswith(b"+OK"))  # before the login (RFC 6856 §2.1)
        client.user(BOB)
        client.pass_(PASSWORD)
        client.quit()

    def test_who_does_not_ask_for_utf8_gets_headers_in_ascii_that_say_the_same(self):
        user = f"ascii@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)
        sent = INTERNATIONAL.encode()
        self.reading.deliver(sent, user)
        stored = self.reading.machine.export(user, "INBOX", 1)
        self.assertTrue(stored.endswith(sent))
        client = self.login(user)
        got = b"\r\n".join(client.retr(1)[1]) + b"\r\n"
        top = client.top(1, 0)[1]
        client.quit()
        head, _, body = got.partition(b"\r\n\r\n")
        self.assertTrue(head.isascii())
        self.assertEqual(b"\r\n".join(top), head + b"\r\n")
        message = email.message_from_bytes(got, policy=email.policy.default)
        self.assertEqual(message["Subject"], "Grüße aus Köln")
        self.assertEqual([(one.display_name, one.addr_spec) for one in message["To"].addresses],
                         [("Jörg", "joerg@example.org"), ("Zoë <zoë@example.org>", "invalid@internationalized-address.invalid")])
        text, attached = message.iter_parts()
        self.assertEqual(text.get_content().strip(), "Schöne Grüße")  # its octets, in UTF-8, as they were
        self.assertEqual(attached.get_filename(), "Übersicht.txt")
        self.assertEqual(body.count(b"\xc3"), 3 + 1)
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        client.utf8()
        client.user(user)
        client.pass_(PASSWORD)
        self.assertEqual(b"\r\n".join(client.retr(1)[1]) + b"\r\n", stored)
        with self.assertRaises(poplib.error_proto):
            client.utf8()  # too late
        client.quit()

    def test_what_is_marked_comes_back_by_rset(self):
        user = f"undecided@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)
        for name in (b"one", b"two"):
            self.reading.deliver(MAIL % name, user)
        client = self.login(user)
        client.dele(1)
        with self.assertRaises(poplib.error_proto):
            client.retr(1)
        self.assertEqual(client.stat()[0], 1)
        client.rset()
        self.assertEqual(client.stat()[0], 2)
        client.quit()
        client = self.login(user)
        self.assertEqual(client.stat()[0], 2)
        client.quit()

    def test_what_imap_expunges_meanwhile_is_gone_and_nothing_is_wrong(self):
        user = f"two-programs@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)
        imap = self.reading.login(user)
        for name, octets in ((b"one", 0), (b"two", 0), (b"three", 1_000_000), (b"four", 0), (b"five", 0)):  # not delivered: the journal keeps what was
            imap.append("INBOX", None, None, MAIL % name + b"x" * octets)
        client = self.login(user)
        names = [line.split()[1] for line in client.uidl()[1]]
        imap.select("INBOX")
        imap.store("2:4", "+FLAGS", "\\Deleted")
        self.assertEqual(sorted(imap.expunge()[1]), [b"2", b"3", b"4"])

        for number in (2, 3):
            for command in (f"RETR {number}", f"TOP {number} 0"):
                self.assertEqual(until(lambda: self.refusal(client, command), f"a refusal of {command}"),
                                 "-ERR The message is gone, another session has removed it")
        self.assertEqual(b"\r\n".join(client.retr(1)[1]) + b"\r\n", MAIL % b"one")
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], names)  # a session's numbers stay (RFC 1939 section 4)
        for number in (2, 5):
            client.dele(number)
        self.assertEqual(client.stat()[0], 3)
        self.assertTrue(client.quit().startswith(b"+OK"))
        client = self.login(user)
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], names[:1])
        client.quit()
        self.assertNotIn("pop3.failed", self.reading.machine.log())

    @staticmethod
    def refusal(client: poplib.POP3_SSL, command: str) -> str:
        try:
            client._longcmd(command)
        except poplib.error_proto as refused:
            return refused.args[0].decode()
        return ""

    def refused(self, client: poplib.POP3_SSL, *commands: str) -> None:
        for command in commands:
            with self.assertRaisesRegex(poplib.error_proto, "-ERR", msg=command):
                client._shortcmd(command)

    def test_what_is_marked_is_no_more_listed_and_its_number_no_other_s(self):  # RFC 1939 §5
        user = f"marking@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)
        for name in (b"one", b"two", b"three"):
            self.reading.deliver(MAIL % name, user)
        client = self.login(user)
        sizes = [int(line.split()[1]) for line in client.list()[1]]
        names = client.uidl()[1]
        self.assertEqual(client._shortcmd("STAT"), b"+OK 3 %d" % sum(sizes))
        client.dele(2)
        self.assertEqual(client._shortcmd("STAT"), b"+OK 2 %d" % (sizes[0] + sizes[2]))
        self.assertEqual(client.list()[1], [b"1 %d" % sizes[0], b"3 %d" % sizes[2]])
        self.assertEqual(client.uidl()[1], [names[0], names[2]])
        self.refused(client, "LIST 2", "UIDL 2", "RETR 2", "TOP 2 0", "DELE 2")
        self.refused(client, "LIST 4", "UIDL 0", "RETR 4", "TOP 4 0", "DELE 4", "LIST x", "RETR", "TOP 1", "TOP 1 -1", "DELE 1 2", "STAT 1")
        self.assertEqual(client._shortcmd("LIST 3"), b"+OK 3 %d" % sizes[2])
        self.assertEqual(client._shortcmd("UIDL 3"), b"+OK " + names[2])
        self.assertEqual(client._shortcmd("RSET")[:3], b"+OK")
        self.assertEqual(client._shortcmd("LIST 2"), b"+OK 2 %d" % sizes[1])
        client.quit()

    def test_top_gives_the_header_and_so_many_lines(self):  # RFC 1939 §7
        user = f"topping@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)
        self.reading.deliver(MAIL % b"lines", user)
        client = self.login(user)
        whole = client.retr(1)[1]
        end = whole.index(b"") + 1  # the header's empty line is one of it
        self.assertEqual(whole[end:], [b".a dot in front", b"..two", b"last"])
        for lines in range(3):
            self.assertEqual(client.top(1, lines)[1], whole[:end + lines], lines)
        for lines in (3, 4, 1_000_000):
            self.assertEqual(client.top(1, lines)[1], whole, lines)
        client.quit()

    def test_what_there_is_is_told_in_the_transaction_too(self):  # RFC 2449 §5
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        before = client.capa()
        client.user(BOB)
        client.pass_(PASSWORD)
        behind = client.capa()
        for name in ("TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8", "LANG"):
            self.assertEqual(before[name], behind[name], name)
        self.refused(client, f"USER {BOB}", f"PASS {PASSWORD}", "AUTH PLAIN", "STLS", "UTF8", "NONSENSE")
        client.noop()
        client.quit()

    def test_commands_in_one_go_are_answered_in_their_order(self):
        user = f"hasty@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)
        self.reading.deliver(MAIL % b"one", user)
        client = self.login(user)
        client.sock.sendall(b"STAT\r\nLIST 1\r\nUIDL 1\r\nNOOP\r\nLIST 9\r\nDELE 1\r\nSTAT\r\nRSET\r\nQUIT\r\n")
        said = [client.file.readline()[:4] for _ in range(9)]
        self.assertEqual(said, [b"+OK "] * 3 + [b"+OK "] + [b"-ERR"] + [b"+OK "] * 4)


class StartTlsTest(OwnRigCase):
    def test_passwords_are_taken_under_tls_alone(self):
        reading = Reading(self.rig, tls="starttls")
        client = poplib.POP3(*reading.pop3, timeout=30)
        self.rig.at_close(client.close)
        capabilities = client.capa()
        self.assertIn("STLS", capabilities)
        self.assertFalse({"USER", "SASL"} & set(capabilities))
        for said in (f"USER {ALICE}", "AUTH PLAIN"):
            with self.assertRaises(poplib.error_proto):
                client._shortcmd(said)
        client.stls(unverified())
        self.assertNotIn("STLS", client.capa())
        client.user(ALICE)
        client.pass_(PASSWORD)
        self.assertEqual(client.stat()[0], 0)
        client.quit()


class StopTest(OwnRigCase):
    def test_at_a_stop_each_session_is_told_and_what_was_marked_stays(self):
        reading = Reading(self.rig)
        for name in (b"one", b"two"):
            reading.deliver(MAIL % name, ALICE)

        def connect() -> poplib.POP3_SSL:
            client = poplib.POP3_SSL(*reading.pop3, context=unverified(), timeout=30)
            self.rig.at_close(client.close)
            return client

        reader, stranger = connect(), connect()
        reader.user(ALICE)
        reader.pass_(PASSWORD)
        reader.dele(1)
        reading.machine.process.popen.send_signal(signal.SIGTERM)
        for client in (reader, stranger):
            self.assertRegex(client.file.readline(), rb"^-ERR \[SYS/TEMP\] ")
            self.assertEqual(client.file.readline(), b"")
        self.assertEqual(reading.machine.process.popen.wait(20), 0)
        reading.machine.process = None
        reading.machine.start()
        reader = connect()
        reader.user(ALICE)
        reader.pass_(PASSWORD)
        self.assertEqual(reader.stat()[0], 2)
        reader.quit()


class DefaultArchiveTest(OwnRigCase):
    def test_AP_05_an_archive_serves_nobody_by_pop3_until_it_is_told_to(self):
        reading = Reading(self.rig, role="archive")
        client = poplib.POP3_SSL(*reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        client.user(ALICE)
        with self.assertRaisesRegex(poplib.error_proto, r"-ERR \[SYS/TEMP\]"):
            client.pass_(PASSWORD)


class ReadOnlyPop3Test(OwnRigCase):
    def test_AP_05_what_can_only_be_read_refuses_dele_at_once(self):
        reading = Reading(self.rig, role="archive", change=lambda document: document.update(access={"archive_role": "read-only"}))
        smtp_send(reading.machine.smtp, MAIL % b"kept", "someone@world.example", [ALICE], name="primary.example.org")
        client = poplib.POP3_SSL(*reading.pop3, context=unverified(), timeout=30)
        self.rig.at_close(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        self.assertEqual(client.stat()[0], 1)
        with self.assertRaisesRegex(poplib.error_proto, "SYS/PERM"):
            client.dele(1)
        client.quit()


if __name__ == "__main__":
    unittest.main()
