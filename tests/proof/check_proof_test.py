"""deploy/check-proof.py says ok of every true proof, and finds each thing that can be false in one.

Run alone: tests/proof/check_proof_test.py [-v] [Class.test]; UNDERSTUDY_SEED=N repeats a random test.
"""
import base64
import contextlib
import copy
import functools
import json
import os
import random
import unittest
import unittest.mock

from checker import CHECKS, ProofTest, Said
from proof_maker import Head, Journal, Key, Message, countersigned, number, sha256, text, to_base64

ARCHIVE, OTHER, WITNESS = Key("archive"), Key("other"), Key("witness")


class TrueProofs(ProofTest):
    def test_the_script_says_ok_of_each_check_and_tells_what_the_entry_says(self):
        journal = Journal(ARCHIVE, 5, Message(recipients=(b"bob@example.org", b"carol@example.org", b"dave@example.org")))
        proof = countersigned(journal.proof(3, hidden=(2,)), WITNESS)
        files = self.files(proof, journal.messages[3].octets)
        said = self.run_script(*files, "--key", OTHER.text, "--key", ARCHIVE.text, "--witness", WITNESS.text)
        self.assert_ok(said)
        self.assertEqual(tuple(said.verdicts), CHECKS)
        self.assertEqual(said.entry, ["arrived 2023-11-14 22:13:20 UTC from 'alice@example.org'", "for 'bob@example.org'",
                                      "for 'dave@example.org'"])
        self.assertIn("recipients: 3, not shown: 1", said.out)

    def test_every_entry_of_every_small_journal_is_proven(self):
        for size in range(1, 71):
            journal = Journal(ARCHIVE, size)
            signed_head = journal.signed_head()
            for index in range(size):
                with self.subTest(size=size, index=index):
                    said = self.check(journal.proof(index, signed_head=signed_head), journal.messages[index].octets, "--key", ARCHIVE.text)
                    self.assert_ok(said)

    def test_without_a_key_to_compare_with_the_key_is_shown_and_left_to_other_means(self):
        journal = Journal(ARCHIVE, 2)
        said = self.check(countersigned(journal.proof(0), WITNESS), journal.messages[0].octets)
        self.assert_ok(said, "key")
        for key in (ARCHIVE, WITNESS):
            self.assertIn(f"{key.text}: compare it", said.out)

    def test_what_else_is_in_the_file_changes_nothing(self):
        journal = Journal(ARCHIVE, 2)
        proof = journal.proof(0) | {"timestamp": to_base64(b"a stamp"), "later": {"octets": 1}}
        self.assert_ok(self.check(proof, journal.messages[0].octets, "--key", ARCHIVE.text))

    def test_without_the_message_its_digest_is_shown(self):
        journal = Journal(ARCHIVE, 2)
        said = self.check(journal.proof(1), None, "--key", ARCHIVE.text)
        self.assert_ok(said, "message")
        self.assertIn(sha256(journal.messages[1].octets).hex(), said.out)

    def test_the_null_reverse_path_and_an_entry_without_recipients_are_read(self):
        journal = Journal(ARCHIVE, 1, Message(reverse_path=None, recipients=()))
        said = self.check(journal.proof(0), journal.messages[0].octets)
        self.assert_ok(said, "key")
        self.assertEqual(said.entry, ["arrived 2023-11-14 22:13:20 UTC from <>"])

    def test_texts_of_any_length_stand_in_front_of_the_digest(self):
        for size in (0, 1, 127, 128, 16383, 16384, 70000):
            journal = Journal(ARCHIVE, 1, Message(helo=b"h" * size, envid=b"e" * size))
            with self.subTest(size=size):
                self.assert_ok(self.check(journal.proof(0), journal.messages[0].octets), "key")

    def test_a_time_of_any_number_is_told(self):
        journal = Journal(ARCHIVE, 1, Message(time=2**64 - 1))
        signed_head = journal.signed_head(Head(1, journal.leaves[0], time=2**64 - 1))
        self.assert_ok(self.check(journal.proof(0, signed_head=signed_head), journal.messages[0].octets), "key")

    def test_control_characters_of_the_sender_do_not_reach_the_terminal(self):
        hostile = b'"\x1b[2J\r\n\x00\xc2\x9b\xe2\x80\xae\xff"@example.org'
        journal = Journal(ARCHIVE, 1, Message(reverse_path=hostile, recipients=(hostile, "jürgen@example.org".encode())))
        said = self.run_script(*self.files(journal.proof(0), journal.messages[0].octets))
        self.assert_ok(said, "key")
        self.assertTrue(said.out.replace("\n", "").isprintable())
        self.assertEqual(len(said.out.splitlines()), 5 + 3)
        self.assertEqual(said.entry[2], "for 'jürgen@example.org'")


