"""An Understudy of the test's own: configured by `understudy init`, run by `understudy serve`, asked by the other verbs."""
import functools
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

from . import toml
from .admin import Admin
from .rig import Rig
from .waiting import until

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("UNDERSTUDY", ROOT / "build/dev/app/understudy"))
DOMAIN = "example.org"
LOCAL_SOURCE = "127.0.0.1/32"  # whence a program speaks that does not choose its source address; see Rig


class VerbFailed(AssertionError):
    pass


class Instance:
    """Not running until `start`. `change` gets the configuration as a dictionary (as `tomllib` reads it) and changes it.

    `environment`: what is added to that of the server at its next start.
    """

    def __init__(self, rig: Rig, role: str, smtp: tuple[str, int], peer: tuple[str, int], *,
                 change: Callable[[dict], None] | None = None, name: str | None = None, options: tuple[str, ...] = ()):
        self.rig, self.role = rig, role
        self.name = name or role
        self.hostname = {"primary": "mailbox", "archive": "archive"}[role] + "." + DOMAIN
        self.smtp = smtp
        self.submission = (smtp[0], rig.port(smtp[0]))
        self.data = rig.folder(f"{self.name}-data")
        self.config = rig.directory / f"{self.name}.toml"
        self.admin = Admin(self.data / "admin.sock")
        self.environment: dict[str, str] = {}
        self.process = None
        self._starts = 0
        rig.at_close(self.admin.close)
        self._init(peer, options)
        self.configure(_without_imap)  # whose port is that of all instances
        self.configure(functools.partial(_for_loopback, peer=peer[0]))
        if change:
            self.configure(change)

    def _init(self, peer: tuple[str, int], options: tuple[str, ...]) -> None:
        listen = ["--listen", "{}:{}".format(*self.smtp)]
        if self.role == "primary":
            listen += ["--submission", "{}:{}".format(*self.submission)]
        command = [PROGRAM, "init", "--role", self.role, "--domain", DOMAIN, "--peer", "{}:{}".format(*peer), "--hostname", self.hostname,
                   "--data", self.data, "--postmaster", f"admin@{DOMAIN}", "--output", self.config, *listen, *options]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
        if done.returncode:
            raise VerbFailed(f"understudy init: status {done.returncode}\n{done.stdout}{done.stderr}")

    # ---- configuration and life

    def configure(self, change: Callable[[dict], None]) -> None:
        """Takes hold at the next start, or at `understudy reload`."""
        document = tomllib.loads(self.config.read_text())
        change(document)
        self.config.write_text(toml.dumps(document))

    def start(self) -> "Instance":
        self._starts += 1
        self.process = self.rig.start(f"{self.name}-{self._starts}", [PROGRAM, "serve", "--config", self.config], self.environment)
        self.process.wait_for_output("ready")
        return self

    def stop(self) -> int:
        return self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def log(self) -> str:
        return self.process.log.read_text(errors="replace")

    def peak_memory(self) -> int:
        """The most octets that the process has ever had in memory (VmHWM)."""
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())[1])

    def processor_time(self) -> float:
        """Seconds of all its threads since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # ---- verbs

    def run(self, *words: str, text: bytes = b"", seconds: float = 60) -> subprocess.CompletedProcess:
        """A verb, whatever its exit status."""
        command = [PROGRAM, *words, "--config", self.config]
        return subprocess.run(command, input=text, capture_output=True, timeout=seconds, check=False)

    def verb(self, *words: str, text: bytes = b"", seconds: float = 60) -> bytes:
        """What a verb writes on standard output; it must succeed."""
        done = self.run(*words, text=text, seconds=seconds)
        if done.returncode:
            raise VerbFailed(f"{self.name}: understudy {' '.join(words)}: status {done.returncode}\n"
                             + (done.stdout + done.stderr).decode("utf-8", "replace"))
        return done.stdout

    def json(self, *words: str):
        return json.loads(self.verb(*words, "--json"))

    def add_account(self, address: str, password: str) -> None:
        self.verb("account", "add", address, "--password-stdin", text=password.encode() + b"\n")

    def accounts(self) -> list[str]:
        return [account["address"] for account in self.json("account", "list")]

    def folders(self, account: str) -> list[dict]:
        return self.json("mailbox", "list", account)

    def messages(self, account: str, folder: str) -> list[dict]:
        return self.json("message", "list", account, folder)

    def export(self, account: str, folder: str, uid: int) -> bytes:
        return self.verb("message", "export", account, folder, str(uid))

    def queue(self) -> list[dict]:
        return self.json("queue", "list")

    def journal(self) -> list[dict]:
        return self.json("journal", "list")

    def retry_queue(self) -> None:
        self.verb("queue", "retry")

    def wait_for_empty_queue(self, seconds: float = 30) -> None:
        until(lambda: not self.queue(), lambda: f"an empty queue of {self.name}; there is {json.dumps(self.queue())[:2000]}", seconds)


def _without_imap(document: dict) -> None:
    document["listener"] = [each for each in document["listener"] if each["protocol"] != "imap"]


def _for_loopback(document: dict, peer: str) -> None:
    """What differs when both machines are one: whence the peer speaks, no listeners on ports that are not the rig's, and how
    long the queue waits before it tries again."""
    for client in document.get("client", []):
        if peer in (client["name"], *(network.partition("/")[0] for network in client["networks"])):
            client["networks"] = [LOCAL_SOURCE]
    document["listener"] = [each for each in document["listener"] if each["protocol"] in ("smtp", "submission")]
    document["queue"] = {"retry_first": "1s", "retry_longest": "2s"}
    document.setdefault("dns", {}).setdefault("servers", ["127.0.0.1:9"])  # nobody: what a test needs of DNS, it brings
