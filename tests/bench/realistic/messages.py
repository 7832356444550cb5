"""The messages: 60 % from one local user to others, 20 % from outside, 20 % to outside; to 1 recipient mostly, to 40 at most.

Most are text of 1 to 20 KB (log-normal), 21 % have attachments: half are under some 6 KB, and the mean is some 70 KB.
"""
import base64
import random
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from realistic.attachments import Attachments
from realistic.chance import date, octets, pick, sentence, stream
from realistic.parts import attached, encoded_words, html, inline, multipart, text_part
from realistic.shape import EPOCH, Shape
from realistic.threads import Place, Threads
from realistic.words import AGENTS, DISPLAY_NAMES, FIRST_NAMES, LAST_NAMES, OTHER_DOMAINS

WAYS = (("local", 60), ("in", 20), ("out", 20))
KINDS = (("plain", 44), ("alt", 33), ("attach", 16), ("related", 5), ("auto", 2))
ZONES = (0, 1, 1, 1, 2, 2, -5, 9)
MOST_RECIPIENTS = 40


@dataclass(frozen=True)
class Envelope:
    way: str  # of WAYS
    sender: str
    recipients: list[str]
    time: int  # seconds since 1970
    zone: int  # hours


@dataclass(frozen=True)
class Message:
    envelope: Envelope
    octets: bytes


class Messages:
    def __init__(self, shape: Shape):
        self._shape = shape
        self._threads = Threads(shape)
        self._attachments = Attachments(shape)

    def message(self, number: int) -> Message:
        chance = stream(self._shape.seed, "msg", number)
        place = self._threads.place(number)
        envelope = self._envelope(chance, number)
        kind = pick(chance, KINDS)[0]
        fields = [*_trace(chance, envelope), *_identity(chance, envelope, place)]
        if place.ancestors:
            names = [self._threads.place(ancestor).message_id for ancestor in place.ancestors]
            fields += ["In-Reply-To: " + names[0], "References: " + "\r\n ".join(reversed(names))]
        fields += _programs(chance, envelope)
        if kind == "auto":
            fields.append("Auto-Submitted: auto-generated")
            body = text_part(chance, "text/plain", _machine_log(chance, envelope), "en")
        else:
            body = self._body(chance, number, kind)
        return Message(envelope, "\r\n".join(fields).encode() + b"\r\n" + body)

    def _envelope(self, chance: random.Random, number: int) -> Envelope:
        way = pick(chance, WAYS)[0]
        sender = _outsider(chance) if way == "in" else self._user(chance)
        count = min(MOST_RECIPIENTS, 1 if chance.random() < 0.72 else 1 + int(chance.expovariate(0.45)))
        recipients: dict[str, None] = {}
        for which in range(count):
            outside = way == "out" and (which == 0 or chance.random() < 0.5)
            recipients[_outsider(chance) if outside else self._user(chance)] = None
        time = EPOCH + number * self._shape.interval + chance.randint(0, self._shape.interval)
        return Envelope(way, sender, list(recipients), time, chance.choice(ZONES))

    def _user(self, chance: random.Random) -> str:
        number = int(self._shape.users * chance.random() ** 2)
        return f"user{number}@{self._shape.domains[number % len(self._shape.domains)]}"

    def _body(self, chance: random.Random, number: int, kind: str) -> bytes:
        lines, language = self._threads.text(number), self._threads.place(number).language
        text = "\r\n".join(lines) + "\r\n"
        boundary = f"=_{sha256(b'b%d|%d' % (self._shape.seed, number)).hexdigest()[:20]}_{number}"
        if kind == "plain":
            parameters = chance.choice(["", "; format=flowed"])
            return text_part(chance, "text/plain", text, language, parameters)
        plain = text_part(chance, "text/plain", text, language)
        rich = text_part(chance, "text/html", html(chance, lines, language), language)
        both = multipart("alternative", [plain, rich], boundary + "a")
        first = both if chance.random() < 0.75 else text_part(chance, "text/plain", text, language)
        if kind == "alt":
            return both
        return multipart("related" if kind == "related" else "mixed", [first, *self._files(chance, number, kind)], boundary)

    def _files(self, chance: random.Random, number: int, kind: str) -> Iterable[bytes]:
        for which in range(1 if chance.random() < 0.7 else chance.randint(2, 4)):
            key: int | str = int(self._attachments.popular * chance.random() ** 2)
            if chance.random() < self._shape.unique:
                key = f"u{number}.{which}"
            file = self._attachments.get(key)
            name = "Kopie_" + file.name if chance.random() < 0.1 else file.name
            yield inline(file, name, number) if kind == "related" else attached(file, name)


