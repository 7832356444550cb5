"""`understudy metrics` of running servers: the text format of Prometheus, and counters that move with the mail."""
import poplib
import re
import unittest

from support.case import PairCase
from support.imap_case import ImapCase, letter
from support.client import Refused, smtp_send
from support.pair import hello
from support.reading import ALICE, PASSWORD, unverified
from support.waiting import until

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? ([0-9.e+-]+)')


def parse(text: str) -> dict[str, float]:
    """Sample -> value. Each family: HELP, TYPE, then all of its samples."""
    assert text.endswith("\n"), "the last line does not end"
    samples, families, family, kind = {}, set(), "", ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family, kind = line.split(" ", 3)[2], ""
            assert family not in families, f"twice: {line}"
            families.add(family)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram"), line
            assert name.endswith("_total") == (kind == "counter"), line
        else:
            found = SAMPLE.fullmatch(line)
            ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert found and found[1] in [family + end for end in ends] and kind, f"no sample of {family}: {line}"
            name = line.rpartition(" ")[0]
            assert name not in samples, f"twice: {line}"
            samples[name] = float(found[3])
    return samples


class MetricsTest(PairCase):
    def of(self, machine) -> dict[str, float]:
        return parse(machine.verb("metrics").decode())

    def moved(self, machine, before: dict[str, float], name: str) -> float:
        return self.of(machine)[f"understudy_{name}"] - before.get(f"understudy_{name}", 0)

    def test_a_message_moves_the_counters_of_both_machines(self):
        primary, archive = self.of(self.primary), self.of(self.archive)
        mail = hello()
        self.assertEqual(self.pair.from_world(mail, "alice@example.org"), 250)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        for machine, before in ((self.primary, primary), (self.archive, archive)):
            self.assertEqual(self.moved(machine, before, "messages_accepted_total"), 1)
            self.assertEqual(self.moved(machine, before, "journal_entries"), 1)
            self.assertGreaterEqual(self.moved(machine, before, "commit_syncs_total"), 1)
            self.assertGreater(self.of(machine)["understudy_store_free_octets"], 0)
            self.assertGreaterEqual(self.moved(machine, before, 'commit_seconds_bucket{le="+Inf"}'), 1)
            self.assertGreaterEqual(self.moved(machine, before, "store_octets_accepted_total"), len(mail.octets))
            self.assertGreaterEqual(self.moved(machine, before, 'store_octets{kind="live"}'), 100)
        self.assertEqual(self.moved(self.primary, primary, "recipients_delivered_total"), 1)
        self.assertEqual(self.moved(self.archive, archive, "recipients_delivered_total"), 0)

    def test_what_is_refused_and_what_comes_again_is_counted(self):
        before = self.of(self.primary)
        loop = hello()
        octets = b"Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n" * 101 + loop.octets
        with self.assertRaises(Refused) as refused:
            smtp_send(self.primary.smtp, octets, "x@world.example", ["alice@example.org"], source=self.pair.outside)
        self.assertEqual(refused.exception.reply, 554)
        mail = hello()
        for _ in range(2):
            self.assertEqual(self.pair.from_world(mail, "bob@example.org"), 250)
        self.assertEqual(self.moved(self.primary, before, "messages_refused_total"), 1)
        self.assertEqual(self.moved(self.primary, before, "messages_accepted_total"), 2)
        self.assertEqual(self.moved(self.primary, before, "messages_resent_total"), 1)

    def test_what_waits_is_counted_by_hop(self):
        self.archive.stop()
        mail = hello()
        self.assertEqual(self.pair.from_world(mail, "alice@example.org"), 250)
        until(lambda: self.of(self.primary).get('understudy_outbox_entries{hop="route:*"}') == 1, "an entry that waits")
        self.archive.start()
        self.primary.wait_for_empty_queue()
        self.assertEqual(self.of(self.primary).get('understudy_outbox_entries{hop="route:*"}', 0), 0)

    def test_what_the_world_puts_off_or_refuses_is_counted(self):
        self.world.answer("rcpt", "451 4.2.0 later", times=1)
        self.world.answer("rcpt", "550 5.1.1 no such user", address="gone@world.example")
        before = self.of(self.archive)
        for to in ("ext@world.example", "gone@world.example"):
            self.assertEqual(self.pair.from_user("alice", hello(to, "alice@example.org"), to), 250)
        until(lambda: self.moved(self.archive, before, "recipients_failed_total") == 1, "a recipient refused")
        until(lambda: self.moved(self.archive, before, "recipients_delivered_total") >= 1, "a recipient delivered")
        self.assertGreaterEqual(self.moved(self.archive, before, "recipients_deferred_total"), 1)


