"""A primary that hands everything to an archive, which relays it: once as two strangers, once with the peer link between them."""
import enum
import json

from servers.server import Server
from servers.understudy import Task, Understudy
from support.rig import Rig
from support.waiting import until

PEER = """
[peer]
host = "{host}"
port = {port}
bind = ["{bind}"]
key  = "{key}"
"""


class Link(enum.Enum):
    NONE = "without"  # no [peer]: nothing is numbered, nobody witnesses
    UP = "with"       # custody of each message, receipts, witness


class Linked(Server):
    def __init__(self, rig: Rig, link: Link, hosts: tuple[str, str], ours: str):
        """`ours`: the name under which figures are compared, for the pair with the link."""
        name = f"{link.value}-link"
        self._archive = Understudy(f"{name}-archive", rig, hosts[1], Task.ARCHIVE)
        self._primary = Understudy(f"{name}-primary", rig, hosts[0], Task.RELAY, via=self._archive.smtp)
        # Its route leads to the archive by address, which is what [peer] names, too: so all that goes there is owed.
        self.name = ours if link is Link.UP else name
        self.smtp, self.sink = self._primary.smtp, self._archive.sink
        self._both = (self._primary, self._archive)
        if link is Link.UP:
            self._pair(rig)
        self.processes = [process for each in self._both for process in each.processes]

    def _pair(self, rig: Rig) -> None:
        keys = [json.loads(each.verb("peer", "pair", "--json"))["key"] for each in self._both]
        ports = [rig.port(each.smtp[0]) for each in self._both]
        for here, there in ((0, 1), (1, 0)):
            machine, other = self._both[here], self._both[there]
            machine.stop()
            machine.add(PEER.format(host=other.smtp[0], port=ports[there], bind=f"{machine.smtp[0]}:{ports[here]}", key=keys[there]))
        for machine in self._both:
            machine.start()
        until(lambda: all(machine.ask("peer/status")["link"] == "up" for machine in self._both), "the link")

    def queue_is_empty(self) -> bool:
        return all(each.queue_is_empty() for each in self._both)

    def owed(self) -> list:
        """What has no receipt yet."""
        return self._primary.ask("journal/custody")

    def stop(self) -> None:
        for each in self._both:
            each.stop()

    def settings(self) -> str:
        return "\n".join(each.settings() for each in self._both)

    def version(self) -> str:
        return self._primary.version()
