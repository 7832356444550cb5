"""Mail programs from Debian's packages that people read and fetch their mail with, each run once in a private directory, without a
terminal where it can do without."""
import os
import pty
import select
import ssl
import subprocess
import time
from hashlib import md5, sha1
from pathlib import Path

from .reading import PASSWORD

PATIENCE = 240  # seconds for one run


class Server:
    """Where a mail program finds it, and the certificate that it is told to trust."""

    def __init__(self, place: tuple[str, int], directory: Path):
        self.host, self.port = place
        self.certificate = directory / f"{self.host}.pem"
        pem = ssl.get_server_certificate(place)
        self.certificate.write_text(pem)
        octets = ssl.PEM_cert_to_DER_cert(pem)
        self.sha1 = sha1(octets).hexdigest()
        self.md5 = ":".join(f"{octet:02X}" for octet in md5(octets).digest())


def run(command: list, home: Path, *, good: tuple[int, ...] = (0,)) -> str:
    """What it says. Its exit status must be one of the good ones."""
    done = subprocess.run([str(word) for word in command], env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=PATIENCE, check=False)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode not in good:
        raise AssertionError(f"{command[0]}: status {done.returncode}\n{said[-3000:]}")
    return said


class Maildirs:
    """Mailboxes as a program keeps them on disk: a folder of Maildirs, each message with one line "Subject:" of one word."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True)
        self._made = 0

    def files(self, folder: str) -> dict[str, Path]:
        found = {}
        for place in ("cur", "new"):
            for path in (self.directory / folder / place).iterdir():
                subject = next(line for line in path.read_bytes().splitlines() if line.startswith(b"Subject: "))[9:].decode()
                if subject in found:
                    raise AssertionError(f"{subject} is twice in {folder}: {path}, {found[subject]}")
                found[subject] = path
        return found

    def messages(self, folder: str) -> dict[str, frozenset]:
        return {subject: frozenset(path.name.partition(":2,")[2]) & frozenset("SFR") for subject, path in self.files(folder).items()}

    def add(self, folder: str, octets: bytes) -> None:
        self._made += 1
        (self.directory / folder / "new" / f"{time.time_ns()}.{self._made}.here").write_bytes(octets.replace(b"\r\n", b"\n"))

    def make(self, folder: str) -> None:
        for place in ("cur", "new", "tmp"):
            (self.directory / folder / place).mkdir(parents=True)

    def move(self, path: Path, folder: str) -> None:
        """As a mail program does it: under a new name, since the old one may tell of the UID in the old folder."""
        self._made += 1
        path.rename(self.directory / folder / "cur" / f"{time.time_ns()}.{self._made}.moved:2,{path.name.partition(':2,')[2]}")

    def mark(self, path: Path, flags: frozenset) -> None:
        name = path.name.partition(":2,")[0]
        path.rename(path.parent.parent / "cur" / f"{name}:2,{''.join(sorted(flags))}")


class Mbsync(Maildirs):
    def __init__(self, server: Server, user: str, home: Path):
        super().__init__(home / "mail")
        self._home, self._config = home, home / "mbsyncrc"
        (home / "state").mkdir()  # not in the mailboxes: of one that is gone it says that it was there
        self._config.write_text(f"""
IMAPAccount account
Host {server.host}
Port {server.port}
User {user}
Pass "{PASSWORD}"
SSLType IMAPS
CertificateFile {server.certificate}

IMAPStore far
Account account

MaildirStore near
Path {self.directory}/
Inbox {self.directory}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState {self._home}/state/
""")

    def sync(self) -> None:
        run(["mbsync", "-q", "-c", self._config, "-a"], self._home)


class OfflineImap(Maildirs):
    def __init__(self, server: Server, user: str, home: Path):
        super().__init__(home / "mail")
        self._home, self._config = home, home / "offlineimaprc"
        self._config.write_text(f"""
