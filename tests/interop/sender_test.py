"""AP-16: the sender checks of the MX port, each by its own switch: the reverse-path, and the From that readers see."""
import unittest

from support.case import PairCase
from support.client import Client, Refused, smtp_send
from support.mail import Mail, compose

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"
LIST = "list-bounces@lists.example"


def judge_from(document: dict) -> None:
    for listener in document["listener"]:
        listener["refuse_nonlocal_from_local"] = listener["protocol"] == "smtp"


class FromTest(PairCase):
    pair_options = {"primary": judge_from}

    def hand_over(self, mail: Mail, reverse_path: str = LIST, source: str | None = None) -> str:
        """`250`, or the code and status of the refusal at the end of the data."""
        try:
            smtp_send(self.primary.smtp, mail.octets, reverse_path, [BOB], source=source or self.pair.outside)
        except Refused as refused:
            self.assertEqual(str(refused).split(":")[0], "end of data")
            return f"{refused.reply.code} {refused.reply.enhanced}"
        return "250"

    def test_AP_16_a_local_from_of_a_stranger_is_refused_in_every_writing(self):
        for sender in (ALICE, "Alice <ALICE@Example.ORG>", "whoever@example.org", f"{EXT}, {ALICE}", '"a b" <"a b"@example.org>',
                       "Team: ext@world.example, alice@example.org;", "alice (at work) @example.org"):
            with self.subTest(sender):
                self.assertEqual(self.hand_over(compose(sender=sender)), "550 5.7.1")

    def test_AP_16_a_header_without_exactly_one_from_is_refused(self):
        two = compose(sender=EXT, headers=f"From: {ALICE}\r\n")
        none = compose(sender=EXT)
        none = Mail(none.marker, none.octets.replace(b"From:", b"X-From:", 1))
        far = compose(sender=EXT)
        far = Mail(far.marker, (b"X-Pad: " + b"x" * 900 + b"\r\n") * 400 + far.octets)
        for name, mail in {"two": two, "none": none, "out of sight": far}.items():
            with self.subTest(name):
                self.assertEqual(self.hand_over(mail), "550 5.7.1")

    def test_AP_16_a_from_that_readers_may_take_for_two_is_refused(self):
        for sender in (f'"{ALICE}"', f"<{ALICE}> <{EXT}>", f"{ALICE} <{EXT}>", f"{ALICE}\r\n :{EXT}", "=?utf-8?q?alice=40example.org?=",
                       f"{ALICE} {EXT}", "alice", "", "<>", "x:;"):
            with self.subTest(sender):
                self.assertEqual(self.hand_over(compose(sender=sender)), "550 5.7.1")

    def test_AP_16_others_are_taken(self):
        for sender in (EXT, f'"{ALICE}" <{EXT}>', "alice@example.org.world.example"):
            with self.subTest(sender):
                self.assertEqual(self.hand_over(compose(sender=sender)), "250")
        self.assertEqual(self.hand_over(compose(sender=ALICE), ALICE, source=self.pair.office), "250")
        mail = compose(sender=BOB)  # a user who writes for another
        self.assertEqual(self.pair.from_user("alice", mail, BOB), 250)

    def test_AP_16_what_is_refused_is_nowhere_and_the_session_goes_on(self):
        mail, good = compose(sender=ALICE), compose(sender=EXT)
        with Client(self.primary.smtp, self.pair.outside) as client:
            client.ehlo()
            for each, code in ((mail, 550), (good, 250)):
                client.envelope(LIST, [BOB])
                client.send(b"BDAT %d LAST\r\n" % len(each.octets) + each.octets)
                self.assertEqual(client.reply(), code)
        self.pair.expect(mail, {})
        self.pair.expect(good, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})


class ListTest(PairCase):
    def test_AP_16_by_default_a_mailing_list_brings_back_what_alice_wrote(self):
        mail = compose(sender=ALICE, to="list@lists.example")
        self.assertEqual(self.pair.from_world(mail, BOB, reverse_path=LIST), 250)
        self.pair.expect(mail, {"primary bob/INBOX": 1, "archive bob/INBOX": 1})
        with self.assertRaises(Refused) as refused:
            self.pair.from_world(compose(sender=EXT), BOB, reverse_path=ALICE)
        self.assertEqual((refused.exception.reply.code, refused.exception.reply.enhanced), (550, "5.7.1"))


if __name__ == "__main__":
    unittest.main()
