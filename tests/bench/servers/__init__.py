"""The servers that are measured, by name. Each lives in a directory of its own, on loopback ports of its own, beside the rig's other
ones; what is installed on this machine under the same name is not touched, neither its configuration nor its queue."""
from servers.archive_pair import STORES, PostfixWithDovecot
from servers.cyrus import Cyrus
from servers.dovecot import HIBERNATING, Dovecot
from servers.imap_server import ImapServer
from servers.postfix import PostfixAlone
from servers.server import Server
from servers.understudy import Encrypted, Understudy
from servers.understudy_imap import UnderstudyImap
from support.rig import Rig

OURS = "understudy"
ENCRYPTED = "encrypted"
PEERS = ("postfix", *(f"pd-{store}" for store in STORES), ENCRYPTED)
IMAP_PEERS = (*(f"dovecot-{store}{more}" for store in STORES for more in ("", HIBERNATING)), "cyrus")


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


def make_imap(name: str, rig: Rig, host: str) -> ImapServer:
    """Started, and listening for mail programs. KeyError: nobody knows the name."""
    if name == OURS:
        return UnderstudyImap(name, rig, host)
    if name not in IMAP_PEERS:
        raise KeyError(name)
    return (Cyrus if name == "cyrus" else Dovecot)(name, rig, host)
