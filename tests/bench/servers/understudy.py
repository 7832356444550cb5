"""Understudy, in each of the tasks for which it is measured."""
import enum
import json
import subprocess
import time
from pathlib import Path

from case import LOCAL_DOMAINS
from load import built
from servers.server import Server
from support.admin import Admin
from support.rig import Rig

BASE = """\
[server]
hostname    = "archive.a.test"
domain_name = "a.test"
postmaster  = "postmaster@out.test"
data        = "{data}"

[dns]
servers = ["127.0.0.1:9"]  # nobody: nothing here needs a look-up

[[client]]
name       = "load.test"
networks   = ["127.0.0.0/8"]
may        = ["relay", "local-sender", "copy"]
odd_octets = "keep"

[[listener]]
protocol = "smtp"
bind     = ["{smtp}"]
tls      = "none"

{domains}
[[route]]
match = "*"
via   = "{via}"
tls   = "none"
"""

PASSTHROUGH = """
[passthrough]
domains                         = ["*"]
copy_to_sender_sent             = true
create_mailbox                  = true
copy_local_to_outbox            = {handed_on}
copy_without_received_to_outbox = true
accept_local_from               = "clients"
create_limit                    = 100000

[undelivered]
action = "store"
"""


class Task(enum.Enum):
    """What is added to the base."""
    RELAY = ""  # files nothing
    ARCHIVE = PASSTHROUGH.format(handed_on="false")  # INBOX of each local recipient, Sent of each local sender; the world's mail is relayed
    # Local mail goes on to the sink, too. Not how an archive is set up in earnest, whose primary has delivered it; but the peers
    # relay what they file, so each side does the same work for a message.
    ARCHIVE_AND_RELAY = PASSTHROUGH.format(handed_on="true")


class Understudy(Server):
    def __init__(self, name: str, rig: Rig, host: str, task: Task = Task.ARCHIVE_AND_RELAY, data: Path | None = None,
                 via: tuple[str, int] | None = None):
        """`data` stays after the rig; without it a directory of the rig's is taken. `via`: where all goes, instead of the sink."""
        super().__init__(name, rig, host)
        self._rig = rig
        self._program = built("UNDERSTUDY", "app/understudy")
        self._data = data or rig.folder(f"{name}-data")
        domains = "".join(f'[[domain]]\nname = "{domain}"\n\n' for domain in LOCAL_DOMAINS)
        self._text = BASE.format(data=self._data, smtp="{}:{}".format(*self.smtp), via="{}:{}".format(*(via or self.sink.address)),
                                 domains=domains) + task.value
        self._configuration = rig.directory / f"{name}.toml"
        self._configuration.write_text(self._text)
        self._admin = Admin(self._data / "admin.sock")
        rig.at_close(self._admin.close)
        self.start()

    def start(self, patience: float = 600) -> float:
        """The seconds until it said that it is ready."""
        begin = time.monotonic()
        server = self._rig.start(self.name, [self._program, "serve", "--config", self._configuration])
        server.wait_for_output("ready", patience)
        took = time.monotonic() - begin
        self.processes = [server]
        return took

    def add(self, text: str) -> None:
        """To its configuration; takes hold at the next start."""
        self._text += text
        self._configuration.write_text(self._text)

    def say(self, text: str) -> None:
        """Behind its configuration, instead of what was said so before; takes hold at the next start."""
        self._configuration.write_text(self._text + text)

    def stop(self) -> None:
        self._admin.close()
        self.processes[0].stop()

    def kill(self) -> None:
        """As a crash does."""
        self._admin.close()
        self.processes[0].kill()

    def ask(self, verb: str, **arguments: str | int):
        """A question to the admin socket: the answer's value; of a list the first page."""
        return json.loads(self._admin.octets(verb, **arguments))["value"]

    def octets(self, verb: str, **arguments: str | int) -> bytes:
        return self._admin.octets(verb, **arguments)

    def verb(self, *words: str) -> str:
        """What a verb of the program prints."""
        command = [self._program, *words, "--config", self._configuration]
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True).stdout

    def queue_is_empty(self) -> bool:
        return self.ask("queue/list") == []

    def metric(self, name: str) -> float:
        """KeyError: it has none of that name."""
        lines = self._admin.octets("server/metrics").decode().splitlines()
        return {words[0]: float(words[1]) for line in lines if not line.startswith("#") and (words := line.split())}[name]

    def store(self) -> Path:
        return self._data

    def copies(self) -> int:
        accounts = [each["address"] for each in self._admin.list("account/list")]
        return sum(folder["messages"] for account in accounts for folder in self._admin.list("mailbox/list", account=account))

    def settings(self) -> str:
        return self._text

    def version(self) -> str:
        return subprocess.run([self._program, "version"], capture_output=True, text=True, check=True).stdout.strip()


class Encrypted(Understudy):
    """The same, with all that is kept encrypted."""

    def __init__(self, name: str, rig: Rig, host: str):
        self._master = rig.directory / f"{name}.key"
        super().__init__(name, rig, host)

    def start(self, patience: float = 600) -> float:
        if not self._master.exists():
            self._master.touch(0o600)
            self._master.write_text(self.verb("encryption", "new-key"))
            self.add(f'\n[encryption]\nmaster_key = "{self._master}"\n')
        return super().start(patience)
