"""What custody and witness cost: a primary hands everything to an archive, which relays it, with the peer link between them and without,
by turns. Every message that went with it must have its signed receipt in the primary's book.

A case is SIZE/SESSIONS/COUNT[/PERCONNECTION]: COUNT messages of SIZE octets over SESSIONS sessions.
"""
import argparse
from dataclasses import replace

from case import Traffic
from figures.table import ratios, table
from rounds import run_rounds, troubles
from servers import OURS
from servers.linked import Link, Linked, Pair
from stage import cases, conclude, introduce, introduce_machine, parser, prepare, stage

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
        pair = Pair(rig, (rig.host(10), rig.host(11)))
        servers = [Linked(pair, Link.UP, OURS), Linked(pair, Link.NONE, "without-link")]
        introduce(servers)
        rows = run_rounds(options, servers, outward, rig)
        pair.take(Link.UP)
        pair.take(Link.NONE)  # when all receipts are there
    print(table(rows), ratios(rows), sep="\n\n")
    return conclude(troubles(rows))
