"""Bodies that lie, bomb or nest: each is taken in bounded time and memory, and comes back octet for octet."""
import base64
import random
import time
import unittest

from support.case import RigCase
from support.client import Client
from support.instance import Instance
from support.mail import Mail, compose
from support.pair import PASSWORD

ALICE = "alice@example.org"
MEBI = 1 << 20
LONGEST = 20  # seconds for one message, on a machine that has other things to do
MEMORY = 32 * MEBI  # what the server is told to take for its store
BESIDE = 16 * MEBI  # for sessions and all else: less than one of the large messages


def _multipart(boundary: str, body: bytes) -> Mail:
    return compose(headers=f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n', body=body)


def _base64(body: bytes) -> Mail:
    part = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    return _multipart("b", b"--b\r\n" + part + b"\r\n--b--\r\n")


def _lines(octets: bytes, lengths) -> bytes:
    """In lines of these lengths, over and over."""
    out, at, turn = [], 0, 0
    while at < len(octets):
        out.append(octets[at:at + lengths[turn % len(lengths)]])
        at, turn = at + len(out[-1]), turn + 1
    return b"\r\n".join(out)


class BadBodiesTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.server = Instance(cls.rig, "primary", at, peer, change=cls.configure).start()
        cls.server.add_account(ALICE, PASSWORD)
        cls.most_memory = cls.server.peak_memory() + MEMORY + BESIDE

    @staticmethod
    def configure(document: dict) -> None:
        document["server"]["memory"] = f"{MEMORY // MEBI}M"
        document["store"] = {"check_writes": True}

    def assert_taken(self, mail: Mail) -> None:
        begin = time.monotonic()
        with Client(self.server.smtp, self.rig.host(9), seconds=2 * LONGEST) as client:
            client.ehlo()
            client.envelope("x@world.example", [ALICE])
            self.assertEqual(client.data(mail.octets), 250)
        self.assertLess(time.monotonic() - begin, LONGEST)
        self.assertLess(self.server.peak_memory(), self.most_memory)
        row = next(each for each in reversed(self.server.messages(ALICE, "INBOX")) if mail.marker in (each["subject"] or ""))
        self.assertIsNone(mail.trouble_with(self.server.export(ALICE, "INBOX", row["uid"])))
        self.assertLess(self.server.peak_memory(), self.most_memory)

    def test_a_million_parts(self):
        self.assert_taken(_multipart("b", b"--b\r\n\r\nx\r\n" * 1_000_000 + b"--b--\r\n"))

    def test_ten_thousand_parts_that_are_worth_sharing(self):
        octets = base64.encodebytes(random.Random(1).randbytes(1500)).replace(b"\n", b"\r\n")
        head = b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        self.assert_taken(_multipart("b", b"".join(head + b"%08d" % number + octets for number in range(10_000)) + b"--b--\r\n"))

    def test_base64_that_is_none(self):
        draw, whole = random.Random(2), base64.b64encode(random.Random(3).randbytes(300_000))
        bodies = {
            "text": b"No line of this is base64, whatever the header says.\r\n" * 20_000,
            "eight bits": bytes(draw.choice(range(128, 256)) for _ in range(50_000)) + b"\r\n",
            "padding in the middle": _lines(whole[:100_000] + b"==" + whole[100_000:], [76]),
            "padding that lacks": _lines(whole + b"QQ", [76]),
            "padding too much": _lines(whole + b"QQ======", [76]),
            "bits behind the last octet": _lines(whole + b"QR==", [76]),
            "lines of changing length": _lines(whole, [76, 75, 4, 72, 1]),
            "one line": whole,
            "spaces at the ends": _lines(whole, [76]).replace(b"\r\n", b" \r\n"),
            "empty lines": _lines(whole, [76]).replace(b"\r\n", b"\r\n\r\n"),
            "text behind it": _lines(whole, [76]) + b"\r\n\r\nThe list adds its advertisement here.",
            "one wrong letter": _lines(whole[:200_001] + b"*" + whole[200_002:], [76]),
        }
        for name, body in bodies.items():
            with self.subTest(body=name):
                self.assert_taken(_base64(body))

    def test_20_MiB_of_one_octet(self):
        self.assert_taken(compose(body=_lines(b"A" * (20 * MEBI), [76]) + b"\r\n"))
        self.assert_taken(_base64(_lines(b"A" * (20 * MEBI), [76])))
        self.assert_taken(compose(body=_lines(b"A" * (20 * MEBI), [MEBI - 2]) + b"\r\n"))

    def test_ten_thousand_levels(self):
        nested = b"".join(b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (level, level + 1) for level in range(10_000))
        self.assert_taken(_multipart("b0", nested + b"".join(b"--b%d--\r\n" % level for level in range(10_000, -1, -1))))
        self.assert_taken(compose(headers="Content-Type: message/rfc822\r\n", body=b"Content-Type: message/rfc822\r\n\r\n" * 10_000))

    def test_boundaries_that_hardly_differ(self):
        boundary = "x" * 69
        self.assert_taken(_multipart(boundary + "y", (b"--" + boundary.encode() + b"z\r\n") * 200_000))


if __name__ == "__main__":
    unittest.main()
