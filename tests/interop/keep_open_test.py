"""Connections to a route's hop that stay open between messages, with hops that end them first."""
import time
import unittest

from support.case import OwnRigCase
from support.pair import Pair, hello
from support.sink import Connection
from support.waiting import until

ALICE, EXT = "alice@example.org", "ext@world.example"


def has_quit(connection: Connection) -> bool:
    return any(command.upper().startswith(b"QUIT") for command in connection.commands)


class KeepOpenTest(OwnRigCase):
    def pair(self, keep_open: str) -> Pair:
        return Pair(self.rig, primary=lambda document: document.setdefault("outbound", {}).update(keep_open=keep_open),
                    archive=lambda document: document.setdefault("outbound", {}).update(keep_open=keep_open))

    def send(self, pair: Pair, count: int, pause: float) -> None:
        for _ in range(count):
            mail = hello(EXT, ALICE)
            begin = time.monotonic()
            pair.from_user("alice", mail, EXT)
            pair.world.wait_for(mail.marker)
            self.assertLess(time.monotonic() - begin, 3)  # and not when the connection has rested, or the hop is tried again
            time.sleep(pause)

    def test_messages_one_by_one_take_one_connection_and_one_handshake(self):
        pair = self.pair("3s")
        self.send(pair, 6, 0.3)
        self.assertEqual(len(pair.world.connections), 1)
        pair.primary.wait_for_empty_queue()  # a connection that rests is nothing that waits
        pair.archive.wait_for_empty_queue()
        until(lambda: has_quit(pair.world.connections[0]), "QUIT when it has rested", 10)
        self.send(pair, 1, 0)
        self.assertEqual(len(pair.world.connections), 2)

    def test_0_ends_a_connection_with_its_last_message(self):
        pair = self.pair("0")
        self.send(pair, 3, 0.3)
        self.assertEqual(len(pair.world.connections), 3)

    def test_a_hop_that_went_away_meanwhile_costs_a_connection_and_no_delay(self):
        pair = self.pair("1m")
        self.send(pair, 1, 0)
        for _ in range(3):
            pair.archive.stop()
            pair.archive.start()
            self.send(pair, 1, 0)
        pair.primary.wait_for_empty_queue()
        self.assertNotIn("delivery.hop_failed", pair.primary.log())

    def test_an_end_in_good_order_does_not_wait_for_connections_that_rest(self):
        pair = self.pair("1m")
        self.send(pair, 1, 0)
        for machine in (pair.primary, pair.archive):
            begin = time.monotonic()
            self.assertEqual(machine.stop(), 0)
            self.assertLess(time.monotonic() - begin, 3)
        self.assertTrue(has_quit(pair.world.connections[0]))


if __name__ == "__main__":
    unittest.main()
