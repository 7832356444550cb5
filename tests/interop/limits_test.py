"""Each limit at its edge: the last that passes, the first that does not, and the code that says so."""
import time
import unittest

from support.case import RigCase
from support.client import Client, Closed, Reply
from support.instance import Instance
from support.mail import Mail, compose
from support.pair import PASSWORD
from support.waiting import until

ALICE = "alice@example.org"
MESSAGE_SIZE, RECIPIENTS, COMMAND_LINE, HEADER_FIELDS, ERRORS = 65536, 100, 1024, 100, 5
CONNECTIONS, PER_ADDRESS = 30, 10
TEXT_LINE = 1 << 20  # fixed; docs/configuration.md, [limits]


def _small_limits(document: dict) -> None:
    document["limits"] = {
        "message_size": "64K", "recipients": RECIPIENTS, "command_line": COMMAND_LINE, "header_fields": HEADER_FIELDS,
        "errors": ERRORS, "command_wait": "2s", "data_wait": "2s", "data_rate": 1000, "hops": 20, "connections": CONNECTIONS,
        "connections_per_address": PER_ADDRESS}
    document["account"] += [{"address": f"user{number}@example.org"} for number in range(RECIPIENTS + 1)]


class LimitsTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.server = Instance(cls.rig, "primary", at, peer, change=_small_limits).start()
        cls.server.add_account(ALICE, PASSWORD)

    def setUp(self):
        self.clients: list[Client] = []
        self.addCleanup(lambda: [client.close() for client in self.clients])

    def client(self, number: int = 9) -> Client:
        self.clients.append(Client(self.server.smtp, self.rig.host(number)))
        return self.clients[-1]

    def ready(self, number: int = 9) -> Client:
        client = self.client(number)
        client.ehlo()
        return client

    def is_stored(self, marker: str) -> bool:
        return any(marker in (each["subject"] or "") for each in self.server.messages(ALICE, "INBOX"))

    def test_message_size_as_declared(self):
        client = self.ready()
        self.assertEqual(client.extensions["SIZE"], str(MESSAGE_SIZE))
        self.assertEqual(client.command(f"MAIL FROM:<> SIZE={MESSAGE_SIZE}"), 250)
        client.must("RSET", 250)
        refused = client.command(f"MAIL FROM:<> SIZE={MESSAGE_SIZE + 1}")
        self.assertEqual((refused.code, refused.enhanced), (552, "5.3.4"))
        self.assertEqual(client.command("MAIL FROM:<> SIZE=99999999999999999999").code // 100, 5)

    def test_message_size_as_sent(self):
        for size, code in ((MESSAGE_SIZE, 250), (MESSAGE_SIZE + 1, 552), (10 * MESSAGE_SIZE, 552)):
            for way in ("DATA", "BDAT"):
                with self.subTest(size=size, way=way):
                    mail = compose(body=b"")
                    lines = b"x" * 70 + b"\r\n"
                    octets = (mail.octets + lines * (size // len(lines)))[:size - 2] + b"\r\n"
                    client = self.ready()
                    client.envelope("", [ALICE])
                    reply = client.data(octets) if way == "DATA" else client.bdat(octets)
                    self.assertEqual(reply, code)
                    if code != 250:
                        self.assertEqual(reply.enhanced, "5.3.4")
                    self.assertEqual(client.command("NOOP"), 250)  # still in step
                    self.assertEqual(self.is_stored(mail.marker), code == 250)

    def test_recipients_of_one_transaction(self):
        client = self.ready()
        client.must("MAIL FROM:<>", 250)
        for number in range(RECIPIENTS):
            client.must(f"RCPT TO:<user{number}@example.org>", 250)
        refused = client.command(f"RCPT TO:<user{RECIPIENTS}@example.org>")
        self.assertEqual((refused.code, refused.enhanced), (452, "4.5.3"))
        self.assertEqual(client.data(compose().octets), 250)

    def test_a_message_that_drips_in_chunks_is_left(self):
        """1,000 octets a second are asked for; each chunk by itself would come in time."""
        client = self.ready(33)
        client.envelope("", [ALICE])
        begin = time.monotonic()
        try:
            while time.monotonic() - begin < 10:
                client.send(b"BDAT 20\r\n" + b"x" * 18 + b"\r\n")
                if client.reply() == 421 or not client.is_silent(0.2):
                    break
        except (Closed, ConnectionError):
            pass
        self.assertLess(time.monotonic() - begin, 6)

    def test_length_of_a_command(self):
        client = self.ready()
        self.assertEqual(client.command("NOOP " + "x" * (COMMAND_LINE - 5)), 250)
        refused = client.command("NOOP " + "x" * (COMMAND_LINE - 4))
        self.assertEqual((refused.code, refused.enhanced), (500, "5.5.2"))
        self.assertEqual(client.command("NOOP"), 250)

    def test_a_command_of_16_MiB_does_no_harm(self):
        client = self.ready()
        try:
            client.send(b"EHLO " + b"x" * (16 << 20) + b"\r\n")
            self.assertEqual(client.reply().code // 100, 5)
        except (Closed, ConnectionError):
            pass
        self.assertEqual(self.ready().command("NOOP"), 250)

    def test_header_fields(self):
        for count, code in ((HEADER_FIELDS, 250), (HEADER_FIELDS + 1, 554)):
            with self.subTest(count=count):
                mail = compose(headers="")
                present = mail.octets.partition(b"\r\n\r\n")[0].count(b"\r\n") + 1
                octets = b"X-Filler: x\r\n" * (count - present) + mail.octets
                client = self.ready()
                client.envelope("", [ALICE])
                reply = client.data(octets)
                self.assertEqual(reply, code)
                if code != 250:
                    self.assertEqual(reply.enhanced, "5.6.0")

    def test_received_fields_make_a_loop(self):
        for count, code in ((19, 250), (20, 554)):
            with self.subTest(count=count):
                mail = compose()
                trace = b"".join(b"Received: from a by b.example; Mon, 06 Jul 2026 10:00:00 +0000\r\n" for _ in range(count))
                client = self.ready()
                client.envelope("", [ALICE])
                reply = client.data(trace + mail.octets)
                self.assertEqual(reply, code)
                if code != 250:
                    self.assertEqual(reply.enhanced, "5.4.6")

    def test_errors_of_one_session(self):
        client = self.ready()
        for _ in range(ERRORS):
            self.assertEqual(client.command("BOGUS"), 500)
        last = client.command("BOGUS")
        self.assertEqual((last.code, last.enhanced), (421, "4.7.0"))
        self.assertTrue(client.is_closed())

    def test_a_silent_client_is_told_and_left(self):
        client = self.ready()
        begin = time.monotonic()
        self.assertEqual(client.reply(), 421)
        self.assertTrue(client.is_closed())
        self.assertTrue(1.5 < time.monotonic() - begin < 6)

    def test_a_client_that_drips_a_command_is_left_as_well(self):
        client = self.ready()
        begin = time.monotonic()
        try:
            while time.monotonic() - begin < 8:
                client.send(b"N")
                if not client.is_silent(0.3):
                    break
            self.assertEqual(client.reply(), 421)
        except (Closed, ConnectionError):
            pass
        self.assertLess(time.monotonic() - begin, 6)

    def test_a_client_that_stops_in_its_data_is_left_and_nothing_is_stored(self):
        mail = compose()
        client = self.ready()
        client.envelope("", [ALICE])
        client.must("DATA", 354)
        client.send(mail.octets[:-5])
        self.assertEqual(client.reply(), 421)
        self.assertFalse(self.is_stored(mail.marker))

    def test_a_client_of_the_company_has_as_many_connections_as_it_asks_for(self):
        """A reload makes it one, without a word to those who are connected."""
        def trust(document: dict) -> None:
            document["client"] = document.get("client", []) + [
                {"name": "gateway.example.org", "networks": [f"{self.rig.host(32)}/32"], "may": ["relay"]}]

        before = [self.client(32) for _ in range(PER_ADDRESS)]
        self.assertEqual(self.client(32).greeting, 421)
        self.server.configure(trust)
        self.server.verb("reload")
        self.assertEqual(self.client(32).greeting, 220)
        self.assertEqual([client.command("NOOP") for client in before], [250] * PER_ADDRESS)

    def test_connections_of_one_address_and_in_all(self):
        for _ in range(PER_ADDRESS):
            self.assertEqual(self.client(31).greeting, 220)
        refused = self.client(31)
        self.assertEqual((refused.greeting.code, refused.greeting.enhanced), (421, "4.3.2"))
        self.assertTrue(refused.is_closed())
        for number in range(CONNECTIONS - PER_ADDRESS):
            self.assertEqual(self.client(40 + number).greeting, 220)
        self.assertEqual(self.client(99).greeting, 220)  # who has been silent longest makes room
        told = self.clients[0].reply()
        self.assertEqual((told.code, told.enhanced), (421, "4.3.2"))
        for client in self.clients:
            client.close()
        until(lambda: self.client(99).greeting == 220, "room for another connection")  # once the server has seen the ends
        self.assertEqual(self.ready().command("NOOP"), 250)


class TextLineTest(RigCase):
    """A line of a message has no limit that is configured: RFC 5321 promises 998 octets, and honest mail has longer ones."""

    @classmethod
    def set_up_rig(cls):
        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.keeping = cls.rig.host(8)

        def change(document: dict) -> None:
            document["client"] = [{"name": "old.example.org", "networks": [f"{cls.keeping}/32"], "may": ["copy"], "odd_octets": "keep"}]

        cls.server = Instance(cls.rig, "primary", at, peer, change=change).start()
        cls.server.add_account(ALICE, PASSWORD)

    def hand_over(self, octets: bytes, way: str, source: str) -> Reply:
        with Client(self.server.smtp, source) as client:
            client.ehlo()
            client.envelope("", [ALICE])
            reply = client.data(octets) if way == "DATA" else client.bdat(octets)
            self.assertEqual(client.command("NOOP"), 250)  # still in step
            return reply

    def stored(self, mail: Mail) -> list[bytes]:
        return [self.server.export(ALICE, "INBOX", each["uid"]) for each in self.server.messages(ALICE, "INBOX")
                if mail.marker in (each["subject"] or "")]

    def test_length_of_a_line_of_text(self):
        stranger = self.rig.host(9)
        for length, source, code in ((TEXT_LINE, stranger, 250), (TEXT_LINE + 1, stranger, 554), (TEXT_LINE + 1, self.keeping, 250)):
            for way in ("DATA", "BDAT"):
                with self.subTest(length=length, way=way, source=source):
                    mail = compose(body=b"before\r\n" + b"x" * length + b"\r\nafter\r\n")
                    reply = self.hand_over(mail.octets, way, source)
                    self.assertEqual((reply.code, reply.enhanced), (code, "5.6.0" if code != 250 else "2.0.0"))
                    stored = self.stored(mail)
                    self.assertEqual([mail.trouble_with(each) for each in stored], [None] if code == 250 else [])

    def test_a_doubled_dot_is_no_octet_of_the_line_and_the_header_has_the_same_limit(self):
        for length, code in ((TEXT_LINE, 250), (TEXT_LINE + 1, 554)):
            for place, mail in (("dot", compose(body=b"." + b"x" * (length - 1) + b"\r\n")),
                                ("header", compose(headers="X-Long: " + "x" * (length - len("X-Long: ")) + "\r\n"))):
                with self.subTest(length=length, place=place):
                    self.assertEqual(self.hand_over(mail.octets, "DATA", self.rig.host(9)), code)
                    self.assertEqual([mail.trouble_with(each) for each in self.stored(mail)], [None] if code == 250 else [])


if __name__ == "__main__":
    unittest.main()
