"""The tour of deploy/quickstart: a primary, an archive and the world on loopback; what is sent, and where it ends.

Uses the tests' own rig (tests/interop/support); configurations come from `understudy init`.
"""
import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/interop"))
from support.client import Refused  # noqa: E402
from support.instance import PROGRAM  # noqa: E402
from support.mail import Mail, from_corpus  # noqa: E402
from support.pair import PASSWORD, Pair, hello  # noqa: E402
from support.rig import Life, Rig  # noqa: E402
from support.sink import SinkProcess  # noqa: E402

ALICE, BOB = "alice@example.org", "bob@example.org"
EXT, GONE = "ext@world.example", "gone@world.example"
BOTH_INBOXES = {"primary alice/INBOX": 1, "archive alice/INBOX": 1}


@dataclass(frozen=True)
class Stop:
    """One message of the tour: who sends it to whom (no user: the world does), and where its copies belong."""
    title: str
    to: tuple[str, ...]
    places: dict[str, int]
    user: str | None = None
    reverse_path: str = "someone@world.example"
    corpus: str | None = None  # a real message of tests/corpus
    refused: bool = False

    def compose(self) -> Mail:
        if self.corpus:
            return from_corpus(self.corpus)
        return hello(", ".join(self.to), f"{self.user}@example.org" if self.user else self.reverse_path, subject=self.title)


TOUR = (
    Stop("the world writes to alice", (ALICE,), BOTH_INBOXES),
    Stop("the world writes to alice, blind copy to bob", (ALICE, BOB),
         BOTH_INBOXES | {"primary bob/INBOX": 1, "archive bob/INBOX": 1}),
    Stop("alice writes to bob", (BOB,), {"primary bob/INBOX": 1, "archive bob/INBOX": 1, "archive alice/Sent": 1}, "alice"),
    Stop("alice writes to the world", (EXT,), {f"world {EXT}": 1, "archive alice/Sent": 1}, "alice"),
    Stop("alice writes to bob and the world", (BOB, EXT),
         {"primary bob/INBOX": 1, "archive bob/INBOX": 1, f"world {EXT}": 1, "archive alice/Sent": 1}, "alice"),
    Stop("alice writes to nobody, a bounce comes home", (GONE,),
         {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1}, "alice"),
    Stop("a stranger claims to be alice: refused", (BOB,), {}, reverse_path=ALICE, refused=True),
    Stop("a real message in plain text", (ALICE,), BOTH_INBOXES, corpus="plain/cyrus__simple.eml"),
    Stop("a real message in many parts", (ALICE,), BOTH_INBOXES, corpus="nested/mimekit__rfc2046.1.eml"),
    Stop("a real message in UTF-8", (ALICE,), BOTH_INBOXES, corpus="plain/cyrus__utf8-base64-replacement.eml"),
)


def send(pair: Pair, stop: Stop, mail: Mail) -> str:
    """Hands the message over; what is wrong with the answer, or nothing."""
    try:
        if stop.user:
            pair.from_user(stop.user, mail, *stop.to)
        else:
            pair.from_world(mail, *stop.to, reverse_path=stop.reverse_path)
    except Refused as refused:
        return "" if stop.refused else str(refused)
    return "accepted, and should have been refused" if stop.refused else ""


