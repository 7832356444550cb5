"""What a measurement must know of a server from which mail is read, whoever made it."""
from abc import ABC, abstractmethod
from pathlib import Path

from support.certificates import self_signed
from support.rig import Process, Rig

PASSWORD = "benchmark"
USERS = 64  # user0 has the mailboxes that are read; into the others is appended, and they wait in IDLE


class ImapServer(ABC):
    """Runs from its making until `stop`, and again from `start` on; what it keeps stays. Of the rig, which ends it."""
    processes: list[Process]  # the roots: with all below them they are the server
    name: str
    tls: tuple[str, int]  # where it listens for IMAP under implicit TLS
    clear: tuple[str, int]  # and without; not all let users in there

    @property
    def roots(self) -> list[int]:
        return [process.pid for process in self.processes]

    @abstractmethod
    def start(self) -> object:
        """Until it listens."""

    def start_for_filling(self) -> object:
        """The same, but it need not wait for the disk, where that takes minutes. Whoever measures starts it anew."""
        return self.start()

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def user(self, number: int) -> str:
        """The name under which this one of `USERS` logs in, with PASSWORD."""

    @abstractmethod
    def settings(self) -> str:
        """What it was told, in its own language: whatever is not in it is its maker's default."""

    @abstractmethod
    def version(self) -> str: ...


def certificate(rig: Rig) -> tuple[Path, Path]:
    """One for all servers of the rig, and its key; everybody may read them."""
    folder = rig.folder("certificate", 0o755)
    paths = folder / "imap.test.crt", folder / "imap.test.key"
    if not paths[0].exists():
        for path in self_signed(folder, "imap.test"):
            path.chmod(0o644)
    return paths
