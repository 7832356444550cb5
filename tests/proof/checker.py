"""deploy/check-proof.py and check-consistency.py for the tests: loaded as modules, run as programs, and what they say taken apart."""
import contextlib
import functools
import importlib.machinery
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

sys.dont_write_bytecode = True
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SCRIPT, CONSISTENCY_SCRIPT = DEPLOY / "check-proof.py", DEPLOY / "check-consistency.py"
CHECKS = ("message", "parts", "path", "signature", "key", "witness")
CONSISTENCY_CHECKS = ("first", "second", "first-key", "second-key", "log", "order", "path", "noted")


def load(path: Path):
    name = path.stem.replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


checker, consistency_checker = load(SCRIPT), load(CONSISTENCY_SCRIPT)


class Said:
    """What one run of the script said."""

    def __init__(self, status: int, out: str, err: str):
        self.status, self.out, self.err = status, out, err
        lines = [line.split(maxsplit=1) for line in out.splitlines()]
        self.verdicts = {name: rest.split()[0] for name, rest in lines if name in CHECKS + CONSISTENCY_CHECKS}
        self.entry = [rest for name, rest in lines if name == "entry"]
        self.failed = {name for name, verdict in self.verdicts.items() if verdict == "FAILED"}


class ProofTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A signature takes the script 40 ms: of thousands of runs over a few heads each one is computed once.
        cls.enterClassContext(unittest.mock.patch.object(checker, "signed", functools.lru_cache(None)(checker.signed)))
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def run_script(self, *arguments: str | Path) -> Said:
        run = subprocess.run([sys.executable, "-B", SCRIPT, *arguments], capture_output=True, text=True, check=False)
        self.assertNotIn("Traceback", run.stderr)
        return Said(run.returncode, run.stdout, run.stderr)

    def files(self, proof: object, message: bytes | None) -> list[str]:
        """The arguments that name them. A proof of another kind than octets is written as JSON."""
        (self.folder / "proof.json").write_bytes(proof if isinstance(proof, bytes) else json.dumps(proof).encode())
        if message is None:
            return [str(self.folder / "proof.json")]
        (self.folder / "message.eml").write_bytes(message)
        return [str(self.folder / "proof.json"), str(self.folder / "message.eml")]

    def check(self, proof: object, message: bytes | None, *options: str) -> Said:
        """The script's main() in this process, with the signatures that were verified before."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            status = checker.main([*self.files(proof, message), *options])
        return Said(status, out.getvalue(), err.getvalue())

    def assert_ok(self, said: Said, *unchecked: str) -> None:
        self.assertEqual((said.status, said.failed, said.err), (0, set(), ""), said.out)
        self.assertEqual({name for name, verdict in said.verdicts.items() if verdict == "open"}, set(unchecked))

    def assert_failed(self, said: Said, *names: str) -> None:
        self.assertEqual((said.status, said.failed, said.err), (1, set(names), ""), said.out)
        self.assertEqual(said.entry, [], "nothing is told that is not proven")

    def assert_no_proof(self, said: Said) -> None:
        self.assertEqual((said.status, said.out), (2, ""), said.err)
        self.assertEqual(len(said.err.splitlines()), 1, said.err)
