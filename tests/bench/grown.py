"""Does an archive stay as fast, as small in memory and as quick to start when it has grown?

Two archives with the same settings, one of few messages and one of many, take the same mail in turn: 10 KiB, from a local user to one
like him and to one outside, so that it is filed in INBOX and Sent, and relayed. Before, they are filled with short letters (half a
KiB to two and a quarter, header included) among local users. At last the large one is left alone, its memory is read,
and it is killed under load and started anew, with none of its files in the machine's memory.
"""
import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import load
from case import LETTERS, Case, Traffic
from figures.measurement import Measurement
from figures.settled import Footprint, drop_from_memory, wait_until_quiet
from figures.table import MEBI, aligned, number, span, table
from figures.usage import memory
from rounds import run_rounds, troubles
from servers import Understudy
from servers.understudy import Task
from stage import add_rest, conclude, introduce, introduce_machine, one_case, parser, prepare, progress, record, stage
from support.rig import Rig

FILLING_SESSIONS = 32
FILLED_AT_ONCE = 20_000  # between two words about the progress
LOADED = 2.0  # seconds of load before the kill


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("grown", __doc__)
    made.add_argument("--messages", type=int, default=1_000_000, help="of the large archive; default: 1000000")
    made.add_argument("--users", type=int, default=1000, help="local users; default: 1000")
    made.add_argument("--few", type=int, default=10_000, help="of the small one; default: 10000")
    made.add_argument("--keep", type=Path, help="the large archive's directory, which stays, and is taken up again the next time; it "
                      "grows by what is measured. Default: one that is removed at the end")
    add_rest(made)
    made.add_argument("--case", type=one_case, default="10240/10/3000", help="what is measured; default: 10240/10/3000")
    return made.parse_args(words)


def _archived(server: Understudy) -> int:
    return int(server.metric("understudy_journal_entries"))


def _fill(server: Understudy, wanted: int, users: int) -> None:
    """Up to so many messages; what is there already is taken as it is."""
    while (now := _archived(server)) < wanted:
        case = Case("", LETTERS, FILLING_SESSIONS, min(FILLED_AT_ONCE, wanted - now), users=users)
        sent = load.send(server.smtp, case, None, first=now)
        if sent["failed"]:
            raise SystemExit(f"{server.name}: {sent['failed']} messages failed; the first: {sent['failure']}")
        progress(f"{server.name}: {now + sent['accepted']} of {wanted} messages, {sent['accepted'] / sent['seconds']:.0f}/s")


@dataclass(frozen=True)
class _Size:
    """Of an archive at rest, at the begin of the measurement."""
    messages: int
    stored: Footprint

    @classmethod
    def of(cls, server: Understudy, rest: float, patience: float) -> "_Size":
        if busy := wait_until_quiet(server.roots, rest, patience):
            progress(f"{server.name}: {busy}")
        return cls(_archived(server), Footprint.of(server.store()))


@dataclass(frozen=True)
class _Alone:
    """The large archive without company."""
    idle_after_work: int  # octets of memory
    idle_after_start: int
    starts: list[float]  # seconds from the start of the process to `ready`, after each kill


def _kill_and_start(server: Understudy, case: Case, rig: Rig) -> float:
    """Killed while mail comes in, so that the last seconds are to be taken from the log."""
    work = load.begin(rig, server.smtp, replace(case, count=1_000_000_000))
    time.sleep(LOADED)
    server.kill()
    work.kill()
    drop_from_memory(server.store())
    return server.start()


def _alone(server: Understudy, case: Case, rig: Rig, options: argparse.Namespace) -> _Alone:
    wait_until_quiet(server.roots, options.rest, options.patience)
    after_work, starts = memory(server.roots), []
    for round_number in range(options.rounds):
        starts.append(_kill_and_start(server, case, rig))
        progress(f"start {round_number + 1} after a kill: {starts[-1]:.2f} s")
        wait_until_quiet(server.roots, options.rest, options.patience)
    return _Alone(after_work, memory(server.roots), starts)


def _report(sizes: dict[str, _Size], rows: Sequence[Measurement], alone: _Alone) -> str:
    rates = {(row.server, row.round): row.drained_per_second for row in rows}
    shares = [100 * rates["many", each] / rates["few", each] for server, each in rates if server == "many" and rates["few", each]]
    lines = [["figure", "value"]]
    for name, size in sizes.items():
        lines.append([f"{name}: messages at the begin", str(size.messages)])
        lines.append([f"{name}: MiB on the disk", number(size.stored.allocated / MEBI)])
    lines += [["rate of the large archive, in % of the small one's", span(shares)],
              ["start of the large one after SIGKILL under load, s", span(alone.starts)],
              ["the large one idle after work, PSS MiB", number(alone.idle_after_work / MEBI)],
              ["the large one idle after a start, PSS MiB", number(alone.idle_after_start / MEBI)]]
    return "\n".join(aligned(lines))


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some archive did not do all of its work."""
    options = _options(words)
    prepare(options)
    case = replace(options.case, traffic=Traffic.BOTH, users=options.users)
    if options.keep:
        options.keep = options.keep.resolve()
        options.keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    with stage(options) as rig:
        introduce_machine(rig.directory)
        servers = [Understudy("few", rig, rig.host(10), Task.ARCHIVE), Understudy("many", rig, rig.host(11), Task.ARCHIVE, options.keep)]
        introduce(servers)
        for server, wanted in zip(servers, (options.few, options.messages)):
            _fill(server, wanted, options.users)
        sizes = {server.name: _Size.of(server, options.rest, options.patience) for server in servers}
        rows = run_rounds(options, servers, [case], rig)
        alone = _alone(servers[1], case, rig, options)
        servers[1].stop()
    record(options, {"messages": {name: size.messages for name, size in sizes.items()}, "starts": alone.starts,
                     "idle_after_work": alone.idle_after_work, "idle_after_start": alone.idle_after_start})
    print(table(rows), _report(sizes, rows, alone), sep="\n\n")
    return conclude(troubles(rows))
