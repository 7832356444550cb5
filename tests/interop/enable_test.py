"""From a plain mail server to a primary: what `understudy passthrough enable` changes, and what it leaves alone."""
import itertools
import re
import threading
import time
import tomllib
import unittest
from collections import Counter
from dataclasses import dataclass

from support.case import OwnRigCase
from support.client import Client
from support.mail import Mail
from support.pair import PASSWORD, Pair, hello
from support.waiting import until

ALICE, BOB, EXT = "alice@example.org", "bob@example.org", "ext@world.example"


def alone(document: dict) -> None:
    """A mail server that knows of no archive."""
    document["passthrough"]["copy_local_to_outbox"] = False
    del document["route"]
    document["client"] = [each for each in document["client"] if "relay" in each["may"]]
    for listener in document["listener"]:
        listener.pop("refuse_nonlocal_claiming_local", None)


class EnableTest(OwnRigCase):
    def test_AP_10_exactly_three_settings_change_on_a_server_that_delivers_by_mx(self):
        added = self.enabled([])
        self.assertEqual(added, ["route.0.match"])

    def test_AP_10_a_route_that_says_by_mx_is_changed(self):
        self.assertEqual(self.enabled([{"match": "*", "via": "mx"}]), [])

    def test_AP_10_a_smarthost_is_not_taken_away_unasked(self):
        """Its credentials and its TLS are not for the archive; whose way out it is, an administrator decides."""
        def primary(document: dict) -> None:
            alone(document)
            document["route"] = [{"match": "*", "via": "smarthost.provider.example:587", "tls": "may"}]

        pair = Pair(self.rig, primary=primary)
        text = pair.primary.config.read_text()
        done = pair.primary.run("passthrough", "enable", "--archive", "{}:{}".format(*pair.archive.smtp))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"smarthost.provider.example:587", done.stderr)
        self.assertEqual(pair.primary.config.read_text(), text)

    def enabled(self, routes: list[dict]) -> list[str]:
        """Static route, copy switch, sender check: in the file, in the difference that is shown, in force. Returns what else is new."""
        def primary(document: dict) -> None:
            alone(document)
            if routes:
                document["route"] = routes

        pair = Pair(self.rig, primary=primary)
        archive, text = "{}:{}".format(*pair.archive.smtp), pair.primary.config.read_text()
        wanted = {"route.0.via": archive, "passthrough.copy_local_to_outbox": True, "listener.0.refuse_nonlocal_claiming_local": True}
        words = ("passthrough", "enable", "--primary", "--archive", archive)
        shown = pair.primary.verb(*words, "--dry-run").decode()
        self.assertEqual(pair.primary.config.read_text(), text)
        self.assertTrue(pair.primary.verb(*words).decode().startswith(shown))

        before, after = flat(tomllib.loads(text)), flat(tomllib.loads(pair.primary.config.read_text()))
        changed = {key: after.get(key) for key in before | after if before.get(key) != after.get(key)}
        new = sorted(set(changed) - set(wanted))
        self.assertEqual({key: changed.get(key) for key in wanted}, wanted)
        lines = set(re.findall(r"(?m)^[+](?![+])(.+)$", shown))
        self.assertLessEqual({f'via = "{archive}"', "copy_local_to_outbox = true", "refuse_nonlocal_claiming_local = true"}, lines)
        self.assertEqual(len(lines), len(changed) + len(new))  # a new route has a line of its own for its table
        settings = {row["key"]: row["value"] for row in pair.primary.json("passthrough", "show")}  # those in force
        self.assertEqual((settings["route 1.via"], settings["passthrough.copy_local_to_outbox"]), (archive, "true"))
        return new

    def test_AP_36_without_a_client_entry_a_report_comes_home_and_goes_round_no_more(self):
        """The primary does not know that the archive is the one who brings it, and copies it back: the archive knows its own."""
        pair = Pair(self.rig, primary=alone)
        pair.primary.verb("passthrough", "enable", "--archive", "{}:{}".format(*pair.archive.smtp))
        pair.world.answer("rcpt", "550 5.1.1 no such user here", "gone@world.example")
        mail = hello("gone@world.example", ALICE)
        pair.from_user("alice", mail, "gone@world.example")
        until(lambda: any("returned" in entry["marks"] for entry in pair.archive.journal()), "the report, returned")
        pair.expect(mail, {"archive alice/Sent": 1, "report primary alice/INBOX": 1, "report archive alice/INBOX": 1})
        self.assertEqual(len(pair.archive.journal()), 3)

    def test_AP_26_a_bounce_of_a_server_without_an_archive_stays_there(self):
        pair = Pair(self.rig, primary=alone)
        mail = hello("nobody@example.org", ALICE)
        pair.from_user("alice", mail, "nobody@example.org")
        pair.expect(mail, {"report primary alice/INBOX": 1})
        self.assertEqual([entry["plan"] for entry in pair.primary.journal()],
                         [["return 550 5.1.1 no such user"], [f"file {ALICE}/INBOX"]])

    def test_AP_22_settings_are_each_domains_own(self):
        """example.org is chosen, example.net is not: nothing of it is copied, no Sent is kept, no mailbox made on the archive."""
        def both(document: dict) -> None:
            document["domain"].append({"name": "example.net"})
            document["passthrough"]["domains"] = ["example.org"]

        def primary(document: dict) -> None:
            both(document)
            document["account"] += [{"address": "dora@example.net"}, {"address": "postmaster@example.net"}]

        def archive(document: dict) -> None:
            both(document)
            document["route"].insert(0, document["route"][0] | {"match": "example.net"})

        pair = Pair(self.rig, primary=primary, archive=archive)
        dora = "dora@example.net"
        for sender, to, source, places in (
                (None, ALICE, pair.outside, {"primary alice/INBOX": 1, "archive alice/INBOX": 1}),
                (None, dora, pair.outside, {f"primary {dora}/INBOX": 1}),
                (ALICE, dora, pair.office, {f"primary {dora}/INBOX": 1}),
                (dora, ALICE, pair.office, {"primary alice/INBOX": 1, "archive alice/INBOX": 1}),
                (ALICE, EXT, pair.office, {f"world {EXT}": 1, "archive alice/Sent": 1}),
                (dora, EXT, pair.office, {f"world {EXT}": 1})):
            with self.subTest(sender=sender, to=to):
                mail = hello(to, sender or "someone@else.example")
                with Client(pair.primary.smtp, source) as client:
                    client.ehlo()
                    client.envelope(sender or "someone@else.example", [to])
                    self.assertEqual(client.data(mail.octets), 250)
                pair.expect(mail, places)
        self.assertNotIn(dora, pair.archive.accounts())


