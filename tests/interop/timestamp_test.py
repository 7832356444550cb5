"""Time stamps of the journal's heads: a real server asks an authority over HTTP (openssl behind a small server of the test's own), the
stamp in a proof is one for `openssl ts -verify`, and whatever else the authority answers is named and counted while mail flows."""
import base64
import contextlib
import http.server
import json
import re
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from support.case import OwnRigCase
from support.client import smtp_send
from support.journaled import ALICE, machine
from support.mail import compose
from support.rig import Rig
from support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]


class Authority:
    """`answer` says what comes back for a query: status and octets, or None for silence."""

    def __init__(self, rig: Rig, name: str):
        self.folder = rig.folder(name)
        self.roots = self.folder / "ca.pem"
        self.answer: Callable[[bytes], tuple[int, bytes] | None] = lambda query: (200, self.stamp(query))
        self.asked: list[tuple[str, bytes]] = []
        self._lock, self._end = threading.Lock(), threading.Event()
        self.openssl("req", "-x509", *KEY, "-subj", "/CN=root", "-keyout", "ca.key", "-out", "ca.pem")
        self.openssl("req", "-x509", *KEY, "-subj", "/CN=authority", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7",
                     "-addext", "extendedKeyUsage=critical,timeStamping", "-keyout", "tsa.key", "-out", "tsa.pem")
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text("[tsa]\ndefault_tsa = this\n[this]\nserial = serial\nsigner_cert = tsa.pem\n"
                                             "signer_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\n"
                                             "digests = sha256\ness_cert_id_alg = sha256\n")
        address = rig.host(90)
        self._server = http.server.ThreadingHTTPServer((address, rig.port(address)), self._handler())
        self.url = "http://{}:{}/stamp".format(*self._server.server_address)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        rig.at_close(self._close)

    def openssl(self, *words: str) -> bytes:
        return subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True).stdout

    def stamp(self, query: bytes) -> bytes:
        with self._lock:
            (self.folder / "query").write_bytes(query)
            self.openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "answer")
            return (self.folder / "answer").read_bytes()

    def _handler(self) -> type:
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked.append((self.headers["Content-Type"], query))
                answer = authority.answer(query)
                if answer is None:
                    authority._end.wait(60)
                    return
                with contextlib.suppress(OSError):
                    self.send_response(answer[0])
                    self.send_header("Location", authority.url)
                    self.send_header("Content-Type", "application/timestamp-reply")
                    self.send_header("Content-Length", str(len(answer[1])))
                    self.end_headers()
                    self.wfile.write(answer[1])

            def log_message(self, *words):
                pass

        return Handler

    def _close(self) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()


def changed(query: bytes, at: int) -> bytes:
    """The query with another octet there; its length stays, so that it is a query still."""
    return query[:at] + bytes([query[at] ^ 1]) + query[at + 1:]


