"""What the journal gives away to people who have no access to it: proofs, signed heads, the way from one to the next. Everything is
checked by two verifiers that know nothing of each other: the script that is given away, and tests/proof/second_verifier.py."""
import contextlib
import functools
import hashlib
import importlib.util
import io
import json
import stat
import subprocess
import sys
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.case import OwnRigCase, RigCase
from support.journaled import ALICE, BOB, CAROL, RECIPIENTS, add, fill, machine
from support.linked import Linked
from support.mail import compose
from support.waiting import until

sys.path.append(str(Path(__file__).resolve().parents[1] / "proof"))
import second_verifier as second  # noqa: E402
from forgeries import Forger, forgeries  # noqa: E402

MESSAGES = 10_000
WITH_THE_WHOLE_SCRIPT = 100  # proofs for which it runs as its users run it, a process each


def texts(value: object) -> list[bytes]:
    """All texts of a JSON value, those in base64 decoded too."""
    if isinstance(value, dict | list):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in texts(each)]
    if not isinstance(value, str):
        return []
    with contextlib.suppress(second.Refused):
        return [value.encode(), second.from_base64(value)]
    return [value.encode()]


class FirstVerifier:
    """The script that is given away. Within this process it asks for each signature once."""

    def __init__(self, path: Path):
        self._path = path
        spec = importlib.util.spec_from_file_location("check_proof", path)
        self._script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._script)
        self._script.signed = functools.cache(self._script.signed)

    def status(self, *words: object) -> int:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                return self._script.main([str(word) for word in words]) or 0
            except SystemExit as ended:
                return ended.code or 0

    def status_of_a_process(self, *words: object) -> int:
        return subprocess.run([sys.executable, "-B", self._path, *map(str, words)], capture_output=True, stdin=subprocess.DEVNULL,
                              check=False).returncode


class ProofTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        cls.server, cls.other = machine(cls.rig, 2, "server"), machine(cls.rig, 3, "other")
        cls.sent = fill(cls.server, MESSAGES)
        cls.other_head = add(cls.other, 20)["head"]
        cls.server.verb("journal", "heads", "--sign")
        cls.folder = cls.rig.directory / "given"
        cls.server.verb("journal", "export", str(cls.folder), "--all-recipients", seconds=120)
        cls.first = FirstVerifier(cls.folder / "check-proof.py")
        cls.signatures = second.Signatures()
        cls.forger = Forger(cls.rig.folder("forger"))

    # ---- questions

    def heads(self, *words: str) -> list[dict]:
        return self.server.json("journal", "heads", *words)

    def prove(self, *words: str) -> bytes:
        return self.server.verb("journal", "prove", *words)

    def assert_refused(self, status: int, said: str, *words: str) -> None:
        done = self.server.run("journal", *words)
        self.assertEqual((done.returncode, done.stdout), (status, b""), words)
        self.assertRegex(done.stderr.decode(), said)

    def check(self, proof: bytes, message: bytes | None = None) -> second.Checked:
        """Both verifiers say yes."""
        files = self.write(proof, message)
        self.assertEqual(self.first.status(*files), 0)
        return second.check_proof(proof, message, self.signatures)

    def write(self, proof: bytes, message: bytes | None) -> list[Path]:
        paths = [self.rig.directory / "one.json"] + ([self.rig.directory / "one.eml"] if message is not None else [])
        for path, octets in zip(paths, (proof, message)):
            path.write_bytes(octets)
        return paths

    def at(self, index: int) -> tuple[bytes, bytes]:
        """Proof and message, as they were exported."""
        return (self.folder / f"0.{index}.json").read_bytes(), (self.folder / f"0.{index}.eml").read_bytes()

    # ---- what was exported

    def test_every_exported_proof_holds_for_both_verifiers_and_all_leaves_together_give_the_head(self):
        self.assertGreaterEqual(len(self.sent), MESSAGES)
        signatures = second.Signatures()
        checked, files = [], []
        for index in range(len(self.sent) + 1):
            proof, message = self.folder / f"0.{index}.json", self.folder / f"0.{index}.eml"
            files.append([proof, message] if message.exists() else [proof])
            octets = message.read_bytes() if message.exists() else None
            checked.append(second.check_proof(proof.read_bytes(), octets, signatures))
            self.assertEqual(self.first.status(*files[-1]), 0, proof)
        names = {path.name for each in files for path in each}
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"check-proof.py"} | names)
        self.assertEqual([entry.index for entry in checked if not entry.common.brings_message()], [len(self.sent)], "the key's entry")
        self.assertEqual(Counter(entry.common.received for entry in checked if entry.common.brings_message()),
                         Counter(hashlib.sha256(octets).digest() for octets in self.sent), "not what was handed over")
        [head] = {entry.head for entry in checked}
        self.assertEqual((head.size, head.root), (len(checked), second.tree_hash([entry.leaf for entry in checked])))
        self.assertEqual({entry.recipients for entry in checked if entry.recipients},
                         {tuple(each.encode() for each in recipients) for recipients in RECIPIENTS})
        with ThreadPoolExecutor(2) as pool:
            some = files[::len(files) // WITH_THE_WHOLE_SCRIPT]
            self.assertEqual(set(pool.map(lambda words: self.first.status_of_a_process(*words), some)), {0})

    def test_what_is_exported_is_for_its_owner_alone_and_never_mixed_with_other_files(self):
        modes = {stat.S_IMODE(path.stat().st_mode) for path in self.folder.iterdir()}
        self.assertEqual((modes, stat.S_IMODE(self.folder.stat().st_mode)), ({0o600}, 0o700))
        self.assert_refused(1, "there is something in it", "export", str(self.folder))
        self.assert_refused(2, "from", "export", str(self.rig.directory / "nowhere"), "--from", "first")

    def test_an_export_of_a_few_shows_those_recipients_who_were_asked_for_where_they_are_any(self):
        few = self.rig.directory / "few"
        said = self.server.json("journal", "export", str(few), "--from", "0.3", "--limit", "5", "--recipient", CAROL.upper())
        self.assertEqual((said["entries"], said["faults"]), (5, 0))
        self.assertEqual({path.stem for path in few.glob("*.json")}, {f"0.{index}" for index in range(3, 8)})
        for path in few.glob("*.json"):
            entry = second.check_proof(path.read_bytes(), path.with_suffix(".eml").read_bytes(), self.signatures)
            everybody = second.check_proof(*self.at(entry.index), self.signatures).recipients
            self.assertEqual(entry.recipients, tuple(each if each == CAROL.encode() else None for each in everybody))

    # ---- one message

    def test_a_proof_hides_who_was_not_asked_for(self):
        index = next(index for index in range(len(self.sent)) if len(self.check(*self.at(index)).recipients) == 2)
        whole, message = self.at(index)
        proof = self.prove(f"0.{index}", "--recipient", ALICE)
        self.assertEqual(self.check(proof, message).recipients, (ALICE.encode(), None))
        self.assertEqual(self.check(self.prove(str(index)), message).recipients, (None, None))
        bob = json.loads(whole)["entry"]["recipients"][1]
        self.assertEqual(json.loads(proof)["entry"]["recipients"][1].keys(), {"hash"})
        said = b"\n".join([proof, *texts(json.loads(proof))])
        for secret in (b"bob", *texts(bob)):
            self.assertNotIn(secret, said)
        self.assertIn(b"alice", said)

    def test_a_message_is_named_by_its_place_in_a_mailbox_too(self):
        row = self.server.admin.list("message/list", account=CAROL, folder="INBOX")[-1]
        message = self.server.export(CAROL, "INBOX", row["uid"])
        checked = self.check(self.prove(CAROL, "INBOX", str(row["uid"])), message)
        self.assertEqual(f"{checked.partition}.{checked.index}", row["journal"])
        self.server.verb("message", "copy", CAROL, "INBOX", str(row["uid"]), "\\Sent")
        [copy] = self.server.messages(CAROL, "\\Sent")
        self.assert_refused(1, "no journal entry brought it", "prove", CAROL, "\\Sent", str(copy["uid"]))

    def test_what_cannot_be_proven_is_refused_with_the_reason(self):
        for status, said, *words in ((1, "0.999999: not found", "0.999999"), (1, "7.0: not found", "7.0"), (2, "position", "first"),
                                     (1, "not found", "0.18446744073709551615"), (2, "position", "0.18446744073709551616"),
                                     (1, "dave@example.org is no recipient", "0.0", "--recipient", "dave@example.org"),
                                     (1, "999999: not found", ALICE, "INBOX", "999999"), (2, "UID", ALICE, "INBOX"),
                                     (1, "No Such", ALICE, "No Such", "1")):
            with self.subTest(words=words):
                self.assert_refused(status, said, "prove", *words)

    def test_a_file_is_not_written_over(self):
        path = self.rig.directory / "proof.json"
        self.prove("0.0", "--out", str(path))
        self.check(path.read_bytes())
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        path.write_bytes(b"mine")
        self.assert_refused(1, "exists", "prove", "0.0", "--out", str(path))
        self.assertEqual(path.read_bytes(), b"mine")

    def test_no_forgery_gets_by(self):
        key = self.heads()[0]["key"]
        later = self.server.json("journal", "heads", "--sign")[-1]["head"]
        for index in (1, len(self.sent) // 2 | 1, 4095, 4096):
            index = next(each for each in range(index, len(self.sent)) if len(json.loads(self.at(each)[0])["entry"]["recipients"]) > 1)
            proof, message = self.at(index)
            heads = {"the head of another log": self.other_head} | ({"a later head": later} if later != json.loads(proof)["head"] else {})
            self.assertEqual(self.first.status("--key", key, *self.write(proof, message)), 0)
            second.check_proof(proof, message, self.signatures, second.Key.parse(key))
            count = 0
            for forgery in forgeries(proof, message, heads, self.forger):
                with self.subTest(forgery=forgery.name, index=index):
                    count += 1
                    self.assertEqual(self.first.status(*self.write(forgery.proof, forgery.message), "--key", key), 1)
                    with self.assertRaises(second.Refused):
                        second.check_proof(forgery.proof, forgery.message, self.signatures, second.Key.parse(key))
            self.assertGreater(count, 50)

    # ---- heads

    def consistency(self, *sizes: int) -> bytes:
        return self.server.verb("journal", "consistency", *map(str, sizes), "--json")

    def test_each_head_continues_those_before(self):
        sizes = [add(self.server, count)["size"] for count in (0, 1, 2, 300)]
        for old in sizes:
            for new in (each for each in sizes if each >= old):
                first, last = second.check_consistency(self.consistency(old, new), self.signatures)
                self.assertEqual((first.size, last.size), (old, new))
        self.assertEqual(second.check_consistency(self.consistency(sizes[0]), self.signatures)[1].size, sizes[-1])
        self.assertEqual([head["size"] for head in self.heads()], sorted({head["size"] for head in self.heads()}))

        good = json.loads(self.consistency(sizes[0], sizes[-1]))
        for name, forged in {
            "a hash left out": good | {"path": good["path"][1:]},
            "a hash changed": good | {"path": [*good["path"][:-1], "00" * 32]},
            "a hash more": good | {"path": [*good["path"], "00" * 32]},
            "heads changed places": good | {"first": good["second"], "second": good["first"]},
            "the head of another log": good | {"first": self.other_head},
        }.items():
            with self.subTest(forgery=name), self.assertRaises(second.Refused):
                second.check_consistency(json.dumps(forged), self.signatures)
        self.assert_refused(1, "no head was signed over 7 entries", "consistency", "7")
        self.assert_refused(1, "no head was signed over 0 entries", "consistency", "0")
        self.assertIn(self.server.run("journal", "consistency", str(sizes[-1]), str(sizes[0])).returncode, (1, 2))

    def test_a_new_key_is_told_by_the_journal_and_stays(self):
        before = add(self.server, 1)
        old_proof, old_message = self.at(0)
        said = self.server.json("journal", "rotate-key")
        after = add(self.server, 1)
        self.assertEqual(after["key"], said["key"])
        self.assertNotEqual(after["key"], before["key"])
        entry = self.check(self.prove(f"0.{before['size']}"))
        self.assertEqual(second.follow(second.Key.parse(before["key"]), entry, self.signatures), second.Key.parse(after["key"]))
        with self.assertRaises(second.Refused):
            second.follow(second.Key(self.forger.public), entry, self.signatures)
        self.assertIn("key", self.server.json("journal", "show", f"0.{before['size']}")["marks"])
        first, last = second.check_consistency(self.consistency(before["size"], after["size"]), self.signatures)
        self.assertNotEqual(first.key, last.key)
        self.check(old_proof, old_message)
        self.server.verb("journal", "rotate-key")
        self.server.kill()
        self.server.start()
        last = add(self.server, 1)
        self.assertNotIn(last["key"], (before["key"], after["key"]))
        self.server.stop()
        self.server.start()
        self.assertEqual(add(self.server, 1)["key"], last["key"])
        self.assertEqual(second.follow(second.Key.parse(after["key"]), self.check(self.prove(f"0.{after['size']}")), self.signatures),
                         second.Key.parse(last["key"]))
        self.server.verb("journal", "verify")

    # ---- verification

    def test_the_journal_verifies_whole_and_in_part(self):
        self.heads("--sign")
        [whole] = self.server.json("journal", "verify", "--bodies")
        entries = whole["entries"]
        self.assertEqual((whole["faults"], whole["depth"], whole["heads"]), ([], "bodies", len(self.heads())))
        keys = sum("key" in row["marks"] for row in self.server.admin.list("journal/list"))
        self.assertEqual(whole["bodies"], entries - keys)
        for words, count in ((("--from", "300", "--to", "4711"), 4412), (("--to", "0"), 1), (("--from", str(entries - 3)), 3),
                             (("--from", "255", "--to", "256", "--bodies"), 2), (("--to", "99999999"), entries)):
            with self.subTest(words=words):
                [part] = self.server.json("journal", "verify", *words)
                self.assertEqual((part["entries"], part["faults"], part["root"]), (count, [], whole["root"]))
        self.assert_refused(2, "--from", "verify", "--from", "5", "--to", "4")
        self.assert_refused(1, f"the journal has {entries} entries", "verify", "--from", "99999999")


class WitnessedTest(OwnRigCase):
    def test_the_other_machine_has_signed_what_the_proof_says(self):
        linked = Linked(self.rig)
        linked.primary.configure(lambda document: document.update(journal={"sign_every": "200ms"}))
        linked.start().wait_until_up()
        linked.pair.from_world(compose(), ALICE)
        until(lambda: linked.primary.json("peer", "witness")["ours"], "a countersignature")
        proof = linked.primary.verb("journal", "prove", "0.0")
        witness = json.loads(proof)["witness"]
        self.assertEqual(witness["key"], linked.archive.json("peer", "witness")["theirs"]["countersigned_by"])
        second.check_proof(proof, None, second.Signatures())
        for name, change in {"another time": {"time": witness["time"] + 1}, "no signature": {"signature": "A" * 86 + "=="},
                             "the archive itself": {"key": json.loads(proof)["head"]["key"]}}.items():
            with self.subTest(forgery=name), self.assertRaises(second.Refused):
                second.check_proof(json.dumps(json.loads(proof) | {"witness": witness | change}), None, second.Signatures())


if __name__ == "__main__":
    unittest.main()
