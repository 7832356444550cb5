"""The limits of [access], each set small: what is just within it is served, what is beyond it is told so, and nothing else suffers."""
import contextlib
import poplib
import re
import socket
import ssl
import time
import unittest

from support.case import OwnRigCase
from support.imap_case import ImapWords, letter, literals
from support.imap_wire import Gone, Wire
from support.instance import DOMAIN, ROOT
from support.reading import ALICE, BOB, PASSWORD, Reading, unverified
from support.waiting import until

A_LITTLE = 1.5  # seconds that a busy machine may be late


class LimitsCase(OwnRigCase, ImapWords):
    def serve(self, **access) -> None:
        self.reading = Reading(self.rig, change=lambda document: document.update(access=access))

    def wire_from(self, number: int) -> Wire:
        wire = Wire(self.reading.imap, unverified(), source=self.rig.host(number))
        self.addCleanup(wire.close)
        return wire

    def pop3(self) -> poplib.POP3_SSL:
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        return client

    def greeting_in_clear(self, place: tuple[str, int], number: int) -> bytes:
        """What somebody is told who is not let in: before there is TLS."""
        with socket.create_connection(place, 10, (self.rig.host(number), 0)) as client:
            return client.recv(200)

    def assert_ends(self, wire: Wire, last: bytes) -> None:
        self.assertTrue(wire.response().startswith(last))
        with self.assertRaises(Gone):
            wire.response()

    def thrown_out(self, protocol: str, user: str, reason: str, at_least: int = 1) -> None:
        """The log says so, of this address."""
        line = f'info {protocol}.thrown_out peer=127.0.0.1 user={user} reason="{reason}"'
        until(lambda: self.reading.machine.log().count(line) >= at_least, lambda: f"{line} in {self.reading.machine.log()[-2000:]}")

    def assert_took(self, began: float, seconds: float) -> None:
        took = time.monotonic() - began
        self.assertTrue(seconds - 0.2 <= took <= seconds + A_LITTLE, f"{took:.2f} s instead of {seconds}")


class ConnectionsTest(LimitsCase):
    def test_an_address_has_so_many_connections_and_others_have_theirs(self):
        self.serve(connections_per_address=2)
        first, _ = self.wire_from(11), self.wire_from(11)
        self.assertEqual(self.greeting_in_clear(self.reading.imap, 11), b"* BYE too many connections, try again later\r\n")
        self.assertEqual(self.greeting_in_clear(self.reading.pop3, 11), b"-ERR [SYS/TEMP] too many connections, try again later\r\n")
        self.assertTrue(self.wire_from(12).greeting.startswith(b"* OK"))
        first.close()

        def is_let_in() -> bool:
            with contextlib.suppress(OSError, Gone):
                return self.wire_from(11).greeting.startswith(b"* OK")
            return False

        until(is_let_in, "a place that has become free")

    def test_of_all_connections_users_keep_theirs_and_who_has_not_logged_in_makes_room(self):
        self.serve(connections=3)
        users = [self.login(user) for user in (ALICE, ALICE, BOB)]
        self.assertEqual(self.greeting_in_clear(self.reading.imap, 13), b"* BYE too many connections, try again later\r\n")
        for user in users:
            self.ok(user.ask(b"NOOP"))
        users.pop().ask(b"LOGOUT")
        stranger = until(lambda: self.let_in(14), "a place that has become free")
        self.assertTrue(until(lambda: self.let_in(15), "a place in a stranger's stead").greeting.startswith(b"* OK"))
        self.assert_ends(stranger, b"* BYE too many connections")
        for user in users:
            self.ok(user.ask(b"NOOP"))

    def let_in(self, number: int) -> Wire | None:
        with contextlib.suppress(OSError, Gone):
            return self.wire_from(number)
        return None


class WaitsTest(LimitsCase):
    def test_a_login_has_to_come_in_time_whatever_else_is_said(self):
        self.serve(login_wait="2s")
        began = time.monotonic()
        silent, busy = self.connect(), self.connect()
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        user = self.login()
        for _ in range(3):
            self.ok(busy.ask(b"NOOP"))
            time.sleep(0.3)
        self.assert_ends(silent, b"* BYE no login came")
        self.assert_took(began, 2)
        self.assert_ends(busy, b"* BYE no login came")
        with contextlib.suppress(ssl.SSLError):
            self.assertEqual(client.file.readline(), b"")
        self.assert_took(began, 2)
        self.ok(user.ask(b"NOOP"))
        self.thrown_out("imap", '""', "no login came", 2)
        self.thrown_out("pop3", '""', "no login came")
        self.ok(user.ask(b"LOGOUT"))
        self.assertEqual(self.reading.machine.log().count(".thrown_out "), 3)

    def test_who_has_begun_a_command_has_to_go_on(self):
        self.serve(data_wait="1s")
        idle, half, within = self.login(), self.login(), self.login()
        began = time.monotonic()
        half.send_octets(b"x APP")
        within.send_octets(b"x APPEND INBOX {100}\r\n")
        self.assertTrue(within.response().startswith(b"+ "))
        within.send_octets(b"From: half\r\n")
        for wire in (half, within):
            self.assert_ends(wire, b"* BYE no command came for too long")
            self.assert_took(began, 1)
        self.thrown_out("imap", ALICE, "no command came for too long", 2)
        self.ok(idle.ask(b"NOOP"))
        self.assertEqual(self.ok(idle.ask(b"STATUS INBOX (MESSAGES)")), [b'* STATUS "INBOX" (MESSAGES 0)'])

    def test_who_does_not_read_is_left_and_nobody_waits_for_him(self):
        self.serve(write_wait="1s")
        wire, deaf = self.login(), self.login()
        self.ok(self.append(wire, b"INBOX", letter("large", 20_000_000)))
        self.ok(deaf.ask(b"SELECT INBOX"))
        deaf.send(b"FETCH 1 BODY.PEEK[]")
        client = self.pop3()
        client._putcmd("RETR 1")
        status = self.reading.machine.json("status")
        until(lambda: self.sessions() == 1, lambda: f"the end of those who do not read, of {status}", seconds=5)
        self.ok(wire.ask(b"NOOP"))
        for protocol in ("imap", "pop3"):
            self.thrown_out(protocol, ALICE, "the client took nothing for too long")
        with self.assertRaises((Gone, OSError)):  # what the connection holds is still there to be read, the whole is not
            deaf.response()

    def sessions(self) -> int:
        """Connections to the listeners of users that the machine has."""
        ports = {f"{place[1]:04X}" for place in (self.reading.imap, self.reading.pop3)}
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table][1:]
        net = socket.inet_aton(self.reading.imap[0])[::-1].hex().upper()
        return len([row for row in rows if row[1].split(":")[0] == net and row[1].split(":")[1] in ports and row[3] == "01"])


