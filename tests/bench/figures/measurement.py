"""One case sent to one server: everything is read before, the mail is sent, and everything is read again when the server is done."""
import os
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import load
from case import Case, Traffic
from figures.usage import Disk, Machine, Usage, memory
from servers.server import Server
from support.waiting import Overdue, until

REST = 0.3  # seconds between two measurements
MEMORY_EVERY = 0.5  # seconds


@dataclass
class Measurement:
    """README.md says what each means. None: cannot be told on this machine, or of this server."""
    server: str
    case: str
    round: int
    accepted: int
    drained_per_second: float
    accepted_per_second: float
    latency_median_ms: float
    latency_p99_ms: float
    latency_max_ms: float
    beside_per_second: float  # messages that others sent beside; they are in all figures but the latencies
    cpu_ms: float  # a message
    flushes: float | None  # a message
    written: float | None  # octets on the device, an octet accepted
    written_by_server: float  # octets by its own processes, an octet accepted
    memory: int  # octets, the most seen
    copies: int | None
    relayed: int  # recipients at the sink
    others: float  # share of the machine's CPU that strangers took
    stolen: float
    troubles: list[str] = field(default_factory=list)

    def json(self) -> dict:
        return asdict(self)


class _MemoryWatch(threading.Thread):
    """Looks now and then, while it is running, at how much memory the server has."""

    def __init__(self, roots: list[int]):
        super().__init__(daemon=True)
        self._roots, self._over, self.most = roots, threading.Event(), 0

    def run(self) -> None:
        while True:
            self.most = max(self.most, memory(self._roots))
            if self._over.wait(MEMORY_EVERY):
                return

    def end(self) -> int:
        self._over.set()
        self.join()
        self.most = max(self.most, memory(self._roots))
        return self.most


@dataclass(frozen=True)
class _Reading:
    """All counters at one moment."""
    usage: Usage
    ours: float  # CPU seconds of this script and the sink
    machine: Machine
    time: float

    @classmethod
    def now(cls, server: Server) -> "_Reading":
        ours = sum(os.times()[:2]) + Usage.of([server.sink.process.pid]).cpu
        return cls(Usage.of(server.roots), ours, Machine.now(), time.monotonic())


@dataclass(frozen=True)
class Sent:
    """What the load says of all that it sent, those included who sent beside."""
    accepted: int
    recipients: int
    octets: int
    troubles: list[str]

    @classmethod
    def of(cls, told: dict) -> "Sent":
        both = told, told["beside"]
        failed = sum(each["failed"] for each in both)
        return cls(*(sum(each[key] for each in both) for key in ("accepted", "recipients", "octets")),
                   [f"{failed} messages failed; the first: {told['failure']}"] if failed else [])


def wait_until_drained(server: Server, names_before: int, accepted: int, patience: float) -> list[str]:
    """Until so many messages are filed and relayed. What is missing when the patience is over."""
    try:
        until(lambda: server.sink.counts().names - names_before >= accepted and server.queue_is_empty(),
              lambda: f"an empty queue; {server.sink.counts().names - names_before} of {accepted} came to the sink",
              patience, pause=0.02)
    except Overdue as overdue:
        return [str(overdue)]
    return []


def measure(server: Server, case: Case, number: int, *, folder: Path, corpus: Path | None, patience: float) -> Measurement:
    """`folder` is where the servers live, `patience` how many seconds a server has to finish what it accepted."""
    server.make_ready()
    os.sync()
    time.sleep(REST)
    copies, relayed, disk = server.copies(), server.sink.counts(), Disk.of(folder)
    watch = _MemoryWatch(server.roots)
    watch.start()
    before = _Reading.now(server)
    told = load.send(server.smtp, case, corpus, first=number * case.count if corpus else 0)  # other mail in each round
    sent = Sent.of(told)
    late = wait_until_drained(server, relayed.names, sent.accepted, patience)
    after = _Reading.now(server)
    most_memory = watch.end()
    os.sync()  # what is written late is written, too
    disk_after, arrived = Disk.of(folder), server.sink.counts().recipients - relayed.recipients
    filed = None if copies is None else server.copies() - copies
    used, took = after.usage - before.usage, after.time - told["began"]  # both by CLOCK_MONOTONIC
    messages, octets = max(1, sent.accepted), max(1, sent.octets)
    cores = (after.time - before.time) * (os.cpu_count() or 1)
    others = after.machine.busy - before.machine.busy - used.cpu - told["cpu_seconds"] - (after.ours - before.ours)
    return Measurement(
        server=server.name, case=case.text, round=number, accepted=sent.accepted,
        drained_per_second=sent.accepted / took, accepted_per_second=sent.accepted / told["seconds"],
        latency_median_ms=told["latency_median_ms"], latency_p99_ms=told["latency_p99_ms"], latency_max_ms=told["latency_max_ms"],
        beside_per_second=told["beside"]["accepted"] / told["seconds"],
        cpu_ms=used.cpu * 1000 / messages,
        flushes=(disk_after.flushes - disk.flushes) / messages if disk and disk_after else None,
        written=(disk_after.written - disk.written) / octets if disk and disk_after else None,
        written_by_server=used.written / octets, memory=most_memory, copies=filed, relayed=arrived,
        others=max(0, others) / cores, stolen=(after.machine.stolen - before.machine.stolen) / cores,
        troubles=sent.troubles + late + _shortfalls(case, sent, filed, arrived))


def _shortfalls(case: Case, sent: Sent, filed: int | None, arrived: int) -> list[str]:
    """A server that did less than the others is no faster than they are."""
    found = []
    wanted = case.copies(sent.accepted)
    if filed is not None and wanted is not None and filed != wanted:
        found.append(f"{filed} copies filed, not {wanted}")
    to_relay = sent.accepted if case.traffic is Traffic.BOTH else sent.recipients  # who is local is filed, and not handed on
    if arrived != to_relay:
        found.append(f"{arrived} recipients relayed, not {to_relay}")
    return found
