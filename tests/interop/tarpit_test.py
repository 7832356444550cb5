"""Hosts that take a connection and say nothing: they hold up neither the routes of the administrator nor hosts that answer; and
no stranger can have us write to them."""
import socket
import threading
import time
import unittest

from support.case import RigCase
from support.client import Client, smtp_send
from support.host import may_listen_on_port_25
from support.instance import Instance
from support.knot import Knot
from support.mail import compose
from support.pair import PASSWORD
from support.sink import Sink
from support.waiting import until

ALICE = "alice@example.org"
CONNECTIONS, SILENT, OPEN_WAIT = 8, 12, 3


class Tarpit:
    """Accepts on port 25 of an address, and counts those who are there."""

    def __init__(self, rig, address: str):
        self.seen, self._open = 0, []
        self._socket = socket.create_server((address, 25))
        rig.at_close(self._socket.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            link.setblocking(False)
            self._open.append(link)
            self.seen += 1

    def open_now(self) -> int:
        for link in list(self._open):
            try:
                if link.recv(1000) == b"":
                    self._open.remove(link)
            except BlockingIOError:
                pass
            except OSError:
                self._open.remove(link)
        return len(self._open)


class TarpitTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        hosts = [cls.rig.host(60 + number) for number in range(SILENT)]
        if not may_listen_on_port_25(hosts[0]):
            raise unittest.SkipTest("may not listen on port 25")
        cls.tarpits = [Tarpit(cls.rig, host) for host in hosts]
        cls.good, cls.smarthost = Sink(cls.rig.host(21), 25), Sink(cls.rig.host(22))
        for sink in (cls.good, cls.smarthost):
            cls.rig.watch(sink)
        zone = "".join(f"silent{number} A {host}\n" for number, host in enumerate(hosts)) + f"good A {cls.good.address}\n"
        dns = Knot(cls.rig, cls.rig.host(5), {"example": zone})

        def change(document: dict) -> None:
            document["dns"] = {"servers": [dns.at], "allow_loopback": True}
            document["outbound"] = {"connections": CONNECTIONS, "open_wait": f"{OPEN_WAIT}s"}
            document["queue"] = {"retry_first": "1h", "retry_longest": "1h"}
            document["route"] = [{"match": "routed.example", "via": cls.smarthost.at}, {"match": "*", "via": "mx"}]
            document["passthrough"]["copy_local_to_outbox"] = False

        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.server = Instance(cls.rig, "primary", at, peer, change=change).start()
        cls.server.add_account(ALICE, PASSWORD)

    def send(self, *to: str):
        mail = compose(to=", ".join(to), sender=ALICE)
        smtp_send(self.server.submission, mail.octets, ALICE, list(to), source=self.rig.host(9), login=(ALICE, PASSWORD))
        return mail

    def held(self) -> int:
        return sum(tarpit.open_now() for tarpit in self.tarpits)

    def test_silent_hosts_hold_half_of_the_connections_and_not_for_long(self):
        self.send(*(f"x@silent{number}.example" for number in range(SILENT)))
        until(lambda: self.held() > 0, "a connection to a silent host")
        began, most = time.monotonic(), 0
        routed = self.send("boss@routed.example")
        self.smarthost.wait_for(routed.marker, seconds=OPEN_WAIT)
        late = self.send("y@good.example")
        while not self.good.got(late.marker) and time.monotonic() - began < 10 * OPEN_WAIT:
            most = max(most, self.held())
            time.sleep(0.05)
        self.assertTrue(self.good.got(late.marker), "a host that answers never had its turn")
        self.assertEqual(most, CONNECTIONS // 2)
        until(lambda: all(tarpit.seen == 1 for tarpit in self.tarpits), "each silent host had its turn", 10 * OPEN_WAIT)
        until(lambda: self.held() == 0, "an end of all that silence", 3 * OPEN_WAIT)

    def test_a_stranger_may_ask_for_no_reports_and_a_user_may(self):
        with Client(self.server.smtp, self.rig.host(9)) as client:
            client.ehlo()
            self.assertNotIn("DSN", client.extensions)
            client.must("MAIL FROM:<x@silent0.example>", 250)
            refused = client.command(f"RCPT TO:<{ALICE}> NOTIFY=SUCCESS")
            self.assertEqual((refused.code, refused.enhanced), (555, "5.5.4"))
        with Client(self.server.submission, self.rig.host(9)) as client:
            client.ehlo()
            self.assertIn("DSN", client.extensions)


if __name__ == "__main__":
    unittest.main()
