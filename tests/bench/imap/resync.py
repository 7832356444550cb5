"""What a mail program waits for that was away: quick resynchronisation (RFC 7162)."""
from collections.abc import Sequence

from imap.client import Answer, Client
from imap.mailbox import Mailbox
from imap.steps import Found

STEP = "QRESYNC, 1,000 flags and 500 expunges"
CHANGED, GONE = 1000, 500
KEYWORD = "$Bench"


def change_behind_its_back(client: Client, mailbox: Mailbox) -> tuple[str, int]:
    """Flags of 1,000 messages, all over the folder, and another 500 gone; of small folders a tenth and a twentieth. The command of
    the one who was away, and how many flags it must tell."""
    client.command("ENABLE QRESYNC")
    before = client.command(f"SELECT {mailbox.folder}")
    command = f"SELECT {mailbox.folder} (QRESYNC ({before.number(b'[UIDVALIDITY ')} {before.number(b'[HIGHESTMODSEQ ')}))"
    plain = _uids(client.command(f"UID SEARCH UNKEYWORD {KEYWORD}"))
    gone = _spread(plain, min(GONE, len(plain) // 20))
    left = sorted(set(plain) - set(gone))
    changed = _spread(left, min(CHANGED, len(left) // 10))
    client.command(f"UID STORE {_set(changed)} +FLAGS.SILENT ({KEYWORD})")
    client.command(f"UID STORE {_set(gone)} +FLAGS.SILENT (\\Deleted)")
    client.command(f"UID EXPUNGE {_set(gone)}")
    return command, len(changed)


def resynchronise(client: Client, command: str, changed: int) -> Found:
    """ValueError: it is told of other changes than there were."""
    client.command("ENABLE QRESYNC")
    answer = client.command(command)
    if answer.count(b" FETCH (") != changed or not answer.count(b"* VANISHED (EARLIER) "):
        raise ValueError(f"{STEP}: told of {answer.count(b' FETCH (')} flags, not {changed}")
    return Found(STEP, 1000 * answer.seconds, answer.octets, changed)


def _uids(answer: Answer) -> list[int]:
    if numbers := answer.numbers():
        return numbers
    return []


def _spread(uids: Sequence[int], count: int) -> list[int]:
    return [uids[number * len(uids) // count] for number in range(count)]


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))
