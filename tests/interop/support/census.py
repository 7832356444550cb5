"""Where each message is on one machine, and with which octets."""
from collections import Counter
from dataclasses import dataclass, field

from .instance import DOMAIN, Instance
from .mail import MARKER, Mail


@dataclass(frozen=True)
class Found:
    """One stored copy of a message, or of a report about it."""
    place: str  # as `archive alice/Sent`
    account: str
    folder: str
    uid: int
    is_report: bool


@dataclass
class _Folder:
    """What is known of a folder. Nothing of a message ever changes; which there are may."""
    state: tuple = ()
    rows: dict[int, list[tuple[str, bool]]] = field(default_factory=dict)  # uid -> markers, and whether it only quotes them


class Census:
    """Reads through the admin socket, and each message once. One thread."""

    def __init__(self, machine: Instance):
        self.machine = machine
        self._folders: dict[tuple[str, str], _Folder] = {}
        self._unaltered: set[tuple] = set()

    def take(self) -> dict[str, Counter]:
        """marker -> place -> how many."""
        return {marker: Counter(("report " if each.is_report else "") + each.place for each in found)
                for marker, found in self.find().items()}

    def find(self) -> dict[str, list[Found]]:
        """marker -> all that bear or quote it."""
        found: dict[str, list[Found]] = {}
        for account in self.machine.admin.list("account/list"):
            address = account["address"]
            for folder in self.machine.admin.list("mailbox/list", account=address):
                name = folder["name"]
                place = f"{self.machine.role} {address.removesuffix('@' + DOMAIN)}/{name}"
                for uid, markers in self._read(address, folder).items():
                    for marker, is_report in markers:
                        found.setdefault(marker, []).append(Found(place, address, name, uid, is_report))
        return found

    def octets(self, found: Found) -> bytes:
        return self.machine.admin.octets("message/export", account=found.account, folder=found.folder, uid=found.uid)

    def altered(self, mail: Mail) -> list[str]:
        """Each place where the message is not, octet by octet, what was handed over, below the trace fields of who had it since."""
        wrong = []
        for found in self.find().get(mail.marker, []):
            key = (found, mail.marker)
            if found.is_report or key in self._unaltered:
                continue
            if trouble := mail.trouble_with(self.octets(found)):
                wrong.append(f"{found.place}: {trouble}")
            else:
                self._unaltered.add(key)
        return wrong

    def _read(self, account: str, folder: dict) -> dict[int, list[tuple[str, bool]]]:
        known = self._folders.setdefault((account, folder["name"]), _Folder())
        state = (folder["uidvalidity"], folder["highestmodseq"], folder["messages"])
        if known.state == state:
            return known.rows
        before = known.rows if known.state[:1] == state[:1] else {}
        listed = self.machine.admin.list("message/list", account=account, folder=folder["name"]) if folder["messages"] else []
        known.rows = {message["uid"]: before.get(message["uid"]) or self._markers(account, folder["name"], message)
                      for message in listed}
        known.state = state
        return known.rows

    def _markers(self, account: str, folder: str, message: dict) -> list[tuple[str, bool]]:
        """A message bears its marker in the Subject; a report only quotes it."""
        own = MARKER.findall((message["subject"] or "").encode())
        quoted = [] if own else MARKER.findall(self.octets(Found("", account, folder, message["uid"], False)))
        return [(marker.decode(), not own) for marker in sorted(set(own or quoted))]
