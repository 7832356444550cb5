"""Figures of a server that depend on what it was asked before, and the table of them."""
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from figures.table import aligned, number, span
from servers import OURS

EVER = "ever"  # the server was started anew, and has never been asked this
START = "start"  # the server was started anew, and was asked this before its end
AGAIN = "again"
MOMENTS = (EVER, START, AGAIN)


@dataclass
class Figure:
    """One value. `trouble`: why there is none."""
    server: str
    mailbox: str
    round: int
    moment: str
    step: str
    value: float = 0
    octets: int = 0
    hits: int | None = None
    others: float = 0  # share of the machine's CPU that strangers took
    trouble: str = ""


def report(figures: Sequence[Figure]) -> str:
    """In Markdown, one line a mailbox, step and moment: the median of each server, and how many times better than the best of its
    peers in the same round Understudy is, since what disturbs a round disturbs all."""
    figures = [figure for figure in figures if not figure.trouble]
    servers = list(dict.fromkeys(figure.server for figure in sorted(figures, key=lambda figure: figure.server != OURS)))
    lines = [["mailbox", "what", "when", *servers, "better than the best", *servers[1:]]]
    for mailbox, step, moment in _keys(figures):
        group = [figure for figure in figures if (figure.mailbox, figure.step, figure.moment) == (mailbox, step, moment)]
        values = {server: {figure.round: figure.value for figure in group if figure.server == server} for server in servers}
        ratios = {server: _times_better(step, values[OURS], values[server]) for server in servers[1:]}
        best = [min(each[turn] for each in ratios.values() if turn in each) for turn in sorted(set().union(*ratios.values()))]
        lines.append([mailbox, step, moment, *(number(median(each.values()) if each else None) for each in values.values()), span(best),
                      *(span(list(each.values())) for each in ratios.values())])
    if len(servers) == 1:
        lines = [line[:4] for line in lines]
    strangers = {(figure.server, figure.mailbox, figure.round): figure.others for figure in figures}
    return "\n".join([*aligned(lines), "", f"others, of the machine's CPU: {span(list(strangers.values()))}"])


def _keys(figures: Sequence[Figure]) -> list[tuple[str, str, str]]:
    boxes, steps = (list(dict.fromkeys(getattr(figure, name) for figure in figures)) for name in ("mailbox", "step"))
    keys = {(figure.mailbox, figure.step, figure.moment) for figure in figures}
    return sorted(keys, key=lambda key: (boxes.index(key[0]), steps.index(key[1]), MOMENTS.index(key[2])))


def _times_better(step: str, ours: dict[int, float], theirs: dict[int, float]) -> dict[int, float]:
    """By round. What is counted in a second, or in MB/s, is better the more it is; milliseconds are not."""
    more = step.endswith(("a second", "MB/s"))
    return {turn: ours[turn] / value if more else value / ours[turn] for turn, value in theirs.items() if turn in ours and value and ours[turn]}
