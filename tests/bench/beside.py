"""What do small messages feel of large ones? The time from the final dot to 250 of small messages, alone and while others send large ones.

Each server files and relays both kinds. The large ones come over sessions of their own, one behind the other, as long as small ones do.
"""
import argparse
from collections.abc import Sequence
from dataclasses import replace

from case import Case
from figures.measurement import Measurement
from figures.table import aligned, span
from rounds import run_rounds, troubles
from servers import OURS, make
from servers.server import Server
from stage import add_peers, conclude, introduce, introduce_machine, parser, prepare, stage

FIGURES = {"median ms": "latency_median_ms", "p99 ms": "latency_p99_ms", "longest ms": "latency_max_ms"}


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("beside", __doc__)
    add_peers(made, "postfix")
    made.add_argument("--small", default="10240/10/2000", help="SIZE/SESSIONS/COUNT of the small ones; default: 10240/10/2000")
    made.add_argument("--large", default="1048576/4", help="SIZE/SESSIONS of the large ones; default: 1048576/4")
    options = made.parse_args(words)
    try:
        options.together = Case.parse(f"{options.small}+{options.large}")
    except ValueError as error:
        made.error(str(error))
    return options


def _table(rows: Sequence[Measurement], names: Sequence[str], alone: Case, together: Case) -> str:
    lines = [["small ones", "server", "large ones/s", *FIGURES, *(f"{name}: x times shorter" for name in FIGURES), "others"]]
    for case in (alone, together):
        of_server = {name: [row for row in rows if (row.case, row.server) == (case.text, name)] for name in names}
        for name, group in of_server.items():
            pairs = [] if name == OURS else list(zip(of_server[OURS], group))  # both in the order of the rounds
            lines.append(["alone" if case is alone else "beside large ones", name, span([row.beside_per_second for row in group]),
                          *(span([getattr(row, figure) for row in group]) for figure in FIGURES.values()),
                          *(span(_times_shorter(pairs, figure)) for figure in FIGURES.values()),
                          span([row.others for row in group])])
    return "\n".join(aligned(lines))


def _times_shorter(pairs: Sequence[tuple[Measurement, Measurement]], figure: str) -> list[float]:
    return [getattr(theirs, figure) / getattr(ours, figure) for ours, theirs in pairs if getattr(ours, figure)]


def _groups(server: Server) -> str:
    """How long Understudy's groups of commits took in the whole run: what an answer waits for, whoever is in the group with it."""
    metric = "understudy_commit_seconds"
    bounds = ("0.003", "0.01", "0.03", "0.1")
    within = {bound: int(server.metric(f'{metric}_bucket{{le="{bound}"}}')) for bound in bounds}
    groups = int(server.metric(f"{metric}_count"))
    lines = [["groups of commits", *(f"longer than {float(bound) * 1000:.0f} ms" for bound in bounds)],
             [str(groups), *(str(groups - count) for count in within.values())]]
    return "\n".join(aligned(lines))


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some server did not do all of its work."""
    options = _options(words)
    prepare(options)
    alone = replace(options.together, text=options.small, beside=None)
    names = [OURS, *options.peers]
    with stage(options) as rig:
        introduce_machine(rig.directory)
        servers = [make(name, rig, rig.host(10 + number)) for number, name in enumerate(names)]
        introduce(servers)
        rows = run_rounds(options, servers, [alone, options.together], rig)
        groups = _groups(servers[0])
    print(_table(rows, names, alone, options.together), groups, sep="\n\n")
    return conclude(troubles(rows))
