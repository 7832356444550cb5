#!/usr/bin/env python3
"""Writes tests/formats/NUMBER/ with the program as it is now: a small store of each role, and what is in it.

    UNDERSTUDY=build/dev/app/understudy tests/formats/make_sample.py NUMBER

NUMBER is the format's (docs/store.md). Once for each format, by the last version before the next; see CONTRIBUTING.md.
"""
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]

import sample  # noqa: E402
from support.client import smtp_send  # noqa: E402
from support.instance import PROGRAM  # noqa: E402
from support.mail import from_corpus  # noqa: E402
from support.pair import Pair, hello  # noqa: E402
from support.rig import Rig  # noqa: E402
from support.waiting import until  # noqa: E402

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"


def fill(pair: Pair) -> dict:
    """A little of all that a store can hold. What the archive says of it; the archive is stopped then."""
    primary, archive = pair.primary, pair.archive
    first, both, large = hello(), hello(), hello(body=b"A long line of text that is easily made small.\r\n" * 8000)
    pair.from_world(first, ALICE)
    pair.from_world(both, ALICE, BOB)
    pair.from_world(large, BOB)
    for name in ("charset/gena__cs-iso-2022-jp.eml", "mime/" + sorted((HERE.parent / "corpus/mime").iterdir())[0].name):
        pair.from_world(from_corpus(name), ALICE)
    pair.from_user("alice", hello(EXT, ALICE), EXT)
    pair.from_user("alice", hello(BOB, ALICE), BOB)
    smtp_send(primary.smtp, hello().octets, "", [BOB], source=pair.outside)  # the null reverse-path
    primary.wait_for_empty_queue()
    archive.wait_for_empty_queue()

    for machine in (primary, archive):
        machine.stop()
        machine.start()  # what lies in the log until now goes to the engine's tables: the sample has both
    for machine in (primary, archive):  # all kinds of changes of a mailbox
        machine.verb("mailbox", "create", ALICE, "Projects")
        machine.verb("mailbox", "create", ALICE, "Projects/2026")
        machine.verb("message", "flag", ALICE, "INBOX", "1", "seen", "flagged")
        machine.verb("message", "move", ALICE, "INBOX", "2", "Projects/2026")
        machine.verb("message", "copy", ALICE, "INBOX", "1", "Projects/2026")
        machine.verb("message", "delete", BOB, "INBOX", "1")
        machine.verb("mailbox", "rename", ALICE, "Projects", "Work")
        machine.verb("account", "add", f"carol+{machine.role}@example.org".replace("+", "."))
    primary.verb("account", "add", "gone@example.org")
    primary.verb("account", "remove", "gone@example.org")

    pair.world.answer("rcpt", "451 4.2.0 later")  # a relay that stays; held, so that it does not expire when the sample is old
    pair.from_user("bob", hello(EXT, BOB), EXT)
    primary.wait_for_empty_queue()
    [entry] = until(archive.queue, "the relay in the queue of the archive")
    archive.verb("queue", "hold", entry["id"], "kept for the sample")
    described = sample.describe(archive)
    archive.stop()
    pair.from_world(hello(), ALICE)  # a copy that waits
    return described


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        print(__doc__, file=sys.stderr)
        return 2
    folder = HERE / sys.argv[1]
    folder.mkdir()
    rig = Rig("sample")
    try:
        pair = Pair(rig)
        archive = fill(pair)
        told = {"version": subprocess.check_output([PROGRAM, "version"], text=True).strip(),
                "archive": archive, "primary": sample.describe(pair.primary)}
        pair.primary.stop()
        for machine in (pair.primary, pair.archive):
            sample.pack(machine.data, folder / f"{machine.role}.tar.xz")
    finally:
        rig.close()
    (folder / "expected.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")
    for path in sorted(folder.iterdir()):
        print(f"{path.name}: {path.stat().st_size} octets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
