"""The two programs around a server that is measured: the load before it and the sink behind it (`bench_load`, in C++)."""
import json
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from case import Case
from support.rig import Process, Rig, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
LONGEST_RUN = 3600  # seconds


def built(variable: str, path: str) -> Path:
    """A program of ours: where the environment says, else the optimised build that there is."""
    if variable in os.environ:
        return Path(os.environ[variable])
    for preset in ("release", "dev"):
        if (found := ROOT / "build" / preset / path).exists():
            return found
    raise SystemExit(f"{path} is not built: cmake --preset release && cmake --build --preset release --target understudy bench_load")


@dataclass(frozen=True)
class Counts:
    """What a sink has taken since it started."""
    messages: int
    recipients: int
    octets: int
    names: int  # different messages, however many transactions brought each


class Sink:
    """The next hop of one server. Ends with the rig."""

    def __init__(self, rig: Rig, name: str, host: str):
        self.address, self._control = (host, rig.port(host)), (host, rig.port(host))
        self.process = rig.start(f"{name}-sink", [built("BENCH_LOAD", "tests/bench/bench_load"), "sink",
                                                  "{}:{}".format(*self.address), "{}:{}".format(*self._control)])
        wait_for_port(*self._control)

    def counts(self) -> Counts:
        with socket.create_connection(self._control, 10) as connection:
            return Counts(*map(int, connection.makefile().readline().split()))


def send(server: tuple[str, int], case: Case, corpus: Path | None, first: int = 0) -> dict:
    """Blocks until all is answered. The object that `bench_load send` prints, and `failure`: what the first refusal said."""
    done = subprocess.run(_command(server, case, corpus, first), capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=LONGEST_RUN, check=False)
    if not done.stdout:
        raise SystemExit(f"bench_load: {done.stderr.strip()}")
    return json.loads(done.stdout) | {"failure": done.stderr.strip()}


def begin(rig: Rig, server: tuple[str, int], case: Case, first: int = 0) -> Process:
    """The same, while the caller goes on."""
    return rig.start("load", _command(server, case, None, first))


def _command(server: tuple[str, int], case: Case, corpus: Path | None, first: int) -> list:
    return [built("BENCH_LOAD", "tests/bench/bench_load"), "send", "{}:{}".format(*server), *case.words(corpus, first)]
