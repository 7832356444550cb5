"""JSON, Base64 and hexadecimal, each in the one spelling that is not refused."""
import base64
import binascii
import json
import re

from second_trees import demand, Refused


def parse_json(text: bytes | str) -> dict:
    """One object. A name that stands twice in an object would be read differently by different readers: Refused."""
    def unique(pairs: list[tuple[str, object]]) -> dict:
        made = dict(pairs)
        demand(len(made) == len(pairs), "a name stands twice in an object")
        return made

    try:
        document = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise Refused(f"no JSON: {error}") from None
    demand(isinstance(document, dict), "no JSON object")
    return document


def get(document: dict, name: str, kind: type):
    value = document.get(name)
    demand(type(value) is kind, f"{name}: missing, or of the wrong type")  # a bool is no number here
    return value


def from_base64(text: str, count: int | None = None) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"no base64: {error}") from None
    demand(base64.b64encode(octets).decode() == text, "base64 in an uncommon spelling")
    demand(count is None or len(octets) == count, "octets of the wrong number")
    return octets


def from_hex(text: object) -> bytes:
    demand(isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) is not None, "no hash of 64 hexadecimal digits")
    return bytes.fromhex(text)


def number(document: dict, name: str, bits: int) -> int:
    value = get(document, name, int)
    demand(0 <= value < 1 << bits, f"{name}: out of range")
    return value


def path_of(document: dict) -> list[bytes]:
    path = get(document, "path", list)
    demand(len(path) <= 64, "a path of more than 64 hashes")
    return [from_hex(text) for text in path]
