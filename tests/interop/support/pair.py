"""A primary, an archive and the world: the little company that most tests are about.

Places are named as a reader would: `primary alice/INBOX`, `archive alice/Sent`, `world ext@world.example`. A report about a message
(a bounce, a delay notice) counts as `report primary alice/INBOX`.
"""
import json
from collections import Counter
from collections.abc import Callable

from .census import Census
from .client import Reply, smtp_send
from .instance import DOMAIN, Instance
from .mail import MARKER, Mail, compose
from .rig import Rig
from .sink import Received, Sink, SinkProcess
from .waiting import Overdue, until

PASSWORD = "correct horse battery"
USERS = ("alice", "bob")
WORLD_DOMAIN = "world.example"


class Pair:
    """Primary and archive running, the world listening; all ended with the rig."""

    def __init__(self, rig: Rig, *, primary: Callable[[dict], None] | None = None, archive: Callable[[dict], None] | None = None,
                 world: Sink | SinkProcess | None = None, smarthost: bool = True,
                 archive_environment: dict[str, str] | None = None):
        self.rig = rig
        self.world = world or Sink(rig.host(4))
        rig.watch(self.world)
        self.outside = rig.host(9)  # whence strangers speak
        self.office = rig.host(7)   # a machine of the company that may relay without a login
        out = ("--smarthost", self.world.at) if smarthost else ()
        primary_at, archive_at = ((rig.host(number), rig.port(rig.host(number))) for number in (2, 3))
        self.archive = Instance(rig, "archive", archive_at, primary_at, options=out, change=archive)
        self.primary = Instance(rig, "primary", primary_at, archive_at, options=("--client", f"{self.office}/32"), change=primary)
        self.archive.environment = archive_environment or {}
        self.archive.start()
        self.primary.start()
        for user in USERS:
            self.primary.add_account(f"{user}@{DOMAIN}", PASSWORD)
        self.censuses = (Census(self.primary), Census(self.archive))

    # ---- sending

    def from_world(self, mail: Mail, *to: str, reverse_path: str = f"someone@{WORLD_DOMAIN}") -> Reply:
        """A stranger hands the message to the MX of the company."""
        return smtp_send(self.primary.smtp, mail.octets, reverse_path, list(to), source=self.outside, name=f"mail.{WORLD_DOMAIN}")

    def from_user(self, user: str, mail: Mail, *to: str, parameters: str = "") -> Reply:
        """A user submits the message: port 587, STARTTLS, a login."""
        return smtp_send(self.primary.submission, mail.octets, f"{user}@{DOMAIN}", list(to), source=self.outside,
                         login=(f"{user}@{DOMAIN}", PASSWORD), mail_parameters=parameters, name="laptop.example")

    def submission_or_mx(self, user: str | None) -> tuple[str, int]:
        """Where a user hands over mail, or where the world does."""
        return self.primary.submission if user else self.primary.smtp

    # ---- looking

    def places(self, mail: Mail) -> Counter:
        """Everywhere that the message, or a report about it, is now."""
        found: Counter = Counter()
        for census in self.censuses:
            found += census.take().get(mail.marker, Counter())
        for received in self.world.got(mail.marker):
            kind = "" if mail.marker in self.world_markers(received) else "report "
            found.update(f"{kind}world {path}" for path in received.forward_paths)
        return found

    @staticmethod
    def world_markers(received: Received) -> set[str]:
        """The markers in the header of a message that the world got."""
        return {marker.decode() for marker in MARKER.findall(received.octets.partition(b"\r\n\r\n")[0])}

    def is_quiet(self) -> bool:
        """Nothing is on its way any more."""
        return not any(machine.admin.list("queue/list") for machine in (self.primary, self.archive))

    def altered(self, mail: Mail) -> list[str]:
        """Each place where the message has other octets than those that were handed over, below the trace fields on top."""
        wrong = [line for census in self.censuses for line in census.altered(mail)]
        for received in self.world.got(mail.marker):
            if mail.marker in self.world_markers(received) and (trouble := mail.trouble_with(received.octets)):
                wrong.append(f"world {', '.join(received.forward_paths)}: {trouble}")
        return wrong

    def expect(self, mail: Mail, places: dict[str, int], seconds: float = 20) -> None:
        """The message ends up in these places, so many times in each, with its octets, and nowhere else; and both queues are empty."""
        wanted, last = Counter(places), Counter()

        def arrived() -> bool:
            nonlocal last
            last = self.places(mail)
            return last == wanted and self.is_quiet()

        try:
            until(arrived, "", seconds)
            # What was on its way when we looked would be somewhere now.
            last = self.places(mail)
        except Overdue:
            pass
        altered = self.altered(mail)
        if last != wanted or altered or not self.is_quiet():
            raise AssertionError(f"{mail.marker}\n  should be: {_show(wanted)}\n  is:        {_show(last)}\n"
                                 f"  other octets: {'; '.join(altered) or 'nowhere'}\n"
                                 f"  queue of the primary: {json.dumps(self.primary.queue())[:800]}\n"
                                 f"  queue of the archive: {json.dumps(self.archive.queue())[:800]}\n"
                                 f"  the world got last:   {self._last_of_the_world()}")

    def _last_of_the_world(self) -> list[str]:
        return [f"{', '.join(each.forward_paths)}: {len(each.octets)} octets {sorted(self.world_markers(each))}"
                for each in self.world.got("")[-5:]]

    def octets_at(self, machine: Instance, account: str, folder: str, marker: str) -> bytes:
        """The message with this marker in its Subject, as it is stored."""
        [uid] = [each["uid"] for each in machine.messages(account, folder) if marker in (each["subject"] or "")]
        return machine.export(account, folder, uid)


    def report_at(self, machine: Instance, account: str, folder: str, marker: str) -> bytes:
        """The last report there that quotes the marker."""
        for message in reversed(machine.messages(account, folder)):
            octets = machine.export(account, folder, message["uid"])
            if marker.encode() in octets and marker not in (message["subject"] or ""):
                return octets
        raise AssertionError(f"no report about {marker} in {account}/{folder} on the {machine.role}")

    @staticmethod
    def wait_for_queue(machine: Instance, condition: Callable[[dict], bool], seconds: float = 20) -> list[dict]:
        """The entries of the queue that are so, as soon as there is one."""
        return until(lambda: [entry for entry in machine.queue() if condition(entry)],
                     lambda: f"an entry in the queue of the {machine.role}; there is {json.dumps(machine.queue())[:2000]}", seconds)


def _show(places: Counter) -> str:
    return ", ".join(f"{place} x{count}" for place, count in sorted(places.items())) or "nowhere"


def hello(to: str = f"alice@{DOMAIN}", sender: str = f"someone@{WORLD_DOMAIN}", **options) -> Mail:
    return compose(sender=sender, to=to, **options)