class AccessMetricsTest(ImapCase):
    def of(self) -> dict[str, float]:
        return parse(self.reading.machine.verb("metrics").decode())

    def moved(self, before: dict[str, float]) -> dict[str, float]:
        """What is other than before, of mail access."""
        now = self.of()
        return {name.removeprefix("understudy_access_"): value - before[name] for name, value in now.items()
                if name.startswith("understudy_access_") and "memory" not in name and value != before[name]}

    def open(self) -> tuple[int, ...]:
        """Of IMAP not logged in, logged in, in IDLE; of POP3 not logged in, logged in."""
        now = self.of()
        places = [("imap", "strangers"), ("imap", "users"), ("imap", "idle"), ("pop3", "strangers"), ("pop3", "users")]
        return tuple(int(now[f'understudy_access_sessions{{protocol="{protocol}",state="{state}"}}']) for protocol, state in places)

    def until_open(self, *expected: int) -> None:
        until(lambda: self.open() == expected, lambda: f"{expected}, not {self.open()}")

    def test_sessions_are_counted_where_they_are_and_no_longer_than_they_last(self):
        self.until_open(0, 0, 0, 0, 0)
        idle, user, stranger = self.login(), self.login(), self.connect()
        idle.send(b"IDLE")
        self.assertTrue(idle.response().startswith(b"+"))
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        self.until_open(1, 1, 1, 1, 0)
        client.user(ALICE)
        client.pass_(PASSWORD)
        other = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(other.close)
        other.user(ALICE)
        with self.assertRaises(poplib.error_proto):  # the maildrop is in use: back to the start
            other.pass_(PASSWORD)
        self.until_open(1, 1, 1, 1, 1)
        idle.send_line(b"DONE")
        self.assertTrue(idle.response().startswith(b"t2 OK"))
        self.until_open(1, 2, 0, 1, 1)
        idle.send(b"IDLE")
        self.assertTrue(idle.response().startswith(b"+"))
        for wire in (idle, user, stranger):
            wire.close()
        client.quit()
        other.close()
        self.until_open(0, 0, 0, 0, 0)

    def test_commands_move_the_counters_of_their_protocol(self):
        before = self.of()
        wire = self.login()
        self.ok(self.append(wire, b"INBOX", letter("one"), letter("two")))
        self.refused(wire.ask(b"SELECT nowhere"), b"NONEXISTENT")
        self.assertTrue(wire.ask(b"NONSENSE")[0].startswith(b"BAD"))
        self.ok(wire.ask(b"NOOP"))
        sessions = 'sessions{protocol="imap",state="users"}'
        self.assertEqual(self.moved(before), {'logins_total{protocol="imap"}': 1, 'commands_total{protocol="imap"}': 5,
                                              'refused_total{protocol="imap"}': 2, "appended_total": 2, sessions: 1})
        self.ok(wire.ask(b"LOGOUT"))
        until(lambda: sessions not in self.moved(before), "the end of the session")
        before = self.of()
        client = poplib.POP3_SSL(*self.reading.pop3, context=unverified(), timeout=30)
        self.addCleanup(client.close)
        client.user(ALICE)
        client.pass_(PASSWORD)
        with self.assertRaises(poplib.error_proto):
            client.retr(1000)
        client.noop()
        client.quit()
        until(lambda: not any(name.startswith("sessions") for name in self.moved(before)), "the end of the session")
        self.assertEqual(self.moved(before), {'logins_total{protocol="pop3"}': 1, 'commands_total{protocol="pop3"}': 5,
                                              'refused_total{protocol="pop3"}': 1})


if __name__ == "__main__":
    unittest.main()
