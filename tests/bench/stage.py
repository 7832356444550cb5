"""What all measuring commands share: their options, the directory in which servers run and which is gone afterwards, and what is told
before the first figure."""
import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import corpus
from case import LOCAL_DOMAINS, USERS, Case
from figures.usage import Disk
from realistic.shape import Shape
from servers import ENCRYPTED, IMAP_PEERS, PEERS
from servers.server import Server
from support import postfix
from support.rig import Rig


def parser(command: str, text: str | None, *, rounds: int = 3) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"tests/bench/run {command}", description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=rounds, help=f"default: {rounds}")
    made.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="on the disk to be measured; default: /var/tmp")
    made.add_argument("--patience", type=float, default=120, help="seconds a server has to finish what it accepted; default: 120")
    made.add_argument("--nice", type=int, default=-10, help="priority of servers and load against strangers; default: -10, for root")
    made.add_argument("--json", type=Path, help="adds one JSON object a measurement to this file")
    return made


def add_peers(made: argparse.ArgumentParser, default: str, known: Sequence[str] = PEERS) -> None:
    def names(text: str) -> list[str]:
        found = [name for name in text.split(",") if name]
        if unknown := set(found) - set(known):
            raise argparse.ArgumentTypeError(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return found

    made.add_argument("--peers", type=names, default=default, help=f"with commas between them; default: {default}; '' for none")


def add_rest(made: argparse.ArgumentParser) -> None:
    made.add_argument("--rest", type=float, default=5, help="so many seconds without work are rest; default: 5")


def one_case(text: str) -> Case:
    try:
        return Case.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def cases(text: str) -> list[Case]:
    return [one_case(each) for each in text.split(",")]


def prepare(options: argparse.Namespace) -> None:
    """Checks what is installed, takes the priority, and sees to it that SIGTERM leaves nothing behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # through `finally`
    peers = getattr(options, "peers", [])
    missing = any(name not in (ENCRYPTED, *IMAP_PEERS) for name in peers) and not postfix.available()
    missing |= any(name.startswith("pd-") for name in peers) and not Path("/usr/sbin/dovecot").exists()
    missing |= any(name.startswith("dovecot-") for name in peers) and not Path("/usr/lib/dovecot/imap").exists()
    if missing:
        raise SystemExit("The peers need root and their packages: deploy/install-packages --list deploy/packages-bench bench")
    try:
        os.nice(options.nice)
    except PermissionError:
        pass  # then they run as everybody does


@contextmanager
def stage(options: argparse.Namespace) -> Iterator[Rig]:
    """A rig on the disk to be measured. Its servers are ended and its directory is removed at the end."""
    rig = Rig("bench", Path(tempfile.mkdtemp(prefix="understudy-bench-", dir=options.directory)))
    try:
        yield rig
    except Exception:
        rig.dump_logs()
        raise
    finally:
        rig.close()


def introduce_machine(folder: Path) -> None:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    print(f"machine: {cpu}, {os.cpu_count()} cores, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}, nice {os.nice(0)}, "
          f"files in {folder}")
    if Disk.of(folder) is None:
        print("warning: no disk of its own is below that directory, so that flushes and octets written are not known")


def introduce(servers: Iterable[Server]) -> None:
    for server in servers:
        print(f"\n== {server.name}: {server.version()}\n")
        print(server.settings().rstrip())
    print(flush=True)


def make_corpus(folder: Path, count: int) -> Path:
    """The list of so many realistic messages, for the load."""
    made = folder / "envelopes.tsv"
    corpus.write(Shape(users=USERS, domains=LOCAL_DOMAINS), range(count), folder=folder, envelopes=made)
    return made


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def record(options: argparse.Namespace, row: dict) -> None:
    if options.json:
        with open(options.json, "a", encoding="utf-8") as out:
            out.write(json.dumps(row) + "\n")


def conclude(troubles: Sequence[str]) -> int:
    """Names who did less than it should; the exit status."""
    for trouble in troubles:
        print(trouble)
    return 1 if troubles else 0
