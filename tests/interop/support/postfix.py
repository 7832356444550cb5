"""A private Postfix, as Debian ships it: the other product in the primary's place.

Needs root, as Postfix does. Touches nothing outside its directory: configuration, queue, data and mailboxes lie below the rig.
"""
import ctypes
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from .rig import Rig, tail, wait_for_port
from .waiting import until

PR_SET_CHILD_SUBREAPER = 36
DIST_MASTER = Path("/usr/share/postfix/master.cf.dist")


def available() -> bool:
    return os.geteuid() == 0 and DIST_MASTER.exists() and Path("/usr/sbin/postfix").exists()


class Postfix:
    """The mail server of example.org that knows nothing of Understudy: its outgoing mail goes to `relayhost`, and a copy of all
    local mail to the same machine under the domain alias copy.example.org (`recipient_bcc_maps`). Users' mail ends in Maildirs."""

    def __init__(self, rig: Rig, smtp: tuple[str, int], relayhost: str, users: list[str], trusted: list[str], name: str = "postfix"):
        self.smtp = smtp
        self.folder = rig.folder(name, 0o755)
        self.etc = self.folder / "etc"
        self._write(relayhost, users, trusted)
        subprocess.run(["postfix", "-c", self.etc, "check"], check=True, stdin=subprocess.DEVNULL)
        # In the foreground, so that the rig owns the process; SIGTERM ends it with all its children, who then become ours to
        # bury: the first process of a container often does not.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.process = rig.start(name, ["/usr/lib/postfix/sbin/master", "-c", str(self.etc), "-d"])
        self.process.log = self.folder / "maillog"
        rig.at_close(self.stop)
        wait_for_port(*smtp)

    def mailbox(self, user: str) -> list[bytes]:
        """The messages in the user's Maildir, with CRLF line ends."""
        return [path.read_bytes().replace(b"\n", b"\r\n") for path in sorted((self.folder / "mail" / user / "new").glob("*"))]

    def queue_is_empty(self) -> bool:
        return not any(path.is_file() for part in ("maildrop", "incoming", "active", "deferred")
                       for path in (self.folder / "spool" / part).rglob("*"))

    def log(self) -> str:
        return tail(self.process.log, 60)

    def stop(self) -> None:
        children = self._descendants()
        self.process.stop()
        until(lambda: not self._descendants(), "the end of Postfix's children")
        for child in children:
            try:
                os.waitpid(child, 0)
            except ChildProcessError:
                pass

    def _descendants(self) -> list[int]:
        """Processes that still work in this Postfix's queue."""
        spool, found = str(self.folder / "spool"), []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if os.readlink(entry / "cwd").startswith(spool):
                        found.append(int(entry.name))
                except OSError:
                    pass
        return found

    def _write(self, relayhost: str, users: list[str], trusted: list[str]) -> None:
        for part, owner in (("etc", None), ("spool", None), ("data", "postfix"), ("mail", "postfix")):
            (self.folder / part).mkdir()
            if owner:
                shutil.chown(self.folder / part, owner)
        owner = pwd.getpwnam("postfix")
        (self.etc / "users").write_text("".join(f"{user}@example.org {user}/\n" for user in users))
        (self.etc / "copies").write_text(r"/^(.+)@example\.org$/ ${1}@copy.example.org" + "\n")
        (self.etc / "main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {self.folder}/spool
data_directory = {self.folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {self.folder}/maillog
maillog_file_prefixes = {self.folder}
myhostname = mailbox.example.org
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = {" ".join(trusted)}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
mydestination =
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = texthash:{self.etc}/users
virtual_mailbox_base = {self.folder}/mail
virtual_uid_maps = static:{owner.pw_uid}
virtual_gid_maps = static:{owner.pw_gid}
virtual_minimum_uid = 1
relayhost = {relayhost}
recipient_bcc_maps = regexp:{self.etc}/copies
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
minimal_backoff_time = 2s
queue_run_delay = 2s
""")
        (self.etc / "master.cf").write_text(self._services())

    def _services(self) -> str:
        """Debian's own list of services, none in a chroot, SMTP on our address and port."""
        lines = []
        for line in DIST_MASTER.read_text().splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            if not line[0].isspace():
                words = line.split()
                words[4] = "n"
                if words[:2] == ["smtp", "inet"]:
                    words[0] = "{}:{}".format(*self.smtp)
                line = " ".join(words)
            lines.append(line)
        if not any(line.startswith("postlog ") for line in lines):
            lines.append("postlog unix-dgram n - n - 1 postlogd")
        return "\n".join(lines) + "\n"
