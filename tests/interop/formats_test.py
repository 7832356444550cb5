"""Stores that earlier versions wrote: the present program opens each, and nothing in it is lost or changed."""
import sys
import unittest
from pathlib import Path

from support.case import OwnRigCase
from support.instance import Instance

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "formats"))
import sample  # noqa: E402


class FormatsTest(OwnRigCase):
    maxDiff = 4000

    def test_a_store_of_each_format_is_read_whole(self):
        self.assertTrue(sample.formats(), "there is no sample")
        for folder in sample.formats():
            for role in sample.ROLES:
                with self.subTest(format=folder.name, role=role):
                    machine = self.opened(folder, role)
                    for _ in range(2):  # what a migration wrote is read the second time
                        machine.start()
                        self.assertEqual(sample.describe(machine), sample.expected(folder)[role])
                        self.assertEqual(machine.stop(), 0)

    def test_mailboxes_of_each_format_are_made_again_from_its_change_log(self):
        for folder in sample.formats():
            for role in sample.ROLES:
                with self.subTest(format=folder.name, role=role):
                    machine = self.opened(folder, role)
                    machine.verb("rebuild")
                    machine.start()
                    self.assertEqual(sample.describe(machine)["accounts"], sample.expected(folder)[role]["accounts"])
                    machine.stop()

    def opened(self, folder: Path, role: str) -> Instance:
        """A server on a copy of the sample, with nobody around it. Not running yet."""
        here, nobody = ((self.rig.host(number), self.rig.port(self.rig.host(number))) for number in (2, 3))
        machine = Instance(self.rig, role, here, nobody, name=f"{role}-{folder.name}")
        sample.unpack(folder / f"{role}.tar.xz", machine.data)
        return machine


if __name__ == "__main__":
    unittest.main()
