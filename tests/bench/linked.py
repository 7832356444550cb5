"""What custody and witness cost: a primary hands everything to an archive, which relays it, with the peer link between them and without.
At the end every message must have its signed receipt in the primary's book.

A case is SIZE/SESSIONS/COUNT[/PERCONNECTION]: COUNT messages of SIZE octets over SESSIONS sessions.
"""
import argparse
from dataclasses import replace

from case import Traffic
from figures.table import ratios, table
from rounds import run_rounds, troubles
from servers import OURS
from servers.linked import Link, Linked
from stage import cases, conclude, introduce, introduce_machine, parser, prepare, stage
from support.waiting import until

DEFAULT = "10240/10/4000,10240/100/4000"


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("linked", __doc__)
    made.add_argument("--cases", type=cases, default=DEFAULT, help=f"with commas between them; default: {DEFAULT}")
    return made.parse_args(words)


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some server did not do all of its work."""
    options = _options(words)
    prepare(options)
    outward = [replace(case, traffic=Traffic.OUTWARD) for case in options.cases]
    with stage(options) as rig:
        introduce_machine(rig.directory)
        hosts = [rig.host(number) for number in range(10, 14)]
        servers = [Linked(rig, Link.UP, (hosts[0], hosts[1]), OURS), Linked(rig, Link.NONE, (hosts[2], hosts[3]), OURS)]
        introduce(servers)
        rows = run_rounds(options, servers, outward, rig)
        until(lambda: not servers[0].owed(), lambda: f"receipts; {len(servers[0].owed())} numbers or more are open")
    print(table(rows), ratios(rows), sep="\n\n")
    return conclude(troubles(rows))
