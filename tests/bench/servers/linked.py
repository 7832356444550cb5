"""A primary that hands everything to an archive, which relays it: by turns as two strangers, and with the peer link between them.

It is one pair of machines, restarted in between: what else makes one store slower than another (its dictionaries, say, which are learnt
from what it happened to see) is the same on both sides of the comparison.
"""
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


class Pair:
    def __init__(self, rig: Rig, hosts: tuple[str, str]):
        self.archive = Understudy("archive", rig, hosts[1], Task.ARCHIVE)
        # Its route leads to the archive by address, which is what [peer] names, too: so all that goes there is owed.
        self.primary = Understudy("primary", rig, hosts[0], Task.RELAY, via=self.archive.smtp)
        self.both = (self.primary, self.archive)
        self._keys = [json.loads(each.verb("peer", "pair", "--json"))["key"] for each in self.both]
        self._ports = [rig.port(each.smtp[0]) for each in self.both]
        self.link = Link.NONE

    def take(self, link: Link) -> None:
        """Whatever was handed over before has its receipt then."""
        if self.link is link:
            return
        until(lambda: not self.owed(), lambda: f"receipts; {len(self.owed())} numbers or more are open")
        for machine in self.both:
            machine.stop()
        for here, there in ((0, 1), (1, 0)):
            machine, other = self.both[here], self.both[there]
            machine.say("" if link is Link.NONE else PEER.format(
                host=other.smtp[0], port=self._ports[there], bind=f"{machine.smtp[0]}:{self._ports[here]}", key=self._keys[there]))
        for machine in self.both:
            machine.start()
        self.link = link
        if link is Link.UP:
            until(lambda: all(machine.ask("peer/status")["link"] == "up" for machine in self.both), "the link")

    def owed(self) -> list:
        """What has no receipt yet."""
        return self.primary.ask("journal/custody")


class Linked(Server):
    """The pair, as long as it has this link."""

    def __init__(self, pair: Pair, link: Link, name: str):
        self.name = name
        self._pair, self._link = pair, link
        self.smtp, self.sink = pair.primary.smtp, pair.archive.sink

    @property
    def roots(self) -> list[int]:
        return [root for machine in self._pair.both for root in machine.roots]

    def make_ready(self) -> None:
        self._pair.take(self._link)

    def queue_is_empty(self) -> bool:
        """Receipts come a little later, and nobody waits for them."""
        return all(machine.queue_is_empty() for machine in self._pair.both)

    def stop(self) -> None:
        for machine in self._pair.both:
            machine.stop()

    def settings(self) -> str:
        return "\n".join(machine.settings() for machine in self._pair.both)

    def version(self) -> str:
        return self._pair.primary.version()
