#!/usr/bin/env python3
"""Runs ImapTest, the suite of the makers of Dovecot, against a machine of ours: its scripted tests, and random clients whose views of
one mailbox it compares. Debian has no package of it, so nothing runs this by itself.

    git clone https://github.com/dovecot/imaptest    # with dovecot-dev: see its README for how it is built
    UNDERSTUDY=build/dev/app/understudy tests/conformance/imaptest.py imaptest/src/imaptest imaptest/src/tests

Ends with 0 where nothing failed but what DIFFERENCES says, and all of that did.
"""
import argparse
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))
from support.case import OwnRigCase
from support.reading import ALICE, BOB, PASSWORD, Reading

# Of each script that fails: which of its commands, in the suite of 2022, which goes with the Dovecot of Debian 12; and why.
DIFFERENCES = {
    "append-binary": ({3}, "a message with NUL is given as it came, also by BODY: its octets never change"),
    "copy": ({16, 17, 20, 21}, "nothing is \\Recent, as IMAP4rev2 has it"),
    "select": ({3, 5, 6}, "nothing is \\Recent, as IMAP4rev2 has it"),
    "search-flags": ({18, 19, 20}, "nothing is \\Recent, as IMAP4rev2 has it: NEW, OLD, RECENT"),
    "id": ({1, 2}, "its command of 31 KB comes before login, where 8 KiB are the limit"),
    "notify": ({3, 4}, "MessageNew without MessageExpunge, which RFC 5465 §5.2 does not allow: corrected there in 2023"),
}
LEGAL_RACE = "EXPUNGEISSUED"  # what others took away meanwhile: NO, which ImapTest calls an error, is one of its right answers

# How the random clients behave: as they like; resynchronised by QRESYNC; each with flags or messages that nobody else touches; and
# stopped every three seconds, for all of them to compare what they see.
MODES = ((), ("qresync",), ("own_flags",), ("own_msgs",), ("checkpoint=3",))

asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
asked.add_argument("imaptest", type=Path, help="the program")
asked.add_argument("tests", type=Path, help="the folder of its scripts")
asked.add_argument("--seconds", type=int, default=60, help="for random clients, in each of five modes; default: 60")
asked.add_argument("--clients", type=int, default=8)


class ImapTest(OwnRigCase):
    options: argparse.Namespace

    def setUp(self) -> None:
        self.reading = Reading(self.rig)

    def ask(self, *words: str) -> str:
        host, port = self.reading.imap
        command = [self.options.imaptest, f"host={host}", f"port={port}", "ssl=any-cert", f"pass={PASSWORD}",
                   f"mbox={self.options.tests / 'default.mbox'}", *words]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600 + self.options.seconds, check=False)
        return done.stdout.decode(errors="replace")

    def test_its_scripts_find_the_differences_that_are_known_and_no_others(self):
        said = self.ask(f"user={ALICE}", f"user2={BOB}", f"test={self.options.tests}")
        print(*said.strip().splitlines()[-3:], sep="\n")
        failed: dict[str, set[int]] = {}
        for script, number in re.findall(r"^\*\*\* Test (\S+) command (\d+)/", said, re.MULTILINE):
            failed.setdefault(script, set()).add(int(number))
        self.assertIn("test groups", said, said[-2000:])
        self.assertRegex(said, r"\b0 skipped due to missing capabilities")
        self.assertEqual(failed, {script: numbers for script, (numbers, _) in DIFFERENCES.items()}, said[-20000:])

    def test_clients_that_do_anything_at_once_see_one_mailbox(self):
        for mode in MODES:
            with self.subTest(mode):
                said = self.ask(f"user={ALICE}", f"clients={self.options.clients}", f"secs={self.options.seconds}", "msgs=60", "seed=5", *mode)
                errors = [line for line in said.splitlines() if line.startswith(("Error", "Panic", "Fatal")) and LEGAL_RACE not in line]
                self.assertEqual(errors, [])
                print(*(mode or ("as they like",)), *said.strip().splitlines()[-4:], sep="\n")


if __name__ == "__main__":
    ImapTest.options = asked.parse_args()
    unittest.main(argv=sys.argv[:1])
