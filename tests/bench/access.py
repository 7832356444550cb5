"""How soon does a mail program have what it asks for? The same mailboxes are filled into each server over IMAP, and then read, searched
and changed in turn, round after round, all under TLS.

Peers: dovecot-maildir, dovecot-sdbox, dovecot-mdbox, dovecot-mdbox-zstd, cyrus. A mailbox is KIND/COUNT: `mixed` is realistic mail with
its attachments, `letters` the same mail with hardly any. In each round a server is started anew before it is asked everything, and is
then asked once more.
"""
import argparse
import os
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from figures.moments import AGAIN, EVER, START, Figure, report
from figures.usage import Machine, Usage
from imap.appending import append
from imap.client import Client, Refused, under_tls
from imap.mailbox import SHAPES, Mail, Mailbox
from imap.resync import change_behind_its_back, resynchronise
from imap.steps import ALONE, Found, ask_alone, change, read
from servers import IMAP_PEERS, OURS, make_imap
from servers.imap_server import PASSWORD, ImapServer
from stage import add_peers, conclude, introduce, introduce_machine, parser, prepare, progress, record, stage
from support.rig import Rig

REST = 0.3  # seconds between two servers


def _mailboxes(text: str) -> list[Mailbox]:
    try:
        return [Mailbox.parse(each) for each in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _options(words: list[str]) -> argparse.Namespace:
    made = parser("access", __doc__)
    made.add_argument("--mailboxes", type=_mailboxes, default="mixed/10000,letters/100000",
                      help=f"with commas between them; kinds: {', '.join(SHAPES)}; default: mixed/10000,letters/100000")
    add_peers(made, "dovecot-maildir,dovecot-mdbox-zstd,cyrus", IMAP_PEERS)
    made.add_argument("--appended", type=int, default=400, help="messages that a session appends; default: 400")
    made.add_argument("--sessions", type=int, default=8, help="that append at once, after one alone; default: 8")
    made.add_argument("--text-rounds", type=int, default=1, help="rounds in which octets are searched, too; default: 1")
    return made.parse_args(words)


@dataclass(frozen=True)
class _Turn:
    """Of one server with one mailbox in one round."""
    server: ImapServer
    mail: Mail
    round: int
    options: argparse.Namespace
    context: ssl.SSLContext

    def connect(self, user: int = 0) -> Client:
        client = Client(self.server.tls, self.context)
        client.login(self.server.user(user), PASSWORD)
        return client

    def with_session(self, work: Callable[[Client], list[Found]]) -> list[Found]:
        client = self.connect()
        try:
            return work(client)
        finally:
            client.close()

    def figures(self) -> list[Figure]:
        """In the order in which they were taken. What a server refuses, or does by halves, is a figure without a value."""
        box, slow = self.mail.mailbox, self.round < self.options.text_rounds
        first = START if self.round else EVER
        phases: list[tuple[str, Callable[[], list[Found]]]] = [
            (first, lambda: self.with_session(lambda client: read(client, box, slow))),
            (AGAIN, lambda: self.with_session(lambda client: read(client, box, False))),
            (AGAIN, lambda: self.with_session(lambda client: change(client, box, self.round))),
            (AGAIN, self._after_changes),
            (AGAIN, lambda: [self._append(1)]),
            (AGAIN, lambda: [self._append(self.options.sessions)]),
        ]
        found: list[Figure] = []
        for moment, phase in phases:
            found += self._phase(moment, phase)
        return found

    def alone(self, question: str) -> list[Figure]:
        return self._phase(START, lambda: self.with_session(lambda client: ask_alone(client, self.mail.mailbox, question)))

    def _phase(self, moment: str, phase: Callable[[], list[Found]]) -> list[Figure]:
        box = self.mail.mailbox.text
        try:
            return [Figure(self.server.name, box, self.round, moment, **asdict(each)) for each in phase()]
        except (Refused, ValueError) as error:
            return [Figure(self.server.name, box, self.round, moment, "", trouble=str(error))]

    def _after_changes(self) -> list[Found]:
        client = self.connect()
        command, changed = change_behind_its_back(client, self.mail.mailbox)
        client.close()
        return self.with_session(lambda client: [resynchronise(client, command, changed)])

    def _append(self, sessions: int) -> Found:
        count = sessions * self.options.appended
        return append(self.connect, sessions, count, self.mail.messages(self.round * 2 * count + sessions))


def _fill(servers: Sequence[ImapServer], mails: Sequence[Mail], context: ssl.SSLContext) -> None:
    for server in servers:
        server.stop()
        server.start_for_filling()
        for mail in mails:
            client = Client(server.tls, context)
            client.login(server.user(0), PASSWORD)
            began = time.perf_counter()
            mail.fill(client)
            client.close()
            seconds = time.perf_counter() - began
            progress(f"{server.name} {mail.mailbox.text}: {mail.octets} octets filled, {mail.mailbox.count / seconds:.0f} messages/s")


def _take(turn: _Turn) -> list[Figure]:
    """With the server started anew, and alone as far as this machine lets it be. From the second round on also questions each of
    which is the first one behind a start."""
    found = _watched(turn, turn.figures)
    for question in ALONE if turn.round else ():
        found += _watched(turn, lambda question=question: turn.alone(question))
    return found


def _watched(turn: _Turn, ask: Callable[[], list[Figure]]) -> list[Figure]:
    turn.server.stop()
    os.sync()
    time.sleep(REST)
    turn.server.start()
    before, used, ours, began = Machine.now(), Usage.of(turn.server.roots), sum(os.times()[:2]), time.monotonic()
    found = ask()
    took = (time.monotonic() - began) * (os.cpu_count() or 1)
    busy = Machine.now().busy - before.busy - (Usage.of(turn.server.roots) - used).cpu - (sum(os.times()[:2]) - ours)
    for figure in found:
        figure.others = max(0, busy) / took
    return found


def _rounds(options: argparse.Namespace, servers: Sequence[ImapServer], rig: Rig) -> list[Figure]:
    context, figures = under_tls(), []
    mails = [Mail(mailbox, rig.folder("mail")) for mailbox in options.mailboxes]
    _fill(servers, mails, context)
    for number in range(options.rounds):
        for mail in mails:
            first = number % len(servers)  # nobody always comes behind the same neighbour
            for server in [*servers[first:], *servers[:first]]:
                taken = _take(_Turn(server, mail, number, options, context))
                progress(f"round {number + 1} {mail.mailbox.text} {server.name}: others {taken[0].others:.2f}"
                         + "".join(f"; TROUBLE: {figure.trouble}" for figure in taken if figure.trouble))
                for figure in taken:
                    record(options, asdict(figure))
                figures += taken
    return figures


def main(words: list[str]) -> int:
    """0: measured; 1: measured, but some server did not do all of its work, or found something else than the others."""
    options = _options(words)
    prepare(options)
    with stage(options) as rig:
        introduce_machine(rig.directory)
        servers = [make_imap(name, rig, rig.host(10 + number)) for number, name in enumerate([OURS, *options.peers])]
        introduce(servers)
        figures = _rounds(options, servers, rig)
        print(report(figures), flush=True)  # before the directory is removed: a Maildir of that size takes its time
    return conclude(_troubles(figures))


def _troubles(figures: Sequence[Figure]) -> list[str]:
    found = [f"round {each.round + 1} {each.mailbox} {each.server}: {each.trouble}" for each in figures if each.trouble]
    hits: dict[tuple, dict[int | None, str]] = {}
    for each in figures:
        if not each.trouble:
            hits.setdefault((each.mailbox, each.step, each.round, each.moment), {})[each.hits] = each.server
    return found + [f"round {key[2] + 1} {key[0]} {key[1]}: the servers do not find the same: "
                    + ", ".join(f"{server} {count}" for count, server in said.items()) for key, said in hits.items() if len(said) > 1]
