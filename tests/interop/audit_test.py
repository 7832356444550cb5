"""The audit journal against the real program: who did what is written down before it is done, roles by UNIX account, the second person,
cases and their end. Other accounts are those that every Debian has; without root only the server's own user can be tested."""
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import unittest
from pathlib import Path

from support.case import OwnRigCase, RigCase
from support.instance import PROGRAM
from support.journaled import ALICE, BOB, fill, machine
from support.linked import Linked
from support.waiting import until

SOURCE = Path(__file__).resolve().parents[2]
ADMINISTRATOR, AUDITOR, SECOND, STRANGER = "daemon", "games", "sys", "nobody"


def connected_as(user: str, path: Path) -> http.client.HTTPConnection:
    """To the admin socket, which believes the account under which a process connects."""
    connection = http.client.HTTPConnection("understudy")
    connection.sock = socket.socket(socket.AF_UNIX)
    os.seteuid(pwd.getpwnam(user).pw_uid)
    try:
        connection.sock.connect(str(path))
    finally:
        os.seteuid(0)
    return connection


def rows(server, *words: str) -> list[dict]:
    return server.json("audit", "list", *words)


class AuditedTest(RigCase):
    """Without operators: the server's own user is both in one."""

    @classmethod
    def set_up_rig(cls):
        cls.server = machine(cls.rig, 2, "server")
        fill(cls.server, 300)

    def last(self, action: str) -> dict:
        return rows(self.server, "--action", action)[-1]

    def test_the_start_is_the_first_entry(self):
        first = rows(self.server)[0]
        self.assertEqual((first["entry"], first["action"], first["operator"], first["event"]), (0, "server/start", "understudy", "noted"))

    def test_what_is_read_and_why_is_written_down(self):
        self.server.verb("message", "show", ALICE, "INBOX", "1", "--reason", "a complaint")
        entry = self.last("message/show")
        self.assertEqual((entry["kind"], entry["reason"], entry["uid"]), ("read", "a complaint", os.geteuid()))
        self.assertEqual(entry["object"], {"account": ALICE, "folder": "INBOX", "uid": "1"})

    def test_from_where_is_the_process_and_the_account_at_the_other_end_of_the_socket(self):
        """As the system tells it: the process of the verb; of one that stays connected itself."""
        command = [PROGRAM, "message", "show", ALICE, "INBOX", "1", "--reason", "from a process", "--config", self.server.config]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as asker:
            self.assertEqual(asker.wait(60), 0)
        entry = self.last("message/show")
        self.assertEqual((entry["reason"], entry["from"], entry["uid"]), ("from a process", f"admin socket, process {asker.pid}", os.geteuid()))
        self.server.admin.octets("message/flag", account=ALICE, folder="INBOX", uid=1, flags=["flagged"])
        begun = self.last("message/flag")
        (ended,) = [row for row in rows(self.server) if row["of"] == begun["entry"]]
        self.assertEqual({(row["from"], row["uid"]) for row in (begun, ended)}, {(f"admin socket, process {os.getpid()}", os.geteuid())})

    def test_what_the_machine_does_by_itself_is_from_its_own_process(self):
        start = self.last("server/start")
        self.assertEqual((start["from"], start["uid"]), (f"process {self.server.process.pid}", os.geteuid()))

    def test_a_change_has_its_end_and_a_failure_too(self):
        self.server.verb("message", "flag", ALICE, "INBOX", "1", "seen")
        self.assertNotEqual(self.server.run("message", "flag", ALICE, "INBOX", "999999", "seen").returncode, 0)
        good, bad = rows(self.server, "--action", "message/flag")[-2:]
        ends = {row["of"]: row["outcome"] for row in rows(self.server) if row["event"] == "ended"}
        self.assertEqual(ends[good["entry"]], "done")
        self.assertTrue(ends[bad["entry"]].startswith("failed: "), ends)

    def test_a_list_is_one_entry_however_many_pages_it_has(self):
        before = len(rows(self.server, "--action", "message/list"))
        self.server.verb("message", "list", ALICE, "INBOX")
        self.assertEqual(len(rows(self.server, "--action", "message/list")), before + 1)

    def test_an_export_of_the_journal_is_one_entry_with_how_much_it_gave(self):
        before = rows(self.server)[-1]["entry"]
        folder = self.rig.directory / "given"
        given = self.server.json("journal", "export", str(folder), "--limit", "50")["entries"]
        made = [row for row in rows(self.server, "--last", "100") if row["entry"] > before]
        begun = [row for row in made if row["action"] == "journal/export" and row["event"] == "begun"]
        self.assertEqual(len(begun), 1, made)
        self.assertEqual([row["outcome"] for row in made if row["of"] == begun[0]["entry"]], [f"gave {given} entries"])
        self.assertFalse([row for row in made if row["action"] in ("journal/octets", "journal/prove", "journal/list")])

    def test_an_export_gives_as_many_entries_as_it_was_asked_for_and_the_next_ones_need_one_of_their_own(self):
        admin, before = self.server.admin, rows(self.server)[-1]["entry"]
        admin.octets("journal/export", **{"from": "0.3", "limit": 2})
        for position in ("0.3", "0.4", "0.5"):
            admin.octets("journal/octets", position=position)
        made = [row for row in rows(self.server) if row["entry"] > before]
        begun = [(row["action"], row["object"].get("position")) for row in made if row["event"] == "begun"]
        self.assertEqual(begun[:2], [("journal/export", None), ("journal/octets", "0.5")], made)
        self.assertIn("gave 2 entries", [row["outcome"] for row in made])

    def test_a_password_is_in_no_entry(self):
        self.server.verb("account", "add", "secret@example.org", "--password-stdin", text=b"correct horse\n")
        self.assertNotIn("SCRAM", json.dumps(rows(self.server)))
        self.assertEqual(self.last("account/add")["object"]["account"], "secret@example.org")

    def test_what_says_nothing_of_mail_is_not_written_down(self):
        before = rows(self.server)[-1]["entry"]
        for verb in (["status"], ["metrics"], ["account", "list"], ["journal", "verify"], ["audit", "heads"]):
            self.server.verb(*verb)
        self.assertEqual([row["action"] for row in rows(self.server)[before + 1:]], ["audit/list"])

    def test_the_entry_is_there_though_the_server_is_killed_behind_the_answer(self):
        self.server.verb("message", "export", ALICE, "INBOX", "2")
        self.server.kill()
        self.server.start()
        entry = self.last("message/export")
        self.assertEqual(entry["object"]["uid"], "2")

    def test_entries_are_proven_and_the_journal_verifies(self):
        lines = [json.loads(line) for line in self.server.verb("audit", "export").splitlines()]
        self.assertGreater(len(lines), 3)
        for line in lines:
            self.assertEqual(line["proof"]["entry"]["index"], line["entry"])
        heads = {line["proof"]["head"]["signature"] for line in lines}
        self.assertEqual(len(heads), 1)
        self.server.verb("audit", "verify")
        sizes = [head["size"] for head in self.server.json("audit", "heads", "--sign")]
        self.server.verb("audit", "show", "1")
        self.server.verb("audit", "heads", "--sign")
        self.server.verb("audit", "consistency", str(sizes[-1]))

    def test_a_proof_of_an_entry_holds_by_both_verifiers_and_is_none_of_the_mail_journal(self):
        self.server.verb("message", "show", ALICE, "INBOX", "1", "--reason", "to be proven")
        proof, mail = self.rig.directory / "entry.json", self.rig.directory / "mail.json"
        proof.write_bytes(self.server.verb("audit", "prove", str(self.last("message/show")["entry"])))
        mail.write_bytes(self.server.verb("journal", "prove", "0.1"))
        for script in (SOURCE / "deploy/check-proof.py", SOURCE / "tests/proof/second_verifier.py"):
            def status(*words: object, script: Path = script) -> int:
                return subprocess.run([sys.executable, "-B", script, *map(str, words)], capture_output=True, check=False).returncode
            self.assertEqual([status(proof, "--audit"), status(mail), status(proof), status(mail, "--audit")], [0, 0, 1, 1], script)
        said = subprocess.run([sys.executable, "-B", SOURCE / "deploy/check-proof.py", proof, "--audit"], capture_output=True, check=True).stdout
        self.assertIn(b"reason 'to be proven'", said)
        self.assertRegex(said.decode(), rf"by '[^']+', uid {os.geteuid()}, 'admin socket, process \d+'")

    def test_a_rebuild_is_written_down_before_it_changes_anything(self):
        self.server.stop()
        with subprocess.Popen([PROGRAM, "rebuild", ALICE, "--reason", "a damaged table", "--config", self.server.config],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as rebuild:
            self.assertEqual(rebuild.wait(60), 0)
        self.server.start()
        begun = self.last("rebuild")
        self.assertEqual((begun["reason"], begun["object"]["account"], begun["event"]), ("a damaged table", ALICE, "noted"))
        self.assertEqual((begun["from"], begun["uid"]), (f"process {rebuild.pid}", os.geteuid()))
        self.server.verb("audit", "verify")

    def test_a_reload_by_signal_says_what_changes(self):
        self.server.configure(lambda document: document.setdefault("limits", {}).update(hops=77))
        os.kill(self.server.process.pid, signal.SIGHUP)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not rows(self.server, "--action", "server/reload"):
            time.sleep(0.1)
        reload = self.last("server/reload")
        self.assertIn("limits.hops: 100 -> 77", reload["outcome"])
        self.assertEqual((reload["from"], reload["object"]["by"]), (f"process {self.server.process.pid}", "SIGHUP"))


@unittest.skipUnless(os.geteuid() == 0, "other UNIX accounts are taken on by root alone")
class RolesTest(RigCase):
    @classmethod
    def set_up_rig(cls):
        cls.server = machine(cls.rig, 2, "server")
        fill(cls.server, 60)
        cls.server.stop()
        cls.socket = cls.rig.directory / "admin.sock"

        def change(document: dict) -> None:
            document["server"]["admin_socket"] = str(cls.socket)
            document["operator"] = [{"name": "Adam", "user": ADMINISTRATOR, "roles": ["administrator"]},
                                    {"name": "Vera", "user": AUDITOR, "roles": ["auditor"]},
                                    {"name": "Otto", "user": SECOND, "roles": ["administrator"]}]
            document["audit"] = {"second_person": ["export"], "auditors_need_case": True, "administrators_read": "never"}

        cls.server.configure(change)
        cls.server.start()
        # For all: the group is the way of an installation, and no group has just these accounts.
        cls.socket.chmod(0o666)
        path = cls.rig.directory
        while path != path.parent:
            path.chmod(path.stat().st_mode | stat.S_IXOTH)
            path = path.parent

    def by(self, user: str, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([PROGRAM, *words, "--socket", self.socket], capture_output=True, user=user, group="nogroup",
                              extra_groups=[], cwd="/", check=False)

    def good(self, user: str, *words: str) -> bytes:
        done = self.by(user, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, user: str, *words: str) -> str:
        done = self.by(user, *words)
        self.assertEqual((done.returncode, done.stdout), (1, b""), done)
        return done.stderr.decode()

    def entries(self, *words: str) -> list[dict]:
        return json.loads(self.good(ADMINISTRATOR, "audit", "list", "--json", *words))

    def test_a_stranger_is_not_let_in(self):
        self.assertNotEqual(self.by(STRANGER, "status").returncode, 0)

    def test_root_has_no_role_that_it_is_not_named_with(self):
        self.good("root", "status")
        self.assertIn("no operator", self.refused("root", "queue", "list"))

    def test_each_has_what_his_role_allows_and_a_refusal_is_an_entry(self):
        self.good(ADMINISTRATOR, "queue", "list")
        self.good(ADMINISTRATOR, "mailbox", "create", ALICE, "Drawer")
        self.assertIn("do not read mail", self.refused(ADMINISTRATOR, "message", "list", ALICE, "INBOX"))
        self.assertIn("only an administrator", self.refused(AUDITOR, "message", "delete", ALICE, "INBOX", "1"))
        self.assertIn("only an administrator", self.refused(AUDITOR, "reload"))
        last = self.entries("--operator", "Vera")[-1]
        self.assertEqual((last["event"], last["action"], last["role"]), ("refused", "server/reload", "none"))
        self.assertIn("only an administrator", last["outcome"])

    def test_from_where_is_what_the_system_says_and_not_what_is_asked(self):
        """The account and the process that have connected; whatever the request claims, and whether it was allowed or not."""
        connection = connected_as(AUDITOR, self.socket)
        self.addCleanup(connection.close)
        claims = {"from": "elsewhere", "uid": 0, "operator": "Adam"}
        for verb, event in (("server/reload", "refused"), ("case/list", "begun")):
            connection.request("POST", "/" + verb, json.dumps(claims | {"audit": {"reason": "claims"}}))
            connection.getresponse().read()
            (entry,) = [row for row in self.entries("--action", verb) if row["reason"] == "claims"]
            self.assertEqual((entry["event"], entry["operator"], entry["uid"], entry["from"]),
                             (event, "Vera", pwd.getpwnam(AUDITOR).pw_uid, f"admin socket, process {os.getpid()}"))
        before = self.entries()[-1]["entry"]
        for user, name in ((ADMINISTRATOR, "Adam"), (SECOND, "Otto")):
            self.good(user, "queue", "list")
            (entry,) = [row for row in self.entries("--action", "queue/list") if row["entry"] > before and row["operator"] == name]
            self.assertEqual(entry["uid"], pwd.getpwnam(user).pw_uid)

    def test_an_auditor_sees_what_his_case_has_until_it_is_over(self):
        self.assertIn("--case", self.refused(AUDITOR, "message", "list", ALICE, "INBOX"))
        self.good(ADMINISTRATOR, "case", "open", "short", "--reason", "fraud", "--operator", "Vera", "--for", "3s", "--account", ALICE)
        opened = time.monotonic()
        self.good(AUDITOR, "message", "show", ALICE, "INBOX", "1", "--case", "short")
        self.assertIn("not part of case", self.refused(AUDITOR, "message", "show", BOB, "INBOX", "1", "--case", "short"))
        seen = json.loads(self.good(AUDITOR, "journal", "list", "--json", "--case", "short"))
        self.assertTrue(seen)
        for row in seen:
            self.assertIn(ALICE, row["recipients"])
        entry = self.entries("--operator", "Vera", "--action", "message/show")
        self.assertIn("short", [row["case"] for row in entry if row["event"] == "begun"])
        time.sleep(max(0.0, opened + 3.2 - time.monotonic()))
        self.assertIn("is over", self.refused(AUDITOR, "message", "show", ALICE, "INBOX", "1", "--case", "short"))

    def test_an_export_waits_for_a_second_person_and_happens_once(self):
        self.good(ADMINISTRATOR, "case", "open", "long", "--reason", "court", "--operator", "Vera", "--for", "1h", "--account", ALICE)
        words = ["message", "export", ALICE, "INBOX", "1", "--case", "long", "--reason", "order 12/26"]
        self.refused(AUDITOR, *words)
        (waiting,) = [row for row in json.loads(self.good(AUDITOR, "approval", "list", "--json")) if row["case"] == "long"]
        number = str(waiting["number"])
        self.assertEqual((waiting["operator"], waiting["reason"]), ("Vera", "order 12/26"))
        self.assertIn("your own", self.refused(AUDITOR, "approval", "give", number))
        self.refused(AUDITOR, *words)
        self.good(SECOND, "approval", "give", number)
        self.assertIn(b"\r\n", self.good(AUDITOR, *words))
        self.refused(AUDITOR, *words)
        used = [row for row in self.entries("--action", "message/export") if row["approved_by"]]
        self.assertEqual([(row["approved_by"], row["request"]) for row in used], [("Otto", int(number))])
        self.good(ADMINISTRATOR, "audit", "verify")

    def test_an_export_that_is_under_way_ends_when_its_case_is_closed(self):
        self.good(ADMINISTRATOR, "case", "open", "halved", "--reason", "court", "--operator", "Vera", "--for", "1h", "--account", ALICE)
        audit = {"case": "halved", "reason": "order 13/26"}
        asker = connected_as(AUDITOR, self.socket)
        self.addCleanup(asker.close)

        def ask(verb: str, **words: object) -> tuple[int, str]:
            asker.request("POST", "/" + verb, json.dumps(words | {"audit": audit}))
            answer = asker.getresponse()
            return answer.status, answer.read().decode()

        self.assertEqual(ask("journal/export")[0], 403)  # a second person has to agree
        (waiting,) = [row for row in json.loads(self.good(SECOND, "approval", "list", "--json")) if row["case"] == "halved"]
        shown = json.loads(self.good(SECOND, "approval", "show", str(waiting["number"]), "--json"))
        self.assertEqual(shown["asks"], {"action": "journal/export", "arguments": {}, "case": "halved", "reason": "order 13/26"})
        self.good(SECOND, "approval", "give", str(waiting["number"]))
        self.assertEqual(ask("journal/export")[0], 200)
        positions = [row["position"] for row in json.loads(ask("journal/list")[1])["value"]]
        self.assertEqual(ask("journal/prove", position=positions[0])[0], 200)
        self.good(ADMINISTRATOR, "case", "close", "halved")
        status, said = ask("journal/prove", position=positions[1])
        self.assertEqual((status, "does not go on: case halved was closed" in said), (403, True), said)
        self.assertEqual(ask("journal/octets", position=positions[1])[0], 403)
        self.assertIn("gave 1 entries, and was ended: case halved was closed", [row["outcome"] for row in self.entries()])

    def test_a_head_is_signed_by_an_administrator_and_that_is_written_down(self):
        self.assertIn("only an administrator", self.refused(AUDITOR, "journal", "heads", "--sign"))
        self.good(ADMINISTRATOR, "journal", "heads", "--sign")
        self.good(AUDITOR, "journal", "heads")
        self.assertEqual([row["role"] for row in self.entries("--action", "journal/sign") if row["event"] == "begun"], ["administrator"])


class WitnessedTest(OwnRigCase):
    """The other machine of the pair countersigns the audit journal's heads, too: even root takes nothing back that was shown to it."""

    def test_an_entry_is_proven_with_the_word_of_the_other_machine_and_an_old_copy_is_named(self):
        linked = Linked(self.rig)
        primary, archive = linked.primary, linked.archive
        for each in (primary, archive):
            each.configure(lambda document: document.update(journal={"sign_every": "200ms"}))
        linked.start().wait_until_up()
        primary.stop()
        copy = self.rig.directory / "copy"
        shutil.copytree(primary.data, copy, ignore=shutil.ignore_patterns("admin.sock"))
        primary.start()
        linked.wait_until_up()
        primary.verb("queue", "list", "--reason", "a look")
        entry = rows(primary, "--action", "queue/list")[-1]["entry"]
        until(lambda: "witness" in primary.json("audit", "prove", str(entry)), lambda: f"countersignature: {primary.log()[-2000:]}")
        proof = primary.json("audit", "prove", str(entry))
        self.assertEqual(proof["witness"]["key"], archive.json("audit", "heads", "--sign")[-1]["key"])
        primary.stop()  # and comes back as it was before anybody looked
        shutil.rmtree(primary.data)
        shutil.copytree(copy, primary.data)
        primary.start()
        until(lambda: archive.json("peer", "witness")["audit"]["open_dispute"], lambda: f"a dispute: {archive.log()[-2000:]}")
        archive.verb("peer", "settle")
        self.assertIsNone(archive.json("peer", "witness")["audit"]["open_dispute"])


# What the program calls otherwise than the admin socket; None: it is asked for by another verb, under its kind.
COMMANDS = {"journal/octets": None, "journal/partitions": None, "journal/progress": None, "account/compare": "check", "server/settings": "passthrough show",
            "journal/missing": "journal custody --missing", "journal/received": "journal custody --received",
            "journal/report": "journal custody --report", "journal/again": "journal custody --again", "journal/sign": "journal heads --sign",
            "audit/sign": "audit heads --sign", "server/status": "status", "server/metrics": "metrics", "server/reload": "reload"}


def _written_out(verbs: str) -> list[str]:
    """The verbs of a row; one that stands there as an option alone is of the verb before it."""
    found: list[str] = []
    for span in re.findall(r"`([^`]+)`", verbs):
        if span == "--sign":
            continue  # what is excepted
        found.append(f"{found[-1].partition(' --')[0]} {span}" if span.startswith("--") else span)
    return found


class VerbsTest(unittest.TestCase):
    """Every verb of the admin socket is declared, and the page for people has it, under its kind."""

    def test_each_handler_is_declared_with_its_kind(self):
        header = (SOURCE / "app/admin/handlers.hpp").read_text()
        declared = "".join(path.read_text() for path in sorted((SOURCE / "app/admin").glob("declared*.cpp")))
        handlers = {name.strip() for line in header.splitlines() if line.startswith("Handler ")
                    for name in line.removeprefix("Handler ").rstrip(";").split(",")}
        self.assertGreater(len(handlers), 50)
        self.assertEqual([name for name in sorted(handlers) if f", {name}" not in declared], [])

    def test_the_page_has_each_verb_under_its_kind(self):
        declared = re.findall(r'\{"([\w/-]+)", \{Kind::(\w+),', (SOURCE / "app/admin/declared.cpp").read_text())
        self.assertGreater(len(declared), 50)
        commands = {(COMMANDS.get(verb, verb.replace("/", " ")), "export" if kind == "give" else kind) for verb, kind in declared}
        [table] = re.findall(r"^## Kinds$(.*?)^## ", (SOURCE / "docs/audit.md").read_text(), re.M | re.S)
        told = {(verb, kind) for kind, verbs in re.findall(r"^\| `(\w+)`[^|]*\| ([^|]*) \|", table, re.M) for verb in _written_out(verbs)}
        commands.add(("audit export", "review"))  # asks `audit list` and `audit prove`
        self.assertEqual({each for each in commands if each[0]} ^ told, set(), "what only the code, or only the page, says")


if __name__ == "__main__":
    unittest.main()
