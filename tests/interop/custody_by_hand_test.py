"""Somebody takes entries out of the outbox of a machine that is stopped, and tells nobody. With the settings that a machine has by default the
report of both machines names exactly those; within a minute they are named, counted, told to the postmaster and handed over again; and
the report closes."""
import os
import subprocess
import time
import unittest
from pathlib import Path

from support.case import OwnRigCase
from support.custody import Report, numbers, value
from support.instance import ROOT, Instance
from support.linked import Linked
from support.mail import compose
from support.waiting import until

ALICE = "alice@example.org"
POSTMASTER = "admin@example.org"
THIEF = Path(os.environ.get("UNDERSTUDY_OUTBOX_THIEF", ROOT / "build/dev/tests/interop/outbox_thief"))
RECEIPT_WAIT, NOTICED = 20, 60  # seconds: the default, and what is promised


def steal(machine: Instance, *stolen: int) -> int:
    """The machine is stopped. How many records went."""
    ran = subprocess.run([THIEF, machine.data, *map(str, stolen)], capture_output=True, text=True, timeout=60, check=True)
    return int(ran.stdout)


class ByHandTest(OwnRigCase):
    def setUp(self):
        super().setUp()
        self.linked = Linked(self.rig)
        self.primary, self.archive, self.pair = self.linked.primary, self.linked.archive, self.linked.pair
        self.linked.start().wait_until_up()

    def report(self, machine: Instance) -> Report:
        return Report(machine, self.rig.directory / f"{machine.role}.json")

    def lost(self) -> list[int]:
        """As the log names them."""
        lines = [line for line in self.primary.log().splitlines() if " custody.lost " in line]
        return sorted(int(line.rsplit(".", 1)[1].split()[0].strip('"')) for line in lines)

    def test_what_a_hand_took_out_of_the_outbox_is_named_exactly_within_a_minute_and_handed_over_again(self):
        stolen = {2, 5, 6}
        self.archive.stop()
        mails = [compose() for _ in range(7)]
        for mail in mails:
            self.assertEqual(self.pair.from_world(mail, ALICE).code, 250)
        sent = time.monotonic()
        self.primary.stop()
        self.assertEqual(steal(self.primary, *stolen), len(stolen))
        time.sleep(max(0, sent + RECEIPT_WAIT + 1 - time.monotonic()))  # so that all of them are old enough before the first look
        self.archive.start()
        started = time.monotonic()
        self.primary.start()
        self.linked.wait_until_up()

        until(lambda: numbers(self.primary, "open") == sorted(stolen), lambda: f"the others: {numbers(self.primary, 'open')}")
        open_ones = {row["number"]: row["standing"] for row in self.primary.json("journal", "custody")}
        self.assertEqual(open_ones, dict.fromkeys(stolen, "missing"))
        for machine in (self.primary, self.archive):
            report = self.report(machine)
            self.assertEqual((report.told["signed_by"], report.told["agree"]), ("both", True), report.told)
            self.assertEqual(report.rows("missing"), {number: ("missing", "absent") for number in stolen})
            status, verdicts = report.check()
            self.assertEqual((status, verdicts["agree"], verdicts["complete"]), (0, "ok", "open"), verdicts)

        noticed = started + NOTICED - time.monotonic()
        until(lambda: self.lost() == sorted(stolen), lambda: f"lost: {self.lost()}", noticed)
        self.assertEqual(value(self.primary, "understudy_custody_lost_total"), len(stolen))
        until(lambda: [row for row in self.primary.messages(POSTMASTER, "INBOX") if "lost on their way" in row["subject"]],
              "a note to the postmaster", started + NOTICED - time.monotonic())

        for mail in mails:
            self.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        until(lambda: not numbers(self.primary, "open"), lambda: f"open: {numbers(self.primary, 'open')}")
        for machine in (self.primary, self.archive):
            report = self.report(machine)
            self.assertEqual((report.told["agree"], report.rows("missing"), report.rows("differences")), (True, {}, {}))
            status, verdicts = report.check()
            self.assertEqual((status, verdicts["complete"]), (0, "ok"), verdicts)
        self.assertEqual(self.lost(), sorted(stolen))  # each once


if __name__ == "__main__":
    unittest.main()
