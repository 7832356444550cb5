"""A disk that gets full: mail is put off, before its end and at its end, and taken again by itself; nothing that was taken is lost."""
import base64
import os
import shutil
import subprocess
import unittest

from support.case import OwnRigCase
from support.client import Client, Closed
from support.instance import Instance
from support.mail import compose
from support.pair import PASSWORD
from support.waiting import until

ALICE = "alice@example.org"
MIB = 1 << 20


def _may_mount() -> bool:
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    probe = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return probe.returncode == 0


def _bulky() -> bytes:
    """Two mebibytes that do not get smaller."""
    lines = (base64.b64encode(os.urandom(54)) for _ in range(2 * MIB // 74))
    return compose(body=b"\r\n".join(lines) + b"\r\n").octets


@unittest.skipUnless(_may_mount(), "only root can mount a small disk")
class SpaceTest(OwnRigCase):
    def server(self, disk: int, free_space: str) -> Instance:
        """On a disk of its own of `disk` mebibytes; not started."""
        def change(document: dict) -> None:
            document["server"] |= {"memory": "16M", "stop_wait": "2s", "free_space": free_space}

        at, peer = ((self.rig.host(number), self.rig.port(self.rig.host(number))) for number in (2, 3))
        self.instance = Instance(self.rig, "primary", at, peer, change=change)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk}M,mode=700", "tmpfs", self.instance.data], check=True)
        self.rig.at_close(lambda: subprocess.run(["umount", "--lazy", self.instance.data], check=True))
        return self.instance

    def enlarge(self, disk: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={disk}M", self.instance.data], check=True)

    def free(self) -> int:
        state = os.statvfs(self.instance.data)
        return state.f_bavail * state.f_frsize

    def client(self) -> Client:
        client = Client(self.instance.smtp, self.rig.host(9))
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def fill(self, client: Client):
        """The first reply that is not 250, to MAIL or to the data, and how many messages were taken; None: the connection went."""
        for taken in range(200):
            try:
                reply = client.command("MAIL FROM:<a@b.example>")
                if reply != 250:
                    return reply, taken
                client.must(f"RCPT TO:<{ALICE}>", 250)
                reply = client.data(_bulky())
            except (Closed, OSError):
                return None, taken
            if reply != 250:
                return reply, taken
        raise AssertionError("the disk did not get full")

    def stored(self) -> int:
        return len(self.instance.messages(ALICE, "INBOX"))

    def events(self, name: str) -> int:
        return self.instance.log().count(f" {name} ")

    def is_taken(self) -> bool:
        client = self.client()
        try:
            return client.command("MAIL FROM:<a@b.example>") == 250
        finally:
            client.close()

    def test_mail_is_put_off_below_the_floor_and_taken_again_by_itself(self):
        server = self.server(disk=160, free_space="64M").start()
        server.add_account(ALICE, PASSWORD)
        client = self.client()
        reply, taken = self.fill(client)
        self.assertEqual((reply.code, reply.enhanced), (452, "4.3.1"))
        self.assertGreater(taken, 5)
        self.assertGreater(self.free(), 16 * MIB)
        reply = client.command("MAIL FROM:<a@b.example>")  # the session stays in step
        self.assertEqual((reply.code, reply.enhanced), (452, "4.3.1"))
        server.add_account("bob@example.org", PASSWORD)  # what is not mail from outside goes on
        self.assertIn("understudy_store_space_low 1", server.verb("metrics").decode())
        self.enlarge(400)
        until(self.is_taken, "mail taken again, now that there is space")
        self.assertIn("understudy_store_space_low 0", server.verb("metrics").decode())
        client.envelope("a@b.example", [ALICE])
        self.assertEqual(client.data(compose().octets), 250)
        self.assertEqual(self.stored(), taken + 1)
        self.assertEqual((self.events("space.low"), self.events("space.enough"), self.events("store.stopped")), (1, 1, 0))
        self.assertEqual(server.stop(), 0)

    def test_a_message_that_meets_the_end_of_the_disk_is_put_off_and_the_next_is_taken_when_there_is_space(self):
        server = self.server(disk=60, free_space="0").start()
        server.add_account(ALICE, PASSWORD)
        idle, client = self.client(), self.client()
        reply, taken = self.fill(client)
        self.assertEqual((reply.code, reply.enhanced), (452, "4.3.1"))
        self.assertGreater(taken, 5)
        self.assertTrue(server.process.running())
        self.assertEqual(idle.command("NOOP"), 250)
        self.assertEqual(self.stored(), taken)
        self.enlarge(300)
        for session in (client, idle):  # without a restart, and the session that was refused stays in step
            session.envelope("a@b.example", [ALICE])
            self.assertEqual(session.data(_bulky()), 250)
        self.assertEqual(self.stored(), taken + 2)
        self.assertEqual(self.events("store.stopped"), 0)
        server.process.kill()
        server.start()
        self.assertEqual(self.stored(), taken + 2)
        self.assertEqual(server.stop(), 0)

    def test_a_start_on_a_full_disk_serves_or_is_one_clear_error(self):
        server = self.server(disk=60, free_space="0").start()
        server.add_account(ALICE, PASSWORD)
        _, taken = self.fill(self.client())
        server.process.kill()
        with open(server.data / "ballast", "wb") as ballast:
            while self.free():
                ballast.write(bytes(min(self.free(), MIB)))
                ballast.flush()
        server.configure(lambda document: document["server"].update(free_space="32M"))
        self.start_on_a_full_disk()
        self.enlarge(300)
        if not server.process.running():
            server.start()
        until(self.is_taken, "mail taken again, now that there is space")
        self.assertEqual(self.stored(), taken)
        self.assertEqual(server.stop(), 0)

    def start_on_a_full_disk(self) -> None:
        """It serves and puts mail off, or it says in one line why it cannot."""
        try:
            self.instance.start()
        except AssertionError:
            self.assert_one_clear_error()
        else:
            self.assertFalse(self.is_taken())

    def assert_one_clear_error(self) -> None:
        self.assertEqual(self.instance.process.popen.wait(15), 1)
        said = [line for line in self.instance.log().splitlines() if line.startswith("understudy: ")]
        self.assertEqual(len(said), 1, self.instance.log())
        self.assertIn("No space left", said[0])
        self.assertNotIn("another understudy", said[0])
        self.assertIn(str(self.instance.data), said[0])

    def test_a_first_start_without_space_is_one_clear_error(self):
        server = self.server(disk=2, free_space="1M")
        with open(server.data / "ballast", "wb") as ballast:
            while self.free():
                ballast.write(bytes(min(self.free(), MIB)))
                ballast.flush()
        with self.assertRaises(AssertionError):
            server.start()
        self.assert_one_clear_error()


if __name__ == "__main__":
    unittest.main()
