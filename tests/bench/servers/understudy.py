"""Understudy as an archive that also relays: INBOX of each recipient, Sent of each local sender, and everything on to the sink.

That is not how an archive is set up in earnest (there, local mail is not handed on: its primary delivered it). Here it is, because
the peers relay what they file, too: each side does the same work for a message.
"""
import json
import subprocess

from case import LOCAL_DOMAINS
from load import built
from servers.server import Server
from support.admin import Admin
from support.rig import Rig

CONFIGURATION = """\
[server]
hostname    = "archive.a.test"
domain_name = "a.test"
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
[passthrough]
domains                         = ["*"]
copy_to_sender_sent             = true
create_mailbox                  = true
copy_local_to_outbox            = true   # local mail goes on to the sink, as the peers do
copy_without_received_to_outbox = true
accept_local_from               = "clients"
create_limit                    = 100000

[undelivered]
action = "store"

[[route]]
match = "*"
via   = "{sink}"
tls   = "none"
"""


class Understudy(Server):
    def __init__(self, name: str, rig: Rig, host: str):
        super().__init__(name, rig, host)
        self._program = built("UNDERSTUDY", "app/understudy")
        data = rig.folder(f"{name}-data")
        self._text = CONFIGURATION.format(
            data=data, smtp="{}:{}".format(*self.smtp), sink="{}:{}".format(*self.sink.address),
            domains="".join(f'[[domain]]\nname = "{domain}"\n\n' for domain in LOCAL_DOMAINS))
        path = rig.directory / f"{name}.toml"
        path.write_text(self._text)
        self._admin = Admin(data / "admin.sock")
        rig.at_close(self._admin.close)
        server = rig.start(name, [self._program, "serve", "--config", path])
        server.wait_for_output("ready")
        self.processes.append(server)

    def queue_is_empty(self) -> bool:
        return json.loads(self._admin.octets("queue/list"))["value"] == []

    def copies(self) -> int:
        accounts = [each["address"] for each in self._admin.list("account/list")]
        return sum(folder["messages"] for account in accounts for folder in self._admin.list("mailbox/list", account=account))

    def settings(self) -> str:
        return self._text

    def version(self) -> str:
        return subprocess.run([self._program, "version"], capture_output=True, text=True, check=True).stdout.strip()