def settle(pair: Pair, mails: list[Mail], seconds: float = 60) -> None:
    """Until every copy is where it belongs and nothing is on its way, or the time is over: the report tells which."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if pair.is_quiet() and all(pair.places(mail) == stop.places for stop, mail in zip(TOUR, mails)):
            return
        time.sleep(0.2)


COLUMNS = {  # place -> where its count stands
    "primary alice/INBOX": "alice", "primary bob/INBOX": "bob",
    "archive alice/INBOX": "alice", "archive alice/Sent": "Sent", "archive bob/INBOX": "bob",
    f"world {EXT}": "world",
}
HEAD = (f"{'':46}| {'primary':13} | {'archive':20} |\n"
        f"{'message':46}| {'alice':6} {'bob':6} | {'alice':6} {'Sent':6} {'bob':6} | world\n"
        f"{'-' * 46}+-{'-' * 13}-+-{'-' * 20}-+------------")


def cells(stop: Stop, found: Counter) -> list[str]:
    """How many of the message, or of its bounce, are in each place; `found/should` where these differ."""
    shown = []
    for place in COLUMNS:
        text = ""
        for kind, sign in (("", ""), ("report ", " dsn")):
            should, is_there = stop.places.get(kind + place, 0), found.get(kind + place, 0)
            if should or is_there:
                text += (str(is_there) if should == is_there else f"{is_there}/{should}") + sign
        shown.append(text or ".")
    return shown


def report(pair: Pair, mails: list[Mail], wrong: list[str]) -> bool:
    """Prints the table; true when all is as it should be."""
    good = True
    print("\n" + HEAD)
    for stop, mail, trouble in zip(TOUR, mails, wrong):
        found = pair.places(mail)
        verdict = "ok" if found == stop.places and not trouble else "WRONG"
        good = good and verdict == "ok"
        print("{:46}| {:6} {:6} | {:6} {:6} {:6} | {:5} {}".format(stop.title, *cells(stop, found), verdict))
        for place in found.keys() - COLUMNS.keys() - {"report " + each for each in COLUMNS}:
            print(f"    also in: {place} x{found[place]}")
        if trouble:
            print(f"    {trouble}")
    if not pair.is_quiet():
        print(f"still on its way: {json.dumps(pair.primary.queue() + pair.archive.queue())[:2000]}")
        good = False
    print("\nalice, bob: copies in their INBOX; Sent: in alice's. found/should where these differ. dsn: the bounce.")
    return good


def say_how_to_go_on(rig: Rig, pair: Pair) -> None:
    (rig.directory / "pids").write_text("".join(f"{process.pid}\n" for process in rig.processes if process.running()))
    program = os.path.relpath(PROGRAM)
    print(f"""
Left running in {rig.directory}. Try:

  # the world writes to bob
  python3 - <<'END'
  import smtplib
  mx = smtplib.SMTP("{pair.primary.smtp[0]}", {pair.primary.smtp[1]}, source_address=("{pair.outside}", 0))
  mx.sendmail("you@world.example", ["{BOB}"], "Subject: hello\\r\\n\\r\\nHello.\\r\\n")
  END

  {program} account list --config {pair.primary.config}
  {program} message list {BOB} INBOX --config {pair.primary.config}
  {program} message list {ALICE} Sent --config {pair.archive.config}
  {program} journal list --config {pair.archive.config}
  {program} queue list --config {pair.archive.config}

  users submit at {pair.primary.submission[0]}:{pair.primary.submission[1]} (STARTTLS; alice@ and bob@example.org, password "{PASSWORD}")
  what the world got lies in {rig.directory}/world; logs in {rig.directory}/*.log

Stop it with:  deploy/quickstart --stop {rig.directory}""")


def stop_kept(directory: Path) -> int:
    """Ends the processes of an earlier --keep: those by their ids that still run in this directory."""
    pids = directory / "pids"
    if not pids.exists():
        print(f"{directory} was not left by deploy/quickstart --keep", file=sys.stderr)
        return 2
    ours = [pid for pid in map(int, pids.read_text().split()) if _runs_in(pid, directory)]
    for pid in ours:
        os.kill(pid, signal.SIGTERM)
    for _ in range(300):
        ours = [pid for pid in ours if _runs_in(pid, directory)]
        if not ours:
            break
        time.sleep(0.1)
    rig = Rig(directory=directory)
    rig.close()
    return 0


def _runs_in(pid: int, directory: Path) -> bool:
    try:
        return str(directory).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def tour(keep: bool) -> int:
    rig, kept = Rig("quickstart", life=Life.OF_THEIR_OWN if keep else Life.WITH_US), False
    try:
        pair = Pair(rig, world=SinkProcess(rig, rig.host(4), {GONE: "550 5.1.1 nobody of this name"}))
        print(f"Running: primary {pair.primary.smtp[0]}:{pair.primary.smtp[1]}, archive {pair.archive.smtp[0]}:{pair.archive.smtp[1]}, "
              f"the world {pair.world.at}")
        mails = [stop.compose() for stop in TOUR]
        wrong = [send(pair, stop, mail) for stop, mail in zip(TOUR, mails)]
        settle(pair, mails)
        good = report(pair, mails, wrong)
        print("Every copy is where it belongs, and nowhere else." if good else "NOT every copy is where it belongs.")
        if keep:
            say_how_to_go_on(rig, pair)
            kept = True
        elif not good:
            rig.dump_logs()
        return 0 if good else 1
    except BaseException:
        rig.dump_logs()
        raise
    finally:
        if not kept:
            rig.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", type=Path, metavar="DIR")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    return stop_kept(options.stop) if options.stop else tour(options.keep)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