[general]
accounts = account
metadata = {home}/state
[Account account]
localrepository = here
remoterepository = there
[Repository here]
type = Maildir
localfolders = {self.directory}
[Repository there]
type = IMAP
remotehost = {server.host}
remoteport = {server.port}
remoteuser = {user}
remotepass = {PASSWORD}
ssl = yes
cert_fingerprint = {server.sha1}
maxconnections = 2
""")

    def sync(self) -> None:
        run(["offlineimap", "-c", self._config, "-o", "-u", "quiet"], self._home)


class Fetched:
    """Where programs that fetch by POP3 put what they have not fetched before; they leave it on the server, too."""

    def __init__(self, server: Server, user: str, home: Path, password: str = PASSWORD):
        self.server, self._user, self._password, self._home = server, user, password, home
        self._mail = home / "mail"
        self._mail.mkdir(parents=True)
        self._deliver = home / "deliver"
        self._deliver.write_text(f"#!/bin/sh\nexec cat > {self._mail}/$(date +%s%N)-$$\n")
        self._deliver.chmod(0o700)
        self._config = home / "config"
        self._seen: set[Path] = set()

    def _new(self) -> list[bytes]:
        new = sorted(set(self._mail.iterdir()) - self._seen)
        self._seen.update(new)
        return [path.read_bytes() for path in new]

    def fetchmail(self) -> list[bytes]:
        server = self.server
        self._config.write_text(f'poll {server.host} proto POP3 port {server.port} uidl user "{self._user}" password "{self._password}" ssl '
                                f'sslfingerprint "{server.md5}" no sslcertck keep mda "{self._deliver}"\n')
        self._config.chmod(0o600)
        run(["fetchmail", "-f", self._config, "--nodetach", "--nosyslog", "--idfile", self._home / "ids", "--pidfile", self._home / "pid"], self._home,
            good=(0, 1))  # 1: there was nothing new
        return self._new()

    def getmail(self) -> list[bytes]:
        server = self.server
        self._config.write_text(f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = {server.host}\nport = {server.port}\nusername = {self._user}\n"
                                f"password = {self._password}\n[destination]\ntype = MDA_external\npath = {self._deliver}\nallow_root_commands = true\n"
                                "[options]\nread_all = false\ndelete = false\ndelivered_to = false\nreceived = false\n")
        run(["getmail", "--getmaildir", self._home, "--rcfile", self._config], self._home)
        return self._new()


def mutt(server: Server, user: str, home: Path, keys: str) -> str:
    """Presses keys in a terminal of its own, as `push` writes them, in the mailbox INBOX; gives what was on the screen."""
    config = home / "muttrc"
    config.write_text(f'set imap_user="{user}"\nset imap_pass="{PASSWORD}"\nset ssl_verify_host=no\nset ssl_verify_dates=no\n'
                      'set imap_authenticators="scram-sha-256"\n'
                      f'set certificate_file="{server.certificate}"\nset confirmappend=no\nset delete=yes\nset move=no\nset quit=yes\n'
                      f'set folder="imaps://{server.host}:{server.port}/"\nset confirmcreate=no\nset timeout=5\nset wait_key=no\npush "{keys}"\n')
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve("/usr/bin/mutt", ["mutt", "-n", "-F", str(config), "-f", f"imaps://{server.host}:{server.port}/INBOX"],
                  {"HOME": str(home), "TERM": "vt100", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    screen, until = b"", time.monotonic() + 60
    try:
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                piece = os.read(terminal, 1 << 16)
            except OSError:  # its end of the terminal is closed
                break
            if not piece:
                break
            screen += piece
        else:
            os.kill(pid, 9)
            raise AssertionError("mutt does not end:\n" + screen[-3000:].decode("utf-8", "replace"))
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    if status != 0:
        raise AssertionError(f"mutt: status {status}\n" + screen[-3000:].decode("utf-8", "replace"))
    return screen.decode("utf-8", "replace")
