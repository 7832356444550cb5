"""The other commands: each runs once against Understudy alone, with so little mail that only its working is shown."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]
from figures.settled import Footprint, wait_until_quiet  # noqa: E402


class CommandsTest(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory(dir="/var/tmp")))
        self.record = Path(self.enterContext(tempfile.TemporaryDirectory())) / "rows.json"

    def run_command(self, command: str, *words: object) -> list[dict]:
        """What it recorded. It must end well, print a table, and leave nothing."""
        done = subprocess.run([sys.executable, HERE / "run", command, "--rounds", "1", "--json", self.record, "--directory", self.directory,
                               *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=55, check=False)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        self.assertIn("\n| ---", done.stdout)
        self.assertEqual(list(self.directory.iterdir()), [])
        return [json.loads(line) for line in self.record.read_text().splitlines()]

    def test_a_relay_files_nothing_and_hands_on_everything(self):
        [row] = self.run_command("relay", "--cases", "2048/4/100", "--peers", "")
        self.assertEqual((row["accepted"], row["copies"], row["relayed"], row["troubles"]), (100, 0, 100, []))

    def test_small_messages_are_measured_alone_and_then_beside_large_ones(self):
        alone, together = self.run_command("beside", "--small", "2048/4/200", "--large", "100000/2", "--peers", "")
        self.assertEqual(alone["accepted"], 200)
        self.assertEqual(alone["beside_per_second"], 0)
        self.assertGreater(together["accepted"], 200, "no large one came")
        self.assertTrue(together["latency_median_ms"] <= together["latency_p99_ms"] <= together["latency_max_ms"], together)

    def test_what_a_stopped_archive_takes_of_the_disk_is_told_for_each_octet_accepted(self):
        [row] = self.run_command("stored", "--case", "corpus/4/20", "--peers", "", "--rest", 0.2)
        self.assertGreater(row["octets"], 20_000)
        self.assertTrue(0.1 < row["length"] and 0.1 < row["allocated"], row)
        self.assertEqual(row["troubles"], [])

    def test_an_encrypted_archive_takes_the_same_mail_beside_one_in_clear(self):
        clear, encrypted = self.run_command("stored", "--case", "2048/4/50", "--peers", "encrypted", "--rest", 0.2)
        self.assertEqual([row["server"] for row in (clear, encrypted)], ["understudy", "encrypted"])
        self.assertEqual(clear["troubles"] + encrypted["troubles"], [])
        self.assertGreater(encrypted["length"], clear["length"])

    def test_a_kept_archive_grows_and_is_taken_up_again(self):
        kept = self.record.parent / "kept"
        words = ("--users", 20, "--few", 50, "--case", "2048/4/100", "--rest", 0.2, "--keep", kept)
        first = self.run_command("grown", "--messages", 100, *words)
        self.assertEqual([row["accepted"] for row in first[:-1]], [100, 100])
        self.assertEqual([row["copies"] for row in first[:-1]], [200, 200])
        self.assertTrue(0 < first[-1]["starts"][0] < 30 and first[-1]["idle_after_start"] > 1 << 20, first[-1])
        self.assertEqual(first[-1]["messages"], {"few": 50, "many": 100})
        self.record.unlink()
        again = self.run_command("grown", "--messages", 150, *words)
        self.assertGreaterEqual(again[-1]["messages"]["many"], 200, "what was there is gone")

    def test_proofs_are_made_and_checked_as_the_journal_grows(self):
        small, large = self.run_command("proofs", "--entries", "100,300", "--proofs", 30)
        self.assertTrue(100 <= small["entries"] < 300 <= large["entries"], (small["entries"], large["entries"]))
        self.assertTrue(max(small["hashes"]) <= 7 and max(large["hashes"]) <= 9 and min(large["made_ms"]) > 0, large)
        self.assertEqual([len(large[each]) for each in ("octets", "records", "bodies", "faults")], [30, 1, 1, 0])
        self.assertGreater(large["bodies"][0]["octets"], 300 * 500)


class PartsTest(unittest.TestCase):
    def test_a_file_with_two_names_takes_its_octets_once(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(dir="/var/tmp")))
        (folder / "below").mkdir()
        empty = Footprint.of(folder)
        (folder / "one").write_bytes(b"x" * 10_000)
        with_one = Footprint.of(folder)
        (folder / "below" / "other").hardlink_to(folder / "one")
        self.assertEqual(with_one.length - empty.length, 10_000)
        self.assertEqual(Footprint.of(folder), with_one)

    def test_who_goes_on_working_is_not_at_rest(self):
        worker = subprocess.Popen([sys.executable, "-c", "while True: pass"], stdin=subprocess.DEVNULL)
        try:
            self.assertRegex(wait_until_quiet([worker.pid], 30, 1) or "", "not quiet within 1 s")
        finally:
            worker.kill()
            worker.wait()
        sleeper = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL)
        try:
            self.assertIsNone(wait_until_quiet([sleeper.pid], 0.5, 20))
        finally:
            sleeper.kill()
            sleeper.wait()


if __name__ == "__main__":
    unittest.main()