class FalseProofs(ProofTest):
    """Each change is found by the check that bears its name, and by no other."""

    def setUp(self):
        self.journal = Journal(ARCHIVE, 13, Message(recipients=(b"bob@example.org", b"carol@example.org")))
        self.proof = countersigned(self.journal.proof(6), WITNESS)
        self.message = self.journal.messages[6].octets

    def check_changed(self, **options: str) -> Said:
        return self.check(self.proof, self.message, "--key", options.get("key", ARCHIVE.text), "--witness",
                          options.get("witness", WITNESS.text))

    def resigned(self, **changes: object) -> Said:
        """A head of the archive's own making that says something else."""
        head = self.journal.head()
        for name, value in changes.items():
            setattr(head, name, value)
        self.proof = countersigned(self.proof | {"head": self.journal.signed_head(head)}, WITNESS)
        return self.check_changed()

    def flip(self, where: dict, name: str, octet: int) -> None:
        octets = bytearray(base64.b64decode(where[name]))
        octets[octet] ^= 1
        where[name] = to_base64(bytes(octets))

    def test_nothing_is_found_where_nothing_was_changed(self):
        self.assert_ok(self.check_changed())

    def test_message(self):
        true = self.message
        for octet in range(len(true)):
            self.message = true[:octet] + bytes([true[octet] ^ 1]) + true[octet + 1:]
            self.assert_failed(self.check_changed(), "message")
        for self.message in (b"", true + b"\n", true[:-1], true.replace(b"\r\n", b"\n"), self.journal.messages[5].octets):
            self.assert_failed(self.check_changed(), "message")

    def test_message_of_which_another_text_of_the_sender_has_the_digest(self):
        decoy = b"Subject: another\r\n\r\n"
        for helo in (sha256(decoy), bytes(32) + sha256(decoy) + b"\0" * 40, sha256(decoy) * 40):
            self.journal = Journal(ARCHIVE, 3, Message(helo=helo, envid=helo, reverse_path=helo + b"@" + helo))
            self.proof = countersigned(self.journal.proof(1), WITNESS)
            self.message = self.journal.messages[1].octets
            self.assert_ok(self.check_changed())
            self.message = decoy
            self.assert_failed(self.check_changed(), "message")

    def test_message_of_an_entry_whose_common_part_is_not_shown(self):
        self.proof = self.journal.proof(6, hidden=(0,))
        self.assert_failed(self.check(self.proof, self.message), "message")
        self.assert_ok(self.check(self.proof, None, "--key", ARCHIVE.text), "message")

    def test_parts_of_another_version_or_grammar(self):
        common = self.journal.messages[6].common()
        for octets in (b"", b"\1", b"\2" + common[1:], common[:60], b"\1" + bytes(8) + b"\1" + b"\xff" * 2000,
                       b"\1" + bytes(8) + b"\1" + b"\xff" * 9 + b"\1", b"\1" + bytes(9 + 3) + text(b"x")[:1] * 3):
            with self.subTest(octets=octets[:80]), unittest.mock.patch.object(Message, "common", lambda _, octets=octets: octets):
                journal = Journal(ARCHIVE, 2)
                self.assert_failed(self.check(journal.proof(1), None, "--key", ARCHIVE.text), "parts")
        for octets in (b"", b"\2" + text(b"bob") + text(b"example.org"), b"\1" + text(b"bob"), b"\1\x85bob"):
            with self.subTest(octets=octets), unittest.mock.patch.object(Message, "part", lambda _, part, octets=octets: octets):
                journal = Journal(ARCHIVE, 2)
                self.assert_failed(self.check(journal.proof(1), None, "--key", ARCHIVE.text), "parts")

    def test_path_from_parts_that_were_changed(self):
        entry = self.proof["entry"]
        for part in (entry["common"], *entry["recipients"]):
            for name, octet in (("nonce", 0), ("nonce", 31), ("octets", -1)):
                with self.subTest(name=name, octet=octet):
                    self.flip(part, name, octet)
                    self.assert_failed(self.check_changed(), "path")
                    self.flip(part, name, octet)
        self.assert_ok(self.check_changed())
        for changed in ([], entry["recipients"][:1], entry["recipients"][::-1], entry["recipients"] * 2):
            self.proof["entry"] = entry | {"recipients": changed}
            self.assert_failed(self.check_changed(), "path")

    def test_path_that_was_changed(self):
        path = self.proof["path"]
        for at, digest in enumerate(path):
            for changed in (path[:at] + path[at + 1:], path[:at] + [digest] + path[at:], path[:at] + [digest] * 2 + path[at + 1:],
                            path[:at] + [sha256(b"x").hex()] + path[at + 1:]):
                self.proof["path"] = changed
                self.assert_failed(self.check_changed(), "path")
        for changed in ([], path[::-1], path + [digest], [digest] + path, path * 40, [digest] * 64):
            self.proof["path"] = changed
            self.assert_failed(self.check_changed(), "path")

    def test_path_of_another_place(self):
        for index in (*range(6), *range(7, 20), 2**63, 2**64 - 1):
            self.proof["entry"]["index"] = index
            self.assert_failed(self.check_changed(), "path")
        self.proof["entry"] |= {"index": 6, "partition": 1}
        self.assert_failed(self.check_changed(), "path")

    def test_path_of_an_inner_node_in_the_place_of_a_leaf(self):
        """An archive that takes leaves that say one place into another has no proof for them."""
        for index, size in ((1, 1), (0, 0), (5, 3), (2**64 - 1, 2**64 - 1)):
            journal = Journal(ARCHIVE, 1)
            journal.leaves = [sha256(b"\0\1" + number(0, 2) + number(index, 8) +
                                     b"".join(sha256(journal.nonce(0, part) + octets) for part, octets in enumerate(journal.parts(0))))]
            proof = journal.proof(0, signed_head=journal.signed_head(Head(size, journal.leaves[0])))
            proof["entry"]["index"] = index
            self.assert_failed(self.check(proof, journal.messages[0].octets, "--key", ARCHIVE.text), "path")

    def test_path_to_a_head_of_another_journal_size_or_version(self):
        for changes in ({"version": 2}, {"version": 0}, {"journal": 2}, {"partition": 1}, {"size": 7}, {"size": 8}, {"size": 17},
                        {"size": 6}, {"size": 0},
                        {"size": 2**64 - 1}, {"root": sha256(b"x")}):
            with self.subTest(**changes):
                self.assert_failed(self.resigned(**changes), "path")

    def test_signature_over_another_head(self):
        for octet in range(116):
            self.flip(self.proof["head"], "octets", octet)
            said = self.check_changed()
            self.assertLessEqual({"signature", "witness"}, said.failed)
            self.assertLessEqual(said.failed, {"signature", "witness", "path"})
            self.flip(self.proof["head"], "octets", octet)

    def test_signature_that_was_changed(self):
        for octet in range(64):
            self.flip(self.proof["head"], "signature", octet)
            self.assert_failed(self.check_changed(), "signature", "witness")
            self.flip(self.proof["head"], "signature", octet)

    def test_signature_in_another_context(self):
        octets = base64.b64decode(self.proof["head"]["octets"])
        for context in (b"", b"understudy tree head", b"understudy witness\0", b"understudy receipts\0"):
            self.proof["head"]["signature"] = to_base64(ARCHIVE.sign(context + octets))
            self.assert_failed(self.check(countersigned(self.proof, WITNESS), self.message, "--key", ARCHIVE.text), "signature")

    def test_signature_by_a_key_that_the_head_does_not_name(self):
        self.assert_failed(self.resigned(key_name=sha256(OTHER.public)), "signature")
        self.proof["head"]["key"] = OTHER.text
        self.assert_failed(self.check_changed(key=OTHER.text), "signature")

    def test_key_that_is_not_the_one_that_is_known(self):
        self.assert_failed(self.check_changed(key=OTHER.text), "key")
        self.journal.key = OTHER
        self.proof = countersigned(self.journal.proof(6), WITNESS)
        self.assert_failed(self.check_changed(), "key")
        self.assert_ok(self.check_changed(key=OTHER.text))

    def test_witness_that_was_changed(self):
        true = self.proof["witness"]
        for octet in (0, 31, 32, 63):
            self.flip(self.proof["witness"], "signature", octet)
            self.assert_failed(self.check_changed(), "witness")
            self.flip(self.proof["witness"], "signature", octet)
        for changes in ({"time": true["time"] + 1}, {"time": 0}, {"time": 2**64 - 1}, {"key": OTHER.text}):
            self.proof["witness"] = true | changes
            self.assert_failed(self.check_changed(), "witness")

    def test_witness_of_another_head(self):
        other = countersigned(Journal(ARCHIVE, 12).proof(6), WITNESS)
        self.assert_failed(self.check(self.proof | {"witness": other["witness"]}, self.message, "--key", ARCHIVE.text), "witness")

    def test_witness_who_is_not_the_one_that_is_known_or_is_not_there(self):
        self.assert_failed(self.check_changed(witness=OTHER.text), "witness")
        del self.proof["witness"]
        self.assert_failed(self.check_changed(), "witness")

    def test_witness_who_is_the_archive_itself(self):
        self.proof = countersigned(self.proof, ARCHIVE)
        self.assert_failed(self.check_changed(witness=ARCHIVE.text), "witness")


