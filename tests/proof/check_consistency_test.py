"""deploy/check-consistency.py says ok where a head continues another one, and finds each thing that can be false.

The second verifier, which shares nothing with it, has to agree each time. Run alone: tests/proof/check_consistency_test.py [-v] [Class.test].
"""
import base64
import contextlib
import copy
import functools
import io
import json
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import second_verifier as second
from checker import CONSISTENCY_CHECKS, CONSISTENCY_SCRIPT, consistency_checker, Said
from proof_maker import Action, consistency, Head, Journal, Key, sha256, to_base64

ARCHIVE, NEW, OTHER = Key("archive"), Key("archive, later"), Key("other")
AUDIT = 2


def journal(size: int, key: Key = ARCHIVE, **more: object) -> Journal:
    return Journal(key, size, **more)


def flip(where: dict, name: str, octet: int) -> None:
    octets = bytearray(base64.b64decode(where[name]))
    octets[octet] ^= 1
    where[name] = to_base64(bytes(octets))


class ConsistencyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A signature takes the script 40 ms: of thousands of runs over a few heads each one is computed once.
        proof = consistency_checker.proof
        cls.enterClassContext(unittest.mock.patch.object(proof, "signed", functools.lru_cache(None)(proof.signed)))
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.signatures = second.Signatures()

    def files(self, *documents: object) -> list[str]:
        """The arguments that name them. A document of another kind than octets is written as JSON."""
        paths = [self.folder / name for name in ("consistency.json", "noted.json", "third.json")][:len(documents)]
        for path, document in zip(paths, documents):
            path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return [str(path) for path in paths]

    def check(self, *documents: object, options: tuple[str, ...] = ()) -> Said:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            status = consistency_checker.main([*self.files(*documents), *options])
        return Said(status, out.getvalue(), err.getvalue())

    def run_script(self, *arguments: str | Path) -> Said:
        run = subprocess.run([sys.executable, "-B", CONSISTENCY_SCRIPT, *arguments], capture_output=True, text=True, check=False)
        self.assertNotIn("Traceback", run.stderr)
        return Said(run.returncode, run.stdout, run.stderr)

    def assert_ok(self, said: Said, *unchecked: str) -> None:
        self.assertEqual((said.status, said.failed, said.err), (0, set(), ""), said.out)
        self.assertEqual({name for name, verdict in said.verdicts.items() if verdict == "open"}, set(unchecked))

    def assert_failed(self, said: Said, *names: str) -> None:
        self.assertEqual((said.status, said.failed, said.err), (1, set(names), ""), said.out)

    def assert_no_such_file(self, said: Said) -> None:
        self.assertEqual((said.status, said.out), (2, ""), said.err)
        self.assertEqual(len(said.err.splitlines()), 1, said.err)

    def second_refuses(self, document: dict, journal: int = second.MAIL) -> None:
        with self.assertRaises(second.Refused):
            second.check_consistency(json.dumps(document), self.signatures, journal)


