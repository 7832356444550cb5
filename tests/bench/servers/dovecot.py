"""A private Dovecot as Debian ships it, from which users read their mail."""
import shutil
import subprocess
from pathlib import Path

from servers.archive_pair import OWNER, STORES
from servers.imap_server import PASSWORD, ImapServer, certificate
from support.rig import Rig, wait_for_port

HIBERNATING = "-hibernating"

SETTINGS = """\
base_dir = {folder}/run
state_dir = {folder}/run
instance_name = {name}
protocols = imap
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
log_path = {folder}/dovecot.log
mail_location = {format}:{folder}/mail/%n
{more}first_valid_uid = 1
default_vsz_limit = 4G
default_client_limit = 40000
default_process_limit = 20000
mail_max_userip_connections = 100000
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={folder}/mail/%n allow_all_users=yes
}}
service imap-login {{
  service_count = 0
  process_min_avail = 2
  inet_listener imap {{
    address = {host}
    port = {clear}
  }}
  inet_listener imaps {{
    address = {host}
    port = {tls}
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""
HIBERNATE = """\
imap_hibernate_timeout = 1s
service imap {
  unix_listener imap-master {
    user = dovecot
  }
}
"""


class Dovecot(ImapServer):
    """`name`: dovecot-STORE, perhaps with `-hibernating` behind it: then a session in IDLE has no process of its own after a second."""

    def __init__(self, name: str, rig: Rig, host: str):
        self.name, self._rig = name, rig
        self.tls, self.clear = (host, rig.port(host)), (host, rig.port(host))
        self._folder = rig.folder(name, 0o755)
        mail = self._folder / "mail"
        mail.mkdir()
        shutil.chown(mail, OWNER, OWNER)
        format_, more = STORES[name.removeprefix("dovecot-").removesuffix(HIBERNATING)]
        if name.endswith(HIBERNATING):
            more += HIBERNATE
        paths = certificate(rig)
        self._configuration = self._folder / "dovecot.conf"
        self._configuration.write_text(SETTINGS.format(
            folder=self._folder, name=name, format=format_, more=more, owner=OWNER, password=PASSWORD, host=host, tls=self.tls[1],
            clear=self.clear[1], certificate=paths[0], key=paths[1]))
        self.start()

    def start_for_filling(self) -> None:
        hasty = self._configuration.with_name("filling.conf")
        hasty.write_text(self.settings() + "mail_fsync = never\n")
        self._start(hasty)

    def start(self) -> None:
        self._start(self._configuration)

    def _start(self, configuration: Path) -> None:
        process = self._rig.start(self.name, ["/usr/sbin/dovecot", "-c", configuration, "-F"])
        process.log = self._folder / "dovecot.log"
        self.processes = [process]
        wait_for_port(*self.tls)

    def stop(self) -> None:
        self.processes[0].stop()

    def user(self, number: int) -> str:
        return f"user{number}"

    def settings(self) -> str:
        return self._configuration.read_text()

    def version(self) -> str:
        return "dovecot " + subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
