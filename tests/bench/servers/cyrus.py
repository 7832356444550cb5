"""A private Cyrus IMAP of Debian's packages, from which users read their mail.

Debian lets nobody install it beside Dovecot. So its packages are unpacked into `build/cyrus` of this tree, with the libraries that
only they need, and run from there; nothing of them is installed.
"""
import os
import shutil
import subprocess
from pathlib import Path

from load import ROOT
from servers.imap_server import PASSWORD, USERS, ImapServer, certificate
from support.rig import Rig, wait_for_port

PACKAGES = ("cyrus-imapd", "cyrus-common", "sasl2-bin", "libical3", "libxapian30", "libzephyr4", "libclamav12", "libmspack0",
            "libeatmydata1")  # the last one for filling alone
UNPACKED = ROOT / "build" / "cyrus"
LIBRARIES = UNPACKED / "usr/lib/x86_64-linux-gnu"
PROGRAMS = UNPACKED / "usr/lib/cyrus/bin"
OWNER = "mail"  # a user that every Debian has
DOMAIN = "imap.test"

IMAPD = """\
configdirectory: {folder}/config
partition-default: {folder}/mail
defaultpartition: default
proc_path: {folder}/config/proc
mboxname_lockpath: {folder}/config/lock
idlesocket: {folder}/config/socket/idle
cyrus_user: {owner}
cyrus_group: {owner}
servername: {domain}
admins: nobody
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb
sasl_mech_list: PLAIN LOGIN
tls_server_cert: {certificate}
tls_server_key: {key}
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 0
"""
MASTER = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {folder}/imapd.conf -r"
  idled cmd="{programs}/idled -C {folder}/imapd.conf"
}}
SERVICES {{
  imap cmd="{programs}/imapd -C {folder}/imapd.conf -U 30" listen="{clear}" prefork=0 maxchild=20000
  imaps cmd="{programs}/imapd -s -C {folder}/imapd.conf -U 30" listen="{tls}" prefork=0 maxchild=20000
}}
EVENTS {{
}}
"""


def unpack() -> None:
    """Once; later calls find it. It takes the packages from where apt takes them."""
    if (UNPACKED / "complete").exists():
        return
    UNPACKED.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=UNPACKED, check=True, stdin=subprocess.DEVNULL)
    for package in UNPACKED.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, UNPACKED], check=True)
        package.unlink()
    (UNPACKED / "complete").touch()


class Cyrus(ImapServer):
    def __init__(self, name: str, rig: Rig, host: str):
        unpack()
        self.name, self._rig = name, rig
        self.tls, self.clear = (host, rig.port(host)), (host, rig.port(host))
        self._folder = rig.folder(name, 0o755)
        self._environment = {"LD_LIBRARY_PATH": str(LIBRARIES)}
        for part in ("mail", *(f"config/{each}" for each in ("db", "socket", "proc", "log", "msg", "ptclient", "lock", "quota", "user", "sync"))):
            (self._folder / part).mkdir(parents=True)
        paths = certificate(rig)
        words = {"folder": self._folder, "owner": OWNER, "domain": DOMAIN, "certificate": paths[0], "key": paths[1], "programs": PROGRAMS,
                 "tls": "{}:{}".format(*self.tls), "clear": "{}:{}".format(*self.clear)}
        (self._folder / "imapd.conf").write_text(IMAPD.format(**words))
        (self._folder / "cyrus.conf").write_text(MASTER.format(**words))
        for number in range(USERS):
            subprocess.run([UNPACKED / "usr/sbin/saslpasswd2", "-p", "-c", "-f", self._folder / "sasldb", "-u", DOMAIN, self.user(number)],
                           input=PASSWORD.encode(), env=os.environ | self._environment, check=True)
        for path in [self._folder, *self._folder.rglob("*")]:
            shutil.chown(path, OWNER, OWNER)
        self.start()

    def start_for_filling(self) -> None:
        """It flushes several times for each message, and has no setting for that."""
        self.start({"LD_PRELOAD": str(LIBRARIES / "libeatmydata.so")})

    def start(self, more: dict[str, str] | None = None) -> None:
        command = [PROGRAMS / "master", "-C", self._folder / "imapd.conf", "-M", self._folder / "cyrus.conf", "-p", self._folder / "master.pid"]
        self.processes = [self._rig.start(self.name, command, self._environment | (more or {}))]
        wait_for_port(*self.tls)

    def stop(self) -> None:
        self.processes[0].stop()

    def user(self, number: int) -> str:
        return f"user{number}"

    def settings(self) -> str:
        return f"{(self._folder / 'imapd.conf').read_text()}\n# cyrus.conf\n{(self._folder / 'cyrus.conf').read_text()}"

    def version(self) -> str:
        return "cyrus " + _version(UNPACKED / "usr/share/doc/cyrus-imapd/changelog.Debian.gz")


def _version(changelog: Path) -> str:
    first = subprocess.run(["zcat", changelog], capture_output=True, text=True, check=True).stdout.partition("\n")[0]
    return first.partition("(")[2].partition(")")[0]
