"""A machine that only keeps mail, and all kinds of mail in its journal: for tests of the journal itself."""
import functools
from concurrent.futures import ThreadPoolExecutor

from .client import Client
from .instance import Instance
from .mail import CORPUS, compose
from .rig import Rig

ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"
RECIPIENTS = ([ALICE], [ALICE, BOB], [BOB, CAROL, ALICE])  # of the messages of `fill`, in turn; only Alice stands in the header
CONNECTIONS = 8


def machine(rig: Rig, number: int, name: str) -> Instance:
    """Running. Files mail for three users, relays nothing, and signs heads only when it is asked to."""
    here, nobody = ((rig.host(each), rig.port(rig.host(each))) for each in (number, 250))

    def change(document: dict) -> None:
        for key in ("passthrough", "route"):
            document.pop(key)
        document["journal"] = {"sign_every": "0s"}
        document["client"] = [{"name": "old.example.org", "networks": [f"{rig.host(8)}/32"], "may": ["copy"], "odd_octets": "keep"}]
        document["account"].extend({"address": each} for each in (ALICE, BOB, CAROL))

    return Instance(rig, "primary", here, nobody, name=name, change=change).start()


def corpus() -> list[bytes]:
    """Files as they are, with whatever line ends and octets they have; each once, since what comes again is no new entry."""
    files = (path.read_bytes() for path in sorted(CORPUS.rglob("*.eml")) if path.stat().st_size < 200_000)
    return list(dict.fromkeys(files))


def hand_over(server: Instance, letters: list[bytes], number: int) -> list[bytes]:
    """Over one connection, by DATA from a stranger or whole by BDAT from a machine that may send odd octets. Those that were taken."""
    taken = []
    odd = number % 2 == 1
    with Client(server.smtp, server.rig.host(8 if odd else 9), name="h" * (1 + 30 * number) + ".example") as client:
        client.ehlo()
        for count, octets in enumerate(letters):
            parameters = "BODY=8BITMIME" + (f" ENVID={'e' * (count % 90 + 1)}" if odd else "")
            client.envelope("x@world.example", RECIPIENTS[count % len(RECIPIENTS)], parameters)
            if (client.bdat(octets) if odd else client.data(octets)) == 250:
                taken.append(octets)
    return taken


def fill(server: Instance, count: int) -> list[bytes]:
    """The octets of so many messages, at least, as they were handed over: the corpus once, then letters."""
    odd = corpus()
    letters = [compose(body=b"Line %d, na\xc3\xafve.\r\n" % number * (number % 40 + 1)).octets for number in range(count - len(odd) // 2)]
    shares = [letters[number::CONNECTIONS] for number in range(CONNECTIONS)]
    for number in range(1, CONNECTIONS, 2):
        shares[number] += odd[number // 2::CONNECTIONS // 2]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [octets for taken in pool.map(functools.partial(hand_over, server), shares, range(CONNECTIONS)) for octets in taken]


def add(server: Instance, count: int) -> dict:
    """So many messages for one user, and a head over them."""
    with Client(server.smtp, server.rig.host(9)) as client:
        client.ehlo()
        for _ in range(count):
            client.envelope("x@world.example", [ALICE])
            if client.data(compose().octets) != 250:
                raise AssertionError("a message was refused")
    return server.json("journal", "heads", "--sign")[-1]
