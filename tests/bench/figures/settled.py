"""When a server has come to rest, and what its files take."""
import os
import time
from dataclasses import dataclass
from pathlib import Path

from figures.usage import Usage

BLOCK = 512  # what st_blocks counts in, whatever the filesystem's own is
LOOK_EVERY = 0.5  # seconds
QUIET_OCTETS = 64 * 1024  # while it rests: a server that keeps a clock may write a little
QUIET_CPU = 0.1  # seconds, while it rests


def wait_until_quiet(roots: list[int], rest: float, patience: float) -> str | None:
    """Until the processes have written next to nothing, and hardly run, for `rest` seconds: merging and clearing up is done.
    What they were still about when the patience was over."""
    end = time.monotonic() + patience
    since, start = time.monotonic(), Usage.of(roots)
    while time.monotonic() - since < rest:
        time.sleep(LOOK_EVERY)
        done = Usage.of(roots) - start
        if done.written > QUIET_OCTETS or done.cpu > QUIET_CPU:
            if time.monotonic() > end:
                return f"not quiet within {patience:g} s: {done.written} octets written, {done.cpu:.2f} s of CPU in the last seconds"
            since, start = time.monotonic(), Usage.of(roots)
    return None


@dataclass(frozen=True)
class Footprint:
    """Of all files below a directory, one with several names once."""
    allocated: int  # octets of the disk that nobody else can have; a file takes whole blocks, and may hold room for later
    length: int  # octets of the files

    @classmethod
    def of(cls, folder: Path) -> "Footprint":
        files = {}
        for parent, folders, names in os.walk(folder):
            for name in (*folders, *names):
                found = os.lstat(os.path.join(parent, name))
                files[found.st_dev, found.st_ino] = found
        return cls(sum(found.st_blocks * BLOCK for found in files.values()), sum(found.st_size for found in files.values()))


def drop_from_memory(folder: Path) -> None:
    """Takes the files out of the page cache, as after the machine's start, so that the next one who reads them waits for the disk."""
    os.sync()  # what is dirty stays
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)
