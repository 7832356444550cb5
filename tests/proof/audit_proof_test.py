"""Proofs of the audit journal: both verifiers say yes to every true one, and to none of one journal that is shown as one of the other.

Run alone: tests/proof/audit_proof_test.py [-v] [Class.test].
"""
import json
import unittest

import second_verifier as second
from checker import ProofTest, Said
from proof_maker import Action, countersigned, Head, Journal, Key, number, sha256, text

ARCHIVE, OTHER, WITNESS = Key("archive"), Key("other"), Key("witness")
AUDIT = 2


class AuditProofs(ProofTest):
    def setUp(self):
        self.journal = Journal(ARCHIVE, 13, Action(extras=((2, number(41, 8) + text(b"Adam")),)), book=AUDIT)
        self.proof = countersigned(self.journal.proof(6), WITNESS)
        self.signatures = second.Signatures()

    def first(self, *options: str) -> Said:
        return self.check(self.proof, None, "--key", ARCHIVE.text, "--witness", WITNESS.text, *options)

    def assert_refused(self, *names: str) -> None:
        """By both."""
        self.assert_failed(self.first("--audit"), *names)
        with self.assertRaises(second.Refused):
            second.check_audit_proof(json.dumps(self.proof), self.signatures)

    def test_an_entry_is_proven_and_told(self):
        said = self.run_script(*self.files(self.proof, None), "--audit", "--key", ARCHIVE.text, "--witness", WITNESS.text)
        self.assert_ok(said)
        self.assertEqual(tuple(said.verdicts), ("parts", "path", "signature", "key", "witness"))
        self.assertEqual(said.entry, ["2023-11-14 22:13:20 UTC begun 'message/export' by 'Vera Miller', uid 1001, 'admin socket, process 7'",
                                      "'account': 'alice@example.org'", "'uid': '7'", "reason 'court order 12/26'", "case '17/26'",
                                      "approved by request 41"])
        shown = second.check_audit_proof(json.dumps(self.proof), self.signatures)
        self.assertEqual((shown.index, shown.common.action, shown.common.asked[b"uid"]), (6, b"message/export", b"7"))

    def test_an_end_names_what_it_ends(self):
        self.journal = Journal(ARCHIVE, 3, Action(event=2, action=b"", object=(), reason=b"", case=b"", outcome=b"done",
                                                  extras=((1, number(1, 8)),)), book=AUDIT)
        said = self.check(self.journal.proof(2), None, "--audit", "--key", ARCHIVE.text)
        self.assert_ok(said)
        self.assertEqual(said.entry[1:], ["outcome 'done'", "of entry 1"])

    def test_every_entry_of_every_small_journal_is_proven(self):
        for size in range(1, 20):
            journal = Journal(ARCHIVE, size, Action(), book=AUDIT)
            signed_head = journal.signed_head()
            for index in range(size):
                proof = journal.proof(index, signed_head=signed_head)
                self.assert_ok(self.check(proof, None, "--audit", "--key", ARCHIVE.text))
                second.check_audit_proof(json.dumps(proof), self.signatures)

    def test_a_proof_of_the_audit_journal_does_not_pass_as_one_of_the_mail_journal(self):
        self.assert_failed(self.first(), "path", "parts")
        with self.assertRaises(second.Refused):
            second.check_proof(json.dumps(self.proof), None, self.signatures)

    def test_a_proof_of_the_mail_journal_does_not_pass_as_one_of_the_audit_journal(self):
        self.proof = countersigned(Journal(ARCHIVE, 13).proof(6), WITNESS)
        self.assert_refused("path", "parts")

    def test_an_entry_of_one_journal_under_a_head_of_the_other_is_refused(self):
        """Though the archive itself signed both."""
        other = Journal(ARCHIVE, 13, Action(), book=1)
        self.proof = countersigned(other.proof(6), WITNESS)
        self.assert_refused("path")
        self.assert_failed(self.check(self.proof, None, "--key", ARCHIVE.text), "parts")
        mail = Journal(ARCHIVE, 13, book=AUDIT)
        self.proof = countersigned(mail.proof(6), WITNESS)
        self.assert_refused("parts")
        self.assert_failed(self.check(self.proof, mail.messages[6].octets, "--key", ARCHIVE.text), "path")

    def test_a_message_is_no_matter_of_the_audit_journal(self):
        self.assert_failed(self.check(self.proof, b"x", "--audit", "--key", ARCHIVE.text), "message")

    def test_each_part_of_the_proof_counts(self):
        true = json.dumps(self.proof)
        for change, name in ((lambda proof: proof["entry"]["common"].update(nonce=proof["entry"]["common"]["nonce"][::-1]), "path"),
                             (lambda proof: proof["entry"].update(index=5), "path"),
                             (lambda proof: proof["path"].pop(), "path"),
                             (lambda proof: proof["path"].reverse(), "path")):
            self.proof = json.loads(true)
            change(self.proof)
            with self.subTest(name=name):
                said = self.first("--audit")
                self.assertIn(said.failed or {"no proof"}, ({name}, {"no proof"}))
                with self.assertRaises(second.Refused):
                    second.check_audit_proof(json.dumps(self.proof), self.signatures)
        for head in (Head(13, sha256(b"x"), journal=AUDIT), Head(7, self.journal.head().root, journal=AUDIT), Head(13, self.journal.head().root, journal=3)):
            self.proof = countersigned(json.loads(true) | {"head": self.journal.signed_head(head)}, WITNESS)
            self.assert_refused("path")

    def test_entries_of_another_version_or_grammar(self):
        common = Action().common()
        for octets in (b"", b"\1", b"\2" + common[1:], common[:40], common + b"\0", common[:9] + b"\6" + common[10:]):
            class Wrong(Action):
                def common(self, octets=octets):
                    return octets

            self.proof = countersigned(Journal(ARCHIVE, 2, Wrong(), book=AUDIT).proof(1), WITNESS)
            with self.subTest(octets=octets[:20]):
                self.assert_refused("parts")

    def test_control_characters_do_not_reach_the_terminal(self):
        hostile = b"\x1b[2J\r\n\x00\xc2\x9b\xff"
        self.journal = Journal(ARCHIVE, 1, Action(name=hostile, reason=hostile, object=((hostile, hostile),)), book=AUDIT)
        said = self.run_script(*self.files(self.journal.proof(0), None), "--audit")
        self.assert_ok(said, "key")
        self.assertTrue(said.out.replace("\n", "").isprintable())


if __name__ == "__main__":
    unittest.main()
