"""Names of mailboxes that are paths elsewhere, or no names at all: each command refuses them in the same clear way, and none of them
ever becomes the name of anything on the disk."""
import os
import tempfile
import unittest
from pathlib import Path

from support.imap_case import ImapCase, letter, literals

CANNOT, NONEXISTENT = b"NO [CANNOT] ", b"NO [NONEXISTENT] "
PATHS = (b"..", b"../../etc/passwd", b"/etc/passwd", b"a/../../b", b"a//b", b"/", b"a/./b")  # good modified UTF-7
NO_TEXTS = (b"&bad", b"&AAA-", b"a&AGE-b", b"&2AA-", b"{3+}\r\na\xffb", b"{2+}\r\n\xc3(", b'"a\x7fb"', b"a" * 1500)
WORDS = ("passwd-of-the-test", "climbed")  # in names, to be looked for on the disk


class NamesTest(ImapCase):
    def setUp(self) -> None:
        self.wire = self.login()

    def answer(self, command: bytes) -> bytes:
        return self.wire.ask(command)[0]

    def assert_begins(self, command: bytes, begin: bytes) -> None:
        answer = self.answer(command)
        self.assertTrue(answer.startswith(begin), (command[:60], answer))

    def test_each_command_answers_no_to_what_is_no_name(self):
        self.ok(self.wire.ask(b"CREATE there"))
        self.ok(self.append(self.wire, b"there", letter("one")))
        self.ok(self.wire.ask(b"SELECT there"))
        one = literals(letter("two"))
        makes = (b"CREATE %s", b"RENAME there %s", b"SUBSCRIBE %s", b"UNSUBSCRIBE %s", b"APPEND %s " + one, b"COPY 1 %s", b"MOVE 1 %s")
        finds = (b"DELETE %s", b"RENAME %s elsewhere", b"STATUS %s (MESSAGES)", b"GETQUOTAROOT %s", b"GETACL %s", b"SETACL %s bob@example.org lr",
                 b"MYRIGHTS %s", b"GETMETADATA %s /private/comment", b'SETMETADATA %s (/private/comment "x")')
        opens = (b"SELECT %s", b"EXAMINE %s")  # at last, since one that fails closes what is open
        for commands, of_path in ((makes, CANNOT), (finds, NONEXISTENT), (opens, NONEXISTENT)):
            for command in commands:
                for name in PATHS + NO_TEXTS:
                    with self.subTest(name=name[:40], command=command[:12]):
                        self.assert_begins(command % name, of_path if name in PATHS else CANNOT)
        self.assertEqual(self.ok(self.wire.ask(b"STATUS there (MESSAGES)")), [b'* STATUS "there" (MESSAGES 1)'])

    def test_a_nul_is_no_octet_of_a_name_in_quotes_or_in_a_literal(self):
        for command in (b"CREATE %s", b"SELECT %s", b"STATUS %s (MESSAGES)", b"DELETE %s", b"SUBSCRIBE %s", b"RENAME INBOX %s", b"APPEND %s {1+}\r\nx"):
            for name in (b'"a\0b"', b"{3+}\r\na\0b"):
                with self.subTest(command=command, name=name):
                    self.assertRegex(self.answer(command % name), rb"^BAD \S+ .*NUL")  # by the grammar: RFC 9051 has no such octet
        self.ok(self.wire.ask(b"NOOP"))

    def test_no_name_is_ever_that_of_a_file(self):
        machine, store = self.reading.machine, self.reading.machine.data
        outside = self.rig.directory
        before = {path for path in outside.rglob("*") if store not in path.parents}
        homes = (Path("/"), Path("/etc"), Path("/tmp"), Path(tempfile.gettempdir()), Path.cwd())
        around = {place: set(os.listdir(place)) for place in homes}
        depth = "../" * 12
        for word in WORDS:
            for name in (word, f"/{word}", f"../{word}", f"{depth}{word}", f"{depth}tmp/{word}", f"a/{depth}{word}", f"./{word}", f"{store}/{word}", f"a\\\\..\\\\{word}"):
                quoted = f'"{name}"'.encode()
                for command in (b"CREATE %s", b"APPEND %s " + literals(letter("one")), b"SUBSCRIBE %s", b"SELECT %s"):
                    self.wire.ask(command % quoted)
            self.wire.ask(b'RENAME INBOX "../%s2"' % word.encode())
        self.assertIn(WORDS[0].encode(), b"".join(self.ok(self.wire.ask(b'LIST "" *'))))  # as a name of its own it is as good as any
        after = {path for path in outside.rglob("*") if store not in path.parents}
        self.assertEqual(after - before, set())
        for place, names in around.items():
            self.assertFalse([name for name in set(os.listdir(place)) - names if any(word in name for word in WORDS)], place)
        self.assertFalse([path for path in store.rglob("*") if any(word in path.name for word in WORDS)])
        self.assertTrue(machine.process.running())


if __name__ == "__main__":
    unittest.main()
