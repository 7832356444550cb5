"""Who should not come in by IMAP or POP3: guesses, made-up names, and octets that somebody puts in front of the handshake. As it is with SMTP
(tls_test.py, login_test.py), on both doors."""
import base64
import ssl
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from support.case import OwnRigCase, RigCase
from support.client import Client
from support.raw import DOORS, Door, ImapDoor, Pop3Door
from support.reading import ALICE, BOB, PASSWORD, Reading

REFUSED_AFTER = 2  # seconds
EARLY, LATE = 0.02, 5  # how far a timer may be off, and a loaded machine behind
RIGHT = PASSWORD.encode()


def patient(document: dict) -> None:
    """With whoever guesses, from however many connections."""
    document.update(limits={"login_failures_per_account": 1000, "login_failures_per_address": 1000}, access={"connections_per_address": 1000})


class InjectionTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig, tls="starttls", change=patient)

    def injected(self, kind: type[Door]) -> list[bytes]:
        """What may stand in front of a handshake, as one who sits on the way would put it there. The first is what is right."""
        start = kind.starttls
        login = base64.b64encode(f"\0{ALICE}\0{PASSWORD}".encode())
        if kind is ImapDoor:
            login_at_once, other = b"u AUTHENTICATE PLAIN " + login, b"v LOGIN " + ALICE.encode() + b' "' + RIGHT + b'"'
        else:
            login_at_once, other = b"AUTH PLAIN " + login, b"USER " + ALICE.encode() + b"\r\nPASS " + RIGHT
        noop = b"n NOOP" if kind is ImapDoor else b"NOOP"
        return [start + b"\r\n", start + b"\r\n" + login_at_once + b"\r\n", start + b"\r\n" + noop + b"\r\n" + noop + b"\r\n",
                start + b"\r\n" + other + b"\r\n", start + b"\r\nR", start + b"\n" + noop + b"\r\n", start + b"\r\r\n" + noop + b"\r\n",
                start + b"\r\n\r\n", start + b"\r\n\0", start + b"\0\r\n" + noop + b"\r\n"]

    def test_commands_before_the_handshake_are_never_heard(self):
        for kind in DOORS:
            begun = []
            for number, injected in enumerate(self.injected(kind)):
                for cut in (0, 1, len(kind.starttls), len(kind.starttls) + 1, len(injected) - 1):
                    for greeted in (True, False):
                        with self.subTest(kind=kind.__name__, injected=injected, cut=cut, greeted=greeted):
                            if self.begins(kind, injected[:cut], injected[cut:], greeted):
                                begun.append(number)
            self.assertEqual(begun.count(0), 2 * 5)  # else the others show nothing

    def begins(self, kind: type[Door], first: bytes, rest: bytes, greeted: bool) -> bool:
        """Whether there was a handshake. Behind it nothing is known that was said before."""
        door = kind(self.reading, tls=False, greeted=greeted)
        self.addCleanup(door.raw.close)
        try:
            for piece in filter(None, (first, rest)):
                door.raw.send(piece)
            if not greeted:
                door.raw.line()
            answer = door.raw.line()
            if not answer.startswith(kind.good):
                self.assertTrue(answer.startswith((kind.bad, b"* BYE", b"* BAD")) or not answer, answer)
                return False
            self.assertEqual(door.raw.left, b"")
            door.raw.wrap()
            self.assertTrue(door.raw.is_silent(0.3))
        except (ConnectionError, ssl.SSLError):
            return False  # thrown away with the connection
        self.assertTrue(door.ask(kind.inside).startswith(kind.bad))
        if kind is Pop3Door:
            self.assertTrue(door.ask(b"PASS " + RIGHT).startswith(b"-ERR"))
        self.assertTrue(door.is_in(door.plain(ALICE.encode(), RIGHT)))
        door.ask(kind.bye)
        return True

    def test_no_password_is_asked_for_or_taken_in_the_clear(self):
        for kind in DOORS:
            for name in kind.ways():
                with self.subTest(kind=kind.__name__, way=name):
                    door = kind(self.reading, tls=False)
                    self.addCleanup(door.raw.close)
                    answer = kind.ways()[name](door, ALICE.encode(), RIGHT)
                    self.assertFalse(answer.startswith((b"+", kind.good)), answer)
                    self.assertTrue(door.ask(kind.inside).startswith(kind.bad))


class GuessesTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        def change(document: dict) -> None:
            document["limits"] = {"login_failures_per_account": 4, "login_failures_per_address": 8}
        cls.reading = Reading(cls.rig, change=change)
        cls.known = {kind: {name: f"{kind.place}{number}@example.org" for number, name in enumerate(kind.ways())} for kind in DOORS}
        for names in cls.known.values():
            for user in names.values():
                cls.reading.machine.add_account(user, PASSWORD)

    def door(self, kind: type[Door], host: int) -> Door:
        made = kind(self.reading, source=self.rig.host(host))
        self.addCleanup(made.raw.close)
        return made

    def test_each_way_lets_a_user_in(self):  # so that a refusal below is one of the password
        for number, kind in enumerate(DOORS):
            for name, user in self.known[kind].items():
                with self.subTest(kind=kind.__name__, way=name):
                    door = self.door(kind, 10 + number)
                    self.assertTrue(door.is_in(kind.ways()[name](door, user.encode(), RIGHT)))
                    self.assertFalse(door.ask(kind.inside).startswith(kind.bad))

    def test_a_wrong_password_and_a_stranger_hear_the_same_after_the_same_time(self):
        def refused(row: tuple) -> tuple[bytes, float, bytes]:
            """What is said to a login that is wrong, after how long, and to who asks for mail behind it."""
            kind, name, user, host = row
            door = self.door(kind, host)
            begin = time.monotonic()
            answer = kind.ways()[name](door, user.encode(), b"wrong")
            return answer, time.monotonic() - begin, door.ask(kind.inside)

        rows = [(kind, name, user, 100 + 10 * number + int(user.startswith("nobody")))
                for number, (kind, name) in enumerate((kind, name) for kind in DOORS for name in self.known[kind])
                for user in (self.known[kind][name], f"nobody{number}@example.org")]
        with ThreadPoolExecutor(len(rows)) as all_at_once:  # each of them takes its time
            answers = list(all_at_once.map(refused, rows))
        for (kind, name, user, _), (answer, waited, after) in zip(rows, answers, strict=True):
            with self.subTest(kind=kind.__name__, way=name, user=user):
                self.assertTrue(answer.startswith(kind.refused), answer)
                self.assertGreater(waited, REFUSED_AFTER - EARLY)
                self.assertLess(waited, REFUSED_AFTER + LATE)
                self.assertTrue(after.startswith(kind.bad))
        for (answer, _, _), (other, _, _) in zip(answers[::2], answers[1::2], strict=True):
            self.assertEqual(answer, other)

    def judged(self, protocol: str, user: str, password: str, host: int) -> str:
        """in, refused or later."""
        if protocol == "smtp":
            with Client(self.reading.machine.submission, self.rig.host(host)) as client:
                client.ehlo()
                client.starttls()
                return {235: "in", 535: "refused", 454: "later"}[client.auth_plain(user, password).code]
        door = self.door({"imap": ImapDoor, "pop3": Pop3Door}[protocol], host)
        answer = door.words(user.encode(), password.encode())
        door.raw.close()
        [found] = [word for word, begin in (("in", door.good), ("refused", door.refused), ("later", door.later)) if answer.startswith(begin)] or [answer]
        return found

    def test_guesses_at_an_account_add_up_over_all_protocols_and_its_owner_is_where_he_was_before(self):
        carol = "carol@example.org"
        self.reading.machine.add_account(carol, PASSWORD)
        self.assertEqual(self.judged("imap", carol, PASSWORD, 20), "in")
        for protocol in ("smtp", "imap", "pop3", "imap"):
            self.assertEqual(self.judged(protocol, carol, "guess", 21), "refused", protocol)
        for protocol in ("smtp", "imap", "pop3"):
            with self.subTest(protocol):
                self.assertEqual(self.judged(protocol, carol, PASSWORD, 22), "later")
                self.assertEqual(self.judged(protocol, BOB, PASSWORD, 22), "in")
                self.assertEqual(self.judged(protocol, carol, PASSWORD, 20), "in")

    def test_guesses_of_an_address_add_up_over_all_protocols(self):
        for number, protocol in enumerate(("smtp", "imap", "pop3", "pop3", "imap", "smtp", "imap", "pop3")):
            self.assertEqual(self.judged(protocol, f"made-up{number}@example.org", "guess", 30), "refused", protocol)
        for protocol in ("smtp", "imap", "pop3"):
            with self.subTest(protocol):
                self.assertEqual(self.judged(protocol, ALICE, PASSWORD, 30), "later")
                self.assertEqual(self.judged(protocol, ALICE, PASSWORD, 31), "in")


