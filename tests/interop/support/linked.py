"""Two machines with the peer link between them, perhaps with somebody between them on the road of mail."""
import json
import subprocess
from pathlib import Path

from .between import Between
from .instance import Instance
from .pair import Pair
from .rig import Rig
from .waiting import until


def link_of(machine: Instance) -> dict:
    return json.loads(machine.admin.octets("peer/status"))["value"]


def is_up(*machines: Instance) -> bool:
    return all(link_of(machine)["link"] == "up" for machine in machines)


def key_of(machine: Instance) -> str:
    return machine.json("peer", "pair")["key"]


class Linked:
    """A pair of machines, each listening for the other one; `keys` are what each pins, at first the right ones."""

    def __init__(self, rig: Rig, pair: Pair | None = None):
        self.pair = pair or Pair(rig)
        self.primary, self.archive = self.pair.primary, self.pair.archive
        self.ports = {machine: (machine.smtp[0], rig.port(machine.smtp[0])) for machine in (self.primary, self.archive)}
        self.keys = {machine: key_of(machine) for machine in (self.primary, self.archive)}
        for machine in (self.primary, self.archive):
            machine.stop()
            self.pin(machine, self.keys[self.other(machine)])

    def other(self, machine: Instance) -> Instance:
        return self.archive if machine is self.primary else self.primary

    def pin(self, machine: Instance, key: str | None) -> None:
        """Takes hold at the next start."""
        host, port = self.ports[self.other(machine)]
        peer = {"host": host, "port": port, "bind": ["{}:{}".format(*self.ports[machine])], "retry": "100ms", "retry_max": "500ms",
                "idle": "1s"}
        if key:
            peer["key"] = key
        machine.configure(lambda document: document.update(peer=peer))

    def start(self) -> "Linked":
        for machine in (self.primary, self.archive):
            machine.start()
        return self

    def wait_until_up(self) -> None:
        until(lambda: is_up(self.primary, self.archive),
              lambda: f"the link: {link_of(self.primary)} {link_of(self.archive)}")

    def certificate(self, directory: Path, machine: Instance) -> tuple[Path, Path]:
        """As the machine itself would show: for who has stolen its key."""
        key, certificate = machine.data / "peer/key.pem", directory / f"{machine.name}-peer.crt"
        subprocess.run(["openssl", "req", "-x509", "-key", key, "-days", "2", "-subj", "/CN=understudy-peer", "-out", certificate],
                       check=True, capture_output=True)
        return certificate, key


def linked_through_between(rig: Rig, **peer) -> tuple[Linked, Between]:
    """What the primary hands to the archive passes by somebody. The link is direct, and up. `peer`: settings of [peer] of both machines."""
    at = (rig.host(5), rig.port(rig.host(5)))

    def through(document: dict) -> None:
        [route] = document["route"]
        route.update(via="{}:{}".format(*at), custody=True)

    linked = Linked(rig, Pair(rig, primary=through))
    between = Between(rig, at, linked.archive.smtp)
    for machine in (linked.primary, linked.archive):
        machine.configure(lambda document: document.update(journal={"sign_every": "200ms"}))
        machine.configure(lambda document: document["peer"].update(peer))
    linked.start().wait_until_up()
    return linked, between
