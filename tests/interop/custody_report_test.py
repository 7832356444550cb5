"""The report of a period on custody, and what the archive misses by itself: exactly what was dropped, hidden or taken out of the queue is
named by both machines, and closes when it was handed over again. A report that was tampered with fails checks by name."""
import base64
import hashlib
import importlib.util
import json
import shutil
import unittest
from pathlib import Path

from support.between import HIDDEN
from support.case import OwnRigCase
from support.custody import Report, numbers, value
from support.instance import Instance
from support.linked import linked_through_between
from support.mail import Mail, compose
from support.waiting import until

ALICE = "alice@example.org"
POSTMASTER = "admin@example.org"
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SINCE = ("--since", "2020-01-01")


def proof_module():
    spec = importlib.util.spec_from_file_location("proof", DEPLOY / "check-proof.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Forger:
    """A key of somebody else: signs whatever he likes (RFC 8032 §5.1.6), by the arithmetic of the checker."""

    def __init__(self):
        self._proof = proof_module()
        self._scalar = 12345678901234567890
        base = self._proof.decode(b"\x58" + b"\x66" * 31)
        self._times = lambda n: self._proof.times(n, base)
        self.key = self._octets(self._times(self._scalar))

    @staticmethod
    def _octets(point: tuple[int, int]) -> bytes:
        return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")

    def signed(self, statement: dict) -> dict:
        octets = json.dumps(statement).encode()
        r = self._octets(self._times(987654321))
        k = int.from_bytes(hashlib.sha512(r + self.key + b"understudy custody report\0" + octets).digest(), "little")
        s = (987654321 + k * self._scalar) % self._proof.ORDER
        signature = r + s.to_bytes(32, "little")
        return {"statement": octets.decode(), "key": "ed25519:" + base64.b64encode(self.key).decode(),
                "signature": base64.b64encode(signature).decode()}


class ReportCase(OwnRigCase):
    """A pair with somebody between the two machines."""

    def setUp(self):
        super().setUp()
        self.linked, self.between = linked_through_between(self.rig, receipt_wait="1s")
        self.primary, self.archive, self.pair = self.linked.primary, self.linked.archive, self.linked.pair

    def send(self, count: int) -> list[Mail]:
        mails = [compose() for _ in range(count)]
        for mail in mails:
            self.assertEqual(self.pair.from_world(mail, ALICE).code, 250)
        return mails

    def report(self, machine: Instance, *since: str) -> Report:
        return Report(machine, self.rig.directory / f"{machine.role}.json", *since)

    def missing(self) -> dict[int, str]:
        return {row["number"]: row["standing"] for row in self.archive.json("journal", "custody", "--missing")}

    def until_missing(self, wanted: dict[int, str]) -> None:
        until(lambda: self.missing() == wanted, lambda: f"gaps: {self.missing()}, not {wanted}")

    def until_closed(self) -> None:
        until(lambda: not numbers(self.primary, "open"),
              lambda: f"receipts: {json.dumps(self.primary.json('journal', 'custody'))[:1500]}")


class ReportTest(ReportCase):
    def damage_until_taken(self, wanted: set[int], later: int) -> None:
        """So that they come behind one that was accepted later, whichever is tried first."""
        self.between.damage = lambda octets: octets.replace(b"Hello", b"hellO", 1)
        self.between.damages = lambda handed: handed.number in wanted and (
            not self.between.tries(handed) or later not in self.between.taken())

    def test_the_report_names_exactly_what_is_not_there_and_closes_when_that_was_sent_again(self):
        swallowed, removed = {2, 5, 6}, 8
        self.between.swallow = lambda handed: handed.number in swallowed
        self.between.cut = lambda handed: handed.number == 3 and not self.between.tries(handed)  # it comes twice
        self.damage_until_taken({1, 4}, later=7)
        mails = self.send(7)
        until(lambda: self.primary.retry_queue() or not self.primary.queue(), lambda: f"the queue: {self.primary.queue()}")
        until(lambda: {1, 3, 4, 7} <= set(self.between.taken()), lambda: f"taken: {self.between.taken()}")
        self.assertEqual((set(self.between.refused()), self.between.taken().count(3)), ({1, 4}, 2), "damaged, and doubled")
        last = {number: len(self.between.taken()) - self.between.taken()[::-1].index(number) for number in (1, 4, 7)}
        self.assertLess(last[7], min(last[1], last[4]), "reordered")
        self.between.honest()
        self.between.swallow = lambda handed: handed.number in swallowed
        self.between.damage = lambda octets: octets + b"and more\r\n"
        mails += self.send(1)
        until(self.primary.queue, "the last one, put off")
        self.primary.verb("queue", "remove", max((entry["id"] for entry in self.primary.queue()), key=lambda id: int(id.split(".")[1])))

        self.between.damage = lambda octets: octets  # what the postmaster is told of the missing ones has a number, too

        wanted = {number: ("missing", "absent") for number in swallowed} | {removed: ("given up", "absent")}
        until(lambda: self.report(self.primary).rows("missing") == wanted, lambda: f"{self.report(self.primary).told}")
        for machine in (self.primary, self.archive):  # what is being sent again is in the queue for a moment
            report = until(lambda: (made := self.report(machine)).rows("missing") == wanted and made, lambda: f"{self.report(machine).told}")
            self.assertEqual((report.told["signed_by"], report.told["agree"]), ("both", True), report.told)
            status, verdicts = report.check()
            self.assertEqual((status, verdicts["agree"], verdicts["complete"]), (0, "ok", "open"), verdicts)
        self.until_missing({2: "missing", 5: "missing", 6: "missing", 8: "given up"})
        self.assertEqual(value(self.archive, 'understudy_custody_gaps{standing="missing"}'), 3)

        self.between.honest()
        for number in sorted(swallowed | {removed}):
            self.primary.verb("journal", "custody", "--again", str(number))
        for mail in mails:
            self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        self.until_closed()
        self.until_missing({})
        for machine in (self.primary, self.archive):
            report = self.report(machine)
            self.assertEqual((report.told["agree"], report.rows("missing"), report.rows("differences")), (True, {}, {}))
            status, verdicts = report.check()
            self.assertEqual((status, verdicts["complete"]), (0, "ok"), verdicts)

    def test_a_report_that_was_tampered_with_fails_checks_by_name(self):
        self.send(3)
        self.until_closed()
        earlier = self.report(self.primary).report
        self.send(2)
        self.until_closed()
        report = self.report(self.primary)
        keys = ("--giver", report.report["giver"]["key"], "--taker", report.report["taker"]["key"])
        giver, taker = (json.loads(report.report[role]["statement"]) for role in ("giver", "taker"))
        self.assertEqual(giver["lives"][0]["counts"], {"receipt": 5})
        status, verdicts = report.check(*keys, "--instance", giver["by"]["instance"])
        self.assertEqual((status, set(verdicts.values()) - {""}), (0, {"ok"}), verdicts)

        def failed(changed: dict, *words: str) -> set[str]:
            status, verdicts = report.check(*words, changed=changed)
            self.assertEqual(status, 1, verdicts)
            return {name for name, verdict in verdicts.items() if verdict == "FAILED"}

        forger = Forger()
        taker["lives"][0]["counts"]["received"] += 1
        self.assertEqual(failed({**report.report, "taker": forger.signed(taker)}, *keys), {"taker-key", "taker-counts"})
        taker["lives"][0]["counts"]["received"] -= 1
        taker["other"] = "0" * 32
        self.assertEqual(failed({**report.report, "taker": forger.signed(taker)}), {"machines"})
        self.assertEqual(failed({**report.report, "taker": earlier["taker"]}, *keys), {"answers", "period"})
        self.assertEqual(failed({**report.report, "giver": earlier["giver"]}, *keys), {"answers", "period"})
        self.assertEqual(failed(report.report, "--instance", "f" * 32), {"instance"})
        for role in ("giver", "taker"):
            signed = report.report[role]
            for at in range(0, len(signed["statement"]), 211):
                flipped = chr(ord(signed["statement"][at]) ^ 1)
                statement = signed["statement"][:at] + flipped + signed["statement"][at + 1:]
                self.assertEqual(failed({**report.report, role: {**signed, "statement": statement}}), {role})

    def test_without_the_link_each_machine_signs_alone_and_says_so(self):
        self.send(2)
        self.until_closed()
        self.linked.pin(self.primary, None)
        self.primary.stop()
        self.primary.start()
        for machine, role in ((self.primary, "giver"), (self.archive, "taker")):
            report = self.report(machine)
            self.assertEqual((report.told["signed_by"], report.told["agree"]), ("this machine", None))
            self.assertTrue(report.told["trouble"])
            self.assertEqual({name for name in ("giver", "taker") if report.report[name]}, {role})
            status, verdicts = report.check()
            self.assertEqual((status, verdicts["both"]), (0, "open"), verdicts)
        self.assertEqual([row["numbered"] for row in self.archive.json("journal", "custody", "--received") if row["client"]], [2])

    def test_a_period_has_the_numbers_of_its_time_alone(self):
        self.send(2)
        self.until_closed()
        moment = self.primary.json("journal", "list")[-1]["time"]
        later = self.report(self.primary, "--since", "2100-01-01", "--until", "2101-01-01")
        self.assertEqual(json.loads(later.report["taker"]["statement"])["lives"], [])
        upto = self.report(self.primary, *SINCE, "--until", moment[:10])
        self.assertEqual((later.told["signed_by"], upto.told["signed_by"]), ("this machine",) * 2)
        self.assertEqual(self.report(self.primary).told["signed_by"], "both")


class GapsTest(ReportCase):
    def told(self, machine: Instance) -> list[str]:
        return [row["subject"] for row in machine.messages(POSTMASTER, "INBOX") if "missing in this archive" in row["subject"]]

    def test_who_hides_XCUSTODY_is_named_on_both_machines(self):
        self.between.hidden = (*HIDDEN, "XCUSTODY")
        [mail] = self.send(1)
        self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        self.assertIn(" custody.hidden ", self.primary.log())
        self.assertEqual(value(self.primary, "understudy_custody_hidden_total"), 1)
        self.until_missing({1: "no receipt"})
        until(lambda: self.told(self.archive), "a note to the archive's postmaster")
        self.assertEqual(self.report(self.primary).rows("missing")[1], ("no receipt", "absent"))
        [entry] = [row["position"] for row in self.primary.journal() if row["reverse_path"] == "someone@world.example"]
        ending = ("journal", "end", entry, "--reason", "90 days", "--yes")
        refused = self.primary.run(*ending)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"never gave a receipt", refused.stderr)
        self.primary.verb(*ending, "--without-receipt")
        [told] = [row for row in self.primary.json("audit", "list") if row["action"] == "journal/end" and row["event"] == "begun"][-1:]
        self.assertEqual(told["object"]["without_receipt"], "1")

    def test_what_a_rolled_back_archive_has_lost_comes_back_and_is_closed_when_the_dispute_is_settled(self):
        self.send(2)
        self.until_closed()
        self.archive.stop()
        copy = self.rig.directory / "copy"
        shutil.copytree(self.archive.data, copy, ignore=lambda _, names: [name for name in names if name.endswith(".sock")])
        self.archive.start()
        self.linked.wait_until_up()
        mails = self.send(3)
        self.until_closed()
        entries = len(self.archive.journal())
        until(lambda: self.primary.json("peer", "witness")["theirs"]["entries"] == entries, "a head over all of that")
        self.archive.stop()
        shutil.rmtree(self.archive.data)
        shutil.copytree(copy, self.archive.data)
        self.archive.start()
        self.linked.wait_until_up()
        until(lambda: self.primary.json("peer", "witness")["open_dispute"], "a dispute")
        for mail in mails:
            self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        self.assertEqual(value(self.primary, "understudy_custody_receipts_broken_total"), 3)
        self.assertEqual(numbers(self.primary, "open")[:3], [3, 4, 5])  # receipts of a machine in dispute close nothing
        self.until_missing({})
        self.assertIn(" custody.receipts_wait ", self.primary.log())  # they end no connection
        self.assertNotIn(" peer.sink ", self.primary.log())
        self.primary.verb("peer", "settle")
        self.until_closed()  # at once: nobody has to send anything


if __name__ == "__main__":
    unittest.main()