@dataclass
class Sent:
    mail: Mail
    story: tuple[str | None, str]
    begun: float  # before MAIL; of the first on a connection, before that
    done: float   # after 250


class Sender(threading.Thread):
    """One message after the other until told to stop: on one connection, or each on its own."""

    def __init__(self, pair: Pair, user: str | None, to: str, a_connection: int):
        super().__init__(daemon=True)
        self.pair, self.user, self.to, self.a_connection = pair, user, to, a_connection
        self.sender = f"{user}@example.org" if user else "someone@world.example"
        self.sent: list[Sent] = []
        self.stopping = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                begun = time.monotonic()
                with Client(self.pair.submission_or_mx(self.user), self.pair.outside) as client:
                    client.ehlo()
                    if self.user:
                        client.starttls()
                        assert client.auth_plain(self.sender, PASSWORD) == 235
                    for _ in range(self.a_connection):
                        self.send_one(client, begun)
                        if self.stopping.wait(0.01):
                            break
                        begun = time.monotonic()
                    client.quit()
        except BaseException as failure:
            self.failure = failure

    def send_one(self, client: Client, begun: float) -> None:
        mail = hello(self.to, self.sender)
        client.envelope(self.sender, [self.to])
        reply = client.data(mail.octets)
        assert reply == 250, str(reply)
        self.sent.append(Sent(mail, (self.user, self.to), begun, time.monotonic()))


