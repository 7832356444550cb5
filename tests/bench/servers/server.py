"""What a measurement must know of a server, whoever made it."""
from abc import ABC, abstractmethod

from load import Sink
from support.rig import Process, Rig


class Server(ABC):
    """Runs from its making until the rig closes. Relays all that it takes to its own sink."""

    def __init__(self, name: str, rig: Rig, host: str):
        self.name = name
        self.smtp = (host, rig.port(host))
        self.sink = Sink(rig, name, host)
        self.processes: list[Process] = []  # the roots: with all below them they are the server

    @abstractmethod
    def queue_is_empty(self) -> bool:
        """Whether nothing waits any more to be filed or relayed. Asked often, so it must be cheap."""

    @abstractmethod
    def settings(self) -> str:
        """What it was told, in its own language: whatever is not in it is its maker's default."""

    @abstractmethod
    def version(self) -> str: ...

    def copies(self) -> int | None:
        """How many messages lie in its mailboxes. None: it has none, or they cannot be counted cheaply."""
        return None
