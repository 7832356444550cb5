"""Chance that is the same on every machine, and what is made of it: dates, sentences, paragraphs."""
import random
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from realistic.words import OTHER_DOMAINS, WORDS

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WITHOUT_SPACES = ("ja", "zh")


def stream(seed: int, *what: object) -> random.Random:
    """The random stream for one purpose."""
    name = f"{seed}|" + "|".join(map(str, what))
    return random.Random(int.from_bytes(sha256(name.encode()).digest()[:8], "big"))


def octets(chance: random.Random, count: int) -> bytes:
    return chance.getrandbits(8 * count).to_bytes(count, "little") if count else b""


def pick(chance: random.Random, choices: Sequence[tuple]) -> Any:
    """One of the tuples, whose last members are their shares."""
    rest = chance.random() * sum(choice[-1] for choice in choices)
    for choice in choices:
        rest -= choice[-1]
        if rest < 0:
            return choice
    return choices[-1]


def date(seconds: int, zone: int) -> str:
    """As header fields have it (RFC 5322 §3.3). By arithmetic: neither locale nor time zone data have a say."""
    days, second = divmod(seconds + zone * 3600, 86400)
    shifted = days + 719468  # from 1 March of the year 0, so that the day of February comes last
    era, day_of_era = divmod(shifted, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_of_year = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_of_year + 2) // 5 + 1
    month = month_of_year + 3 if month_of_year < 10 else month_of_year - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    return f"{DAYS[(days + 3) % 7]}, {day} {MONTHS[month - 1]} {year} {clock} {zone:+03d}00"


def sentence(chance: random.Random, language: str, shortest: int = 4, longest: int = 18) -> str:
    words = WORDS[language]
    count = chance.randint(shortest, longest)
    made = [words[int(len(words) * chance.random() ** 2.2)] for _ in range(count)]
    if chance.random() < 0.07:
        made.append(f"{chance.choice(['INV', 'PO', 'TCK', 'REF'])}-{chance.randint(10000, 99999)}")
    if chance.random() < 0.02:
        made.append(f"https://www.{chance.choice(OTHER_DOMAINS)}/{words[0] if words[0].isascii() else 'p'}/{chance.getrandbits(40):x}")
    text = ("" if language in WITHOUT_SPACES else " ").join(made)
    return text[:1].upper() + text[1:] + ("。" if language in WITHOUT_SPACES else ".")


def paragraphs(chance: random.Random, language: str, size: int) -> list[str]:
    """Lines of some 72 columns, at least `size` octets in UTF-8, an empty line behind each paragraph."""
    made: list[str] = []
    done = 0
    while done < size:
        text = " ".join(sentence(chance, language) for _ in range(chance.randint(1, 6)))
        line = ""
        for word in text.split(" "):
            if len(line) + len(word) > 72:
                made.append(line)
                line = ""
            line += (" " if line else "") + word
        made += [line, ""]
        done += len(text.encode())
    return made
