"""A private place for a test: its own directory, its own loopback addresses, its own processes."""
import enum
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from .waiting import until


class Life(enum.Enum):
    """What becomes of a rig's processes when the one who started them ends without a word."""
    WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]
    OF_THEIR_OWN = []


class Process:
    """A process that the rig started. Ended by its id only; its output lies in `log`, its standard output in `out`."""

    def __init__(self, name: str, command: list[str], directory: Path, env: dict[str, str] | None, life: Life):
        self.name = name
        self.log = directory / f"{name}.log"
        self.out = directory / f"{name}.out"
        with open(self.log, "ab") as err, open(self.out, "wb") as out:
            self.popen = subprocess.Popen([*life.value, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                          env=os.environ | (env or {}), start_new_session=True)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        """SIGKILL: what a crash does."""
        if self.running():
            self.popen.kill()
        self.popen.wait()

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM, and the exit status. A process that does not end in time is killed, which is the test's failure."""
        if self.running():
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop within {seconds:g} s of SIGTERM") from None

    def wait_for_output(self, text: str, seconds: float = 30) -> str:
        """The first line of standard output that begins with `text`. Fails at once when the process ends before."""
        def line() -> str | None:
            found = next((each for each in self.out.read_text(errors="replace").splitlines() if each.startswith(text)), None)
            if found is None and not self.running():
                raise AssertionError(f"{self.name} ended with status {self.popen.returncode} before it said '{text}':\n"
                                     + tail(self.log))
            return found
        return until(line, f"'{text}' from {self.name}", seconds)


class Rig:
    """Directory, addresses and processes of one test; `close` ends the processes and removes the directory.

    Each rig takes a random /24 of 127.0.0.0/8, so that rigs side by side never meet. A program that does not choose its
    own source address speaks from 127.0.0.1, whatever it connects to: the tests' own clients choose theirs (`host`).
    """

    def __init__(self, name: str = "rig", directory: Path | None = None, life: Life = Life.WITH_US):
        self.directory = directory or Path(tempfile.mkdtemp(prefix=f"understudy-{name}-"))
        self.directory.chmod(0o711)  # other users' daemons (Postfix) must reach their own directories below it
        self._net = f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
        self._ports: set[tuple[str, int]] = set()
        self._closers: list = []
        self._watched: list = []
        self.processes: list[Process] = []
        self._life = life

    def host(self, number: int) -> str:
        """A loopback address of this rig's own; 1 to 254."""
        return f"{self._net}.{number}"

    def port(self, address: str) -> int:
        """A port of `address` that nothing listens on, below those that the kernel gives to clients; never twice the same."""
        for _ in range(1000):
            port = random.randint(10000, 32000)
            if (address, port) in self._ports:
                continue
            with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
                try:
                    probe.bind((address, port))
                except OSError:
                    continue
            self._ports.add((address, port))
            return port
        raise AssertionError(f"no free port on {address}")

    def folder(self, name: str, mode: int = 0o700) -> Path:
        made = self.directory / name
        made.mkdir(exist_ok=True)
        made.chmod(mode)
        return made

    def start(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Process:
        process = Process(name, [str(word) for word in command], self.directory, env, self._life)
        self.processes.append(process)
        return process

    def at_close(self, closer) -> None:
        """Called by `close`, the last first."""
        self._closers.append(closer)

    def watch(self, sink) -> None:
        """Closes the sink with the rig; what goes wrong at it is told by `troubles`."""
        self._watched.append([sink, 0])
        self.at_close(sink.close)

    def troubles(self) -> list[str]:
        """What went wrong at the watched sinks since the last call."""
        new = []
        for watched in self._watched:
            sink, told = watched
            troubles = list(sink.troubles)
            new += troubles[told:]
            watched[1] = len(troubles)
        return new

    def close(self) -> None:
        for closer in reversed(self._closers):
            closer()
        for process in reversed(self.processes):
            if process.running():
                process.popen.terminate()
        for process in reversed(self.processes):
            try:
                process.popen.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def dump_logs(self, lines: int = 60) -> None:
        """What the processes said last: printed by a test that fails."""
        for log in sorted({process.log for process in self.processes}):
            print(f"---- {log.name}, its last {lines} lines\n{tail(log, lines)}", file=sys.stderr)


def tail(path: Path, lines: int = 40) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no such file)"


def wait_for_port(address: str, port: int, seconds: float = 20) -> None:
    def answers() -> bool:
        try:
            socket.create_connection((address, port), 1).close()
            return True
        except OSError:
            return False
    until(answers, f"a listener on {address}:{port}", seconds)
