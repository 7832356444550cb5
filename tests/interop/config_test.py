"""A wrong configuration: one clear error with file, line and column, exit status 2, and nothing started."""
import re
import socket
import subprocess
import unittest

from support.case import RigCase
from support.instance import PROGRAM, ROOT, Instance


class ConfigTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        at, peer = ((cls.rig.host(number), cls.rig.port(cls.rig.host(number))) for number in (2, 3))
        cls.instance = Instance(cls.rig, "primary", at, peer)
        cls.good = cls.instance.config.read_text()
        cls.at = at

    def check(self, text: str) -> subprocess.CompletedProcess:
        self.instance.config.write_text(text)
        return self.instance.run("check")

    def broken(self, old: str, new: str) -> tuple[str, int]:
        """The good configuration with one place changed, and the line of that place."""
        found = re.search(old, self.good, re.MULTILINE)
        self.assertIsNotNone(found, f"nothing like {old} in the configuration")
        text = self.good[:found.start()] + new + self.good[found.end():]
        start = found.start() + len(new) - len(new.lstrip("\n"))
        return text, text[:start].count("\n") + 1

    def test_the_configuration_of_init_is_good_and_check_is_silent_and_the_examples_are_there(self):
        done = self.check(self.good)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for example in ("primary", "archive"):
            self.assertTrue((ROOT / f"conf/examples/{example}.toml").exists())

    def test_each_mistake_is_named_with_line_and_column(self):
        key_file = self.rig.directory / "missing.key"
        mistakes = {
            "unknown key": (r'^hostname = ', 'hostnaem = "x"\nhostname = ', "hostnaem"),
            "unknown table": (r"\Z", "\n[passthruogh]\n", "passthruogh"),
            "wrong type": (r"^copy_local_to_outbox = true", 'copy_local_to_outbox = "yes"', "copy_local_to_outbox"),
            "impossible word": (r'^accept_local_from = "anyone"', 'accept_local_from = "somebody"', "accept_local_from"),
            "no TOML": (r"^\[server\]", "[server", "table header"),
            "no address": (r'^bind = \[[^]]*\]', 'bind = ["nowhere"]', "bind"),
            "no network": (r'^networks = \[[^]]*\]', 'networks = ["192.0.2.300/32"]', "networks"),
            "duplicate account": (r"\Z", '\n[[account]]\naddress = "admin@example.org"\n', "admin@example.org"),
            "unreadable key": (r"\Z", f'\n[tls]\ncertificate = "{key_file}"\nkey = "{key_file}"\n', "missing.key"),
            "unknown key of the store": (r"\Z", '\n[store]\ncompresion = 1\n', "compression"),
            "level out of range": (r"\Z", '\n[store]\ncompression = 20\n', "from 0 to 19"),
            "no flag": (r"\Z", '\n[store]\ncheck_writes = "yes"\n', "true or false"),
            "clear password": (r"\Z", '\n[[account]]\naddress = "x@example.org"\npassword = "secret"\n', "password"),
        }
        for name, (old, new, word) in mistakes.items():
            with self.subTest(name):
                text, line = self.broken(old, new)
                done = self.check(text)
                said = done.stderr.decode()
                self.assertEqual(done.returncode, 2, said)
                place = re.search(rf"{re.escape(str(self.instance.config))}:(\d+):(\d+): (?!warning: )", said)
                self.assertIsNotNone(place, f"no file:line:column of an error in: {said}")
                self.assertLessEqual(abs(int(place[1]) - line), 3, f"line {line} in: {said}")
                self.assertIn(word, said)
                self.assertNotIn("secret\"", said)

    def test_a_route_to_oneself_is_a_mistake(self):
        text, _ = self.broken(r'^via = "[^"]*"', 'via = "{}:{}"'.format(*self.at))
        done = self.check(text)
        self.assertEqual(done.returncode, 2, done.stderr.decode())
        self.assertIn("via", done.stderr.decode())

    def test_serve_refuses_what_check_refuses_and_starts_nothing(self):
        text, _ = self.broken(r'^hostname = ', 'hostnaem = "x"\nhostname = ')
        self.instance.config.write_text(text)
        done = self.instance.run("serve")
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(b"ready", done.stdout)
        self.assertEqual(list(self.instance.data.iterdir()), [])

    def test_a_file_that_is_not_there_is_wrong_usage_for_every_verb_in_the_same_words(self):
        path = self.rig.directory / "none.toml"
        for verb in ("check", "serve", "status", "rebuild"):
            with self.subTest(verb):
                done = subprocess.run([PROGRAM, verb, "--config", path], capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(done.stderr, f"understudy: {path}: can't be read: No such file or directory "
                                              "(--config FILE names another one)\n")

    def test_a_port_that_is_taken_is_named_once(self):
        at = (self.rig.host(5), self.rig.port(self.rig.host(5)))
        late = Instance(self.rig, "primary", at, self.at, name="late")
        with socket.create_server(at):
            done = late.run("serve")
        said = done.stderr.decode()
        self.assertEqual(done.returncode, 1, said)
        self.assertEqual(said.count("listen on {}:{}".format(*at)), 1, said)


if __name__ == "__main__":
    unittest.main()
