"""`[store]`: however mail is compressed, and compared before it is answered or not, it comes back octet for octet; what is written
wrong is not answered with 250."""
import base64
import random
import unittest
from pathlib import Path

from support.case import OwnRigCase
from support.client import Client, smtp_send
from support.instance import Instance
from support.mail import Mail, compose, from_corpus
from support.pair import PASSWORD
from support.waiting import until

ALICE, BOB = "alice@example.org", "bob@example.org"


def _attached(octets: bytes) -> Mail:
    lines = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    part = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines
    return compose(headers='MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n',
                   body=b"--b\r\n\r\nSee below.\r\n--b\r\n" + part + b"--b--\r\n")


def _hexadecimal(octets: bytes) -> bytes:
    return b"\r\n".join(octets[at:at + 32].hex().encode() for at in range(0, len(octets), 32)) + b"\r\n"


def _mails() -> list[Mail]:
    """Small and large, with much in common and with nothing, and one attachment that comes twice."""
    draw = random.Random(7)
    attached, lines = draw.randbytes(300_000), b"".join(b"%d times the same line\r\n" % draw.randrange(100) for _ in range(20_000))
    return [compose(), from_corpus("plain/cyrus__simple.eml"), compose(body=lines), _attached(attached), _attached(attached),
            _attached(attached[:5000]), compose(body=draw.randbytes(70_000).hex().encode() + b"\r\n")]


class StoreSettingsTest(OwnRigCase):
    def server(self, compression: int, **store) -> Instance:
        store["compression"] = compression
        at, peer = ((self.rig.host(number), self.rig.port(self.rig.host(number))) for number in (2, 3))
        server = Instance(self.rig, "primary", at, peer, name=f"level-{compression}", change=lambda document: document.update(store=store))
        server.start()
        for address in (ALICE, BOB):
            server.add_account(address, PASSWORD)
        return server

    def take(self, server: Instance, mails: list[Mail], to: str) -> None:
        for mail in mails:
            smtp_send(server.smtp, mail.octets, "x@world.example", [to], source=self.rig.host(9))

    def assert_kept(self, server: Instance, mails: list[Mail], account: str) -> None:
        listed = server.messages(account, "INBOX")
        self.assertEqual(len(listed), len(mails))
        for mail, row in zip(mails, listed, strict=True):
            self.assertIsNone(mail.trouble_with(server.export(account, "INBOX", row["uid"])))

    def figure(self, server: Instance, name: str) -> float:
        lines = server.verb("metrics").decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"understudy_store_{name} "))

    def test_mail_comes_back_octet_for_octet_whatever_the_level_checked_or_not(self):
        for level in (0, 1, 19):
            with self.subTest(level=level):
                server, mails = self.server(compression=level, check_writes=True), _mails()
                self.take(server, mails, ALICE)
                self.assert_kept(server, mails, ALICE)
                self.assertGreater(self.figure(server, 'parts_total{found="yes"}'), 0)
                self.assertNotIn("store.written_wrong", server.log())
                self.assertEqual(server.stop(), 0)

    def test_the_level_may_be_changed_and_what_is_stored_is_read_whatever_it_is(self):
        server, before, after = self.server(compression=0), _mails(), _mails()
        self.take(server, before, ALICE)
        plain = self.figure(server, "octets_written_total")
        self.assertEqual(server.stop(), 0)
        server.configure(lambda document: document["store"].update(compression=9, check_writes=True))
        server.start()
        self.take(server, after, BOB)
        self.assertLess(self.figure(server, "octets_written_total"), plain / 2)
        self.assert_kept(server, before, ALICE)
        self.assert_kept(server, after, BOB)
        self.assertEqual(server.stop(), 0)

    def blocks(self, server: Instance) -> Path:
        return max((server.data / "segments").glob("*.blk"))

    def test_a_message_that_is_written_wrong_stays_with_its_sender(self):
        """Its first half is on the disk, and a bit of it changed there, when the second half comes."""
        server = self.server(compression=1, check_writes=True)
        mail = compose(body=_hexadecimal(random.Random(8).randbytes(1 << 20)))
        half = len(mail.octets) // 2
        with Client(server.smtp, self.rig.host(9)) as client:
            client.ehlo()
            client.envelope("x@world.example", [ALICE])
            client.must("DATA", 354)
            client.send(mail.octets[:half])
            until(lambda: list((server.data / "segments").glob("*.blk")) and self.blocks(server).stat().st_size > half // 4, "blocks on the disk")
            with self.blocks(server).open("r+b") as file:
                file.seek(half // 8)
                octet = file.read(1)[0]
                file.seek(half // 8)
                file.write(bytes([octet ^ 4]))
            client.send(mail.octets[half:] + b".\r\n")
            refused = client.reply()
            self.assertEqual((refused.code, refused.enhanced), (451, "4.3.0"))
            self.assertIn("store.written_wrong", server.log())
            self.assertEqual(server.messages(ALICE, "INBOX"), [])
            client.envelope("x@world.example", [ALICE])
            self.assertEqual(client.data(mail.octets), 250)
        self.assert_kept(server, [mail], ALICE)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