class NamesTest(OwnRigCase):
    NAMES = (b"'", b'"', b"%", b"*", b"{}", b"{0}", b"${jndi:ldap://world.example/a}", b"%s%n%n%n", b"alice%", b"alice@example.org%", b"alice@%", b"*@*",
             b"' OR '1'='1", b"alice@example.org' -- ", b"alice@example.org\" OR \"\"=\"", b"*)(uid=*))(|(uid=*", b"alice@example.org)(&", b"\\", b"alice\\",
             b"../alice@example.org", b"/alice@example.org", b"alice@example.org/", b"alice@example.org\0", b"\0alice@example.org", b"alice\0@example.org",
             b"alice@example.org\r\n", b"alice@example.org\r\nt NOOP", b"\r\nalice@example.org", b"alice\n@example.org", b"alice@example.org\x7f",
             b"alice@example.org\x1b[2K", b"alice@example.org\xff", b"alic\xe9@example.org", b"alice@example.org@example.org", b"@example.org", b"alice@",
             b"alice@[127.0.0.1]", b"<alice@example.org>", b"alice@example.org,bob@example.org", b"alice@example.org bob@example.org",
             b"alice+x@example.org", b"alice@example.org*", b"*alice@example.org", b"a" * 300, b"a" * 8192, b"a" * 8000 + b"@example.org",
             b"alice@" + b"a" * 8000 + b".org", b"alice@" + b"a." * 1000 + b"org")

    def test_a_name_is_nothing_but_a_name(self):
        reading = Reading(self.rig, change=patient)
        before = reading.machine.accounts()

        def refused(row: tuple) -> bytes:
            kind, way, name = row
            door = kind(reading)
            self.addCleanup(door.raw.close)
            try:
                answer = kind.ways()[way](door, name, RIGHT)
                if answer and not answer.startswith(b"* BYE"):
                    after = door.ask(kind.inside)
                    self.assertTrue(not after or after.startswith((kind.bad, b"* BYE")), (row, answer, after))
                return answer
            except (ConnectionError, ssl.SSLError):
                return b""
        rows = [(kind, way, name) for kind in DOORS for way in ("PLAIN", "LOGIN", kind.own) for name in self.NAMES
                if way != Pop3Door.own or b"\r\n" not in name]  # two lines, as if nobody had meant a name
        with ThreadPoolExecutor(32) as many_at_once:
            for (kind, way, name), answer in zip(rows, many_at_once.map(refused, rows), strict=True):
                with self.subTest(kind=kind.__name__, way=way, name=name[:60]):
                    self.assertTrue(not answer or answer.startswith((kind.refused, kind.bad, b"* BYE")), answer)
        self.assertEqual(reading.machine.accounts(), before)
        for kind in DOORS:
            door = kind(reading)
            self.addCleanup(door.raw.close)
            self.assertTrue(door.is_in(door.plain(ALICE.encode(), RIGHT)))
        self.assertNotIn("a" * 200, reading.machine.log())


