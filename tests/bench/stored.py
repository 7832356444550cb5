"""How many octets of the disk does an archive need for an octet of mail, and how many does it write to get there?

Each server takes the same mail, realistic where nothing else is asked for, files it in the recipients' INBOX and the sender's Sent, and
relays it. Then it is left alone until it is quiet, is stopped as its administrator would, and its whole directory is counted: mail,
indexes, logs of the store.
"""
import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import load
from case import Case
from figures.measurement import Sent, wait_until_drained
from figures.settled import Footprint, wait_until_quiet
from figures.table import aligned, number, span
from figures.usage import Disk, Usage
from rounds import corpus_for
from servers import OURS, make
from stage import add_peers, add_rest, conclude, introduce, introduce_machine, one_case, parser, prepare, progress, record, stage


@dataclass
class Kept:
    """All shares are of the octets that were accepted. None: cannot be told on this machine."""
    server: str
    round: int
    octets: int  # accepted
    copies: float | None  # filed for each message
    allocated: float  # on the disk
    length: float  # of the files
    written: float | None  # on the device, by whomever, until the server has stopped
    written_by_server: float  # by its processes, until it was quiet
    troubles: list[str] = field(default_factory=list)


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("stored", __doc__)
    add_peers(made, "pd-maildir,pd-mdbox-zstd")
    made.add_argument("--case", type=one_case, default="corpus/10/3000", help="what is sent; default: corpus/10/3000, 104 KB on average")
    add_rest(made)
    made.add_argument("--corpus", type=Path, help="a list of `run corpus --envelopes`; made where none is given")
    return made.parse_args(words)


def _keep(name: str, round_number: int, mail: Path | None, options: argparse.Namespace) -> Kept:
    """On a stage of its own, so that each server begins with nothing and has the machine for itself."""
    with stage(options) as rig:
        server = make(name, rig, rig.host(10))
        folder = server.store()
        if folder is None:
            raise SystemExit(f"{name} keeps no mail")
        if round_number == 0:
            introduce([server])
        os.sync()  # the mail that was just made is nobody's here
        disk, before = Disk.of(rig.directory), Usage.of(server.roots)
        told = load.send(server.smtp, options.case, mail)
        sent = Sent.of(told)
        late = wait_until_drained(server, 0, sent.accepted, options.patience)
        busy = wait_until_quiet(server.roots, options.rest, options.patience)
        used, copies = Usage.of(server.roots) - before, server.copies()
        server.stop()
        os.sync()
        size, disk_after, octets = Footprint.of(folder), Disk.of(rig.directory), max(1, sent.octets)
        return Kept(name, round_number, sent.octets, None if copies is None else copies / max(1, sent.accepted),
                    size.allocated / octets, size.length / octets,
                    (disk_after.written - disk.written) / octets if disk and disk_after else None, used.written / octets,
                    sent.troubles + late + ([busy] if busy else []))


def _told(row: Kept) -> str:
    return (f"round {row.round + 1} {row.server}: {number(row.allocated)} octets on the disk for an octet accepted, "
            f"{number(row.written)} written" + "".join(f"; TROUBLE: {trouble}" for trouble in row.troubles))


def _table(rows: Sequence[Kept], names: Sequence[str]) -> str:
    lines = [["server", "on disk", "in files", "written", "by server", "copies", f"{OURS} is x times smaller", "writes x times less"]]
    ours = {row.round: row for row in rows if row.server == OURS}
    for name in names:
        group = [row for row in rows if row.server == name]
        pairs = [] if name == OURS else [(ours[row.round], row) for row in group]
        columns = [[value for row in group if (value := getattr(row, figure)) is not None]
                   for figure in ("allocated", "length", "written", "written_by_server", "copies")]
        lines.append([name, *(span(column) for column in columns), span([theirs.allocated / here.allocated for here, theirs in pairs]),
                      span([theirs.written / here.written for here, theirs in pairs if here.written and theirs.written])])
    return "\n".join(aligned(lines))


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some server did not do all of its work, or found no rest."""
    options = _options(words)
    prepare(options)
    rows, names = [], [OURS, *options.peers]
    with stage(options) as rig:
        introduce_machine(rig.directory)
        mail = corpus_for(options.corpus, [options.case], rig)
        for round_number in range(options.rounds):
            for name in names:
                rows.append(_keep(name, round_number, mail, options))
                progress(_told(rows[-1]))
                record(options, asdict(rows[-1]))
    print(_table(rows, names))
    return conclude([_told(row) for row in rows if row.troubles])
