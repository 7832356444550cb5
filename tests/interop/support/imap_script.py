"""Conversations in IMAP as text: what a client says, and what it is to hear. One file is one conversation, with an account of its own.

    C: COMMAND        said by the first session, `C2:` by the second one, ...; each logs in where it speaks first
    S: * RESPONSE     the untagged responses to it, in their order; `S: ...` stands for any number of any
    R: OK [CODE]      how the tagged line begins
    1S: 2S:           of IMAP4rev1, of IMAP4rev2 alone; also in front of C: with what is expected of it, and of R:
    #                 a remark

Run with IMAP4rev2 enabled, `* SEARCH` stands for the ESEARCH that says the same, and neither it nor a RECENT nor an UNSEEN may be heard.

In what is said {letter SUBJECT} is a literal with a small message, {octets TEXT} one with that text (\\r\\n, \\0 and the like are
undone), {name} what an expectation before has found. In what is expected `...` stands for anything, {name=} for what
is to be called so from now on, {name} for what was found so, `\\r\\n` for a line end.
"""
import re
import typing
from pathlib import Path

from .imap_wire import Wire


OF_THE_FIRST_REVISION = re.compile(r"^\* (SEARCH\b|\d+ RECENT$|OK \[UNSEEN )", re.MULTILINE)


class Step(typing.NamedTuple):
    line: int
    session: str
    said: str
    expected: list[str]
    reply: str


def read(path: Path, revision: int = 1) -> list[Step]:
    steps: list[Step] = []
    counts = True  # whether the command is one of this revision
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        marked, of, kind, session, text = re.fullmatch(r"(([12]?)([CSR])(\d*)): (.*)", line).groups()
        is_meant = not of or int(of) == revision
        if kind == "C":
            counts = is_meant
            if counts:
                steps.append(Step(number, session or "1", text, [], "OK"))
        elif session:
            raise AssertionError(f"{path}:{number}: {marked}")
        elif not counts or not is_meant:
            continue
        elif kind == "S":
            steps[-1].expected.append(text)
        else:
            steps[-1] = steps[-1]._replace(reply=text)
    return steps


def as_esearch(said: str, expected: str) -> str:
    """What IMAP4rev2 answers where IMAP4rev1 answers SEARCH (RFC 9051 §6.4.4)."""
    found = re.fullmatch(r"\* SEARCH((?: \d+)*)(?: \((MODSEQ [^)]+)\))?", expected)
    if not found:
        return expected
    ranges: list[list[int]] = []
    for number in map(int, found[1].split()):
        if ranges and ranges[-1][1] + 1 == number:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    numbers = ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)
    return ('* ESEARCH (TAG "...")' + (" UID" if said.startswith("UID ") else "") + (f" ALL {numbers}" if ranges else "")
            + (f" {found[2]}" if found[2] else ""))


def letter(subject: str) -> bytes:
    return (f"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nFrom: Ann <ann@world.example>\r\nTo: alice@example.org\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject.replace(' ', '-')}@x>\r\n\r\na few words\r\n").encode()


def literal(octets: bytes) -> bytes:
    return b"{%d+}\r\n%s" % (len(octets), octets)


class Conversation:
    def __init__(self, login: typing.Callable[[], Wire]):
        self._login = login
        self._sessions: dict[str, Wire] = {}
        self._found: dict[str, str] = {}

    def run(self, path: Path, revision: int = 1) -> None:
        for step in read(path, revision):
            if step.session not in self._sessions:
                self._sessions[step.session] = self._login()
            tagged, untagged = self._sessions[step.session].ask(self._said(step.said))
            heard = [line.decode("utf-8", "backslashreplace") for line in untagged]
            where = f"{path.name}:{step.line}: {step.said}\nheard: " + "\n       ".join([*heard, tagged.decode()])
            replied = re.match(self._pattern(step.reply), tagged.decode(), re.DOTALL)
            if not replied:
                raise AssertionError(f"{where}\nnot the reply: {step.reply}")
            self._found.update(replied.groupdict())
            expected = list(step.expected)
            if revision == 2:
                expected = [as_esearch(step.said, line) for line in expected]
                if OF_THE_FIRST_REVISION.search("\n".join(heard)):
                    raise AssertionError(f"{where}\nnot of IMAP4rev2")
            self._check(where, expected, heard)

    def _said(self, text: str) -> bytes:
        out = b""
        for part in re.split(r"(\{(?:letter|octets) [^}]*\}|\{\w+\})", text):
            if part.startswith("{letter "):
                out += literal(letter(part[8:-1]))
            elif part.startswith("{octets "):
                out += literal(part[8:-1].encode().decode("unicode_escape").encode("latin-1"))
            elif re.fullmatch(r"\{[a-z]\w*\}", part):
                out += self._found[part[1:-1]].encode()
            else:
                out += part.encode()
        return out

    def _pattern(self, text: str) -> str:
        out = ""
        for part in re.split(r"(\.\.\.|\{[a-z]\w*=?\})", text):
            if part == "...":
                out += ".*"
            elif part.startswith("{") and part.endswith("=}"):
                out += f"(?P<{part[1:-2]}>[^] )]+)"
            elif re.fullmatch(r"\{[a-z]\w*\}", part):
                out += re.escape(self._found[part[1:-1]])
            else:
                out += re.escape(part.replace("\\r\\n", "\r\n"))
        return out

    def _check(self, where: str, expected: list[str], heard: list[str]) -> None:
        anything = False
        for line in expected:
            if line == "...":
                anything = True
                continue
            while heard:
                found = re.fullmatch(self._pattern(line), heard.pop(0), re.DOTALL)
                if found:
                    self._found.update(found.groupdict())
                    break
                if not anything:
                    raise AssertionError(f"{where}\nnot what was expected: {line}")
            else:
                raise AssertionError(f"{where}\nmissing: {line}")
            anything = False
        if heard and not anything:
            raise AssertionError(f"{where}\nnot expected: {heard}")
