"""The files that are sent around: file k is the same octets in every mail that has it. Half of them are as good as random (pictures,
archives), half can be compressed (tables, text); their sizes are log-normal around 60 KB."""
import base64
import math
import random
from dataclasses import dataclass

from realistic.chance import octets, pick, sentence, stream
from realistic.shape import Shape
from realistic.words import LAST_NAMES, WORDS

OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = (
    ("pdf", "application/pdf", 28), ("docx", OFFICE + "wordprocessingml.document", 14),
    ("xlsx", OFFICE + "spreadsheetml.sheet", 10), ("jpg", "image/jpeg", 20), ("png", "image/png", 12),
    ("csv", "text/csv", 5), ("txt", "text/plain", 4), ("zip", "application/zip", 7),
)
MAGIC = {"jpg": b"\xff\xd8\xff\xe0\0\x10JFIF", "png": b"\x89PNG\r\n\x1a\n"}
ZIP_MAGIC = b"PK\x03\x04\x14\0\x06\0"
PDF_PAGE = b"%d 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R >>\nendobj\n"
KEPT = 400  # files in memory


@dataclass(frozen=True)
class Attachment:
    name: str
    media_type: str
    base64: bytes  # in lines


class Attachments:
    def __init__(self, shape: Shape):
        self._shape = shape
        self.popular = max(20, shape.attachments)  # files 0 to here are sent again and again
        self._kept: dict[int | str, Attachment] = {}

    def get(self, key: int | str) -> Attachment:
        if key not in self._kept:
            if len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = self._make(key)
        return self._kept[key]

    def _make(self, key: int | str) -> Attachment:
        chance = stream(self._shape.seed, "att", key)
        size = min(self._shape.largest_attachment, max(600, int(math.exp(chance.gauss(math.log(60_000), 1.5)))))
        suffix, media_type, _ = pick(chance, KINDS)
        content = _content(chance, suffix, size)
        name = f"{chance.choice(WORDS['en'])}_{chance.choice(LAST_NAMES)}_{chance.randint(1, 2099)}.{suffix}"
        return Attachment(name.replace("'", ""), media_type, base64.encodebytes(content).replace(b"\n", b"\r\n"))


def _content(chance: random.Random, suffix: str, size: int) -> bytes:
    if suffix in ("csv", "txt"):
        return _table(chance, size)
    if suffix == "pdf":
        # a third of it objects that can be compressed, the rest like streams that are
        pages = b"".join(PDF_PAGE % (number, number + 1) for number in range(size // 300))
        return b"%PDF-1.5\n" + (pages[:size // 3] + octets(chance, size - size // 3))[:size]
    return MAGIC.get(suffix, ZIP_MAGIC) + octets(chance, size)


def _table(chance: random.Random, size: int) -> bytes:
    lines: list[str] = []
    done = 0
    while done < size:
        number, name = chance.randint(1, 10**6), chance.choice(LAST_NAMES)
        amount = f"{chance.randint(1, 9999)},{chance.randint(0, 99):02d}"
        lines.append(f"{number};{name};{amount};{sentence(chance, 'de', 2, 6)}")
        done += len(lines[-1]) + 1
    return "\n".join(lines).encode()[:size]
