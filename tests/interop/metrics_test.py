"""`understudy metrics` of running servers: the text format of Prometheus, and counters that move with the mail."""
import re
import unittest

from support.case import PairCase
from support.client import Refused, smtp_send
from support.pair import hello
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


if __name__ == "__main__":
    unittest.main()
