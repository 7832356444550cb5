"""AP-37: the reverse-path of reports, as the world and the primary hear it: always null, and never answered with another report."""
import re
import unittest

from support.case import PairCase
from support.client import smtp_send
from support.pair import hello

ALICE, EXT, STRANGER = "alice@example.org", "ext@world.example", "someone@world.example"
FORWARD, GONE = "forward@example.org", "gone@world.example"


def forwards(document: dict) -> None:
    document.setdefault("alias", []).append({"address": FORWARD, "to": [GONE]})


class NullPathTest(PairCase):
    pair_options = {"primary": forwards}

    def setUp(self):
        super().setUp()
        self.world.answer("rcpt", "550 5.1.1 no such user here", GONE)

    def report_to_the_world(self, mail):
        """Made on a machine of ours about the stranger's message, and relayed to him."""
        self.pair.from_world(mail, FORWARD, reverse_path=STRANGER)
        [report] = [each for each in self.world.wait_for(mail.marker) if mail.marker not in self.pair.world_markers(each)]
        return report

    def test_AP_37_a_report_to_the_world_has_the_null_reverse_path_on_the_wire(self):
        mail = hello(FORWARD)
        report = self.report_to_the_world(mail)
        self.assertEqual((report.reverse_path, report.forward_paths), ("", [STRANGER]))
        self.assertIn(b"MAIL FROM:<>", b" ".join(report.connection.commands))
        self.assertEqual(report.connection.helo, self.archive.hostname)
        self.assertRegex(report.octets, rb"(?im)^final-recipient: *rfc822; *gone@world\.example")
        self.assertRegex(report.octets.partition(b"\r\n\r\n")[0], rb"(?im)^auto-submitted: *auto-replied")
        self.assertEqual(len(re.findall(rb"(?im)^from:.*", report.octets.partition(b"\r\n\r\n")[0])), 1)
        self.pair.expect(mail, {"archive forward/INBOX": 1, f"report world {STRANGER}": 1})

    def test_AP_37_a_report_that_the_world_refuses_ends_there(self):
        self.world.answer("rcpt", "550 5.1.1 nor this one", STRANGER)
        mail = hello(FORWARD)
        self.pair.from_world(mail, FORWARD, reverse_path=STRANGER)
        self.pair.expect(mail, {"archive forward/INBOX": 1})
        self.assertEqual(self.world.got(mail.marker), [])

    def test_AP_37_a_null_reverse_path_handed_over_stays_null_on_the_way_out(self):
        mail = hello(EXT, ALICE)
        smtp_send(self.primary.smtp, mail.octets, "", [EXT], source=self.pair.office)
        [got] = self.world.wait_for(mail.marker)
        self.assertEqual(got.reverse_path, "")
        self.pair.expect(mail, {f"world {EXT}": 1})

    def test_AP_37_a_report_brought_home_has_the_null_reverse_path_there(self):
        mail = hello(GONE, ALICE)
        self.pair.from_user("alice", mail, GONE)
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        for machine in (self.archive, self.primary):
            self.assertEqual((machine.journal()[-1]["reverse_path"], machine.journal()[-1]["recipients"]), ("", [ALICE]))
        self.assertEqual(self.primary.journal()[-1]["client"]["via"], "network")


if __name__ == "__main__":
    unittest.main()
