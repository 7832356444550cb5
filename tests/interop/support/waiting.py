"""Waiting for something to become true, with a deadline: the tests poll, they never sleep for a guessed time."""
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Overdue(AssertionError):
    """What a test waited for did not come in time."""


def until(condition: Callable[[], T], what: str | Callable[[], str], seconds: float = 20, pause: float = 0.03) -> T:
    """The first true value of `condition()`. `what` says what was missing when the time is over."""
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise Overdue(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(pause)
