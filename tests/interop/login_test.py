"""Who may log in, and how: by each mechanism, under STARTTLS and under TLS from the first octet, never in the clear."""
import base64
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from support.case import RigCase
from support.client import Client, Reply
from support.instance import Instance
from support.pair import PASSWORD, hello
from support.scram import Scram

ALICE, BOB = "alice@example.org", "bob@example.org"
REFUSED_AFTER = 2  # seconds
EARLY, LATE = 0.02, 5  # how far a timer may be off, and a loaded machine behind


class LoginTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.implicit = (at[0], cls.rig.port(at[0]))

        def change(document: dict) -> None:
            document["listener"].append({"protocol": "submission", "bind": ["{}:{}".format(*cls.implicit)], "tls": "implicit"})
            document["limits"] = {"login_failures_per_account": 4}

        cls.server = Instance(cls.rig, "primary", at, peer, change=change).start()
        for address in (ALICE, BOB):
            cls.server.add_account(address, PASSWORD)

    def starttls(self, host: int = 9) -> Client:
        client = Client(self.server.submission, self.rig.host(host))
        self.addCleanup(client.close)
        client.ehlo()
        client.starttls()
        return client

    def implicit_tls(self, host: int = 9) -> Client:
        client = Client(self.implicit, self.rig.host(host), implicit_tls=True)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def scram(self, client: Client, user: str, password: str) -> Reply:
        scram = Scram(user, password)
        reply = client.command(f"AUTH SCRAM-SHA-256 {scram.first}")
        if reply != 334:
            return reply
        reply = client.command(scram.final(reply.lines[0]))
        if reply != 334:
            return reply
        self.assertTrue(scram.proves(reply.lines[0]))
        return client.command(b"")

    def ways(self) -> dict:
        return {"PLAIN": Client.auth_plain, "LOGIN": Client.auth_login, "SCRAM-SHA-256": self.scram}

    def test_each_mechanism_lets_a_user_in_and_his_mail_goes(self):
        for door in (self.starttls, self.implicit_tls):
            for name, log_in in self.ways().items():
                with self.subTest(door=door.__name__, mechanism=name):
                    client = door()
                    self.assertIn(name, client.extensions["AUTH"].split())
                    self.assertEqual(client.command(f"MAIL FROM:<{ALICE}>"), 530)
                    self.assertEqual(log_in(client, ALICE, PASSWORD), 235)
                    mail = hello(BOB, ALICE)
                    client.envelope(ALICE, [BOB])
                    self.assertEqual(client.data(mail.octets), 250)

    def test_a_wrong_password_and_a_stranger_hear_the_same_after_the_same_time(self):
        def refused(row: tuple) -> tuple[Reply, float, Reply]:
            """What is said to a login that is wrong, after how long, and to a MAIL behind it."""
            log_in, user = row
            client = self.starttls()
            begin = time.monotonic()
            reply = log_in(client, user, "wrong")
            return reply, time.monotonic() - begin, client.command(f"MAIL FROM:<{BOB}>")

        rows = [(name, log_in, user) for number, (name, log_in) in enumerate(self.ways().items())
                for user in (BOB, f"nobody{number}@example.org")]
        with ThreadPoolExecutor(len(rows)) as all_at_once:  # each of them takes its time
            answers = list(all_at_once.map(refused, [row[1:] for row in rows]))
        for (name, _, user), (reply, waited, after) in zip(rows, answers, strict=True):
            with self.subTest(mechanism=name, user=user):
                self.assertEqual((reply.code, reply.enhanced), (535, "5.7.8"))
                self.assertGreater(waited, REFUSED_AFTER - EARLY)
                self.assertLess(waited, REFUSED_AFTER + LATE)
                self.assertEqual(after, 530)

    def test_no_password_is_asked_for_or_taken_in_the_clear(self):
        for place in (self.server.smtp, self.server.submission):
            client = Client(place, self.rig.host(9))
            self.addCleanup(client.close)
            client.ehlo()
            self.assertNotIn("AUTH", client.extensions)
            self.assertIn(client.auth_plain(ALICE, PASSWORD).code, (538, 504))
            self.assertIn(client.command("AUTH LOGIN").code, (538, 504))

    def test_no_password_is_logged_whatever_line_it_stands_in(self):
        plain = base64.b64encode(f"\0{BOB}\0{PASSWORD}".encode())
        word = base64.b64encode(PASSWORD.encode())
        for lines in ((b"AUTH PLAIN " + plain + b"\r",), (b"AUTH PLAIN", plain + b"\r"), (b"AUTH LOGIN", b"\0" + word),
                      (b"AUTH LOGIN", b"Ym9i", word + b"\0"), (plain + b"\r",), (b"AUTHENTICATE PLAIN " + plain + b"\n",)):
            with self.subTest(lines=lines):
                client = self.starttls()
                for line in lines:
                    self.assertIn(client.command(line).code // 100, (3, 5))
                client.command("NOOP")
        log = self.server.log()
        self.assertIn("smtp.odd_command", log)
        self.assertIn("verb=AUTH", log)
        for secret in (plain, word, PASSWORD.encode(), plain[:12], word[:12]):
            self.assertNotIn(secret.decode(), log)

    def test_who_guesses_is_not_heard_any_more_and_the_owner_is_where_he_was_before(self):
        carol = "carol@example.org"
        self.server.add_account(carol, PASSWORD)
        self.assertEqual(self.starttls(20).auth_plain(carol, PASSWORD), 235)
        for attempt, code in enumerate((535, 535, 535, 535, 454)):
            with self.subTest(attempt=attempt):
                reply = self.starttls(21).auth_plain(carol, f"guess {attempt}")
                self.assertEqual(reply, code)
        for mechanism, log_in in self.ways().items():
            with self.subTest(mechanism=mechanism):
                reply = log_in(self.starttls(22), carol, PASSWORD)
                self.assertEqual((reply.code, reply.enhanced), (454, "4.7.0"))
        self.assertEqual(self.starttls(20).auth_plain(carol, PASSWORD), 235)


if __name__ == "__main__":
    unittest.main()