class TrueFiles(ConsistencyTest):
    def test_the_script_says_ok_of_each_check(self):
        earlier, later = journal(5), journal(12)
        said = self.run_script(*self.files(consistency(earlier, later), earlier.proof(3)), "--key", OTHER.text, "--key", ARCHIVE.text)
        self.assert_ok(said)
        self.assertEqual(tuple(said.verdicts), CONSISTENCY_CHECKS)
        for head in (earlier.head(), later.head()):
            self.assertIn(f"{head.size} entries, tree head {head.root.hex()}, 2023-11-14 22:14:20 UTC", said.out)
        self.assertIn("unchanged, and 7 entries more", said.out)

    def test_each_head_of_every_small_journal_continues_all_before_it(self):
        journals = [journal(size) for size in range(1, 67)]
        heads = [each.signed_head() for each in journals]
        for later, later_head in zip(journals, heads):
            for earlier, earlier_head in zip(journals[:later.size], heads):
                with unittest.mock.patch.object(Journal, "signed_head", lambda each: heads[each.size - 1]):
                    document = consistency(earlier, later)
                self.assertEqual((document["first"], document["second"]), (earlier_head, later_head))
                with self.subTest(first=earlier.size, second=later.size):
                    self.assert_ok(self.check(document, options=("--key", ARCHIVE.text)), "noted")
                    heads_of_it = second.check_consistency(json.dumps(document), self.signatures)
                    self.assertEqual([head.size for head in heads_of_it], [earlier.size, later.size])
                    for wrong in ([*document["path"], "00" * 32], document["path"][:-1], ["00" * 32, *document["path"]], document["path"][1:]):
                        if wrong != document["path"]:
                            self.assert_failed(self.check(document | {"path": wrong}, options=("--key", ARCHIVE.text)), "path")

    def test_without_keys_and_a_head_that_was_noted_they_are_shown_and_left_to_other_means(self):
        said = self.check(consistency(journal(3), journal(4)))
        self.assert_ok(said, "first-key", "second-key", "noted")
        self.assertEqual(said.out.count(f"{ARCHIVE.text}: compare it"), 2)
        self.assertIn("the first head, 3 entries: compare it", said.out)

    def test_heads_by_two_keys_need_both_of_them(self):
        document = consistency(journal(3), journal(9, NEW))
        self.assert_ok(self.check(document, options=("--key", ARCHIVE.text, "--key", NEW.text)), "noted")
        self.assert_failed(self.check(document, options=("--key", ARCHIVE.text)), "second-key")
        self.assert_failed(self.check(document, options=("--key", NEW.text)), "first-key")

    def test_what_was_noted_may_be_a_proof_heads_a_row_of_them_or_the_file_before(self):
        document = consistency(journal(6), journal(9))
        rows = [{"size": size, "root": "x", "head": journal(size).signed_head()} for size in (2, 6, 8)]
        for noted in (journal(6).proof(2), rows, rows[:2], rows[1], consistency(journal(2), journal(6))):
            self.assert_ok(self.check(document, noted, options=("--key", ARCHIVE.text)))
        for noted in (rows[0], rows[:1], rows[::2]):
            self.assert_failed(self.check(document, noted, options=("--key", ARCHIVE.text)), "noted")

    def test_the_audit_journal(self):
        document = consistency(journal(3, book=AUDIT, message=Action()), journal(11, book=AUDIT, message=Action()))
        self.assert_ok(self.check(document, options=("--audit", "--key", ARCHIVE.text)), "noted")
        second.check_consistency(json.dumps(document), self.signatures, AUDIT)

    def test_what_else_is_in_the_file_changes_nothing(self):
        document = consistency(journal(3), journal(4)) | {"later": {"path": 1}}
        self.assert_ok(self.check(document, options=("--key", ARCHIVE.text)), "noted")


