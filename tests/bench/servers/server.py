"""What a measurement must know of a server, whoever made it."""
from abc import ABC, abstractmethod
from pathlib import Path

from load import Sink
from support.rig import Process, Rig


class Server(ABC):
    """Runs from its making until the rig closes, or until `stop`. Relays all that it takes to its own sink."""

    def __init__(self, name: str, rig: Rig, host: str):
        self.name = name
        self.smtp = (host, rig.port(host))
        self.sink = Sink(rig, name, host)
        self.processes: list[Process] = []  # the roots: with all below them they are the server

    @property
    def roots(self) -> list[int]:
        return [process.pid for process in self.processes]

    def make_ready(self) -> None:
        """Before each measurement, and no part of it."""

    @abstractmethod
    def queue_is_empty(self) -> bool:
        """Whether nothing waits any more to be filed or relayed. Asked often, so it must be cheap."""

    @abstractmethod
    def stop(self) -> None:
        """As its administrator would; what it keeps stays where it is until the rig closes."""

    @abstractmethod
    def settings(self) -> str:
        """What it was told, in its own language: whatever is not in it is its maker's default."""

    @abstractmethod
    def version(self) -> str: ...

    def store(self) -> Path | None:
        """The directory of all that it keeps of mail, with its indexes. None: it keeps none."""
        return None

    def copies(self) -> int | None:
        """How many messages lie in its mailboxes. None: it has none, or they cannot be counted cheaply."""
        return None
