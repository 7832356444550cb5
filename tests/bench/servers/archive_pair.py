"""Postfix in front of Dovecot: the archive that an administrator builds of Debian's packages.

Postfix relays what it takes to the sink, and hands a copy for each local recipient and one for a local sender to Dovecot by LMTP:
the same places, INBOX and Sent, in which Understudy files.
"""
import shutil
import subprocess
from pathlib import Path

from case import LOCAL_DOMAINS, USERS
from servers.postfix import PostfixAlone
from support.rig import Rig, wait_for_port

STORES = {  # name: mail_location, further lines
    "maildir": ("maildir", ""),
    "sdbox": ("sdbox", ""),
    "mdbox": ("mdbox", ""),
    "mdbox-zstd": ("mdbox", "mail_plugins = $mail_plugins zlib\nplugin {\n  zlib_save = zstd\n}\n"),
}
OWNER = "mail"  # a user that every Debian has

POSTFIX = """\
recipient_delimiter = +
relay_domains = a.test, b.test
recipient_bcc_maps = regexp:{folder}/to_inbox
sender_bcc_maps = regexp:{folder}/to_sent
virtual_mailbox_domains = a.arch, b.arch
virtual_mailbox_maps = static:x
virtual_transport = lmtp:inet:[{host}]:{port}
"""
TO_INBOX = r"/^([^+@]*)@(a|b)\.test$/ ${1}@${2}.arch" + "\n"
TO_SENT = r"/^([^+@]*)@(a|b)\.test$/ ${1}+Sent@${2}.arch" + "\n"

DOVECOT = """\
base_dir = {folder}/run
state_dir = {folder}/run
instance_name = {name}
protocols = lmtp
ssl = no
log_path = {folder}/dovecot.log
mail_location = {format}:{folder}/mail/%d/%n
{more}recipient_delimiter = +
lmtp_save_to_detail_mailbox = yes
lda_mailbox_autocreate = yes
first_valid_uid = 1
default_vsz_limit = 2G
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={folder}/mail/%d/%n allow_all_users=yes
}}
service lmtp {{
  process_limit = 200
  inet_listener lmtp {{
    address = {host}
    port = {port}
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""


class PostfixWithDovecot(PostfixAlone):
    def __init__(self, name: str, rig: Rig, host: str):
        self._folder = rig.folder(f"{name}-dovecot", 0o755)
        self._mail = self._folder / "mail"
        self._format, more = STORES[name.removeprefix("pd-")]
        lmtp = (host, rig.port(host))
        self._mail.mkdir()
        shutil.chown(self._mail, OWNER, OWNER)
        configuration = self._folder / "dovecot.conf"
        configuration.write_text(DOVECOT.format(folder=self._folder, name=name, format=self._format, more=more, owner=OWNER,
                                                host=host, port=lmtp[1]))
        (self._folder / "to_inbox").write_text(TO_INBOX)
        (self._folder / "to_sent").write_text(TO_SENT)
        self._dovecot = rig.start(f"{name}-dovecot", ["/usr/sbin/dovecot", "-c", configuration, "-F"])
        self._dovecot.log = self._folder / "dovecot.log"
        wait_for_port(*lmtp)
        self._make_mailboxes(configuration)
        super().__init__(name, rig, host, POSTFIX.format(folder=self._folder, host=host, port=lmtp[1]))
        self.processes.append(self._dovecot)

    def _make_mailboxes(self, configuration: Path) -> None:
        """One after the other: of two deliveries that make the same mailbox at once Dovecot puts one off, for minutes."""
        users = self._folder / "users"
        domains = [domain.removesuffix(".test") + ".arch" for domain in LOCAL_DOMAINS]
        users.write_text("".join(f"user{number}@{domain}\n" for domain in domains for number in range(USERS)))
        subprocess.run(["/usr/bin/doveadm", "-c", configuration, "mailbox", "create", "-F", users, "INBOX", "Sent"], check=True,
                       stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        super().stop()
        self._dovecot.stop()

    def store(self) -> Path:
        return self._mail

    def copies(self) -> int | None:
        if self._format != "maildir":
            return None
        return sum(1 for path in self._mail.rglob("*") if path.parent.name in ("new", "cur") and path.is_file())

    def settings(self) -> str:
        return super().settings() + "\n# Dovecot\n" + (self._folder / "dovecot.conf").read_text()

    def version(self) -> str:
        dovecot = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
        return f"{super().version()}, dovecot {dovecot}"