class SecretsTest(OwnRigCase):
    def test_no_password_is_logged_whatever_line_it_stands_in(self):
        reading = Reading(self.rig, change=patient)
        bob, secret = BOB.encode(), b"a-long-secret-of-bobs"
        plain, word, name = (base64.b64encode(octets) for octets in (b"\0" + bob + b"\0" + secret, secret, bob))
        imap = ([b"t LOGIN " + bob + b" " + secret], [b"t LOGIN " + bob + b" " + secret + b" more"], [b"t LOGIN " + secret], [b"LOGIN " + bob + b" " + secret],
                [b"t LOGIN {%d+}\r\n%s {%d+}\r\n%s" % (len(bob), bob, len(secret) + 1, secret + b"\0")], [b"t  LOGIN " + bob + b" " + secret], [secret],
                [b't LOGIN "' + bob + b'" "' + secret], [b't LOGIN "' + bob + b'" "' + secret + b'"\r'], [b"t LOGIN\t" + bob + b"\t" + secret],
                [b"t LOGIN " + bob + b" {%d}" % len(secret), secret + b" x"], [b"t AUTHENTICATE PLAIN " + plain + b"\r"], [b"t AUTHENTICATE PLAIN", plain + b"\r"],
                [b"t AUTHENTICATE PLAIN", plain + b"\0"], [b"t AUTHENTICATE PLAIN", b" " + plain], [b"t AUTHENTICATE " + plain], [b"t " + plain],
                [b"t AUTHENTICATE LOGIN", b"\0", word], [b"t AUTHENTICATE LOGIN", name, word + b"\0"], [b"t AUTHENTICATE LOGIN", name, word],
                [b"t AUTHENTICATE PLAIN", secret], [b"t AUTHENTICATE SCRAM-SHA-256 " + plain], [plain])
        pop3 = ([b"USER " + bob, b"PASS " + secret], [b"PASS " + secret], [b"USER " + bob, b"PASS " + secret + b"\0"], [b"USER " + bob, b"PASS\t" + secret],
                [b"USER " + bob, b"PASS " + secret + b"\r"], [b"USER " + bob, b"pASS  " + secret + b"\n"], [b"USER " + bob, secret], [secret],
                [b"APOP " + bob + b" " + secret], [b"AUTH PLAIN " + plain + b"\r"], [b"AUTH PLAIN", plain + b"\r"], [b"AUTH PLAIN", plain + b"\0"],
                [b"AUTH PLAIN", b" " + plain], [b"AUTH " + plain], [b"AUTH LOGIN", name, word], [b"AUTH LOGIN", name, word + b"\0"],
                [b"AUTH PLAIN", secret], [b"AUTH SCRAM-SHA-256 " + plain], [plain], [b"PASS " + bob, b"USER " + bob, b"PASS " + b"\xff" + secret])

        def say(row: tuple) -> None:
            kind, lines = row
            door = kind(reading)
            self.addCleanup(door.raw.close)
            try:
                for line in lines:
                    door.raw.send(line + b"\r\n")
                    answer = door.raw.line()
                answer = door.ask(kind.inside)
                self.assertFalse(answer.startswith(kind.good), (lines, answer))  # else nothing was odd about it
            except (ConnectionError, ssl.SSLError):
                pass

        rows = [(ImapDoor, lines) for lines in imap] + [(Pop3Door, lines) for lines in pop3]
        with ThreadPoolExecutor(len(rows)) as all_at_once:
            list(all_at_once.map(say, rows))
        log = reading.machine.log()
        for event in ("imap.login_refused", "pop3.login_refused", f"user={BOB}"):
            self.assertIn(event, log)
        for octets in (plain, word, secret, plain[:12], word[:12]):
            self.assertNotIn(octets.decode(), log)


if __name__ == "__main__":
    unittest.main()