class TimestampTest(OwnRigCase):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.rig, "authority")
        self.server = machine(self.rig, 2, "server")

    def serve(self, every: str = "1s", **more: str) -> None:
        settings = {"sign_every": "100ms", "timestamp": self.authority.url, "timestamp_roots": str(self.authority.roots),
                    "timestamp_every": every} | more
        self.server.configure(lambda document: document.update(journal=settings))
        self.server.stop()
        self.server.start()

    def send(self) -> None:
        reply = smtp_send(self.server.smtp, compose().octets, "x@world.example", [ALICE], source=self.rig.host(9), name="mail.world.example")
        self.assertEqual(reply.code, 250)

    def results(self) -> dict[str, float]:
        found = re.findall(r'^understudy_journal_timestamps_total\{result="(\w+)"\} (\S+)$', self.server.verb("metrics").decode(), re.M)
        return {result: float(count) for result, count in found}

    def until_counted(self, result: str, least: float = 1, seconds: float = 30) -> None:
        until(lambda: self.results().get(result, 0) >= least, lambda: f"{result}: {self.results()}", seconds)

    def stamped(self) -> list[dict]:
        return [head for head in self.server.json("journal", "heads") if head["timestamped"]]

    def test_a_proof_carries_a_stamp_that_openssl_verifies_with_the_commands_of_the_documentation(self):
        self.serve()
        self.send()
        self.until_counted("stamped")
        [entry] = [row["position"] for row in self.server.json("journal", "list") if row["size"]]
        proof = json.loads(self.server.verb("journal", "prove", entry))
        head = base64.b64decode(proof["head"]["octets"]) + base64.b64decode(proof["head"]["signature"])
        folder = self.rig.folder("verifier")
        (folder / "PROOF.json").write_text(json.dumps(proof))
        (folder / "ca.pem").write_bytes(self.authority.roots.read_bytes())
        text = (ROOT / "docs/proofs.md").read_text()
        commands = "\n".join(line.strip() for line in re.search(r"## Time stamps\n(?:.*\n)*?\n((?:    .*\n)+)", text)[1].splitlines())
        self.assertIn("openssl ts -verify", commands)
        done = subprocess.run(["sh", "-ec", commands], cwd=folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Verification: OK", done.stdout + done.stderr)
        self.assertEqual((folder / "head").read_bytes(), head)
        (folder / "PROOF.json").write_text(json.dumps(proof | {"head": proof["head"] | {"signature": base64.b64encode(bytes(64)).decode()}}))
        self.assertNotEqual(subprocess.run(["sh", "-ec", commands], cwd=folder, capture_output=True, check=False).returncode, 0)
        checked = subprocess.run([sys.executable, ROOT / "deploy/check-proof.py", folder / "PROOF.json"], capture_output=True, check=False)
        self.assertEqual(checked.returncode, 1, "a signature of zeros")
        (folder / "PROOF.json").write_text(json.dumps(proof))
        checked = subprocess.run([sys.executable, ROOT / "deploy/check-proof.py", folder / "PROOF.json"], capture_output=True, text=True,
                                 check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_heads_are_stamped_now_and_then_over_HTTP_and_kept_over_a_restart(self):
        self.serve("2s")
        begun = time.monotonic()
        while len(self.stamped()) < 3:
            self.assertLess(time.monotonic() - begun, 60)
            self.send()
        self.assertGreater(time.monotonic() - begun, 3, "one each 2 s, the first at once")
        self.assertEqual({kind for kind, _ in self.authority.asked}, {"application/timestamp-query"})
        self.assertGreater(len(self.server.json("journal", "heads")), 3)
        before = self.stamped()
        self.assertIn("journal.timestamped", self.server.log())
        self.serve("1h")
        self.assertEqual([head["head"] for head in self.stamped()][:3], [head["head"] for head in before][:3])
        verified = self.server.json("journal", "verify")[0]
        self.assertEqual(verified["faults"], [])

    def test_nobody_is_asked_where_nothing_was_added(self):
        self.serve()
        self.send()
        self.until_counted("stamped")
        asked = len(self.authority.asked)
        time.sleep(3)
        self.assertLessEqual(len(self.authority.asked) - asked, 1, "the head behind the one that was stamped, at most")

    def test_what_is_no_stamp_is_named_and_counted_while_mail_flows(self):
        stranger = Authority(self.rig, "stranger")
        nonce, imprint = b"\x01\x01\xff", 30  # certReq TRUE ends a query; the imprint's 32 octets stand from 24 on
        bad = {
            "other_nonce": lambda query: (200, self.authority.stamp(changed(query, query.rindex(nonce) - 1))),
            "other_imprint": lambda query: (200, self.authority.stamp(changed(query, imprint))),
            "untrusted": lambda query: (200, stranger.stamp(query)),
            "http_status": lambda query: (500, b"busy"),
            "too_large": lambda query: (200, bytes(70_000)),
            "malformed": lambda query: (200, b"<html>busy</html>"),
            "not_granted": lambda query: (200, self.authority.stamp(b"no query")),
        }
        self.authority.answer = bad["http_status"]
        self.serve()
        for result, answer in bad.items():
            self.authority.answer = answer
            self.send()
            self.until_counted(result)
            self.assertRegex(self.server.log(), rf"journal\.not_timestamped .*result={result}\b")
        self.assertEqual(self.stamped(), [])
        self.authority.answer = lambda query: (302, b"")
        before = self.results()["http_status"]
        self.send()
        self.until_counted("http_status", before + 1)
        self.authority.answer = lambda query: (200, self.authority.stamp(query))
        self.until_counted("stamped")
        self.assertEqual(self.server.json("journal", "verify")[0]["faults"], [])
        self.assertIn('understudy_journal_signed_entries', self.server.verb("metrics").decode())

    def test_a_silent_authority_holds_nothing_up(self):
        self.authority.answer = lambda query: None
        self.serve()
        begun = time.monotonic()
        self.send()
        until(lambda: self.authority.asked, "a question")
        for _ in range(5):
            self.send()
        size = self.server.json("journal", "verify")[0]["entries"]
        until(lambda: self.server.json("journal", "heads")[-1]["size"] >= size, "heads are signed meanwhile")
        self.assertLess(time.monotonic() - begun, 20)
        self.until_counted("timed_out", seconds=60)

    def test_a_server_stops_in_the_middle_of_a_question(self):
        self.authority.answer = lambda query: None
        self.serve()
        self.send()
        until(lambda: self.authority.asked, "a question")
        begun = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 10)

    def test_an_authority_is_taken_in_by_a_reload_and_its_stamps_are_shown(self):
        self.serve(timestamp="", timestamp_roots="")
        self.send()
        self.server.configure(lambda document: document["journal"].update(timestamp=self.authority.url,
                                                                          timestamp_roots=str(self.authority.roots)))
        self.server.verb("check")
        self.assertIn(b"journal.timestamp", self.server.verb("reload"))
        self.until_counted("stamped")
        rows = self.server.verb("journal", "heads").decode().splitlines()
        self.assertIn("STAMPED (UTC)", rows[0])
        self.assertTrue(any(len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row)) == 2 for row in rows[1:]), rows)

    def test_an_authority_that_nobody_reaches_and_roots_that_are_gone_are_told(self):
        self.serve(timestamp="http://{}:1/".format(self.rig.host(91)))
        self.send()
        self.until_counted("unreachable")
        self.serve()
        self.authority.roots.rename(self.rig.directory / "elsewhere.pem")
        self.send()
        self.until_counted("no_roots")


if __name__ == "__main__":
    unittest.main()