class LoadTest(OwnRigCase):
    BEFORE, AFTER = 8, 12  # messages of each sender, at least

    def test_AP_09_passthrough_begins_on_a_loaded_primary_without_a_restart(self):
        """Nothing that was there is disturbed, and all that begins after that moment is on the archive."""
        self.enable_under_load(a_connection=1)

    def test_AP_09_a_connection_that_was_open_is_not_dropped_and_its_next_message_is_copied(self):
        self.enable_under_load(a_connection=1000)

    def enable_under_load(self, a_connection: int) -> None:
        pair = Pair(self.rig, primary=alone)
        pid = pair.primary.process.pid
        for number in range(20):
            pair.from_world(hello(), ALICE if number % 2 else BOB)
        old = {user: pair.primary.messages(user, "INBOX") for user in (ALICE, BOB)}

        senders = [Sender(pair, user, to, a_connection)
                   for user, to in ((None, ALICE), (None, BOB), ("alice", BOB), ("bob", ALICE), ("alice", EXT))]
        for sender in senders:
            sender.start()
        self.wait_until_all(senders, lambda sender: len(sender.sent) >= self.BEFORE)
        asked = time.monotonic()
        printed = pair.primary.verb("passthrough", "enable", "--archive", "{}:{}".format(*pair.archive.smtp)).decode()
        done = time.monotonic()
        self.wait_until_all(senders, lambda sender: sum(sent.begun > done for sent in list(sender.sent)) >= self.AFTER)
        for sender in senders:
            sender.stopping.set()
        for sender in senders:
            sender.join(30)
            self.assertIsNone(sender.failure)

        self.assertIn("the server has taken it", printed)
        self.assertEqual(pair.primary.process.pid, pid)
        self.assertTrue(pair.primary.process.running())
        pair.primary.retry_queue()  # what was bound for the world's MX has another way now
        pair.primary.wait_for_empty_queue()
        pair.archive.wait_for_empty_queue()
        for user, messages in old.items():
            self.assertEqual(pair.primary.messages(user, "INBOX")[:len(messages)], messages)
        self.assertEqual({entry["received"] for entry in pair.archive.journal()} & {message["name"] for message in old[ALICE]}, set())
        everything = list(itertools.chain.from_iterable(sender.sent for sender in senders))
        self.assertEqual([line for sent in everything for line in self.wrong(pair, sent, asked, done)], [])

    def wait_until_all(self, senders: list[Sender], condition) -> None:
        until(lambda: all(condition(sender) or sender.failure for sender in senders), "traffic of every sender", 30)

    def wrong(self, pair: Pair, sent: Sent, asked: float, done: float) -> list[str]:
        user, to = sent.story
        wanted, copies = Counter(), Counter()
        if to == EXT:
            wanted = Counter({f"world {EXT}": 1, f"archive {user}/Sent": 1})
        else:
            wanted[f"primary {to.partition('@')[0]}/INBOX"] = 1
            copies[f"archive {to.partition('@')[0]}/INBOX"] = 1
            if user:
                copies[f"archive {user}/Sent"] = 1
        when = "before" if sent.done < asked else "after" if sent.begun > done else "meanwhile"
        allowed = {"before": [wanted], "after": [wanted + copies], "meanwhile": [wanted, wanted + copies]}[when]
        places = pair.places(sent.mail)
        misplaced = [] if places in allowed else [f"{sent.mail.marker} {sent.story}, sent {when}: {dict(places)}"]
        return misplaced + pair.altered(sent.mail)


def flat(value: object, path: str = "") -> dict[str, object]:
    """`{"route": [{"via": "x"}]}` as `{"route.0.via": "x"}`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None or isinstance(value, list) and not any(isinstance(each, dict) for each in value):
        return {path: value}
    return {key: each for name, below in inner for key, each in flat(below, f"{path}.{name}".strip(".")).items()}


if __name__ == "__main__":
    unittest.main()
