"""RET, ENVID, NOTIFY and ORCPT (RFC 3461), from submission over both machines to the world: handed on as they were given."""
import re
import unittest

from support.case import PairCase
from support.pair import hello
from support.sink import OFFERS, Sink

ALICE, EXT = "alice@example.org", "ext@world.example"


def words(parameters: str) -> dict[str, str]:
    """What belongs to DSN among the parameters of a command."""
    pairs = (word.partition("=") for word in parameters.split())
    return {name.upper(): value for name, _, value in pairs if name.upper() in ("RET", "ENVID", "NOTIFY", "ORCPT")}


class DsnTest(PairCase):
    @classmethod
    def set_up_rig(cls):
        cls.plain = Sink(cls.rig.host(14), offers=tuple(offer for offer in OFFERS if offer != "DSN"))
        cls.rig.watch(cls.plain)
        cls.pair_options = {"archive": lambda document: document["route"].insert(0, {"match": "plain.example", "via": cls.plain.at})}
        super().set_up_rig()

    def relayed(self, mail_parameters: str, rcpt_parameters: str) -> tuple[dict, dict]:
        """What the world hears of DSN, with MAIL and with RCPT."""
        mail = hello(EXT, ALICE)
        self.pair.from_user("alice", mail, f"<{EXT}> {rcpt_parameters}", parameters=mail_parameters)
        [got] = self.world.wait_for(mail.marker)
        self.assertEqual((got.reverse_path, got.forward_paths), (ALICE, [EXT]))
        return words(got.parameters[""]), words(got.parameters[EXT])

    def test_what_the_sender_asks_for_is_what_the_world_hears(self):
        orcpt = "ORCPT=rfc822;someone+2Belse@old.example"
        rows = [("RET=HDRS ENVID=QQ314159", f"NOTIFY=SUCCESS,FAILURE,DELAY {orcpt}"),
                ("RET=FULL", "NOTIFY=NEVER"),
                ("ENVID=a+2Bb+3Dc", f"NOTIFY=FAILURE {orcpt}"),
                ("RET=HDRS", "NOTIFY=DELAY"),
                ("", "NOTIFY=SUCCESS"),
                ("ENVID=" + "x" * 100, "ORCPT=x400;+2FCN+3DX+2FO+3DY")]
        for mail_parameters, rcpt_parameters in rows:
            with self.subTest(mail=mail_parameters, rcpt=rcpt_parameters):
                of_mail, of_rcpt = self.relayed(mail_parameters, rcpt_parameters)
                self.assertEqual(of_mail, words(mail_parameters))
                asked = words(rcpt_parameters)
                self.assertEqual(set(of_rcpt.pop("NOTIFY", "").split(",")), set(asked.pop("NOTIFY", "").split(",")))
                asked.setdefault("ORCPT", of_rcpt.get("ORCPT", ""))  # RFC 3461 section 5.2.1 lets a relay add what was not given
                self.assertEqual(of_rcpt.get("ORCPT", ""), asked["ORCPT"])
                self.assertIn(asked["ORCPT"], (words(rcpt_parameters).get("ORCPT"), "", f"rfc822;{EXT}"))

    def test_each_recipient_keeps_his_own(self):
        asked = {"one@world.example": "NOTIFY=NEVER", "two@world.example": "NOTIFY=SUCCESS ORCPT=rfc822;b@old.example",
                 "three@world.example": ""}
        mail = hello(", ".join(asked), ALICE)
        self.pair.from_user("alice", mail, *(f"<{path}> {words_of}" if words_of else path for path, words_of in asked.items()))
        [got] = self.world.wait_for(mail.marker)
        self.assertEqual({path: words(got.parameters[path]).get("NOTIFY") for path in got.forward_paths},
                         {path: words(words_of).get("NOTIFY") for path, words_of in asked.items()})
        self.assertEqual(words(got.parameters["two@world.example"])["ORCPT"], "rfc822;b@old.example")

    def test_a_failure_names_the_recipient_and_the_envelope_that_were_given_and_returns_what_was_asked_for(self):
        self.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        for ret, body in (("HDRS", False), ("FULL", True)):
            with self.subTest(ret=ret):
                mail = hello("gone@world.example", ALICE, body=b"This is the body of it.\r\n")
                self.pair.from_user("alice", mail, "<gone@world.example> NOTIFY=FAILURE ORCPT=rfc822;first@old.example",
                                    parameters=f"RET={ret} ENVID=QQ+2B1")
                self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
                report = self.pair.report_at(self.primary, ALICE, "INBOX", mail.marker)
                self.assertRegex(report, rb"(?im)^original-recipient: *rfc822; *first@old\.example")
                self.assertRegex(report, rb"(?im)^original-envelope-id: *QQ\+1\r$")
                self.assertEqual(b"This is the body of it." in report, body)

    def test_a_next_hop_without_dsn_hears_nothing_of_it_and_who_asked_for_success_is_told_so(self):
        mail = hello("x@plain.example", ALICE)
        self.pair.from_user("alice", mail, "<x@plain.example> NOTIFY=SUCCESS ORCPT=rfc822;x@plain.example",
                            parameters="RET=HDRS ENVID=QQ1")
        [got] = self.plain.wait_for(mail.marker)
        self.assertEqual((words(got.parameters[""]), words(got.parameters["x@plain.example"])), ({}, {}))
        self.pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        report = self.pair.report_at(self.primary, ALICE, "INBOX", mail.marker)
        self.assertEqual(re.findall(rb"(?im)^action: *(\w+)", report), [b"relayed"])


if __name__ == "__main__":
    unittest.main()
