"""Each conversation of imap_scripts/, word for word: commands, responses and response codes of the base and of each extension."""
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

    def run_script(self, path: Path) -> None:
        user = f"{path.stem}@{DOMAIN}"
        self.reading.machine.add_account(user, PASSWORD)

        def login() -> Wire:
            wire = Wire(self.reading.imap, unverified())
            self.addCleanup(wire.close)
            answer, _ = wire.ask(f'LOGIN {user} "{PASSWORD}"'.encode())
            self.assertTrue(answer.startswith(b"OK"), answer)
            return wire

        Conversation(login).run(path)


def _test_of(path: Path):
    def test(self: ImapScriptsTest) -> None:
        self.run_script(path)

    return test


for script in SCRIPTS:
    setattr(ImapScriptsTest, f"test_{script.stem}", _test_of(script))


if __name__ == "__main__":
    unittest.main()
