"""The table of a run: medians of its rounds, and ratios to each peer."""
from collections.abc import Callable, Sequence
from statistics import median

from figures.measurement import Measurement
from servers import OURS

MEBI = 1 << 20


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _median(rows: Sequence[Measurement], of: Callable[[Measurement], float | None]) -> float | None:
    values = [value for row in rows if (value := of(row)) is not None]
    return median(values) if values else None


def _span(values: Sequence[float]) -> str:
    return f"{_number(median(values))} ({_number(min(values))}..{_number(max(values))})"


COLUMNS: dict[str, Callable[[Measurement], float | None]] = {
    "CPU ms": lambda row: row.cpu_ms,
    "flushes": lambda row: row.flushes,
    "written": lambda row: row.written,
    "by server": lambda row: row.written_by_server,
    "PSS MiB": lambda row: row.memory / MEBI,
    "250 ms": lambda row: row.latency_median_ms,
    "p99 ms": lambda row: row.latency_p99_ms,
    "others": lambda row: row.others,
    "steal": lambda row: row.stolen,
}


def _ratios(ours: Sequence[Measurement], theirs: Sequence[Measurement]) -> list[float]:
    """Ours to theirs, round by round: what disturbs a round disturbs both."""
    rates = {row.round: row.drained_per_second for row in ours}
    return [rates[row.round] / row.drained_per_second for row in theirs if row.round in rates and row.drained_per_second]


def table(rows: Sequence[Measurement]) -> str:
    """In Markdown, one line a case and server, in the order of the rows."""
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for row in rows:
        groups.setdefault((row.case, row.server), []).append(row)
    lines = [["case", "server", "drained/s", f"{OURS} is x times", *COLUMNS]]
    cases = list(dict.fromkeys(row.case for row in rows))
    for (case, server), group in sorted(groups.items(), key=lambda item: cases.index(item[0][0])):
        ratios = _ratios(groups.get((case, OURS), []), group) if server != OURS else []
        lines.append([case, server, _span([row.drained_per_second for row in group]), _span(ratios) if ratios else "-",
                      *(_number(_median(group, of)) for of in COLUMNS.values())])
    return "\n".join(_aligned(lines))


def _aligned(lines: list[list[str]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
