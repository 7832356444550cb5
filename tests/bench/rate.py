"""How fast is mail accepted, filed and relayed? Understudy and its peers take the same mail in turn, round after round.

Peers: postfix (accepts and relays), pd-maildir, pd-sdbox, pd-mdbox, pd-mdbox-zstd (Postfix with Dovecot's LMTP: archives and relays).
A case is SIZE/SESSIONS/COUNT[/PERCONNECTION]: COUNT messages of SIZE octets over SESSIONS sessions; `corpus` as SIZE takes realistic mail.
"""
import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path

import corpus
from case import LOCAL_DOMAINS, USERS, WARM_UP, Case
from figures.measurement import Measurement, measure
from figures.table import table
from figures.usage import Disk
from realistic.shape import Shape
from servers import OURS, PEERS, make
from servers.server import Server
from support import postfix
from support.rig import Rig

LARGEST_CORPUS = 3000  # messages that are made; a case with more sends them again, under other names


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/run rate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--cases", default="10240/10/2000", help="with commas between them; default: 10240/10/2000")
    parser.add_argument("--peers", default="pd-maildir", help="with commas between them; default: pd-maildir; '' for none")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="on the disk to be measured; default: /var/tmp")
    parser.add_argument("--corpus", type=Path, help="a list of `run corpus --envelopes`; made where a case needs it and none is given")
    parser.add_argument("--patience", type=float, default=120, help="seconds a server has to finish what it accepted; default: 120")
    parser.add_argument("--nice", type=int, default=-10, help="priority of servers and load against strangers; default: -10, for root")
    parser.add_argument("--json", type=Path, help="adds one JSON object a measurement to this file")
    options = parser.parse_args(words)
    try:
        options.cases = [Case.parse(text) for text in options.cases.split(",")]
    except ValueError as error:
        parser.error(str(error))
    options.peers = [name for name in options.peers.split(",") if name]
    if unknown := set(options.peers) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    return options


def _check_installed(peers: list[str]) -> None:
    missing = peers and not postfix.available()
    if missing or any(name.startswith("pd-") for name in peers) and not Path("/usr/sbin/dovecot").exists():
        raise SystemExit("The peers need root and their packages: deploy/install-packages --list deploy/packages-bench bench")


def _take_priority(nice: int) -> None:
    """For this process and all that it starts. Without the right to it they run as everybody does."""
    try:
        os.nice(nice)
    except PermissionError:
        pass


def _introduce(servers: list[Server], folder: Path) -> None:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    print(f"machine: {cpu}, {os.cpu_count()} cores, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}, nice {os.nice(0)}, "
          f"files in {folder}")
    if Disk.of(folder) is None:
        print("warning: no disk of its own is below that directory, so that flushes and octets written are not known")
    for server in servers:
        print(f"\n== {server.name}: {server.version()}\n")
        print(server.settings().rstrip())
    print()


def _told(row: Measurement) -> str:
    return (f"round {row.round + 1} {row.case} {row.server}: drained {row.drained_per_second:.0f}/s, "
            f"accepted {row.accepted_per_second:.0f}/s, 250 after {row.latency_median_ms:.1f} ms, CPU {row.cpu_ms:.2f} ms"
            + "".join(f"; TROUBLE: {trouble}" for trouble in row.troubles))


def _corpus_for(options: argparse.Namespace, rig: Rig) -> Path | None:
    most = max((case.count for case in options.cases if case.size is None), default=0)
    if options.corpus or not most:
        return options.corpus
    made = rig.folder("corpus") / "envelopes.tsv"
    corpus.write(Shape(users=USERS, domains=LOCAL_DOMAINS), range(min(most, LARGEST_CORPUS)), folder=made.parent, envelopes=made)
    return made


def _run_rounds(options: argparse.Namespace, servers: list[Server], rig: Rig) -> list[Measurement]:
    rows = []
    mail = _corpus_for(options, rig)
    for server in servers:
        measure(server, WARM_UP, 0, folder=rig.directory, corpus=None, patience=options.patience)
    for number in range(options.rounds):
        for case in options.cases:
            # Who comes first changes, so that nobody always runs behind the same neighbour.
            first = number % len(servers)
            for server in servers[first:] + servers[:first]:
                row = measure(server, case, number, folder=rig.directory, corpus=mail, patience=options.patience)
                print(_told(row), file=sys.stderr, flush=True)
                rows.append(row)
                if options.json:
                    with open(options.json, "a", encoding="utf-8") as out:
                        out.write(json.dumps(row.json()) + "\n")
    order = [server.name for server in servers]
    return sorted(rows, key=lambda row: (row.round, order.index(row.server)))


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some server did not do all of its work."""
    options = _options(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # through `finally`, so that nothing is left behind
    _check_installed(options.peers)
    _take_priority(options.nice)
    rig = Rig("bench", Path(tempfile.mkdtemp(prefix="understudy-bench-", dir=options.directory)))
    try:
        servers = [make(name, rig, rig.host(10 + number)) for number, name in enumerate([OURS, *options.peers])]
        _introduce(servers, rig.directory)
        rows = _run_rounds(options, servers, rig)
    except Exception:
        rig.dump_logs()
        raise
    finally:
        rig.close()
    print(table(rows))
    troubles = [_told(row) for row in rows if row.troubles]
    for trouble in troubles:
        print(trouble)
    return 1 if troubles else 0