class FalseFiles(ConsistencyTest):
    """Each change is found by the check that bears its name; the second verifier refuses it, too."""

    def setUp(self):
        self.earlier, self.later = journal(6), journal(13)
        self.document = consistency(self.earlier, self.later)

    def check_changed(self, *options: str) -> Said:
        return self.check(self.document, self.earlier.proof(0), options=("--key", ARCHIVE.text, *options))

    def resigned(self, name: str, **changes: object) -> Said:
        """A head of the archive's own making that says something else."""
        made_by = self.earlier if name == "first" else self.later
        head = made_by.head()
        for field, value in changes.items():
            setattr(head, field, value)
        self.document = self.document | {name: made_by.signed_head(head)}
        return self.check_changed()

    def test_nothing_is_found_where_nothing_was_changed(self):
        self.assert_ok(self.check_changed())

    def test_one_bit_of_either_head(self):
        for name in ("first", "second"):
            for octet in range(116):
                flip(self.document[name], "octets", octet)
                with self.subTest(head=name, octet=octet):
                    said = self.check_changed()
                    self.assertEqual((said.status, name in said.failed), (1, True), said.out)
                    self.assertLessEqual(said.failed, {name, "log", "order", "path", "noted"})
                    if 44 <= octet < 76:  # the root
                        self.assertEqual(said.failed, {name, "path"} | ({"noted"} if name == "first" else set()))
                    if octet % 16 == 0:
                        self.second_refuses(self.document)
                flip(self.document[name], "octets", octet)

    def test_one_bit_of_either_signature(self):
        for name in ("first", "second"):
            for octet in range(64):
                flip(self.document[name], "signature", octet)
                with self.subTest(head=name, octet=octet):
                    self.assert_failed(self.check_changed(), name)
                    if octet % 16 == 0:
                        self.second_refuses(self.document)
                flip(self.document[name], "signature", octet)

    def test_one_bit_of_the_path(self):
        self.assertGreater(len(self.document["path"]), 2)
        for at, digest in enumerate(self.document["path"]):
            for octet in range(32):
                changed = bytearray.fromhex(digest)
                changed[octet] ^= 1
                forged = self.document | {"path": [*self.document["path"][:at], changed.hex(), *self.document["path"][at + 1:]]}
                self.assert_failed(self.check(forged, options=("--key", ARCHIVE.text)), "path")
                if octet == 0:
                    self.second_refuses(forged)

    def test_a_path_of_hashes_too_few_too_many_or_in_another_order(self):
        path = self.document["path"]
        for wrong in ([], path[:-1], path[1:], path * 2, path[::-1], [*path, path[-1]]):
            self.document = self.document | {"path": wrong}
            self.assert_failed(self.check_changed(), "path")
            self.second_refuses(self.document)

    def test_heads_that_changed_places(self):
        self.document = self.document | {"first": self.document["second"], "second": self.document["first"]}
        self.assert_failed(self.check_changed(), "order", "path", "noted")
        self.second_refuses(self.document)

    def test_heads_of_two_logs(self):
        for changes in ({"instance": b"J" * 16}, {"incarnation": b"j" * 16}, {"journal": AUDIT}, {"journal": 3}, {"partition": 1}):
            for name in ("first", "second"):
                with self.subTest(head=name, **changes):
                    self.setUp()
                    self.assert_failed(self.resigned(name, **changes), *(("log", "noted") if name == "first" else ("log",)))
                    self.second_refuses(self.document)

    def test_one_journal_does_not_pass_as_the_other(self):
        self.assert_failed(self.check_changed("--audit"), "log")
        self.second_refuses(self.document, AUDIT)
        document = consistency(journal(3, book=AUDIT, message=Action()), journal(4, book=AUDIT, message=Action()))
        self.assert_failed(self.check(document, options=("--key", ARCHIVE.text)), "log")
        self.second_refuses(document)

    def test_a_head_of_another_version(self):
        for name in ("first", "second"):
            self.setUp()
            self.assert_failed(self.resigned(name, version=2), name)
            self.second_refuses(self.document)

    def test_a_head_over_another_size_or_root(self):
        for name, changes, failed in (("second", {"size": 8}, {"path"}), ("second", {"size": 17}, {"path"}),
                                      ("second", {"size": 2**64 - 1}, {"path"}), ("second", {"root": sha256(b"x")}, {"path"}),
                                      ("second", {"size": 5}, {"order", "path"}), ("first", {"size": 5}, {"path", "noted"}),
                                      ("first", {"size": 0}, {"path", "noted"}), ("first", {"size": 0, "root": sha256(b"")}, {"path", "noted"}),
                                      ("first", {"root": sha256(b"x")}, {"path", "noted"})):
            self.setUp()
            with self.subTest(head=name, **changes):
                said = self.resigned(name, **changes)
                self.assertEqual(said.failed, failed, said.out)

    def test_sizes_that_are_both_less_than_what_the_trees_have(self):
        """The path from 7 to 8 begins with the one from 3 to 4: a hash is left when the top is reached."""
        self.earlier, self.later = journal(7), journal(8)
        self.document = consistency(self.earlier, self.later)
        self.resigned("first", size=3)
        self.assert_failed(self.resigned("second", size=4), "path", "noted")
        self.second_refuses(self.document)

    def test_a_fork_of_one_size(self):
        """Two heads that the archive signed, over as many entries, and not the same ones."""
        other_past = journal(13)
        other_past.leaves[4] = sha256(b"another past")
        forked = consistency(self.later, self.later) | {"second": other_past.signed_head()}
        for path in ([], self.document["path"]):
            said = self.check(forked | {"path": path}, options=("--key", ARCHIVE.text))
            self.assert_failed(said, "path")
            self.assertIn("a fork", said.out)
            self.second_refuses(forked | {"path": path})

    def test_a_fork_that_grew(self):
        """The later head is over another past, with the best path that there is for it."""
        for changed in range(13):
            other_past = journal(13)
            other_past.leaves[changed] = sha256(b"another past")
            forked = consistency(self.earlier, other_past)
            said = self.check(forked, options=("--key", ARCHIVE.text))
            if changed < 6:
                self.assert_failed(said, "path")
                self.second_refuses(forked)
            else:
                self.assert_ok(said, "noted")

    def test_a_fork_from_what_was_noted(self):
        """Both heads of the file agree, and neither with the one that was known."""
        noted = journal(6)
        noted.leaves[2] = sha256(b"another past")
        self.assert_failed(self.check(self.document, noted.proof(0), options=("--key", ARCHIVE.text)), "noted")
        self.assert_failed(self.check(self.document, journal(5).proof(0), options=("--key", ARCHIVE.text)), "noted")

    def test_a_key_that_is_not_the_one_that_is_known(self):
        self.assert_failed(self.check(self.document, options=("--key", OTHER.text)), "first-key", "second-key")
        forged = consistency(journal(6, OTHER), journal(13, OTHER))
        self.assert_failed(self.check(forged, options=("--key", ARCHIVE.text)), "first-key", "second-key")
        self.assert_failed(self.check(consistency(journal(6), journal(13, OTHER)), options=("--key", ARCHIVE.text)), "second-key")

    def test_a_key_that_the_head_does_not_name(self):
        self.assert_failed(self.resigned("second", key_name=sha256(OTHER.public)), "second")
        self.setUp()
        self.document["first"]["key"] = OTHER.text
        self.assert_failed(self.check(self.document, options=("--key", ARCHIVE.text, "--key", OTHER.text)), "first")


