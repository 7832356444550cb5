"""What a corpus is like."""
from dataclasses import dataclass

EPOCH = 1_600_000_000  # 2020-09-13: the first message


@dataclass(frozen=True)
class Shape:
    seed: int = 1
    domains: tuple[str, ...] = ("a.test", "b.test")  # local
    users: int = 100  # user0 the busiest
    attachments: int = 500  # files that are sent again and again
    unique: float = 0.5  # share of attachments that are sent once
    largest_attachment: int = 8_000_000  # octets, before Base64
    interval: int = 97  # seconds between messages
