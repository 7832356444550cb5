"""The measuring of mail access: short runs against Understudy alone, and the small parts on which a figure depends."""
import json
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]
from figures.moments import AGAIN, EVER, START, Figure, report  # noqa: E402
from imap.appending import step_of  # noqa: E402
from imap.client import Client, Refused  # noqa: E402
from imap.mailbox import Mail, Mailbox  # noqa: E402
from imap.resync import STEP as RESYNC  # noqa: E402
from imap.steps import ALONE, BOTH, READING, SELECT, first_question  # noqa: E402

MESSAGES, APPENDED, SESSIONS = 200, 10, 3


def run(command: str, directory: Path, *words: object) -> tuple[str, list[dict]]:
    """What it printed and recorded. It must end well and leave nothing."""
    with tempfile.TemporaryDirectory() as elsewhere:
        rows = Path(elsewhere) / "rows.json"
        done = subprocess.run([sys.executable, HERE / "run", command, "--peers", "", "--json", rows, "--directory", directory, *map(str, words)],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100, check=False)
        if done.returncode or list(directory.iterdir()):
            raise AssertionError(f"status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout, [json.loads(line) for line in rows.read_text().splitlines()]


class ShortRunTest(unittest.TestCase):
    """Two rounds with a small mailbox, no peer; each test looks at what came of it."""

    @classmethod
    def setUpClass(cls):
        directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory(dir="/var/tmp")))
        cls.printed, cls.rows = run("access", directory, "--rounds", 2, "--mailboxes", f"letters/{MESSAGES}", "--appended", APPENDED,
                                    "--sessions", SESSIONS)

    def test_every_question_is_asked_of_a_server_started_anew_and_once_more(self):
        asked = {(row["round"], row["moment"], row["step"]) for row in self.rows}
        for name in (SELECT, BOTH, *(step.name for step in READING if not step.slow)):
            self.assertLessEqual({(0, EVER, name), (0, AGAIN, name), (1, START, name), (1, AGAIN, name)}, asked)
        changes = {step for _, _, step in asked} - {SELECT, BOTH} - {step.name for step in READING}
        alone = {first_question(name) for name in ALONE}
        self.assertEqual({(number, moment) for number, moment, step in asked if step in alone}, {(1, START)})
        self.assertEqual(changes - alone, {"STORE +FLAGS of 10,000", "COPY of 10,000", "MOVE of 10,000", RESYNC, step_of(1), step_of(SESSIONS)})

    def test_octets_are_searched_in_one_round_only(self):
        self.assertEqual([(row["round"], row["hits"]) for row in self.rows if row["step"] == "SEARCH TEXT"], [(0, 0)])

    def test_the_figures_are_of_this_world(self):
        for row in self.rows:
            self.assertEqual(row["trouble"], "")
            self.assertTrue(0.01 < row["value"] < 60_000, row)
        hits = {row["step"]: row["hits"] for row in self.rows if row["round"] == 0}
        self.assertEqual((hits[SELECT], hits["THREAD REFERENCES"], hits[RESYNC]), (MESSAGES, MESSAGES, MESSAGES // 20 * 19 // 10))
        self.assertTrue(0 < hits["SEARCH SUBJECT"] < MESSAGES / 2, hits)

    def test_the_table_has_a_line_for_each_of_them(self):
        lines = [line for line in self.printed.splitlines() if line.startswith(f"| letters/{MESSAGES} | ")]
        self.assertEqual(len(lines), len({(row["step"], row["moment"]) for row in self.rows}))


class IdleTest(unittest.TestCase):
    def test_connections_that_wait_have_a_size(self):
        directory = Path(self.enterContext(tempfile.TemporaryDirectory(dir="/var/tmp")))
        _, [row] = run("idle", directory, "--connections", 200, "--settle", 0.3)
        self.assertTrue(1000 < row["idle_tls"] < 500_000, row)
        self.assertTrue(row["connected_clear"] < row["connected_tls"], row)


class PartsTest(unittest.TestCase):
    def answer(self, octets: bytes, size: int) -> tuple[int, bytes]:
        """What the client makes of these octets when they come in pieces of this size."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    connection.sendall(b"* OK ready\r\n")
                    connection.recv(100)
                    for start in range(0, len(octets), size):
                        connection.sendall(octets[start:start + size])
            server = threading.Thread(target=serve)
            server.start()
            client = Client(listener.getsockname(), None)
            try:
                answer = client.command("NOOP")
            finally:
                client.drop()
                server.join()
            return answer.octets, answer.text

    def test_an_answer_ends_with_its_tagged_line_however_it_is_cut(self):
        octets = b"* 1 FETCH (BODY[] {19}\r\nbench1\r\n bench1 OK\r\n)\r\nbench1 OK done\r\n"
        for size in (1, 2, 3, 5, 7, 11, 16, len(octets) - 1, len(octets)):
            with self.subTest(size):
                self.assertEqual(self.answer(octets, size), (len(octets), octets))

    def test_what_a_server_refuses_is_no_figure(self):
        for octets in (b"bench1 NO not now\r\n", b"bench1 BAD what\r\n", b"* BYE\r\n", b"bench1 OK"):
            with self.subTest(octets), self.assertRaises(Refused):
                self.answer(octets, 100)

    def test_a_client_connects_to_this_machine_alone(self):
        with self.assertRaises(ValueError):
            Client(("192.0.2.1", 143), None)

    def test_a_mailbox_is_kind_and_count(self):
        self.assertEqual(Mailbox.parse("letters/10"), Mailbox("letters/10", "letters", 10))
        for wrong in ("", "letters", "letters/", "letters/0", "letters/x", "others/5", "letters/-1"):
            with self.subTest(wrong), self.assertRaises(ValueError):
                Mailbox.parse(wrong)

    def test_mail_is_the_same_for_each_server_and_begins_anew_behind_its_end(self):
        with tempfile.TemporaryDirectory() as folder:
            mail = Mail(Mailbox.parse("letters/3"), Path(folder))
            first, second = mail.messages(), mail.messages(1)
            taken = [next(first) for _ in range(4)]
            self.assertEqual(taken[0], taken[3])
            self.assertEqual(taken[1], next(second))
            self.assertEqual(sum(len(octets) for _, octets in taken[:3]), mail.octets)
            self.assertRegex(taken[0][0], r'^\([^()]*\) "[ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}" $')

    def test_a_ratio_is_to_the_best_peer_of_the_same_round(self):
        figures = [Figure("understudy", "b", 0, AGAIN, "SELECT", 2), Figure("one", "b", 0, AGAIN, "SELECT", 8),
                   Figure("other", "b", 0, AGAIN, "SELECT", 6), Figure("understudy", "b", 1, AGAIN, "SELECT", 4),
                   Figure("one", "b", 1, AGAIN, "SELECT", 4), Figure("other", "b", 1, AGAIN, "SELECT", 40)]
        cells = [cell.strip() for cell in report(figures).splitlines()[-3].split("|")]
        self.assertEqual(cells[4:-1], ["3", "6", "23", "2 (1..3)", "2.5 (1..4)", "6.5 (3..10)"])

    def test_of_rates_more_is_better(self):
        figures = [Figure("understudy", "b", 0, AGAIN, step_of(8), 300), Figure("peer", "b", 0, AGAIN, step_of(8), 100)]
        self.assertIn("| 3 (3..3) ", report(figures))


if __name__ == "__main__":
    unittest.main()