class NoProofs(ProofTest):
    def setUp(self):
        self.journal = Journal(ARCHIVE, 3)
        self.proof = countersigned(self.journal.proof(1), WITNESS)
        self.message = self.journal.messages[1].octets

    def test_what_is_no_json_object_of_this_format_is_no_proof(self):
        for octets in (b"", b"\0", b"{", b"[]", b"null", b"1", b'"x"', b"{}", b"\xff\xfe{}", b"[" * 200000, b'{"a":' * 200000,
                       b"1" * 100000, b'{"understudy_proof": NaN}', json.dumps(self.proof).encode("utf-16"),
                       b'{"understudy_proof": ' + b"9" * 1000000 + b"}", json.dumps(self.proof).encode()[:-1]):
            with self.subTest(octets=octets[:40]):
                self.assert_no_proof(self.run_script(*self.files(octets, self.message)))

    def test_a_field_that_is_missing_or_of_another_form_is_no_proof(self):
        for names in (("understudy_proof",), ("entry",), ("head",), ("path",), ("entry", "partition"), ("entry", "index"),
                      ("entry", "common"), ("entry", "recipients"), ("entry", "common", "nonce"), ("entry", "common", "octets"),
                      ("head", "octets"), ("head", "signature"), ("head", "key"), ("witness", "time"), ("witness", "signature"),
                      ("witness", "key"), ("entry", "recipients", 0), ("path", 0), ("witness",)):
            for value in (None, -1, 2**64, 10**30, 0.5, "x", "ä", "\ud800", [1], {"a": 1}, "AA==", "0" * 63, "0" * 66, {"hash": "00"}):
                proof = copy.deepcopy(self.proof)
                where = functools.reduce(lambda inner, name: inner[name], names[:-1], proof)
                where[names[-1]] = value
                if (names[-1], value) == ("octets", "AA==") and "entry" in names:
                    continue  # a part of one octet has the form of a part
                with self.subTest(names=names, value=value):
                    self.assert_no_proof(self.check(proof, self.message))
            if names != ("witness",) and not isinstance(names[-1], int):
                del where[names[-1]]
                with self.subTest(names=names):
                    self.assert_no_proof(self.check(proof, self.message))

    def test_a_later_version_is_no_proof(self):
        self.assert_no_proof(self.check(self.proof | {"understudy_proof": 2}, self.message))

    def test_a_nonce_of_another_length_is_no_proof(self):
        """Else octets could move between nonce and text under one hash, and say something else."""
        part = self.proof["entry"]["recipients"][0]
        whole = base64.b64decode(part["nonce"]) + base64.b64decode(part["octets"])
        for size in (0, 31, 33, len(whole)):
            part |= {"nonce": to_base64(whole[:size]), "octets": to_base64(whole[size:])}
            self.assert_no_proof(self.check(self.proof, self.message))

    def test_a_hash_beside_the_octets_is_not_believed(self):
        part = self.proof["entry"]["recipients"][0]
        part |= {"hash": sha256(base64.b64decode(part["nonce"]) + base64.b64decode(part["octets"])).hex()}
        self.assert_ok(self.check(self.proof, self.message), "key")
        part["octets"] = to_base64(b"\1" + text(b"eve") + text(b"example.org"))
        self.assert_failed(self.check(self.proof, self.message), "path")

    def test_a_file_of_more_than_64_mib_is_no_proof(self):
        octets = json.dumps(self.proof).encode()
        self.assert_ok(self.check(octets.rjust(64 << 20), self.message), "key")
        self.assert_no_proof(self.check(octets.rjust((64 << 20) + 1), self.message))

    def test_wrong_usage(self):
        files = self.files(self.proof, self.message)
        for arguments in ([], [*files, "third"], [str(self.folder)], ["/nowhere"], [files[0], "/nowhere"], [files[0], str(self.folder)],
                          [*files, "--key"], [*files, "--key", "x"], [*files, "--key", "ed25519:AAAA"], [*files, "--unknown"],
                          [*files, "--key", ARCHIVE.text[8:]], [*files, "--witness", ARCHIVE.text + "A"], [*files, "--key", "ä\udcff\x1b"]):
            with self.subTest(arguments=arguments):
                self.assert_no_proof(self.run_script(*arguments))

    def test_no_random_change_gives_a_traceback_or_lets_a_wrong_message_pass(self):
        seed = int(os.environ.get("UNDERSTUDY_SEED", random.randrange(2**32)))
        chance = random.Random(seed)
        for number_of_it in range(400):
            octets = changed_file(self.proof, chance)
            with self.subTest(seed=seed, number=number_of_it):
                run = self.run_script if number_of_it % 20 == 0 else None
                said = run(*self.files(octets, b"wrong")) if run else self.check(octets, b"wrong")
                self.assertIn(said.status, (1, 2))
                self.assertEqual(said.entry, [])


def changed_file(proof: dict, chance: random.Random) -> bytes:
    """The file with some of its octets changed, or some of its values."""
    if chance.random() < 0.4:
        octets = bytearray(json.dumps(proof).encode())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(octets))
            octets[at:at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        return bytes(octets)
    proof = copy.deepcopy(proof)
    for _ in range(chance.randint(1, 3)):
        where, name = chance.choice(list(places(proof)))
        with contextlib.suppress(KeyError, IndexError, TypeError):  # it went with a change before
            where[name] = chance.choice((None, True, 0, -1, 2**64, 1.5, "", "x", "A" * 44, "0" * 64, [], {}, [[]], "A" * 88))
    return json.dumps(proof).encode()


def places(value: dict | list):
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, name
        if isinstance(inner, (dict, list)):
            yield from places(inner)


if __name__ == "__main__":
    unittest.main()
