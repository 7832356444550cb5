"""The measuring itself: a short run against Understudy alone, and the small parts on which a ratio depends."""
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
from dataclasses import fields
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]
import corpus  # noqa: E402
from case import Case, Crowd  # noqa: E402
from figures.measurement import Measurement  # noqa: E402
from figures.table import ratios, table  # noqa: E402
from load import built  # noqa: E402

MESSAGES, SIZE = 100, 2048


class ShortRunTest(unittest.TestCase):
    """One round, one case, no peer; each test looks at what came of it."""

    @classmethod
    def setUpClass(cls):
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory(dir="/var/tmp")))
        record = cls.directory / "rows.json"
        command = [sys.executable, HERE / "run", "rate", "--rounds", "1", "--cases", f"{SIZE}/4/{MESSAGES}", "--peers", "", "--json", record,
                   "--directory", cls.directory]
        cls.done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=55, check=False)
        if cls.done.returncode:
            raise AssertionError(f"status {cls.done.returncode}\n{cls.done.stdout}{cls.done.stderr}")
        [cls.row] = [Measurement(**json.loads(line)) for line in record.read_text().splitlines()]
        record.unlink()

    def test_every_message_is_accepted_filed_in_inbox_and_sent_and_relayed(self):
        self.assertEqual((self.row.accepted, self.row.copies, self.row.relayed), (MESSAGES, 2 * MESSAGES, MESSAGES))
        self.assertEqual(self.row.troubles, [])

    def test_the_figures_are_of_this_world(self):
        row = self.row
        self.assertTrue(1 < row.drained_per_second <= row.accepted_per_second < 100_000, row)
        self.assertTrue(0.01 < row.latency_median_ms <= row.latency_p99_ms < 55_000, row)
        self.assertTrue(0 < row.cpu_ms < 100, row)
        self.assertTrue(1 << 20 < row.memory < 1 << 30, row)
        if row.written is not None:  # there is a disk
            self.assertGreater(row.written_by_server, 0.1, "250 was said, and not written")

    def test_the_table_has_its_row_below_what_was_measured(self):
        rows = [line for line in self.done.stdout.splitlines() if line.startswith(f"| {SIZE}/4/{MESSAGES} | understudy | ")]
        self.assertEqual(len(rows), 1, self.done.stdout)
        for setting in ("copy_to_sender_sent             = true", "machine: ", "== understudy: understudy "):
            self.assertIn(setting, self.done.stdout)

    def test_nothing_is_left_behind(self):
        self.assertEqual(list(self.directory.iterdir()), [])


class PartsTest(unittest.TestCase):
    def test_a_case_is_size_sessions_count_and_perhaps_messages_of_a_connection(self):
        self.assertEqual(Case.parse("10240/10/500"), Case("10240/10/500", 10240, 10, 500, 0))
        self.assertEqual(Case.parse("corpus/2/30/1"), Case("corpus/2/30/1", "corpus", 2, 30, 1))
        self.assertEqual(Case.parse("9/2/30+99/4"), Case("9/2/30+99/4", 9, 2, 30, beside=Crowd(99, 4)))
        for wrong in ("1/1/1+", "1/1/1+1", "1/1/1+0/1", "1/1/1+1/1/1", "", "10240", "10240/10", "10240/0/5", "10240/1/0", "x/1/1", "1/1/1/1/1", "1/1/-1"):
            with self.subTest(wrong), self.assertRaises(ValueError):
                Case.parse(wrong)

    def test_a_ratio_is_the_median_of_the_ratios_of_each_round(self):
        """A round in which everything was slow must not count against one side."""
        rows = [_row("understudy", 0, 1000), _row("peer", 0, 100), _row("understudy", 1, 30), _row("peer", 1, 10),
                _row("understudy", 2, 500), _row("peer", 2, 100)]
        [line] = [line for line in ratios(rows).splitlines() if "| peer " in line]
        self.assertIn("| 5 (3..10) ", line)

    def test_a_ratio_above_one_is_better_whatever_it_is_of(self):
        ours, peer = _row("understudy", 0, 300), _row("peer", 0, 100)
        ours.cpu_ms, peer.cpu_ms = 2, 8
        cells = [cell.strip() for cell in ratios([ours, peer]).splitlines()[-1].split("|")]
        self.assertEqual(cells[3:7], ["3 (3..3)", "1 (1..1)", "4 (4..4)", "-"])

    def test_what_cannot_be_told_is_a_dash_and_not_a_zero(self):
        line = table([_row("understudy", 0, 100)]).splitlines()[-1]
        self.assertEqual([cell.strip() for cell in line.split("|")][4:8], ["1", "1", "-", "-"])

    def test_the_corpus_is_the_same_on_every_machine(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            corpus.main(["--count", "100"])
        self.assertIn("sha256 36de5e2d286a03f947e7f6845ee7c32b9c98a03cf618dbe09809be8dd49b431e", out.getvalue())

    def test_a_load_is_sent_to_nobody_but_this_machine(self):
        for server in ("192.0.2.1:25", "example.org:25", "127.0.0.1", "128.0.0.1:25"):
            with self.subTest(server):
                done = subprocess.run([built("BENCH_LOAD", "tests/bench/bench_load"), "send", server, "--count", "1"],
                                      capture_output=True, text=True, timeout=10, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""))


def _row(server: str, number: int, rate: float) -> Measurement:
    values = {field.name: 1 for field in fields(Measurement)} | {"flushes": None, "written": None, "troubles": []}
    return Measurement(**values | {"server": server, "case": "c", "round": number, "drained_per_second": rate})


if __name__ == "__main__":
    unittest.main()
