"""What a process and all below it have used, what the machine has done, and what the disk was told to do: counters of Linux.

Only reads /proc and /sys. Numbers only grow, so that the difference of two readings is what happened between them.
"""
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
SECTOR = 512  # in the kernel's counts, whatever the disk's own is


def _stat(pid: str) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(roots: Iterable[int]) -> list[int]:
    """The processes and all below them."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(_stat(entry)[1]), []).append(int(entry))
            except OSError:
                pass  # ended meanwhile
    found, waiting = [], list(roots)
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


@dataclass(frozen=True)
class Usage:
    """Of a family, with those of its members that have ended and were waited for."""
    cpu: float = 0  # seconds
    written: int = 0  # octets that its processes caused to be written; not what the filesystem writes for itself

    @classmethod
    def of(cls, roots: Iterable[int]) -> "Usage":
        ticks = written = 0
        for pid in family(roots):
            try:
                ticks += sum(int(field) for field in _stat(str(pid))[11:15])
                written += _written(pid)
            except OSError:
                pass
        return cls(ticks / TICK, written)

    def __sub__(self, before: "Usage") -> "Usage":
        return Usage(self.cpu - before.cpu, self.written - before.written)


def _written(pid: int) -> int:
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


def memory(roots: Iterable[int]) -> int:
    """Octets, each shared page divided by those who share it (PSS). Members that may not be looked at count nothing."""
    kibibytes = 0
    for pid in family(roots):
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kibibytes += int(line.split()[1])
        except OSError:
            pass
    return kibibytes * 1024


@dataclass(frozen=True)
class Disk:
    """Of the whole device below a folder, whoever writes to it."""
    written: int  # octets
    flushes: int  # of its write cache

    @classmethod
    def of(cls, folder: Path) -> "Disk | None":
        """None: there is no such device (a memory or overlay filesystem), or a kernel before 5.5."""
        device = folder.stat().st_dev
        path = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
        fields = [int(field) for field in path.read_text().split()] if path.exists() else []
        return cls(fields[6] * SECTOR, fields[15]) if len(fields) > 15 else None


@dataclass(frozen=True)
class Machine:
    """Seconds of all its cores together."""
    busy: float
    stolen: float  # by other guests of the host

    @classmethod
    def now(cls) -> "Machine":
        user, nice, system, _, _, irq, softirq, steal = (int(field) / TICK for field in Path("/proc/stat").read_text().split()[1:9])
        return cls(user + nice + system + irq + softirq, steal)
