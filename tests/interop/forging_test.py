"""Whatever the world sends, the log has one line an event, and nothing in it moves a terminal's cursor or turns its direction."""
import base64
import re
import unittest
from concurrent.futures import ThreadPoolExecutor

from support.case import PairCase
from support.client import Client, Closed
from support.mail import compose
from support.pair import hello
from support.raw import DOORS
from support.waiting import until

ALICE, BOB = "alice@example.org", "bob@example.org"
FORGED = "2026-07-06T10:00:00.000Z info login.ok user=admin@example.org"
# Each of them ends a line for some reader of the log, or hides what stands before it.
EVIL = {"line separator": "\u2028", "paragraph separator": "\u2029", "next line": "\u0085", "override": "\u202e", "isolate": "\u2066",
        "mark": "\u200f", "escape": "\x1b[2K\x1b[1A", "vertical tab": "\x0b", "form feed": "\x0c", "file separator": "\x1c",
        "backspace": "\x08" * 8, "bare CR": "\r", "bare LF": "\n", "CSI": "\u009b2K", "NUL": "\0"}
LINE = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) [a-z0-9_.]+( |$)|\S+:\d+:\d+: warning: )")


def escaped(before: str) -> list[str]:
    """Some of them as the log shows them, behind this word. A value that is shown inside another has its backslashes doubled."""
    return [before + r"\\+xe2\\+x80\\+xa8", before + r"\\+xe2\\+x80\\+xae", before + r"\\+xc2\\+x85"]


class ForgingTest(PairCase):
    @classmethod
    def set_up_rig(cls):
        host = cls.rig.host(2)
        cls.imap, cls.pop3 = ((host, cls.rig.port(host)) for _ in range(2))

        def archive(document: dict) -> None:
            document.setdefault("limits", {}).update(login_failures_per_account=1000, login_failures_per_address=1000)
            document["access"] = {"connections_per_address": 1000}

        def primary(document: dict) -> None:
            archive(document)
            for protocol, place in (("imap", cls.imap), ("pop3", cls.pop3)):
                document["listener"].append({"protocol": protocol, "bind": ["{}:{}".format(*place)], "tls": "implicit"})

        cls.pair_options = {"primary": primary, "archive": archive}
        super().set_up_rig()

    def tearDown(self):
        for machine in (self.primary, self.archive):
            octets = machine.process.log.read_bytes()
            text = octets.decode()  # well-formed, to begin with
            self.assertEqual(len(text.splitlines()), octets.count(b"\n"))
            self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
            for line in octets.splitlines():
                self.assertRegex(line, LINE)
            self.assertNotRegex(octets, rb"(?m)^" + FORGED.encode())
        super().tearDown()

    def say(self, *lines: bytes) -> None:
        """Each line whatever the server answers; some it refuses."""
        with Client(self.primary.smtp, self.pair.outside) as client:
            try:
                for line in lines:
                    client.send(line + b"\r\n")
                    client.reply()
            except (Closed, ConnectionError):
                pass

    def log_has(self, machine, *escaped: str) -> None:
        """Patterns, sooner or later. So we know that the log has what came from outside, and in which form."""
        for each in escaped:
            until(lambda: re.search(each, machine.log()), f"{each} in the log of the {machine.role}")

    def test_ehlo_and_mail_and_rcpt(self):
        for name, evil in EVIL.items():
            with self.subTest(name):
                octets = evil.encode()
                forged = octets + FORGED.encode()
                self.say(b"EHLO client" + forged)
                self.say(b"EHLO client.example", b'MAIL FROM:<"a' + forged + b'"@world.example> SMTPUTF8',
                         b'RCPT TO:<"nobody' + forged + b'"@example.org>', b"RSET" + forged)
                self.say(b"EHLO client.example", b"MAIL FROM:<a" + octets + b"@world.example> SMTPUTF8 ENVID=a" + forged,
                         b"RCPT TO:<" + ALICE.encode() + b"> ORCPT=rfc822;" + forged)

    def test_the_user_who_logs_in(self):
        def log_in(evil: str) -> int:
            user = f"admin{evil}{FORGED}" if evil != "\0" else f"admin{evil}"
            with Client(self.primary.submission, self.pair.outside) as client:
                client.ehlo()
                client.starttls()
                return client.command(b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0wrong".encode())).code

        with ThreadPoolExecutor(len(EVIL)) as all_at_once:  # each refusal takes its time
            self.assertLessEqual(set(all_at_once.map(log_in, EVIL.values())), {501, 535})
        self.log_has(self.primary, *escaped("admin"), r"admin\\+x1b\[2K")

    def test_the_user_who_logs_in_to_read(self):
        def log_in(row: tuple) -> str:
            kind, way, evil = row
            door = kind(self)
            self.addCleanup(door.raw.close)
            return kind.ways()[way](door, f"reader{evil}{FORGED}".encode(), b"wrong").decode()

        rows = [(kind, way, evil) for kind in DOORS for way in ("PLAIN", "LOGIN", kind.own) for evil in EVIL.values()]
        with ThreadPoolExecutor(len(rows)) as all_at_once:
            for (kind, _, evil), answer in zip(rows, all_at_once.map(log_in, rows), strict=True):
                self.assertTrue(answer.encode().startswith((kind.refused, kind.bad)), (kind, evil, answer))
        for protocol in ("imap", "pop3"):
            self.log_has(self.primary, *(f"{protocol}.login_refused .*{each}" for each in escaped("reader")), rf"{protocol}\.login_refused .*reader\\+x1b\[2K")

    def test_header_fields(self):
        for name, evil in EVIL.items():
            if evil in "\0\r\n":  # refused: no message has them
                continue
            with self.subTest(name):
                fields = f"Message-ID: <a{evil}b@world.example>\r\nX-Note: {evil}{FORGED}\r\nList-Id: <{evil}>\r\n"
                mail = compose(sender=f"alice{evil}{FORGED} <x@world.example>", to=BOB, subject=f"{evil}{FORGED}", headers=fields,
                               message_id=False)
                with Client(self.primary.smtp, self.pair.outside) as client:
                    client.ehlo()
                    client.envelope("x@world.example", [BOB], "SMTPUTF8" if "SMTPUTF8" in client.extensions else "")
                    self.assertEqual(client.data(mail.octets), 250)
        self.log_has(self.primary, *escaped("message_id=a"))

    def test_what_the_world_replies(self):
        for number, (name, evil) in enumerate(EVIL.items()):
            with self.subTest(name):
                forged = evil.encode() + FORGED.encode()
                path = f"x{number}@world.example"
                self.world.answer("rcpt", b"550 5.1.1 no" + forged + b"\r\n", path)
                self.pair.from_user("alice", hello(path, ALICE), path)
                path = f"y{number}@world.example"
                self.world.answer("end", b"554-5.7.1 no" + forged + b"\r\n554 5.7.1" + forged + b"\r\n", path)
                self.pair.from_user("alice", hello(path, ALICE), path)
        self.pair.archive.wait_for_empty_queue()
        self.log_has(self.archive, *escaped("5.1.1 no"), *escaped("5.7.1 no"))


if __name__ == "__main__":
    unittest.main()
