"""How much memory does a mail program need that is connected and waits for mail? So many of them log in, select a folder of a few
messages and wait in IDLE; what the server's processes have more than before is divided by their number.

Peers: dovecot-maildir and others, with `-hibernating` behind the name too, cyrus. `under TLS` is what users have. `in clear` has no TLS;
Understudy lets nobody in there, so its figure is worked out: without what TLS takes of a connection that has not logged in, which is
measured as the difference of such connections with and without it.
"""
import argparse
import resource
import ssl
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from figures.table import aligned, number, span
from figures.usage import Usage, family, memory
from imap.client import Client, under_tls
from servers import IMAP_PEERS, OURS, make_imap
from servers.imap_server import PASSWORD, USERS, ImapServer
from stage import add_peers, conclude, introduce, introduce_machine, parser, prepare, progress, record, stage
from support.rig import Rig

MAIL = [("", b"Subject: a message\r\n\r\nA few words.\r\n")] * 10
SPARE = 200  # descriptors of this process that are no connections
FIRST_SOURCE, SOURCES = 100, 20  # addresses from which the clients come


@dataclass
class Waiting:
    """Octets of one connection (PSS). None: the server lets nobody in like that."""
    server: str
    round: int
    connections: int
    idle_tls: float
    idle_clear: float | None
    connected_tls: float  # before the login
    connected_clear: float
    logins_per_second: float  # under TLS, from one client that waits for each
    cpu_ms: float  # of the server, in a second in which all of them wait
    processes: int

    @property
    def aside(self) -> float:
        """Without TLS, measured or worked out."""
        return self.idle_clear if self.idle_clear is not None else self.idle_tls - (self.connected_tls - self.connected_clear)


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("idle", __doc__, rounds=1)
    add_peers(made, "dovecot-maildir,dovecot-maildir-hibernating,cyrus", IMAP_PEERS)
    made.add_argument("--connections", type=int, default=5000, help="to Understudy; default: 5000")
    made.add_argument("--of-peers", type=int, default=100, help="to each peer, which need more memory; default: 100")
    made.add_argument("--settle", type=float, default=3, help="seconds between the last login and the figures; default: 3")
    return made.parse_args(words)


class _Crowd:
    """Connections to one server, each of which did `work` once; all of them open until `go`."""

    def __init__(self, server: ImapServer, place: tuple[str, int], context: ssl.SSLContext | None, sources: list[str],
                 work: Callable[[Client, int], None]):
        self._server, self._place, self._context, self._sources, self._work = server, place, context, sources, work
        self._clients: list[Client] = []
        self.seconds = 0.0

    def come(self, count: int, settle: float) -> float:
        """So many, and one before them: what that one needs of the whole server is nobody's share. The octets of memory of one, once
        all is quiet."""
        self._one()
        time.sleep(settle)
        before, began = memory(self._server.roots), time.monotonic()
        for _ in range(count):
            self._one()
        self.seconds = time.monotonic() - began
        time.sleep(settle)
        return (memory(self._server.roots) - before) / count

    def _one(self) -> None:
        which = len(self._clients)
        self._clients.append(Client(self._place, self._context, self._sources[which % len(self._sources)]))
        self._work(self._clients[-1], which)

    def go(self) -> None:
        for client in self._clients:
            client.drop()


def _wait_for_mail(server: ImapServer) -> Callable[[Client, int], None]:
    def work(client: Client, which: int) -> None:
        client.login(server.user(which % USERS), PASSWORD)
        client.command("SELECT INBOX")
        client.idle()
    return work


def _fill(server: ImapServer, context: ssl.SSLContext) -> None:
    for user in range(USERS):
        client = Client(server.tls, context)
        client.login(server.user(user), PASSWORD)
        client.append("INBOX", MAIL)
        client.close()


def _measure(server: ImapServer, number_of_round: int, options: argparse.Namespace, context: ssl.SSLContext, sources: list[str]) -> Waiting:
    found: dict[str, float] = {}
    count = options.connections if server.name == OURS else options.of_peers

    def crowd(name: str, place: tuple[str, int], under: ssl.SSLContext | None, work: Callable[[Client, int], None]) -> _Crowd:
        server.stop()
        server.start()
        made = _Crowd(server, place, under, sources, work)
        found[name] = made.come(count, options.settle)
        return made

    crowd("connected_tls", server.tls, context, lambda *_: None).go()
    crowd("connected_clear", server.clear, None, lambda *_: None).go()
    if server.name != OURS:
        crowd("idle_clear", server.clear, None, _wait_for_mail(server)).go()
    waiting = crowd("idle_tls", server.tls, context, _wait_for_mail(server))
    before = Usage.of(server.roots).cpu
    time.sleep(options.settle)
    row = Waiting(server.name, number_of_round, count, idle_clear=found.pop("idle_clear", None), **found,
                  logins_per_second=count / waiting.seconds, cpu_ms=1000 * (Usage.of(server.roots).cpu - before) / options.settle,
                  processes=len(family(server.roots)))
    waiting.go()
    return row


def _table(rows: list[Waiting]) -> str:
    lines = [["server", "connections", "KiB under TLS", "KiB without TLS", "before login, TLS", "before login, clear", "logins/s", "CPU ms/s",
              "processes"]]
    for name in dict.fromkeys(row.server for row in rows):
        group = [row for row in rows if row.server == name]
        sizes = [[value(row) / 1024 for row in group] for value in (
            lambda row: row.idle_tls, lambda row: row.aside, lambda row: row.connected_tls, lambda row: row.connected_clear)]
        lines.append([name, str(group[0].connections), *(span(size) for size in sizes), span([row.logins_per_second for row in group]),
                      span([row.cpu_ms for row in group]), number(group[-1].processes)])
    return "\n".join(aligned(lines))


def _descriptors(wanted: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < wanted + SPARE:
        raise SystemExit(f"This process may have {most} descriptors open, and needs {wanted + SPARE}: ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _one(name: str, rig: Rig, options: argparse.Namespace) -> list[Waiting]:
    server, context = make_imap(name, rig, rig.host(10)), under_tls()
    introduce([server])
    _fill(server, context)
    sources, rows = [rig.host(FIRST_SOURCE + each) for each in range(SOURCES)], []
    for turn in range(options.rounds):
        rows.append(_measure(server, turn, options, context, sources))
        progress(f"round {turn + 1} {name}: {number(rows[-1].idle_tls / 1024)} KiB, {number(rows[-1].aside / 1024)} KiB without TLS")
        record(options, asdict(rows[-1]))
    server.stop()
    return rows


def main(words: list[str]) -> int:
    """0: measured."""
    options = _options(words)
    prepare(options)
    _descriptors(max(options.connections, options.of_peers))
    rows = []
    for which, name in enumerate([OURS, *options.peers]):
        with stage(options) as rig:
            if which == 0:
                introduce_machine(rig.directory)
            rows += _one(name, rig, options)
    print(_table(rows))
    return conclude([])
