"""Descriptors: the server takes all that it may have, and keeps those of the store, however many connections come."""
import os
import re
import resource
import socket
import unittest

from support.case import OwnRigCase
from support.client import Client, Closed, Refused
from support.instance import PROGRAM, Instance
from support.mail import compose
from support.pair import PASSWORD
from support.waiting import until

ALICE = "alice@example.org"


class _Limited(Instance):
    """Runs with a soft and a hard limit of its own."""
    limits = (1024, 4096)

    def start(self) -> "Instance":
        self._starts += 1
        self.process = self.rig.start(f"{self.name}-{self._starts}", ["prlimit", "--nofile={}:{}".format(*self.limits), "--",
                                                                     PROGRAM, "serve", "--config", self.config])
        self.process.wait_for_output("ready")
        return self


@unittest.skipUnless(resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 4096, "needs more descriptors than it may have")
class DescriptorsTest(OwnRigCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))  # for our own end

    def server(self, soft: int, hard: int) -> _Limited:
        def change(document: dict) -> None:
            document["server"] |= {"memory": "16M", "stop_wait": "1s"}
            document["limits"] = {"connections": 1000}

        at, peer = ((self.rig.host(number), self.rig.port(self.rig.host(number))) for number in (2, 3))
        self.instance = _Limited(self.rig, "primary", at, peer, change=change)
        self.instance.limits = (soft, hard)
        return self.instance

    def limits_in_force(self) -> tuple[int, int]:
        with open(f"/proc/{self.instance.process.pid}/limits") as limits:
            return tuple(int(number) for number in re.search(r"Max open files\s+(\d+)\s+(\d+)", limits.read()).groups())

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.instance.process.pid}/fd"))

    def crowd(self, count: int) -> None:
        for number in range(count):
            connection = socket.create_connection(self.instance.smtp, 5, (self.rig.host(10 + number // 40), 0))
            self.addCleanup(connection.close)

    def send(self, client: Client, times: int) -> None:
        for _ in range(times):  # enough that the store needs new files
            client.envelope("a@b.example", [ALICE])
            self.assertEqual(client.data(compose(body=os.urandom(400000).hex(" ", 30).replace(" ", "\r\n").encode() + b"\r\n").octets), 250)

    def hold_against_a_crowd(self, count: int) -> None:
        server = self.instance
        server.add_account(ALICE, PASSWORD)
        self.crowd(count)
        self.send(until(self.ready, "a connection beside the crowd"), 40)
        self.assertLessEqual(self.open_files(), self.limits_in_force()[0])
        self.doCleanups()
        after = until(self.ready, "a connection that is let in again")
        self.send(after, 1)
        self.assertEqual(len(server.messages(ALICE, "INBOX")), 41)
        self.assertNotIn("store.stopped", server.log())
        self.assertEqual(server.stop(), 0)

    def ready(self) -> Client | None:
        """Let in, which in a crowd may take some tries."""
        try:
            client = Client(self.instance.smtp, self.rig.host(9))
            self.addCleanup(client.close)
            client.ehlo()
        except (Closed, Refused, OSError):
            return None
        return client

    def test_the_soft_limit_is_raised_and_a_crowd_beyond_it_leaves_the_store_its_files(self):
        server = self.server(soft=256, hard=4096).start()
        self.assertEqual(self.limits_in_force(), (4096, 4096))
        self.assertNotIn("limits.connections", server.log())
        self.hold_against_a_crowd(500)

    def test_where_the_hard_limit_is_short_fewer_are_let_in_and_check_says_so(self):
        server = self.server(soft=256, hard=1400).start()
        self.assertRegex(server.log(), r"warning: limits\.connections: .* only \d+ connections are let in at once")
        self.hold_against_a_crowd(1100)

    def test_where_there_is_room_for_no_connection_the_start_is_refused(self):
        server = self.server(soft=256, hard=512)
        with self.assertRaises(AssertionError):
            server.start()
        self.assertEqual(server.process.popen.wait(10), 2)
        self.assertRegex(server.log(), r"limits\.connections: .* there is room for none; raise the hard limit")


if __name__ == "__main__":
    unittest.main()
