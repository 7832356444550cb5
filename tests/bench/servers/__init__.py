"""The servers that are measured, by name. Each lives in a directory of its own, on loopback ports of its own, beside the rig's other
ones; what is installed on this machine under the same name is not touched, neither its configuration nor its queue."""
from servers.archive_pair import STORES, PostfixWithDovecot
from servers.postfix import PostfixAlone
from servers.server import Server
from servers.understudy import Encrypted, Understudy
from support.rig import Rig

OURS = "understudy"
ENCRYPTED = "encrypted"
PEERS = ("postfix", *(f"pd-{store}" for store in STORES), ENCRYPTED)


def make(name: str, rig: Rig, host: str) -> Server:
    """Started, and listening. KeyError: nobody knows the name."""
    if name == OURS:
        return Understudy(name, rig, host)
    if name == ENCRYPTED:
        return Encrypted(name, rig, host)
    if name == "postfix":
        return PostfixAlone(name, rig, host)
    if name in PEERS:
        return PostfixWithDovecot(name, rig, host)
    raise KeyError(name)
