"""Memory does not grow with the size of a message: 100 sessions send 50 MiB each, and the server stays under 300 MiB.

    tests/faults/memory_test.py [--sessions N] [--mebibytes M] [--way data|bdat]
"""
import argparse
import base64
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
from support.client import Client  # noqa: E402
from support.instance import Instance  # noqa: E402
from support.mail import Mail, compose  # noqa: E402
from support.rig import Rig  # noqa: E402

MEBI = 1 << 20
MOST_MEMORY = 300 * MEBI
ALICE = "alice@example.org"


def block(seed: int) -> bytes:
    """A mebibyte of lines that no compression makes smaller by much."""
    text = base64.b64encode(random.Random(seed).randbytes(MEBI * 3 // 4))
    return b"\r\n".join(text[start:start + 76] for start in range(0, len(text) - 76, 76)) + b"\r\n"


def send(server: tuple[str, int], source: str, mail: Mail, size: int, way: str, failures: list[str], together: threading.Barrier) -> None:
    """One session. All wait for each other before the end, so that all of them are in the middle of a message at once."""
    try:
        with Client(server, source, seconds=600) as client:
            piece = block(hash(source) & 0xffff)
            client.ehlo()
            client.envelope("someone@world.example", [ALICE])
            if way == "data":
                client.must("DATA", 354)
                client.send(mail.octets)
            else:
                assert client.bdat(mail.octets, last=False) == 250
            for number in range(size // len(piece)):
                if number == size // len(piece) - 1:
                    together.wait(600)
                if way == "data":
                    client.send(piece)
                else:
                    assert client.bdat(piece, last=False) == 250
            if way == "data":
                client.send(b".\r\n")
                reply = client.reply()
            else:
                reply = client.bdat(b"")
            if reply != 250:
                failures.append(f"{source}: {reply}")
    except Exception as error:  # every kind of failure counts, and all are shown
        failures.append(f"{source}: {error!r}")
        together.abort()


def run(sessions: int, size: int, way: str) -> bool:
    rig = Rig("memory")
    try:
        at, peer = ((rig.host(number), rig.port(rig.host(number))) for number in (2, 3))

        def change(document: dict) -> None:
            document["account"].append({"address": ALICE})
            document["passthrough"]["copy_local_to_outbox"] = False  # nobody is there to take the copies

        server = Instance(rig, "primary", at, peer, change=change).start()
        idle = server.peak_memory()
        failures: list[str] = []
        together = threading.Barrier(sessions)
        mails = [compose() for _ in range(sessions)]
        begin = time.monotonic()
        threads = [threading.Thread(target=send, args=(server.smtp, rig.host(50 + number), mail, size, way, failures, together))
                   for number, mail in enumerate(mails)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds, peak = time.monotonic() - begin, server.peak_memory()
        stored = {each["subject"].rsplit(" ", 1)[1]: each["size"] for each in server.messages(ALICE, "INBOX")}
        print(f"{sessions} sessions x {size // MEBI} MiB by {way.upper()}: {seconds:.1f} s, {sessions * size / MEBI / seconds:.0f} MiB/s, "
              f"memory {idle // MEBI} MiB idle, {peak // MEBI} MiB at the peak")
        failures += [f"{mail.marker} is not stored whole" for mail in mails if stored.get(mail.marker, 0) < size * 0.95]
        if peak >= MOST_MEMORY:
            failures.append(f"{peak // MEBI} MiB, at most {MOST_MEMORY // MEBI}")
        for line in failures[:20]:
            print(line)
        if failures:
            rig.dump_logs()
        return not failures
    finally:
        rig.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--mebibytes", type=int, default=50)
    parser.add_argument("--way", choices=("data", "bdat"), default="data")
    options = parser.parse_args()
    good = run(options.sessions, options.mebibytes * MEBI, options.way)
    print("Ran 1 test")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
