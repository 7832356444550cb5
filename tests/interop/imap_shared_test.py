"""Mailboxes that one user lets others use (RFC 4314): who sees what, who may do what, and what is there for nobody else."""
import re
import subprocess
import unittest

from support.case import RigCase
from support.imap_wire import Wire
from support.instance import DOMAIN, PROGRAM
from support.reading import ALICE, BOB, PASSWORD, Reading, unverified

CAROL = f"carol@{DOMAIN}"
ALL = b"lrswipkxteacd"
Answer = tuple[bytes, list[bytes]]


def letter(subject: str, octets: int = 0) -> bytes:
    head = f"From: Ann <ann@world.example>\r\nTo: alice@example.org\r\nSubject: {subject}\r\n\r\n".encode()
    return head + b"x" * max(octets - len(head), 0)


def theirs(name: str, owner: str = ALICE) -> bytes:
    return f'"Other Users/{owner}/{name}"'.encode()


class SharedCase(RigCase):
    shared = True
    folders = 0

    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig, change=lambda document: document.setdefault("access", {}).update(shared_mailboxes=cls.shared))
        cls.reading.machine.add_account(CAROL, PASSWORD)

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.login(), self.login(BOB)

    def login(self, user: str = ALICE) -> Wire:
        wire = Wire(self.reading.imap, unverified())
        self.addCleanup(wire.close)
        self.ok(wire.ask(f'LOGIN {user} "{PASSWORD}"'.encode()))
        return wire

    def ok(self, answer: Answer) -> list[bytes]:
        self.assertTrue(answer[0].startswith(b"OK"), answer)
        return answer[1]

    def refused(self, answer: Answer, code: bytes) -> None:
        self.assertTrue(answer[0].startswith(b"NO [" + code + b"]"), answer)

    def append(self, wire: Wire, folder: bytes, octets: bytes, flags: bytes = b"()") -> Answer:
        return wire.ask(b"APPEND %s %s {%d+}\r\n%s" % (folder, flags, len(octets), octets))

    def new_folder(self, rights: str = "", whom: str = BOB, *, letters: int = 0) -> str:
        """A mailbox of Alice's of which somebody has these rights."""
        type(self).folders += 1
        name = f"Box{self.folders}"
        self.ok(self.alice.ask(f"CREATE {name}".encode()))
        for number in range(letters):
            self.ok(self.append(self.alice, name.encode(), letter(f"letter {number}")))
        if rights:
            self.give(name, whom, rights)
        return name

    def give(self, name: str, whom: str, rights: str) -> None:
        self.ok(self.alice.ask(f"SETACL {name} {whom} {rights}".encode()))

    def names(self, wire: Wire, command: bytes = b'LIST "" *') -> set[bytes]:
        return {re.search(rb' "/" "([^"]*)"', line)[1] for line in self.ok(wire.ask(command)) if b"LIST" in line or b"LSUB" in line}

    def subjects(self, wire: Wire) -> list[bytes]:
        return [re.search(rb"Subject: (.*)\r\n", line)[1] for line in self.ok(wire.ask(b"FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))]


class AclTest(SharedCase):
    def test_who_may_do_what_is_set_asked_and_taken_away(self):
        name = self.new_folder()
        self.assertIn(b" ACL RIGHTS=kxte LIST-MYRIGHTS", self.ok(self.alice.ask(b"CAPABILITY"))[0])
        self.assertEqual(self.ok(self.alice.ask(b"NAMESPACE")), [b'* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL'])

        def acl() -> bytes:
            [line] = self.ok(self.alice.ask(f"GETACL {name}".encode()))
            return line.removeprefix(f'* ACL "{name}" {ALICE} '.encode() + ALL).strip()

        self.assertEqual(acl(), b"")
        for change, found in ((f"{BOB} lr", f"{BOB} lr"), (f"{BOB} +sw", f"{BOB} lrsw"), (f"{BOB} -w", f"{BOB} lrs"),
                              ("bob +c", f"{BOB} lrskxc"), (f"{BOB} ld", f"{BOB} lted"), (f"{BOB} \"+\"", f"{BOB} lted"),
                              ("Anyone l", f"anyone l {BOB} lted"), (f"-{BOB} t", f"-{BOB} td anyone l {BOB} lted"),
                              (f"{BOB} -lted", f"-{BOB} td anyone l"), ("anyone \"\"", f"-{BOB} td")):
            self.ok(self.alice.ask(f"SETACL {name} {change}".encode()))
            self.assertEqual(acl(), found.encode(), change)
        self.ok(self.alice.ask(f"DELETEACL {name} -{BOB}".encode()))
        self.ok(self.alice.ask(f"DELETEACL {name} nobody-here@{DOMAIN}".encode()))
        self.assertEqual(acl(), b"")
        self.assertEqual(self.ok(self.alice.ask(f"MYRIGHTS {name}".encode())), [f'* MYRIGHTS "{name}" '.encode() + ALL])
        optional = b" ".join(bytes([letter]) for letter in ALL)
        for whom in (BOB, "nobody", "anyone"):
            self.assertEqual(self.ok(self.alice.ask(f"LISTRIGHTS {name} {whom}".encode())), [f'* LISTRIGHTS "{name}" {whom} "" '.encode() + optional])
        self.assertEqual(self.ok(self.alice.ask(f"LISTRIGHTS {name} alice".encode())), [f'* LISTRIGHTS "{name}" alice '.encode() + ALL])

    def test_what_is_no_right_and_no_user_is_refused(self):
        name = self.new_folder()
        for rights in ("z", "lrz", "0", "L", "+y"):
            self.assertTrue(self.alice.ask(f"SETACL {name} {BOB} {rights}".encode())[0].startswith(b"BAD"), rights)
        answers = {self.alice.ask(f"SETACL {name} {whom} lr".encode())[0]
                   for whom in (f"nobody@{DOMAIN}", "nobody", "x@far.example", f"-nobody@{DOMAIN}", '"a b"', '"@"', "{4+}\r\na\r\nb", '""')}
        self.assertEqual(len(answers), 1, answers)
        self.assertTrue(answers.pop().startswith(b"NO [CANNOT]"))
        self.refused(self.alice.ask(b"GETACL nothing"), b"NONEXISTENT")

    def test_nobody_takes_a_right_from_the_owner(self):
        name = self.new_folder("lra")
        for command in (f"SETACL {name} {ALICE} lr", f"SETACL {name} {ALICE} -a", f"DELETEACL {name} {ALICE}", f"SETACL {name} -{ALICE} r"):
            self.refused(self.alice.ask(command.encode()), b"CANNOT")
            self.refused(self.bob.ask(command.replace(name, theirs(name).decode()).encode()), b"CANNOT")
        self.ok(self.alice.ask(f"SETACL {name} {ALICE} +r".encode()))
        self.ok(self.alice.ask(f"SETACL {name} -anyone lrswipkxtea".encode()))
        self.ok(self.alice.ask(f"SELECT {name}".encode()))

    def test_a_mailbox_has_so_many_identifiers_and_no_more(self):
        name = self.new_folder()
        for number in range(33):
            self.reading.machine.add_account(f"many{number}@{DOMAIN}", PASSWORD)
        for number in range(32):
            self.give(name, f"many{number}@{DOMAIN}", "l")
            self.give(name, f"-many{number}@{DOMAIN}", "r")
        self.refused(self.alice.ask(f"SETACL {name} many32 l".encode()), b"LIMIT")
        self.give(name, "many31", "lr")
        self.ok(self.alice.ask(f"DELETEACL {name} many30".encode()))
        self.give(name, "many32", "l")


class SightTest(SharedCase):
    def test_what_is_shared_is_listed_for_those_with_whom_it_is(self):
        name = self.new_folder("lr")
        self.ok(self.alice.ask(f"CREATE {name}/below".encode()))  # inherits
        self.ok(self.alice.ask(f"CREATE {name}/below/hidden".encode()))
        self.ok(self.alice.ask(f"DELETEACL {name}/below/hidden {BOB}".encode()))
        ours = {f"Other Users/{ALICE}/{name}".encode(), f"Other Users/{ALICE}/{name}/below".encode()}
        found = self.names(self.bob)
        self.assertTrue(ours < found, found)
        self.assertNotIn(f"Other Users/{ALICE}/{name}/below/hidden".encode(), found)
        self.assertTrue({b"Other Users", f"Other Users/{ALICE}".encode()} <= found)
        self.assertFalse([each for each in self.names(self.alice) if b"Other Users" in each])
        self.assertNotIn(f"Other Users/{ALICE}/{name}".encode(), self.names(self.login(CAROL)))
        self.assertIn(b'* LIST (\\NonExistent \\NoSelect \\HasChildren) "/" "Other Users"', self.ok(self.bob.ask(b'LIST "" %')))
        [line, rights] = self.ok(self.bob.ask(b'LIST "" ' + theirs(f"{name}/below") + b" RETURN (MYRIGHTS METADATA (/private/comment))"))
        self.assertEqual((line, rights), (b'* LIST (\\HasNoChildren) "/" ' + theirs(f"{name}/below"), b"* MYRIGHTS " + theirs(f"{name}/below") + b" lr"))
        [_, status] = self.ok(self.bob.ask(b'LIST "" ' + theirs(name) + b" RETURN (STATUS (MESSAGES))"))
        self.assertEqual(status, b"* STATUS " + theirs(name) + b" (MESSAGES 0)")
        [_, rights] = self.ok(self.bob.ask(b'LIST "" INBOX RETURN (MYRIGHTS)'))
        self.assertEqual(rights, b'* MYRIGHTS "INBOX" ' + ALL)

    def test_a_subscription_is_of_what_is_seen(self):
        name = self.new_folder("l")
        self.ok(self.bob.ask(b"SUBSCRIBE " + theirs(name)))
        self.assertIn(theirs(name).strip(b'"'), self.names(self.bob, b'LSUB "" *'))
        for other in (theirs("INBOX"), theirs("INBOX", "nobody@x"), b'"Other Users/x"'):
            self.refused(self.bob.ask(b"SUBSCRIBE " + other), b"NONEXISTENT")
        self.ok(self.bob.ask(b"UNSUBSCRIBE " + theirs(name)))

    def test_nobody_makes_a_mailbox_of_his_own_there(self):
        self.new_folder("lr")
        for name in ("Other Users", "Other Users/", "Other Users/x", "Other Users/../x", f"Other Users/{ALICE}", f"Other Users/{ALICE}/x",
                     f"Other Users/{BOB}/x", "Other Users/nobody@x/INBOX/y", "Other Users//", "Other Users//x/y", f"Other Users/{ALICE}/INBOX/x"):
            self.refused(self.bob.ask(f'CREATE "{name}"'.encode()), b"CANNOT")
            self.refused(self.bob.ask(f'RENAME Archive "{name}"'.encode()), b"CANNOT")
            self.refused(self.bob.ask(f'RENAME INBOX "{name}"'.encode()), b"CANNOT")
        for name in ("Other Users/../x", "Other Users//", "Other Users/@", f"Other Users/{ALICE}/../INBOX", f"Other Users/{ALICE}//INBOX",
                     f"Other Users/{ALICE}/", f"other users/{ALICE}/INBOX", f"Other Users/{BOB}/INBOX", "Other Users/" + "a@/" * 300):
            self.refused(self.bob.ask(f'SELECT "{name}"'.encode()), b"NONEXISTENT")

    def test_what_is_given_is_the_accounts_and_not_its_names(self):
        erin = f"erin@{DOMAIN}"
        self.reading.machine.add_account(erin, PASSWORD)
        name = self.new_folder("lr", erin)
        self.ok(self.login(erin).ask(b"SELECT " + theirs(name)))
        self.reading.machine.verb("account", "remove", erin)
        self.reading.machine.add_account(erin, PASSWORD)
        self.refused(self.login(erin).ask(b"SELECT " + theirs(name)), b"NONEXISTENT")
        self.assertNotIn(erin.encode(), self.ok(self.alice.ask(f"GETACL {name}".encode()))[0])
        self.assertTrue(any(row["identifier"] == erin and row["holds"] is False for row in self.reading.machine.admin.list("mailbox/shares", account=ALICE)))
        self.ok(self.alice.ask(f"SETACL {name} {BOB} l".encode()))  # what was the old one's goes with it
        self.assertFalse(any(row["identifier"] == erin for row in self.reading.machine.admin.list("mailbox/shares", account=ALICE)))

    def test_every_command_answers_for_what_is_not_shared_as_for_what_is_not_there(self):
        secret = self.new_folder()
        self.new_folder("lrswipkxtea")  # something else is shared
        self.ok(self.append(self.bob, b"INBOX", letter("mine")))
        self.ok(self.bob.ask(b"SELECT INBOX"))
        octets = letter("x")
        commands = (b"SELECT %s", b"EXAMINE %s", b"DELETE %s", b"CREATE %s", b"CREATE %s/below", b"RENAME %s elsewhere", b"RENAME Archive %s", b"SUBSCRIBE %s",
                    b"STATUS %s (MESSAGES)", b"COPY 1 %s", b"UID COPY 1 %s", b"MOVE 1 %s", b'LIST "" %s', b'LIST "" %s RETURN (STATUS (MESSAGES) MYRIGHTS)',
                    b'LSUB "" %s', b"GETQUOTAROOT %s", b"GETACL %s", b"SETACL %s bob lr", b"DELETEACL %s bob", b"LISTRIGHTS %s bob", b"MYRIGHTS %s",
                    b"GETMETADATA %s /private/comment", b'SETMETADATA %s (/private/comment "x")', b"APPEND %%s {%d+}\r\n%s" % (len(octets), octets),
                    b"APPEND %s CATENATE (URL /INBOX/;UID=1)", b"REPLACE 1 %%s {%d+}\r\n%s" % (len(octets), octets))
        hidden = (f"Other Users/{ALICE}/{secret}", f"Other Users/{ALICE}/INBOX")
        absent = (f"Other Users/{ALICE}/none", "Other Users/nobody@example.org/INBOX")
        for command in commands:
            heard = set()
            for name in hidden + absent:
                wire = self.login(BOB)
                self.ok(wire.ask(b"SELECT INBOX"))
                quoted = b'"%s"' % name.encode() if b"/below" not in command else name.encode()
                asked = command.replace(b"%s", quoted) if b"/below" not in command else b'CREATE "%s/below"' % quoted
                code, told = wire.ask(asked)
                wire.close()
                heard.add((code, tuple(line for line in told if b"CLOSED" not in line)))
            self.assertEqual(len(heard), 1, (command, heard))
        wire = self.login(BOB)
        url = b"APPEND Drafts CATENATE (URL \"/Other%%20Users/%s/;UID=1\")"
        answers = {re.sub(rb'"[^"]*"', b"", wire.ask(url % f"{who}/INBOX".encode())[0]) for who in (ALICE, "nobody@x")}
        self.assertEqual(len(answers), 1, answers)
        self.assertIn(f'"{secret}"'.encode(), b"".join(self.ok(self.alice.ask(f'LIST "" {secret}'.encode()))))


class RightsTest(SharedCase):
    def allowed(self, rights: str, command: bytes, *, select: bool = True, letters: int = 1) -> bytes:
        """The tagged line of what Bob says with these rights. {}: the name of the mailbox."""
        name = self.new_folder(rights, letters=letters)
        wire = self.login(BOB)
        if select:
            self.ok(wire.ask(b"SELECT " + theirs(name)))
        return wire.ask(command.replace(b"{}", theirs(name)))[0]

    def test_each_right_is_for_what_it_is_for(self):
        octets = letter("appended")
        appended = b"APPEND {} {%d+}\r\n%s" % (len(octets), octets)
        for right, command in (("r", b"SELECT {}"), ("r", b"STATUS {} (MESSAGES)"), ("i", appended), ("x", b"DELETE {}"), ("a", b"GETACL {}"),
                               ("a", b"SETACL {} carol l"), ("a", b"LISTRIGHTS {} carol"), ("a", b"DELETEACL {} carol")):
            every = "lrswipkxtea"
            self.assertTrue(self.allowed(right, command, select=False).startswith(b"OK"), (right, command))
            self.assertTrue(self.allowed(every.replace(right, ""), command, select=False).startswith(b"NO [NOPERM]"), (right, command))
            self.assertTrue(self.allowed(every.replace(right, "").replace("l", "").replace("r", "") or "p", command, select=False)
                            .startswith(b"NO [TRYCREATE]" if command == appended else b"NO [NONEXISTENT]"), (right, command))
        for rights, command, code in (("lre", b"EXPUNGE", b"OK"), ("lrswit", b"EXPUNGE", b"NO [NOPERM]"), ("lrte", b"MOVE 1 Archive", b"OK"),
                                      ("lrt", b"MOVE 1 Archive", b"NO [NOPERM]"), ("lre", b"MOVE 1 Archive", b"NO [NOPERM]"), ("lr", b"COPY 1 Archive", b"OK"),
                                      ("lrs", b"STORE 1 +FLAGS (\\Seen)", b"OK"), ("lrw", b"STORE 1 +FLAGS (\\Seen)", b"NO [NOPERM]"),
                                      ("lrw", b"STORE 1 +FLAGS (\\Flagged word)", b"OK"), ("lrst", b"STORE 1 +FLAGS (\\Flagged word)", b"NO [NOPERM]"),
                                      ("lrt", b"STORE 1 -FLAGS (\\Deleted)", b"OK"), ("lrsw", b"STORE 1 +FLAGS (\\Deleted)", b"NO [NOPERM]"),
                                      ("lr", b"STORE 1 FLAGS ()", b"NO [CANNOT]"), ("lri", b"STORE 1 FLAGS ()", b"NO [NOPERM]"),
                                      ("lr", b"GETQUOTAROOT {}", b"NO [NOPERM]"), ("lr", b"GETMETADATA {} /private/comment", b"NO [NOPERM]"),
                                      ("lrswipkxtea", b'SETMETADATA {} (/shared/comment "x")', b"NO [NOPERM]"),
                                      ("lrswipkxtea", b"RENAME {} Mine", b"NO [CANNOT]"), ("lrswipkxtea", b"RENAME Archive {}x", b"NO [CANNOT]"),
                                      ("lrswipkxte", b"REPLACE 1 INBOX {%d+}\r\n%s" % (len(octets), octets), b"NO [CANNOT]"),
                                      ("lrswipkxte", b"REPLACE 1 {} {%d+}\r\n%s" % (len(octets), octets), b"OK"),
                                      ("lrswipkxe", b"REPLACE 1 {} {%d+}\r\n%s" % (len(octets), octets), b"NO [NOPERM]")):
            if command.startswith(b"RENAME Archive"):
                command = b'RENAME Archive "Other Users/alice@example.org/Box%d/x"' % (self.folders + 1)
            answer = self.allowed(rights, command)
            self.assertTrue(answer.startswith(code), (rights, command, answer))

    def test_a_mailbox_opens_as_far_as_one_may_change_it(self):
        for rights, code, flags in (("lr", b"READ-ONLY", b""), ("lrs", b"READ-WRITE", b"\\Seen"), ("lrt", b"READ-WRITE", b"\\Deleted"),
                                    ("lrw", b"READ-WRITE", b"\\Answered \\Flagged \\Draft word \\*"), ("lri", b"READ-WRITE", b""),
                                    ("lrswt", b"READ-WRITE", b"\\Answered \\Flagged \\Deleted \\Seen \\Draft word \\*"), ("lrkx", b"READ-ONLY", b"")):
            name = self.new_folder(rights)
            self.ok(self.append(self.alice, name.encode(), letter("x"), b"(word)"))
            answer, told = self.bob.ask(b"SELECT " + theirs(name))
            self.assertTrue(answer.startswith(b"OK [" + code + b"]"), (rights, answer))
            self.assertIn(b"* OK [PERMANENTFLAGS (" + flags + b")] flags that are kept", told)

    def test_what_may_not_be_changed_stays_as_it_is(self):
        name = self.new_folder("lrwe", letters=2)
        self.ok(self.alice.ask(f"SELECT {name}".encode()))
        self.ok(self.alice.ask(b"STORE 1 FLAGS (\\Seen \\Deleted \\Answered old)"))
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        told = self.ok(self.bob.ask(b"STORE 1:2 FLAGS (\\Flagged \\Deleted new)"))
        self.assertIn(b"FLAGS (\\Seen \\Flagged \\Deleted new)", told[-2])
        self.assertIn(b"FLAGS (\\Flagged new)", told[-1])
        self.ok(self.bob.ask(b"FETCH 2 BODY[]"))  # marks nothing as seen
        self.assertIn(b"FLAGS (\\Flagged new)", self.ok(self.bob.ask(b"FETCH 2 FLAGS"))[0])
        self.give(name, BOB, "lrs")
        self.ok(self.bob.ask(b"CLOSE"))
        self.assertIn(b"FLAGS (\\Seen \\Flagged \\Deleted new)", self.ok(self.alice.ask(b"FETCH 1 FLAGS"))[-1])
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        self.assertIn(b"FLAGS (\\Flagged \\Deleted new)", self.ok(self.bob.ask(b"STORE 1 -FLAGS (\\Seen \\Flagged)"))[0])

    def test_flags_that_come_along_are_those_that_one_may_set(self):
        name = self.new_folder("lris")
        self.ok(self.append(self.bob, theirs(name), letter("one"), b"(\\Seen \\Flagged word)"))
        self.ok(self.append(self.bob, b"INBOX", letter("two"), b"(\\Seen \\Flagged \\Deleted word)"))
        self.ok(self.bob.ask(b"SELECT INBOX"))
        self.ok(self.bob.ask(b"COPY * " + theirs(name)))
        self.ok(self.alice.ask(f"SELECT {name}".encode()))
        self.assertEqual([re.search(rb"FLAGS \(.*?\)", line)[0] for line in self.ok(self.alice.ask(b"FETCH 1:* FLAGS"))], [b"FLAGS (\\Seen)"] * 2)

    def test_messages_go_from_one_account_to_another(self):
        name = self.new_folder("lrswite", letters=4)
        self.ok(self.bob.ask(b"CREATE from-alice"))
        self.addCleanup(self.bob.ask, b"DELETE from-alice")
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        self.assertIn(b"[COPYUID ", self.bob.ask(b"COPY 1,3 from-alice")[0])
        ids = [re.search(rb"EMAILID \((.*?)\)", line)[1] for line in self.ok(self.bob.ask(b"FETCH 2,4 EMAILID"))]
        told = self.ok(self.bob.ask(b"UID MOVE 2,4 from-alice"))
        self.assertTrue(told[0].startswith(b"* OK [COPYUID "), told)
        self.assertTrue(told[0].endswith(b" 2,4 3:4] moved"), told)
        self.assertEqual(told[1:], [b"* 4 EXPUNGE", b"* 2 EXPUNGE"])
        self.assertEqual(self.subjects(self.bob), [b"letter 0", b"letter 2"])
        self.ok(self.bob.ask(b"SELECT from-alice"))
        self.assertEqual(self.subjects(self.bob), [b"letter 0", b"letter 2", b"letter 1", b"letter 3"])
        self.assertEqual([re.search(rb"EMAILID \((.*?)\)", line)[1] for line in self.ok(self.bob.ask(b"FETCH 3:4 EMAILID"))], ids)
        self.ok(self.bob.ask(b"MOVE 1 " + theirs(name)))
        self.ok(self.alice.ask(f"SELECT {name}".encode()))
        self.assertEqual(self.subjects(self.alice), [b"letter 0", b"letter 2", b"letter 0"])
        self.assertIn(b'BODYSTRUCTURE ("TEXT"'.lower(), self.ok(self.alice.ask(b"FETCH 3 BODYSTRUCTURE"))[0].lower())
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        self.assertEqual(self.ok(self.bob.ask(b'SEARCH SUBJECT "letter 2"')), [b"* SEARCH 2"])
        self.assertEqual(self.ok(self.bob.ask(b"SORT (REVERSE SUBJECT) UTF-8 ALL")), [b"* SORT 2 1 3"])
        url = b"APPEND from-alice CATENATE (URL \"/Other%%20Users/%s/%s/;UID=1\")" % (ALICE.encode(), name.encode())
        self.ok(self.bob.ask(url))
        self.reading.machine.verb("journal", "verify")  # each mailbox is what its change log says

    def test_what_is_put_into_a_mailbox_counts_for_its_owner(self):
        name = self.new_folder("lri")
        self.addCleanup(self.reading.machine.verb, "account", "quota", ALICE, "0")
        self.reading.machine.verb("account", "quota", ALICE, "1K")
        self.refused(self.append(self.bob, theirs(name), letter("much", 5000)), b"OVERQUOTA")
        self.ok(self.append(self.bob, b"INBOX", letter("much", 5000)))
        self.ok(self.bob.ask(b"SELECT INBOX"))
        self.refused(self.bob.ask(b"COPY * " + theirs(name)), b"OVERQUOTA")
        self.refused(self.bob.ask(b"MOVE * " + theirs(name)), b"OVERQUOTA")

    def test_below_what_one_may_one_makes_and_moves_mailboxes(self):
        name = self.new_folder("lrkx")
        self.ok(self.bob.ask(b"CREATE " + theirs(f"{name}/new/deep")))
        self.assertEqual(self.ok(self.bob.ask(b"MYRIGHTS " + theirs(f"{name}/new/deep"))), [b"* MYRIGHTS " + theirs(f"{name}/new/deep") + b" lrkxc"])
        self.ok(self.bob.ask(b"RENAME " + theirs(f"{name}/new/deep") + b" " + theirs(f"{name}/flat")))
        self.assertIn(f"{name}/flat".encode(), self.names(self.alice))
        self.refused(self.bob.ask(b"RENAME " + theirs(f"{name}/flat") + b" " + theirs("flat")), b"CANNOT")
        self.refused(self.bob.ask(b"CREATE " + theirs(f"{name}/x") + b" (USE (\\Sent))"), b"USEATTR")
        self.refused(self.bob.ask(b"CREATE " + theirs(f"{name}/flat")), b"ALREADYEXISTS")
        self.ok(self.bob.ask(b"DELETE " + theirs(f"{name}/flat")))
        self.assertNotIn(f"{name}/flat".encode(), self.names(self.alice))
        self.ok(self.alice.ask(f"SETACL INBOX {BOB} lrkx".encode()))
        self.addCleanup(self.alice.ask, f"DELETEACL INBOX {BOB}".encode())
        self.refused(self.bob.ask(b"DELETE " + theirs("INBOX")), b"CANNOT")
        self.refused(self.bob.ask(b"RENAME " + theirs("INBOX") + b" " + theirs(f"{name}/in")), b"CANNOT")
        self.ok(self.bob.ask(b"SELECT " + theirs("inbox")))


class AtOnceTest(SharedCase):
    def test_what_is_taken_away_is_closed_with_the_next_command(self):
        name = self.new_folder("lrs", letters=1)
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        self.ok(self.alice.ask(f"SETACL {name} {BOB} lr".encode()))
        answer, told = self.bob.ask(b"STORE 1 +FLAGS (\\Seen)")
        self.assertTrue(answer.startswith(b"NO [NOPERM]"), answer)
        self.assertIn(b"* OK [PERMANENTFLAGS ()] flags that are kept", told)
        self.ok(self.alice.ask(f"DELETEACL {name} {BOB}".encode()))
        answer, told = self.bob.ask(b"FETCH 1 BODY[]")
        self.assertTrue(answer.startswith(b"NO "), answer)
        self.assertEqual([line[:13] for line in told], [b"* OK [CLOSED]"])
        self.refused(self.bob.ask(b"SELECT " + theirs(name)), b"NONEXISTENT")

    def test_who_idles_hears_it_at_once(self):
        name = self.new_folder("lr")
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        tag = self.bob.send(b"IDLE")
        self.assertTrue(self.bob.response().startswith(b"+"))
        self.ok(self.append(self.alice, name.encode(), letter("new")))
        self.assertEqual(self.bob.response(), b"* 1 EXISTS")
        self.ok(self.alice.ask(f"SETACL {name} -anyone r".encode()))
        self.assertTrue(self.bob.response().startswith(b"* OK [CLOSED]"))
        self.ok(self.append(self.alice, name.encode(), letter("unheard")))
        self.bob.send_line(b"DONE")
        self.assertEqual(self.bob.response(), tag + b" OK done")
        self.refused(self.bob.ask(b"FETCH 1 FLAGS"), b"NONEXISTENT")

    def test_who_has_a_mailbox_open_that_is_removed_is_out_of_it(self):
        name = self.new_folder("lr", letters=1)
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        self.ok(self.alice.ask(f"RENAME {name} {name}-renamed".encode()))
        self.ok(self.bob.ask(b"FETCH 1 FLAGS"))
        self.ok(self.alice.ask(f"DELETE {name}-renamed".encode()))
        self.assertEqual([line[:13] for line in self.bob.ask(b"NOOP")[1]], [b"* OK [CLOSED]"])

    def test_both_see_what_the_other_does(self):
        name = self.new_folder("lrswite", letters=2)
        self.ok(self.alice.ask(f"SELECT {name}".encode()))
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        self.ok(self.bob.ask(b"STORE 1 +FLAGS (\\Seen \\Deleted)"))
        self.assertIn(b"FLAGS (\\Seen \\Deleted)", self.ok(self.alice.ask(b"NOOP"))[0])
        self.ok(self.bob.ask(b"EXPUNGE"))
        self.assertEqual(self.ok(self.alice.ask(b"NOOP")), [b"* 1 EXPUNGE"])

    def test_rights_are_there_after_a_new_start_and_the_store_is_whole(self):
        name = self.new_folder("lr", letters=1)
        self.ok(self.alice.ask(f"SETACL {name} -anyone a".encode()))
        machine = self.reading.machine
        machine.stop()
        machine.start()
        bob = self.login(BOB)
        self.ok(bob.ask(b"SELECT " + theirs(name)))
        machine.verb("journal", "verify")
        self.assertIn({"name": name, "identifier": BOB, "rights": "lr", "holds": True}, machine.admin.list("mailbox/shares", account=ALICE))


class OffTest(SharedCase):
    shared = False

    def test_where_nothing_may_be_shared_there_is_neither_the_capability_nor_the_namespace(self):
        capability = self.ok(self.alice.ask(b"CAPABILITY"))[0]
        self.assertFalse(b"ACL" in capability or b"MYRIGHTS" in capability or b"RIGHTS=" in capability)
        self.assertEqual(self.ok(self.alice.ask(b"NAMESPACE")), [b'* NAMESPACE (("" "/")) NIL NIL'])
        for command in (b"SETACL INBOX bob lr", b"GETACL INBOX", b"MYRIGHTS INBOX", b"LISTRIGHTS INBOX bob", b"DELETEACL INBOX bob"):
            self.assertTrue(self.alice.ask(command)[0].startswith(b"BAD"), command)
        self.refused(self.alice.ask(b"SELECT " + theirs("INBOX", BOB)), b"NONEXISTENT")
        self.refused(self.alice.ask(b'CREATE "Other Users/x"'), b"CANNOT")


class ReadOnlyTest(SharedCase):  # a machine that is an archive
    def test_where_mailboxes_can_only_be_read_nobody_has_more_rights_and_nobody_gives_any(self):
        self.assertEqual(self.ok(self.alice.ask(b"MYRIGHTS INBOX")), [b'* MYRIGHTS "INBOX" lr'])
        self.ok(self.alice.ask(b"GETACL INBOX"))
        for command in (b"SETACL INBOX bob lr", b"DELETEACL INBOX bob"):
            self.refused(self.alice.ask(command), b"NOPERM")

    @classmethod
    def set_up_rig(cls) -> None:
        cls.reading = Reading(cls.rig, role="archive", change=lambda document: document.update(access={"archive_role": "read-only"}))


class EncryptedTest(SharedCase):
    @classmethod
    def set_up_rig(cls) -> None:
        master = cls.rig.directory / "master.key"
        master.touch(0o600)
        master.write_bytes(subprocess.run([PROGRAM, "encryption", "new-key"], capture_output=True, check=True).stdout)
        encryption = {"master_key": str(master), "ring": str(cls.rig.directory / "ring")}
        cls.reading = Reading(cls.rig, change=lambda document: document.update(encryption=encryption))

    def test_a_copy_outlives_the_key_of_whose_it_was(self):
        name = self.new_folder("lrte", letters=3)
        machine = self.reading.machine
        self.ok(self.bob.ask(b"SELECT " + theirs(name)))
        self.ok(self.bob.ask(b"COPY 1 INBOX"))
        self.ok(self.bob.ask(b"MOVE 2 INBOX"))
        machine.verb("account", "remove", ALICE)
        self.assertEqual([line[:13] for line in self.bob.ask(b"NOOP")[1]], [b"* OK [CLOSED]"])
        machine.verb("account", "destroy-key", ALICE, "--reason", "she left", "--yes")
        machine.stop()
        machine.start()
        self.bob = self.login(BOB)
        self.assertFalse([each for each in self.names(self.bob) if b"Other Users" in each])
        self.ok(self.bob.ask(b"SELECT INBOX"))
        self.assertEqual(self.subjects(self.bob), [b"letter 0", b"letter 1"])
        self.assertIn(letter("letter 0"), b"".join(self.ok(self.bob.ask(b"FETCH 1 BODY.PEEK[]"))))
        machine.verb("journal", "verify")
        self.assertNotIn("mailbox.shares", machine.log())


if __name__ == "__main__":
    unittest.main()
