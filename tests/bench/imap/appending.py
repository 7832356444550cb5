"""Messages that are added one a command, by several mail programs at once, each into a mailbox of its own."""
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from imap.client import Client
from imap.steps import Found


def step_of(sessions: int) -> str:
    return f"APPEND, {sessions} session{'s' * (sessions > 1)}, a second"


def append(connect: Callable[[int], Client], sessions: int, count: int, messages: Iterator[tuple[str, bytes]]) -> Found:
    """So many altogether; the figure is messages a second. `connect` is given the number of the user."""
    clients = [connect(1 + number) for number in range(sessions)]
    shares = [[next(messages) for _ in range(count // sessions)] for _ in clients]
    failures: list[Exception] = []

    def work(client: Client, share: Sequence[tuple[str, bytes]]) -> None:
        try:
            for message in share:
                client.append("INBOX", [message])
        except Exception as error:  # told in the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(clients, shares)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for client in clients:
        client.close()
    if failures:
        raise failures[0]
    octets = sum(len(message) for share in shares for _, message in share)
    return Found(step_of(sessions), sum(map(len, shares)) / seconds, octets)
