"""The link between two machines: pairing by people, connecting from both sides, and what strangers at its port achieve."""
import http.server
import json
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import unittest
from pathlib import Path

from support.case import OwnRigCase, RigCase
from support.instance import Instance
from support.linked import Linked, is_up, key_of, link_of
from support.pair import hello
from support.waiting import until

ALICE = "alice@example.org"


def tls(at: tuple[str, int], source: str, certificate: tuple[Path, Path] | None, protocol: str | None = "understudy-peer",
        newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = newest
    if protocol:
        context.set_alpn_protocols([protocol])
    if certificate:
        context.load_cert_chain(*certificate)
    return context.wrap_socket(socket.create_connection(at, 10, (source, 0)))


def frame(kind: int, body: bytes) -> bytes:
    return struct.pack(">IB", len(body) + 1, kind) + body


def text(octets: bytes) -> bytes:
    assert len(octets) < 128
    return bytes([len(octets)]) + octets


def hello_frame(lowest: int = 1, highest: int = 1) -> bytes:
    return frame(1, struct.pack(">HH", lowest, highest) + text(b"stranger 7") + bytes(32) + text(b"stranger.example") + bytes(1))


def is_ended(stream: ssl.SSLSocket) -> bool:
    """What the other side says is read to its end."""
    try:
        while stream.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


class FakeServer(socketserver.ThreadingUnixStreamServer):
    """An admin socket that gives these values, whatever the arguments; other verbs get an empty list."""

    def __init__(self, path: Path, values: dict):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                octets = json.dumps({"value": values.get(self.path.removeprefix("/"), [])}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_) -> None:
                pass

        self.daemon_threads = True
        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class PairingTest(OwnRigCase):
    def test_AP_35_check_names_a_feature_that_the_configuration_needs_and_the_other_machine_lacks(self):
        linked = Linked(self.rig)
        status = {"link": "up", "hostname": "archive.example.org", "program": "understudy 0.0.9", "needed": ["receipts/1"]}
        server = FakeServer(linked.primary.data / "admin.sock", {"peer/status": status})
        self.addCleanup(server.close)
        said = linked.primary.verb("check").decode()
        self.assertIn("the other machine (archive.example.org, understudy 0.0.9) lacks receipts/1, which this configuration needs", said)

    def test_AP_35_two_machines_are_paired_by_the_key_that_each_shows_and_then_know_each_others_version(self):
        linked = Linked(self.rig)
        for machine in (linked.primary, linked.archive):
            path = machine.data / "peer/key.pem"
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertEqual(key_of(machine), linked.keys[machine])  # of the file: nobody runs
        linked.start().wait_until_up()
        version = linked.primary.verb("version").decode().strip()
        for machine in (linked.primary, linked.archive):
            status = machine.json("peer", "status")
            self.assertEqual(status["program"], version)
            self.assertEqual(status["hostname"], linked.other(machine).hostname)
            self.assertEqual(status["features"], link_of(linked.other(machine))["features"])  # the same program on both
            self.assertEqual((status["missing_there"], status["missing_here"], status["needed"]), ([], [], []))
            self.assertEqual(status["instance"], linked.other(machine).json("status")["store"]["instance"])
            self.assertEqual(machine.json("status")["peer_link"], f"up: {linked.other(machine).hostname}, {version}")
            self.assertIn("understudy_peer_connected 1", machine.verb("metrics").decode())
            self.assertIn("good", machine.verb("check").decode())
        shown = linked.primary.verb("peer", "pair").decode()
        self.assertIn(f'key  = "{linked.keys[linked.primary]}"', shown)
        self.assertIn(f'host = "{linked.primary.hostname}"', shown)
        self.assertNotIn("another key", shown)

    def test_a_machine_that_never_ran_has_no_key_and_says_when_it_gets_one(self):
        at, peer = ((self.rig.host(number), self.rig.port(self.rig.host(number))) for number in (2, 3))
        machine = Instance(self.rig, "primary", at, peer)
        done = machine.run("peer", "pair")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"there is no key yet", done.stderr)
        self.assertEqual(machine.start().json("peer", "status")["link"], "none")
        self.assertIn("none: custody", machine.json("status")["peer_link"])

    def test_the_key_that_the_other_machine_offers_is_shown_and_not_trusted(self):
        linked = Linked(self.rig)
        linked.pin(linked.primary, None)
        linked.start()
        offered = until(lambda: linked.primary.json("peer", "pair").get("offered"), "the key of the archive is offered")
        self.assertEqual(offered, linked.keys[linked.archive])
        self.assertIn(offered.encode(), linked.primary.verb("peer", "pair"))
        self.assertFalse(is_up(linked.primary) or is_up(linked.archive))
        self.assertGreaterEqual(link_of(linked.primary)["refused"]["unpaired"], 1)

    def test_AP_35_another_key_is_refused_by_name_and_counted_while_mail_flows(self):
        linked = Linked(self.rig)
        linked.archive.start()
        stranger = "ed25519:" + "A" * 43 + "="
        linked.pin(linked.primary, stranger)
        linked.primary.start()
        until(lambda: link_of(linked.primary)["refused"].get("key", 0) >= 2, "the archive is refused twice")
        mail = hello()
        self.assertEqual(linked.pair.from_world(mail, ALICE), 250)
        linked.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})
        self.assertFalse(is_up(linked.primary) or is_up(linked.archive))
        named = [line for line in linked.primary.log().splitlines() if " peer.refused " in line]
        self.assertTrue(any(f"it shows {linked.keys[linked.archive]}" in line for line in named), named)
        self.assertIn('understudy_peer_refused_total{reason="key"}', linked.primary.verb("metrics").decode())
        self.assertIn("down: custody", linked.primary.json("status")["peer_link"])
        until(lambda: "this machine's key" in link_of(linked.archive)["trouble"], "the archive says what it thinks")


class LifeTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.linked = Linked(cls.rig).start()
        cls.primary, cls.archive = cls.linked.primary, cls.linked.archive

    def setUp(self) -> None:
        for machine in (self.primary, self.archive):
            if not machine.process.running():
                machine.start()
        self.linked.wait_until_up()

    def mail_flows(self) -> None:
        mail = hello()
        self.assertEqual(self.linked.pair.from_world(mail, ALICE), 250)
        self.linked.pair.expect(mail, {"primary alice/INBOX": 1, "archive alice/INBOX": 1})

    def refused(self, machine: Instance, *reasons: str) -> int:
        counts = link_of(machine)["refused"]
        return sum(counts.get(reason, 0) for reason in reasons)

    def stranger(self, machine: Instance, certificate=None, **options) -> ssl.SSLSocket:
        stream = tls(self.linked.ports[machine], self.rig.host(9), certificate, **options)
        self.addCleanup(stream.close)
        return stream

    def test_a_machine_that_is_killed_is_missed_and_found_again(self):
        for killed in (self.archive, self.primary):
            left = self.linked.other(killed)
            killed.kill()
            until(lambda: not is_up(left), "the link is down")
            self.assertIn("down: custody", left.json("status")["peer_link"])
            killed.start()
            self.linked.wait_until_up()
        self.mail_flows()

    def test_a_machine_that_stops_says_so(self):
        self.assertEqual(self.archive.stop(), 0)
        until(lambda: not is_up(self.primary), "the link is down")
        downs = [line for line in self.primary.log().splitlines() if " peer.down " in line]
        self.assertIn("this machine ends the link", downs[-1])

    def test_of_two_that_dial_at_once_one_connection_stays(self):
        for _ in range(3):
            self.archive.kill()
            self.primary.kill()
            self.linked.start().wait_until_up()
            before = self.connection_as_seen()
            self.mail_flows()
            self.assertEqual(self.connection_as_seen(), before)
            self.assertEqual({dialled for _, dialled, _ in before}, {"here", "there"})
            until(lambda: self.connections() == 1, "the other one ends")

    def connection_as_seen(self) -> list[tuple]:
        """Since when, dialled by whom and whereto, by each machine."""
        seen = [link_of(machine) for machine in (self.primary, self.archive)]
        return [(status["connected_since"], status["dialled"], status["address"]) for status in seen]

    def connections(self) -> int:
        """Established ones to either port of the link, by the kernel."""
        ends = {f"{struct.unpack('<I', socket.inet_aton(host))[0]:08X}:{port:04X}" for host, port in self.linked.ports.values()}
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(1 for row in rows if row[1] in ends and row[3] == "01")

    def test_garbage_at_the_port_is_counted_and_the_link_stays(self):
        since = link_of(self.primary)["connected_since"]
        sockets = []
        for octets in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + bytes(600), b"EHLO x\r\n" * 5000, bytes(70000)) * 10:
            stranger = socket.create_connection(self.linked.ports[self.primary], 10, (self.rig.host(9), 0))
            sockets.append(stranger)
            try:
                stranger.sendall(octets)
            except ConnectionError:
                pass  # ended already
        until(lambda: self.refused(self.primary, "handshake", "flood") >= 30, "most are counted")
        for stranger in sockets:
            stranger.close()
        self.assertEqual(link_of(self.primary)["connected_since"], since)
        self.mail_flows()

    def test_without_the_key_nobody_says_a_word(self):
        """Under TLS 1.3 a client learns of the refusal when it reads."""
        since = link_of(self.primary)["connected_since"]
        for options in ({}, {"protocol": None}, {"protocol": "h2"}, {"newest": ssl.TLSVersion.TLSv1_2}):
            with self.subTest(options=options):
                try:
                    stream = self.stranger(self.primary, **options)
                    stream.sendall(hello_frame())
                except OSError:
                    continue
                self.assertTrue(is_ended(stream))
        self.assertEqual(link_of(self.primary)["connected_since"], since)

    def test_the_key_without_the_protocol_opens_nothing(self):
        certificate = self.linked.certificate(self.rig.directory, self.archive)
        stream = self.stranger(self.primary, certificate, protocol=None)
        stream.settimeout(5)
        try:
            stream.sendall(hello_frame())
        except OSError:
            pass
        self.assertTrue(is_ended(stream))
        until(lambda: link_of(self.primary)["refused"].get("protocol", 0) >= 1, "it is counted")

    def test_AP_35_a_machine_of_another_version_is_told_which_are_spoken(self):
        certificate = self.linked.certificate(self.rig.directory, self.archive)
        self.archive.kill()
        stream = self.stranger(self.primary, certificate)
        stream.sendall(hello_frame(5, 6))
        said = b""
        while more := stream.recv(65536):
            said += more
            if b"no version of the link in common: 1 to 1 at mailbox.example.org, 5 to 6 at stranger.example" in said:
                break
        else:
            self.fail(f"it said {said!r}")
        until(lambda: link_of(self.primary)["refused"].get("version", 0) >= 1, "it is counted")

    def test_a_peer_that_says_nonsense_is_told_what_and_the_next_one_is_taken(self):
        certificate = self.linked.certificate(self.rig.directory, self.archive)
        self.archive.kill()
        for nonsense, why in ((frame(7, bytes(8)), b"something before hello"), (hello_frame() * 2, b"a second hello"),
                              (b"\xff" * 5, b"a frame of 4294967295 octets"), (hello_frame() + frame(2, text(b"x") + bytes(8)), b"topic x"),
                              (hello_frame() + frame(0x22, b""), b"unknown type 34")):
            with self.subTest(why=why):
                stream = self.stranger(self.primary, certificate)
                stream.sendall(nonsense)
                said = b""
                while why not in said:
                    more = stream.recv(65536)
                    self.assertTrue(more, f"it said {said!r}")
                    said += more
                stream.close()
        self.archive.start()
        self.linked.wait_until_up()

    def test_AP_35_check_names_what_a_peer_without_features_lacks_and_that_there_is_no_link(self):
        certificate = self.linked.certificate(self.rig.directory, self.archive)
        self.assertNotIn("missing", self.primary.verb("check").decode())
        self.archive.kill()
        until(lambda: not is_up(self.primary), "the link is down")
        self.assertIn("the peer link is down: custody, witness and takeover are missing", self.primary.verb("check").decode())
        stream = self.stranger(self.primary, certificate)
        stream.sendall(hello_frame())
        until(lambda: is_up(self.primary), "the stranger is taken for the archive")
        needed = self.primary.json("peer", "status")["needed"]
        self.assertIn("receipts/1", needed)
        said = self.primary.verb("check").decode()
        for feature in needed:
            self.assertIn(f"the other machine (stranger.example, stranger 7) lacks {feature}, which this configuration needs", said)
        stream.close()
        self.archive.start()
        self.linked.wait_until_up()

    def test_a_peer_that_never_reads_is_given_up(self):
        certificate = self.linked.certificate(self.rig.directory, self.archive)
        self.archive.kill()
        before = self.primary.peak_memory()
        stream = self.stranger(self.primary, certificate)
        stream.sendall(hello_frame())
        until(lambda: is_up(self.primary), "the stranger is taken for the archive")
        stream.settimeout(1)
        try:
            for number in range(2_000_000):  # each is answered
                stream.sendall(frame(7, struct.pack(">Q", number)) * 100)
        except OSError:
            pass  # it reads no more, or has ended
        until(lambda: not is_up(self.primary), "it is given up")
        self.assertLess(self.primary.peak_memory() - before, 40 << 20)
        self.archive.start()
        self.linked.wait_until_up()


if __name__ == "__main__":
    unittest.main()