class ErrorsTest(LimitsCase):
    def test_so_many_commands_in_a_row_are_not_understood_and_no_more(self):
        self.serve(errors=3, errors_before_login=2)
        wire = self.login()
        for _ in range(3):  # one that is understood begins the row anew
            for _ in range(2):
                self.assertTrue(wire.ask(b"NONSENSE")[0].startswith(b"BAD"))
            self.ok(wire.ask(b"NOOP"))
        for _ in range(3):
            self.assertTrue(wire.ask(b"NONSENSE")[0].startswith(b"BAD"))
        self.assert_ends(wire, b"* BYE too many commands")
        stranger = self.connect()
        for _ in range(2):
            self.assertTrue(stranger.ask(b"NONSENSE")[0].startswith(b"BAD"))
        self.assert_ends(stranger, b"* BYE too many commands")
        guesser = self.connect()
        for _ in range(2):
            self.refused(guesser.ask(f'LOGIN nobody@{DOMAIN} "guessed"'.encode()), b"AUTHENTICATIONFAILED")
        self.assert_ends(guesser, b"* BYE")
        client = self.pop3()
        for _ in range(3):
            with self.assertRaises(poplib.error_proto):
                client._shortcmd("NONSENSE")
        with self.assertRaises((poplib.error_proto, OSError)):
            client.noop()
        self.thrown_out("imap", ALICE, "too many commands that were not understood")
        self.thrown_out("imap", '""', "too many commands that were not understood", 2)
        self.thrown_out("pop3", ALICE, "too many commands that were not understood")

    def test_what_is_said_of_fail2ban_finds_the_address_and_nobody_can_name_another(self):
        self.serve(errors_before_login=2)
        refused, thrown_out = "warning imap.login_refused peer=192.0.2.99", 'info pop3.thrown_out peer=192.0.2.99 user="" reason='
        names = (f"nobody@{DOMAIN}", refused, f"a {refused}", thrown_out, f'" {thrown_out}')
        for name in names:
            wire = self.wire_from(11)
            quoted = name.replace('"', r'\"')
            for _ in range(2):
                self.refused(wire.ask(f'LOGIN "{quoted}" "guessed"'.encode()), b"AUTHENTICATIONFAILED")
            client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
            self.addCleanup(client.close)
            client.user(name)
            with self.assertRaises(poplib.error_proto):
                client.pass_("guessed")
        own, other = self.rig.host(11), "127.0.0.1"
        until(lambda: self.reading.machine.log().count(f" info imap.thrown_out peer={own} ") == len(names), "all of them thrown out")
        page = (ROOT / "docs/log.md").read_text()
        rules = [rule.replace("<HOST>", r"(?P<host>\S+)") for rule in re.findall(r"(?m)^ +(?:failregex = )?(\^\S.*<HOST>.*)$", page)]
        self.assertEqual(len(rules), 2)
        for prefix in ("", "mail understudy[123]: "):  # of a file, and of the journal of systemd
            for dated in (True, False):  # fail2ban takes the date out of the line first
                lines = [prefix + (line if dated else line.partition(" ")[2]) for line in self.reading.machine.log().splitlines()]
                found = [[match["host"] for line in lines if (match := re.search(rule, line))] for rule in rules]
                self.assertEqual(sorted(found[0]), sorted(len(names) * [own, own, other]))
                self.assertEqual(found[1], len(names) * [own])


class WorkMemoryTest(LimitsCase):
    def test_what_would_hold_more_is_told_so_and_what_holds_less_is_served(self):
        self.serve(work_memory="1M")
        wire = self.login()
        self.ok(wire.ask(b"APPEND INBOX " + literals(*(letter(f"subject {number}") for number in range(64)))))
        self.ok(wire.ask(b"SELECT INBOX"))
        self.multiply(wire, b"INBOX", 8192)
        for command in (b"SORT (SUBJECT) UTF-8 ALL", b"THREAD REFERENCES UTF-8 ALL", b"UID SORT (ARRIVAL) UTF-8 ALL"):
            with self.subTest(command):
                self.refused(wire.ask(command), b"LIMIT")
                self.ok(wire.ask(command.replace(b"ALL", b"1:100")))  # what was held is given back
        [line] = self.ok(wire.ask(b"SEARCH RETURN (COUNT) SUBJECT subject"))
        self.assertIn(b"COUNT 8192", line)


if __name__ == "__main__":
    unittest.main()
