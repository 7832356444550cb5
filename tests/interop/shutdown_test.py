"""SIGTERM: nobody new is let in, who idles is told to go, who is in the middle of a message may end it, for so long."""
import signal
import time
import unittest

from support.case import OwnRigCase
from support.client import Client, Closed, smtp_send
from support.instance import Instance
from support.pair import hello
from support.sink import Sink
from support.waiting import until

ALICE = "alice@example.org"
STOP_WAIT, A_LITTLE = 4, 4  # seconds


class ShutdownTest(OwnRigCase):
    def setUp(self) -> None:
        rig = self.rig
        self.world = Sink(rig.host(4))
        rig.watch(self.world)

        def change(document: dict) -> None:
            document["server"]["stop_wait"] = f"{STOP_WAIT}s"
            document["account"] = document.get("account", []) + [{"address": ALICE}]
            document["route"] = [{"match": "*", "via": self.world.at}]

        at, peer = ((rig.host(number), rig.port(rig.host(number))) for number in (2, 3))
        self.office = rig.host(7)
        self.server = Instance(rig, "primary", at, peer, change=change, options=("--client", f"{self.office}/32")).start()

    def client(self) -> Client:
        client = Client(self.server.smtp, self.rig.host(9))
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def terminate(self) -> float:
        self.server.process.popen.send_signal(signal.SIGTERM)
        return time.monotonic()

    def is_stored(self, marker: str) -> bool:
        return any(marker in (each["subject"] or "") for each in self.server.messages(ALICE, "INBOX"))

    def assert_told_and_left(self, client: Client) -> None:
        reply = client.reply()
        self.assertEqual((reply.code, reply.enhanced), (421, "4.3.2"))
        self.assertTrue(client.is_closed())

    def drip(self, client: Client, octets: bytes, seconds: float) -> None:
        """Sends them piece by piece, so that they take this long."""
        pieces = 20
        for number in range(pieces):
            client.send(octets[number * len(octets) // pieces:(number + 1) * len(octets) // pieces])
            time.sleep(seconds / pieces)

    def test_a_message_under_way_is_taken_and_there_after_the_restart(self):
        idle, by_data, by_chunks = self.client(), self.client(), self.client()
        data, chunks = hello(), hello()
        by_data.envelope("", [ALICE])
        by_data.must("DATA", 354)
        by_data.send(data.octets[:10])
        by_chunks.envelope("", [ALICE])
        self.assertEqual(by_chunks.bdat(chunks.octets[:10], last=False), 250)
        begin = self.terminate()
        self.assert_told_and_left(idle)
        self.assertLess(time.monotonic() - begin, 1)
        with self.assertRaises((ConnectionError, Closed)):
            Client(self.server.smtp, self.rig.host(9))
        self.drip(by_data, data.octets[10:], STOP_WAIT / 2)
        by_data.send(b".\r\n")
        self.assertEqual(by_data.reply(), 250)
        self.assert_told_and_left(by_data)
        self.assertEqual(by_chunks.bdat(chunks.octets[10:]), 250)
        self.assert_told_and_left(by_chunks)
        self.assertEqual(self.server.process.popen.wait(STOP_WAIT + A_LITTLE), 0)
        self.server.start()
        for mail in (data, chunks):
            self.assertTrue(self.is_stored(mail.marker))

    def test_one_that_never_ends_is_cut_when_the_wait_is_over(self):
        mail, client = hello(), self.client()
        client.envelope("", [ALICE])
        client.must("DATA", 354)
        client.send(mail.octets)
        deaf = self.client()  # asks for much and reads nothing
        deaf.send(b"NOOP " + b"x" * 1000 + b"\r\n")
        begin = self.terminate()
        self.assert_told_and_left(client)
        self.assertGreaterEqual(time.monotonic() - begin, STOP_WAIT - 0.1)
        self.assertEqual(self.server.process.popen.wait(STOP_WAIT + A_LITTLE), 0)
        self.assertLess(time.monotonic() - begin, STOP_WAIT + A_LITTLE)
        self.server.start()
        self.assertFalse(self.is_stored(mail.marker))

    def test_an_idle_server_ends_at_once(self):
        begin = self.terminate()
        self.assertEqual(self.server.process.popen.wait(A_LITTLE), 0)
        self.assertLess(time.monotonic() - begin, 2)

    def deliver_slowly(self, seconds: float) -> tuple[str, float]:
        """Stops the server while the world thinks so long about a message that it has got; its marker, and when."""
        self.world.slow("end", seconds)
        mail = hello("ext@world.example", "someone@elsewhere.example")
        smtp_send(self.server.smtp, mail.octets, "someone@elsewhere.example", ["ext@world.example"], source=self.office)
        until(lambda: any(b"DATA" in [command.upper() for command in each.commands] for each in self.world.connections),
              "the delivery has come to DATA")
        return mail.marker, self.terminate()

    def test_a_delivery_under_way_is_ended_and_not_made_again(self):
        marker, begin = self.deliver_slowly(STOP_WAIT / 2)
        self.assertEqual(self.server.process.popen.wait(STOP_WAIT + A_LITTLE), 0)
        self.assertGreater(time.monotonic() - begin, 1)
        self.server.start()
        self.server.wait_for_empty_queue()
        self.assertEqual(len(self.world.got(marker)), 1)

    def test_a_delivery_that_never_ends_is_cut_and_made_again(self):
        marker, _ = self.deliver_slowly(STOP_WAIT + 30)
        self.assertEqual(self.server.process.popen.wait(STOP_WAIT + A_LITTLE), 0)
        self.world.behave()
        self.server.start()
        self.assertTrue(self.world.wait_for(marker))
        self.server.wait_for_empty_queue()


if __name__ == "__main__":
    unittest.main()
