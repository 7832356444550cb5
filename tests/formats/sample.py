"""Stores that earlier versions wrote, and what they must say when a later version opens them.

`tests/formats/NUMBER/` holds, for the format of that number, the data directories of a primary and an archive
(`primary.tar.xz`, `archive.tar.xz`) and what was in them (`expected.json`). Never written again once it is released.
"""
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROLES = ("primary", "archive")
NOT_STORED = ("LOG", "LOCK", "lock", "admin.sock", "tls")  # the engine's own log, what is of one run, a private key

# What is kept of each row: later versions may tell more, and never less.
ACCOUNT = ("address", "aliases", "login", "mailbox", "template", "origin")
FOLDER = ("name", "special_use", "messages", "octets", "uidnext", "uidvalidity", "highestmodseq")
MESSAGE = ("uid", "size", "flags", "received_at", "from", "subject", "name", "journal", "modseq")
ENTRY = ("id", "kind", "hop", "reverse_path", "size", "created", "held", "why_held")
RECIPIENT = ("kind", "address", "state")
JOURNAL = ("position", "time", "reverse_path", "recipients", "received", "handed", "size", "plan", "marks")
MORE = re.compile(r"\d+ messages in mailboxes, \d+ other records, ")  # what a verification tells besides


def formats() -> list[Path]:
    return sorted((path for path in HERE.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def expected(folder: Path) -> dict:
    return json.loads((folder / "expected.json").read_text())


def describe(machine) -> dict:
    """All that a running server says of its store, digests of the octets too. Nothing that time alone changes."""
    accounts = {}
    for account in machine.json("account", "list"):
        address, folders = account["address"], {}
        for folder in machine.json("mailbox", "list", address):
            messages = machine.json("message", "list", address, folder["name"])
            folders[folder["name"]] = pick(folder, FOLDER) | {"list": [
                pick(each, MESSAGE) | {"sha256": _sha256(machine.verb("message", "export", address, folder["name"], str(each["uid"])))}
                for each in messages]}
        accounts[address] = pick(account, ACCOUNT) | {"folders": folders}
    return {
        "accounts": accounts,
        "queue": sorted((pick(entry, ENTRY) | {"recipients": [pick(each, RECIPIENT) for each in entry["recipients"]]}
                         for entry in machine.json("queue", "list")), key=lambda entry: entry["id"]),
        "journal": [pick(entry, JOURNAL) for entry in machine.json("journal", "list")],
        "verified": MORE.sub("", machine.verb("journal", "verify", "--bodies").decode()),
    }


def pick(row: dict, keys: tuple[str, ...]) -> dict:
    return {key: row[key] for key in keys}


def pack(data: Path, to: Path) -> None:
    """The data directory of a server that does not run."""
    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        name = Path(member.name).name
        if name in NOT_STORED or name.startswith("LOG.old"):
            return None
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        return member

    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w:xz", preset=9, format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(data.iterdir()):
            archive.add(path, path.name, filter=wanted)
    to.write_bytes(octets.getvalue())


def unpack(packed: Path, data: Path) -> None:
    with tarfile.open(packed) as archive:
        archive.extractall(data)  # our own file, from this directory


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
