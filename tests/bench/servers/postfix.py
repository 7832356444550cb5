"""A private Postfix as Debian ships it, which relays what it takes to the sink."""
import shutil
import subprocess

from servers.server import Server
from support import postfix
from support.rig import Rig

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = bench.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
mydestination =
local_recipient_maps =
alias_maps =
message_size_limit = 104857600
relayhost = {relayhost}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
lmtp_host_lookup = native
"""


class PrivatePostfix(postfix.Postfix):
    """The rig's Postfix with another configuration: `more` is added to it."""

    def __init__(self, rig: Rig, smtp: tuple[str, int], sink: tuple[str, int], name: str, more: str = ""):
        self._more = more
        super().__init__(rig, smtp, "[{}]:{}".format(*sink), [], [], name)

    def _write(self, relayhost: str, users: list[str], trusted: list[str]) -> None:
        for part in ("etc", "spool", "data"):
            (self.folder / part).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        (self.etc / "main.cf").write_text(MAIN.format(folder=self.folder, relayhost=relayhost) + self._more)
        (self.etc / "master.cf").write_text(self._services())


class PostfixAlone(Server):
    """Takes and relays; files nothing."""

    def __init__(self, name: str, rig: Rig, host: str, more: str = ""):
        super().__init__(name, rig, host)
        self.postfix = PrivatePostfix(rig, self.smtp, self.sink.address, name, more)
        self.processes.append(self.postfix.process)

    def queue_is_empty(self) -> bool:
        return self.postfix.queue_is_empty()

    def stop(self) -> None:
        self.postfix.stop()

    def settings(self) -> str:
        return (self.postfix.etc / "main.cf").read_text()

    def version(self) -> str:
        words = ["postconf", "-c", self.postfix.etc, "-h", "mail_version"]
        return "postfix " + subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
