"""Work that is put off onto other threads is bounded: who asks for more than they take is told so, at once, and the others go on."""
import threading
import unittest

from support.case import OwnRigCase
from support.imap_case import ImapWords, literals
from support.imap_wire import Gone
from support.reading import PASSWORD, Reading
from support.scram import verifier

SLOW = "slow@example.org"
ITERATIONS = 10_000_000  # the most that a verifier may ask for: seconds for each password
JOBS = 66                # two threads, and what may wait for them
LOGIN = f'LOGIN {SLOW} "{PASSWORD}"'.encode()
SORTED_HERE = 2_000      # messages that a session puts in order itself


class BusyTest(OwnRigCase, ImapWords):
    def setUp(self) -> None:
        def change(document: dict) -> None:
            document.setdefault("account", []).append({"address": SLOW, "password": verifier(PASSWORD, ITERATIONS)})
            document.setdefault("access", {})["connections_per_address"] = 1000

        self.reading = Reading(self.rig, change=change)

    def press(self, full: threading.Event) -> None:
        """Takes each place that becomes free, until the server is gone."""
        try:
            wire = self.connect()
            while True:
                if not wire.ask(LOGIN)[0].startswith(b"NO"):
                    return
                full.set()
        except (Gone, OSError):
            return

    def test_a_sort_for_which_no_thread_has_time_is_told_so(self):
        wire = self.login()
        for _ in range(2 * SORTED_HERE // 1000):
            self.ok(wire.ask(b"APPEND INBOX " + literals(*[b"Subject: a\r\n\r\n"] * 1000)))
        self.ok(wire.ask(b"SELECT INBOX"))
        self.ok(wire.ask(b"SORT (SUBJECT) UTF-8 ALL"))
        self.ok(wire.ask(b"THREAD REFERENCES UTF-8 ALL"))
        full = threading.Event()
        self.addCleanup(self.reading.machine.kill)  # it would go on for minutes
        for _ in range(JOBS):
            self.connect().send(LOGIN)
        for _ in range(3):
            threading.Thread(target=self.press, args=(full,), daemon=True).start()
        self.assertTrue(full.wait(20), "more passwords are looked at than there may be")
        for command in (b"SORT (SUBJECT) UTF-8 ALL", b"THREAD REFERENCES UTF-8 ALL"):
            self.refused(wire.ask(command), b"INUSE")
        self.ok(wire.ask(b"SORT (SUBJECT) UTF-8 1:%d" % SORTED_HERE))  # which needs no other thread
        self.ok(wire.ask(b"NOOP"))


if __name__ == "__main__":
    unittest.main()
