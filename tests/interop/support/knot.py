"""A private Knot DNS: the authoritative server of the tests' little world."""
import os
import socket
import struct

from .rig import Rig
from .waiting import until


class Knot:
    """Serves the zones on one address and port from the constructor on; ended with the rig.

    `zones`: name -> records in zone file syntax, relative names, without SOA and NS, which are the same for all.
    """

    def __init__(self, rig: Rig, address: str, zones: dict[str, str], port: int | None = None, name: str = "knot"):
        self.address, self.port = address, port or rig.port(address)
        self._folder = rig.folder(name)
        for zone, records in zones.items():
            self._write_zone(zone, records)
        config = self._folder / "knot.conf"
        config.write_text(self._config(list(zones)))
        self.process = rig.start(name, ["/usr/sbin/knotd", "-c", str(config)])
        until(lambda: self.process.running() and query(self.address, self.port, next(iter(zones)), "SOA"), "an answer from Knot")

    @property
    def at(self) -> str:
        """As an entry of `[dns] servers`."""
        return f"{self.address}:{self.port}"

    def _write_zone(self, zone: str, records: str) -> None:
        text = f"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns.{zone}. admin.{zone}. 1 60 60 600 60\n@ NS ns\nns A {self.address}\n"
        (self._folder / f"{zone}.zone").write_text(text + "\n".join(line.strip() for line in records.strip().splitlines()) + "\n")

    def _config(self, zones: list[str]) -> str:
        text = (f"server:\n  rundir: {self._folder}\n  listen: {self.address}@{self.port}\n"
                f"  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n"
                f"log:\n  - target: stderr\n    any: info\n"
                f"database:\n  storage: {self._folder}\n  journal-db-max-size: 64M\n  kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n"
                f"zone:\n")
        for zone in zones:
            text += f"  - domain: {zone}\n    file: {self._folder / (zone + '.zone')}\n    journal-content: none\n    zonefile-sync: -1\n"
        return text


class SilentDns:
    """A name server that never answers and counts what it is asked: for those who must not ask."""

    def __init__(self, rig: Rig, address: str):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, rig.port(address)))
        self._socket.setblocking(False)
        self.at = "{}:{}".format(*self._socket.getsockname())
        rig.at_close(self._socket.close)

    def questions(self) -> list[bytes]:
        """What has been asked since the last call."""
        asked = []
        while True:
            try:
                asked.append(self._socket.recv(4096))
            except BlockingIOError:
                return asked


TYPES = {"A": 1, "NS": 2, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28}


def query(address: str, port: int, name: str, kind: str, seconds: float = 1) -> int:
    """How many answers the server gives to one question; 0 also when it is silent."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"
    question = os.urandom(2) + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", TYPES[kind], 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(seconds)
        try:
            asker.sendto(question, (address, port))
            answer = asker.recv(4096)
        except OSError:
            return 0
    return struct.unpack("!H", answer[6:8])[0] if answer[:2] == question[:2] else 0
