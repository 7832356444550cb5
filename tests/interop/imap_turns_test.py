"""Who asks for much takes nobody else's turn, and nothing is worked out for who has hung up."""
import os
import threading
import time
import unittest

from support.imap_case import ImapCase
from support.imap_wire import Wire

LETTERS, OCTETS = 6_000, 150_000  # a search of all octets takes seconds
SOON = 0.1
TICK = os.sysconf("SC_CLK_TCK")


class TurnsTest(ImapCase):
    @classmethod
    def set_up_rig(cls) -> None:
        super().set_up_rig()
        client = cls.reading.login()
        words = b" ".join(b"word%d" % number for number in range(OCTETS // 9))
        client.append("INBOX", None, None, b"Subject: m\r\n\r\n%s\r\n" % words)
        there = 1
        while there < LETTERS:
            client.select("INBOX")
            more = min(there, LETTERS - there)
            client.copy(f"1:{more}", "INBOX")
            there += more
        client.logout()

    def selected(self) -> Wire:
        wire = self.login()
        self.ok(wire.ask(b"SELECT INBOX"))
        return wire

    def processor_time(self) -> float:
        with open(f"/proc/{self.reading.machine.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def test_another_is_answered_at_once_while_one_searches_all(self):
        asking, other, waits = self.selected(), self.login(), []
        for question in (b"SEARCH TEXT nowhere", b"SORT (SUBJECT) UTF-8 ALL", b"THREAD REFERENCES UTF-8 ALL"):
            answers = []
            thread = threading.Thread(target=lambda: answers.append(asking.ask(question)))
            thread.start()
            while thread.is_alive() and len(waits) < 200:
                began = time.monotonic()
                self.ok(other.ask(b"NOOP"))
                waits.append(time.monotonic() - began)
                time.sleep(0.005)
            thread.join()
            self.ok(answers[0])
        self.assertGreater(len(waits), 50, "the questions took no time")
        self.assertLess(sorted(waits)[len(waits) * 9 // 10], SOON)

    def test_a_search_ends_with_its_client(self):
        before = self.processor_time()
        self.ok(self.selected().ask(b"SEARCH TEXT nowhere"))
        whole = self.processor_time() - before
        self.assertGreater(whole, 1.5, "the question took no time")
        wire = self.selected()
        began = self.processor_time()
        wire.send(b"SEARCH TEXT nowhere")
        time.sleep(0.3)
        wire.close()
        time.sleep(0.7)
        rest = self.processor_time()
        time.sleep(1)
        self.assertLess(self.processor_time() - rest, 0.2)
        self.assertLess(rest - began, whole)


if __name__ == "__main__":
    unittest.main()
