"""Each conversation of imap_scripts/, word for word: commands, responses and response codes of the base and of each extension; and
once more with IMAP4rev2 enabled."""
import unittest
from pathlib import Path

from support.case import RigCase
from support.imap_script import Conversation
from support.imap_wire import Wire
from support.instance import DOMAIN
from support.reading import PASSWORD, Reading, unverified

SCRIPTS = sorted((Path(__file__).parent / "imap_scripts").glob("*.txt"))


class ImapScriptsTest(RigCase):
    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig)

    def run_script(self, path: Path, revision: int) -> None:
        user = f"{path.stem}{revision}@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)

        def login() -> Wire:
            wire = Wire(self.reading.imap, unverified())
            self.addCleanup(wire.close)
            answer, _ = wire.ask(f'LOGIN {user} "{PASSWORD}"'.encode())
            self.assertTrue(answer.startswith(b"OK"), answer)
            if revision == 2:
                self.assertEqual(wire.ask(b"ENABLE IMAP4rev2")[1], [b"* ENABLED IMAP4rev2"])
            return wire

        Conversation(login).run(path, revision)


def _test_of(path: Path, revision: int):
    def test(self: ImapScriptsTest) -> None:
        self.run_script(path, revision)

    return test


for script in SCRIPTS:
    setattr(ImapScriptsTest, f"test_{script.stem}", _test_of(script, 1))
    setattr(ImapScriptsTest, f"test_{script.stem}_in_the_second_revision", _test_of(script, 2))


if __name__ == "__main__":
    unittest.main()
