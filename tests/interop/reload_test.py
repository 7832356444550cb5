"""A changed configuration while the server runs: whom it reaches, and whom it must not hold up."""
import os
import signal
import tomllib
import unittest

from support import toml
from support.case import OwnRigCase
from support.client import Client
from support.instance import Instance
from support.waiting import until


class ReloadTest(OwnRigCase):
    def setUp(self) -> None:
        at, peer = ((self.rig.host(number), self.rig.port(self.rig.host(number))) for number in (2, 3))
        self.server = Instance(self.rig, "primary", at, peer).start()

    def client(self) -> Client:
        client = Client(self.server.smtp, self.rig.host(9), seconds=5)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def changed(self, size: str) -> str:
        document = tomllib.loads(self.server.config.read_text())
        document["limits"] = {"message_size": size}
        return toml.dumps(document)

    def hang_up(self) -> None:
        self.server.process.popen.send_signal(signal.SIGHUP)

    def wait_for_size(self, octets: int) -> None:
        until(lambda: self.client().extensions["SIZE"] == str(octets), f"a SIZE of {octets}")

    def test_SIGHUP_takes_the_changed_file_and_drops_nobody(self):
        before = self.client()
        self.server.config.write_text(self.changed("64K"))
        self.hang_up()
        self.wait_for_size(65536)
        self.assertEqual(before.command("NOOP"), 250)

    def test_a_file_with_an_error_changes_nothing(self):
        good = self.server.config.read_text()
        self.server.config.write_text(good + "\n[nonsense]\n")
        self.assertEqual(self.server.run("reload").returncode, 2)
        self.hang_up()
        until(lambda: "reload.refused" in self.server.log(), "the refusal in the log")
        self.server.config.write_text(good)
        self.assertEqual(self.client().command("NOOP"), 250)

    def test_a_file_that_comes_slowly_holds_up_no_session(self):
        clients = [self.client() for _ in range(2 * (os.cpu_count() or 1))]  # on every loop
        text, path = self.changed("128K"), self.server.config
        path.unlink()
        os.mkfifo(path)
        self.hang_up()

        def open_for_writing() -> int | None:
            try:
                return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return None

        writer = until(open_for_writing, "the server reads its file")
        try:
            self.assertEqual([client.command("NOOP") for client in clients], [250] * len(clients))
            self.assertEqual(self.client().command("NOOP"), 250)
            path.unlink()
            path.write_text(text)
            os.write(writer, text.encode())
        finally:
            os.close(writer)
        self.wait_for_size(131072)


if __name__ == "__main__":
    unittest.main()
