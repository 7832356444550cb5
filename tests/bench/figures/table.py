"""The tables of a run: medians of its rounds, and ratios to each peer."""
from collections.abc import Callable, Sequence
from statistics import median

from figures.measurement import Measurement
from servers import OURS

MEBI = 1 << 20
Figure = Callable[[Measurement], float | None]

FIGURES: dict[str, Figure] = {
    "drained/s": lambda row: row.drained_per_second,
    "accepted/s": lambda row: row.accepted_per_second,
    "CPU ms": lambda row: row.cpu_ms,
    "flushes": lambda row: row.flushes,
    "written": lambda row: row.written,
    "by server": lambda row: row.written_by_server,
    "PSS MiB": lambda row: row.memory / MEBI,
    "250 ms": lambda row: row.latency_median_ms,
    "p99 ms": lambda row: row.latency_p99_ms,
}
MORE_IS_BETTER = {"drained/s", "accepted/s"}
NOISE: dict[str, Figure] = {"others": lambda row: row.others, "steal": lambda row: row.stolen}


def table(rows: Sequence[Measurement]) -> str:
    """In Markdown, one line a case and server, in the order of the rows."""
    lines = [["case", "server", *FIGURES, *NOISE]]
    for (case, server), group in _groups(rows).items():
        rate, *others = [*FIGURES.values(), *NOISE.values()]
        lines.append([case, server, span(_known(group, rate)), *(number(_median(group, figure)) for figure in others)])
    return "\n".join(aligned(lines))


def ratios(rows: Sequence[Measurement]) -> str:
    """In Markdown, one line a case and peer: how many times better Understudy is, round by round, since what disturbs a round
    disturbs both. Empty without peers."""
    groups = _groups(rows)
    lines = [["case", f"{OURS} is better than", *(f"{name}: x times" for name in FIGURES)]]
    for (case, server), group in groups.items():
        if server != OURS:
            lines.append([case, server, *(span(_times_better(groups.get((case, OURS), []), group, name)) for name in FIGURES)])
    return "\n".join(aligned(lines)) if len(lines) > 1 else ""


def _groups(rows: Sequence[Measurement]) -> dict[tuple[str, str], list[Measurement]]:
    """By case and server; the cases in the order of their first rows."""
    cases = list(dict.fromkeys(row.case for row in rows))
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for row in sorted(rows, key=lambda row: cases.index(row.case)):
        groups.setdefault((row.case, row.server), []).append(row)
    return groups


def _times_better(ours: Sequence[Measurement], theirs: Sequence[Measurement], name: str) -> list[float]:
    figure, found = FIGURES[name], []
    of_round = {row.round: figure(row) for row in ours}
    for row in theirs:
        here, there = of_round.get(row.round), figure(row)
        if here and there:  # what cannot be told, and a zero, have no ratio
            found.append(here / there if name in MORE_IS_BETTER else there / here)
    return found


def _known(rows: Sequence[Measurement], figure: Figure) -> list[float]:
    return [value for row in rows if (value := figure(row)) is not None]


def _median(rows: Sequence[Measurement], figure: Figure) -> float | None:
    values = _known(rows, figure)
    return median(values) if values else None


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def span(values: Sequence[float]) -> str:
    """The median, and the least and the most."""
    return f"{number(median(values))} ({number(min(values))}..{number(max(values))})" if values else "-"


def aligned(lines: list[list[str]]) -> list[str]:
    """Lines of cells, the first one the titles."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