class OtherFiles(ConsistencyTest):
    def setUp(self):
        self.document = consistency(journal(3), journal(5))

    def test_what_has_another_form(self):
        for octets in (b"", b"\0", b"{", b"[]", b"null", b"1", b"{}", b"\xff\xfe{}", b"[" * 200000, b'{"understudy_consistency": NaN}',
                       json.dumps(self.document).encode()[:-1], journal(3).proof(0), self.document | {"understudy_consistency": 2}):
            with self.subTest(octets=octets[:40] if isinstance(octets, bytes) else "a document"):
                self.assert_no_such_file(self.run_script(*self.files(octets)))
        for names in (("understudy_consistency",), ("first",), ("second",), ("path",), ("path", 0), ("first", "octets"), ("first", "signature"),
                      ("first", "key"), ("second", "octets"), ("second", "signature"), ("second", "key")):
            for value in (None, -1, 2**64, 0.5, "x", "\ud800", [1], {"a": 1}, "AA==", "0" * 63, "0" * 66):
                document = copy.deepcopy(self.document)
                functools.reduce(lambda inner, name: inner[name], names[:-1], document)[names[-1]] = value
                with self.subTest(names=names, value=value):
                    self.assert_no_such_file(self.check(document))

    def test_a_file_of_more_than_64_mib(self):
        octets = json.dumps(self.document).encode()
        self.assert_ok(self.check(octets.rjust(64 << 20)), "first-key", "second-key", "noted")
        self.assert_no_such_file(self.check(octets.rjust((64 << 20) + 1)))

    def test_what_was_noted_has_another_form(self):
        for noted in (b"", b"{}", b"[]", b"null", b"0", b'""', [journal(3).signed_head()], {"head": {}}, {"first": journal(3).signed_head()}):
            self.assert_no_such_file(self.check(self.document, noted))

    def test_wrong_usage(self):
        file, noted, third = self.files(self.document, journal(3).proof(0), self.document)
        for arguments in ([], [file, noted, third], [str(self.folder)], ["/nowhere"], [file, "/nowhere"], [file, "--key"], [file, "--key", "x"],
                          [file, "--key", ARCHIVE.text[8:]], [file, "--unknown"], [file, "--key", "ä\udcff\x1b"]):
            with self.subTest(arguments=arguments):
                self.assert_no_such_file(self.run_script(*arguments))


if __name__ == "__main__":
    unittest.main()
