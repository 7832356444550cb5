"""How fast is mail relayed that nobody here gets? Understudy as a plain relay beside Postfix: no user is local, nothing is filed.

A case is SIZE/SESSIONS/COUNT[/PERCONNECTION]: COUNT messages of SIZE octets over SESSIONS sessions.
"""
import argparse
from dataclasses import replace

from case import Traffic
from figures.table import ratios, table
from rounds import run_rounds, troubles
from servers import OURS, Understudy, make
from servers.understudy import Task
from stage import add_peers, cases, conclude, introduce, introduce_machine, parser, prepare, stage

DEFAULT = "10240/10/2000,10240/100/4000"


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("relay", __doc__)
    made.add_argument("--cases", type=cases, default=DEFAULT, help=f"with commas between them; default: {DEFAULT}")
    add_peers(made, "postfix", ["postfix"])
    return made.parse_args(words)


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some server did not do all of its work."""
    options = _options(words)
    prepare(options)
    outward = [replace(case, traffic=Traffic.OUTWARD) for case in options.cases]
    with stage(options) as rig:
        introduce_machine(rig.directory)
        servers = [Understudy(OURS, rig, rig.host(10), Task.RELAY), *(make(name, rig, rig.host(11)) for name in options.peers)]
        introduce(servers)
        rows = run_rounds(options, servers, outward, rig)
    print(table(rows), ratios(rows), sep="\n\n")
    return conclude(troubles(rows))
