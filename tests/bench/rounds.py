"""Servers take the same cases in turn, round after round."""
import argparse
from collections.abc import Sequence
from pathlib import Path

from case import CORPUS, Case
from figures.measurement import Measurement, measure
from servers.server import Server
from stage import make_corpus, progress, record
from support.rig import Rig

LARGEST_CORPUS = 3000  # messages that are made; who needs more sends them again, under other names


def run_rounds(options: argparse.Namespace, servers: Sequence[Server], cases: Sequence[Case], rig: Rig) -> list[Measurement]:
    """`options`: rounds, patience, json, perhaps corpus."""
    rows = []
    mail = corpus_for(getattr(options, "corpus", None), cases, rig, options.rounds)
    for server in servers:
        row = measure(server, cases[0].warm_up(), 0, folder=rig.directory, corpus=None, patience=options.patience)
        if row.troubles:
            progress(told(row))  # what was not done here disturbs what comes
    for number in range(options.rounds):
        for case in cases:
            # Who comes first changes, so that nobody always runs behind the same neighbour.
            first = number % len(servers)
            for server in [*servers[first:], *servers[:first]]:
                row = measure(server, case, number, folder=rig.directory, corpus=mail, patience=options.patience)
                progress(told(row))
                rows.append(row)
                record(options, row.json())
    order = [server.name for server in servers]
    return sorted(rows, key=lambda row: (row.round, order.index(row.server)))


def troubles(rows: Sequence[Measurement]) -> list[str]:
    return [told(row) for row in rows if row.troubles]


def told(row: Measurement) -> str:
    return (f"round {row.round + 1} {row.case} {row.server}: drained {row.drained_per_second:.0f}/s, "
            f"accepted {row.accepted_per_second:.0f}/s, 250 after {row.latency_median_ms:.1f} ms, CPU {row.cpu_ms:.2f} ms"
            + "".join(f"; TROUBLE: {trouble}" for trouble in row.troubles))


def corpus_for(given: Path | None, cases: Sequence[Case], rig: Rig, rounds: int = 1) -> Path | None:
    """The list of realistic messages for these cases: the one that is given, else a new one. None: no case asks for it."""
    most = max((case.count for case in cases if case.size == CORPUS), default=0) * rounds
    return given if given or not most else make_corpus(rig.folder("corpus"), min(most, LARGEST_CORPUS))
