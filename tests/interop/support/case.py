"""The base of the tests that run real programs: one rig a class, logs shown when a test fails."""
import sys
import unittest

from .instance import PROGRAM
from .pair import Pair
from .rig import Rig


class RigCase(unittest.TestCase):
    """Each class has its own rig, `self.rig`; `set_up_rig` fills it once, before the first test."""

    rig: Rig

    @classmethod
    def setUpClass(cls) -> None:
        if not PROGRAM.exists():
            raise AssertionError(f"{PROGRAM} is not built")
        cls.rig = Rig(cls.__name__.lower())
        cls.addClassCleanup(cls.rig.close)
        try:
            cls.set_up_rig()
        except BaseException:
            cls.rig.dump_logs()
            raise

    @classmethod
    def set_up_rig(cls) -> None:
        pass

    def tearDown(self) -> None:
        self.assertEqual(self.rig.troubles(), [], "what no honest machine would have handed to a sink")

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        before = _bad(result) if result else 0
        done = super().run(result)
        if result and _bad(result) > before:
            print(f"==== logs of {self.id()}", file=sys.stderr)
            self.rig.dump_logs()
        return done


class OwnRigCase(RigCase):
    """Each test has a rig of its own, and fills it itself."""

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        self.rig = Rig(type(self).__name__.lower())
        try:
            return super().run(result)
        finally:
            self.rig.close()


class PairCase(RigCase):
    """With a primary, an archive and the world. Options of `Pair` in `pair_options`."""

    pair: Pair
    pair_options: dict = {}

    @classmethod
    def set_up_rig(cls) -> None:
        cls.pair = Pair(cls.rig, **cls.pair_options)
        cls.primary, cls.archive, cls.world = cls.pair.primary, cls.pair.archive, cls.pair.world

    def setUp(self) -> None:
        self.world.behave()


def _bad(result: unittest.TestResult) -> int:
    return len(result.failures) + len(result.errors)
