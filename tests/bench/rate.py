"""How fast is mail accepted, filed and relayed? Understudy and its peers take the same mail in turn, round after round.

Peers: postfix (accepts and relays), pd-maildir, pd-sdbox, pd-mdbox, pd-mdbox-zstd (Postfix with Dovecot's LMTP: archives and relays).
A case is SIZE/SESSIONS/COUNT[/PERCONNECTION]: COUNT messages of SIZE octets over SESSIONS sessions; `corpus` as SIZE takes realistic
mail, `letters` short letters of words. +SIZE/SESSIONS behind it: others send messages of that size beside, as long as it takes.
"""
import argparse
from pathlib import Path

from figures.table import ratios, table
from rounds import run_rounds, troubles
from servers import OURS, make
from stage import add_peers, cases, conclude, introduce, introduce_machine, parser, prepare, stage


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("rate", __doc__)
    made.add_argument("--cases", type=cases, default="10240/10/2000", help="with commas between them; default: 10240/10/2000")
    add_peers(made, "pd-maildir")
    made.add_argument("--corpus", type=Path, help="a list of `run corpus --envelopes`; made where a case needs it and none is given")
    return made.parse_args(words)


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some server did not do all of its work."""
    options = _options(words)
    prepare(options)
    with stage(options) as rig:
        introduce_machine(rig.directory)
        servers = [make(name, rig, rig.host(10 + number)) for number, name in enumerate([OURS, *options.peers])]
        introduce(servers)
        rows = run_rounds(options, servers, options.cases, rig)
    print(table(rows), ratios(rows), sep="\n\n")
    return conclude(troubles(rows))