def _outsider(chance: random.Random) -> str:
    return f"{chance.choice(FIRST_NAMES)}.{chance.choice(LAST_NAMES)}@{chance.choice(OTHER_DOMAINS)}"


def _trace(chance: random.Random, envelope: Envelope) -> Iterable[str]:
    """The stations that it passed, and a signature as a provider would make it."""
    origin, here = envelope.sender.split("@")[1], envelope.recipients[0].split("@")[1]
    hops = chance.randint(1, 4)
    for hop in range(hops):
        yield (f"Received: from mx{hop}.{origin} (mx{hop}.{origin} [192.0.2.{chance.randint(1, 254)}])\r\n"
               f"\tby mail{hop}.{here} (Postfix) with ESMTPS id {chance.getrandbits(40):010X}\r\n"
               f"\tfor <{envelope.recipients[0]}>; {date(envelope.time + hops - hop, envelope.zone)}")
    if envelope.way == "in" and chance.random() < 0.8:
        signature = base64.b64encode(octets(chance, 256)).decode()
        selector, body_hash = chance.randint(1, 9), base64.b64encode(octets(chance, 32)).decode()
        folded = "\r\n\t ".join(signature[start:start + 70] for start in range(0, len(signature), 70))
        yield (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={origin}; s=s{selector};\r\n"
               f"\th=from:to:subject:date:message-id; bh={body_hash};\r\n\tb={folded}")


def _identity(chance: random.Random, envelope: Envelope, place: Place) -> Iterable[str]:
    name = chance.choice(DISPLAY_NAMES) if chance.random() < 0.25 else envelope.sender.split("@")[0].replace(".", " ").title()
    yield f"From: {encoded_words(name)} <{envelope.sender}>" if not name.isascii() else f'From: "{name}" <{envelope.sender}>'
    addresses = [f"<{recipient}>" for recipient in envelope.recipients]
    in_to = max(1, len(addresses) * 2 // 3)
    yield "To: " + ",\r\n ".join(addresses[:in_to])
    if len(addresses) > 2:
        yield "Cc: " + ",\r\n ".join(addresses[in_to:])
    yield "Subject: " + encoded_words(place.subject)
    yield "Date: " + date(envelope.time, envelope.zone)
    yield "Message-ID: " + place.message_id


def _programs(chance: random.Random, envelope: Envelope) -> Iterable[str]:
    """What the programs that it passed through say of themselves."""
    yield ("X-Mailer: " if chance.random() < 0.5 else "User-Agent: ") + chance.choice(AGENTS)
    if envelope.way == "in" and chance.random() < 0.15:
        leave = f"<mailto:leave-{chance.getrandbits(48):x}@lists.example>"
        yield f"List-Id: <announce.lists.example>\r\nList-Unsubscribe: {leave}\r\nPrecedence: list"
    yield "MIME-Version: 1.0"


def _machine_log(chance: random.Random, envelope: Envelope) -> str:
    lines = []
    for second in range(chance.randint(5, 120)):
        lines.append(f"{date(envelope.time + second, 0)[5:25]} host{chance.randint(1, 9)} "
                     f"{chance.choice(['cron', 'sshd', 'kernel', 'smartd'])}[{chance.randint(100, 32000)}]: "
                     f"{sentence(chance, 'en', 3, 9)} status={chance.randint(0, 3)}")
    return "\r\n".join(lines) + "\r\n"
