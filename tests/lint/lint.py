#!/usr/bin/env python3
"""Holds the tree to what CONTRIBUTING.md promises: the chain of folders, the RFC list, the shape of files.

    tests/lint/lint.py [--root DIR] [RULE...]

Prints one line a finding (`path:line: rule: what`), exits 1 when there is an error; warnings do not count.
Reads only; knows nothing of git, so that it works in a release tarball too.
"""
import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CODE_FOLDERS = ("base", "mail", "routing", "archive", "relay", "conf", "app", "tests")
CODE_SUFFIXES = (".hpp", ".cpp", ".h")
TEXT_SUFFIXES = CODE_SUFFIXES + (".py", ".md", ".txt", ".cmake", ".toml", ".json", ".service", ".sh", "")
NOT_OURS = ("build", ".git", ".cache", "corpus", "__pycache__")
WARN_LINES, MOST_LINES = 400, 500


@dataclass(frozen=True)
class Finding:
    path: Path
    line: int
    rule: str
    what: str
    error: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'' if self.error else 'warning: '}{self.rule}: {self.what}"


class Tree:
    """The files of a checkout, read once."""

    def __init__(self, root: Path):
        self.root = root
        self._text: dict[Path, str] = {}

    def files(self, suffixes: tuple[str, ...], folders: tuple[str, ...] | None = None) -> Iterator[Path]:
        for path in sorted(self.root.rglob("*")):
            relative = path.relative_to(self.root)
            if any(part in NOT_OURS for part in relative.parts) or path.suffix not in suffixes or not path.is_file():
                continue
            if folders is None or relative.parts[0] in folders:
                yield relative

    def code(self) -> Iterator[Path]:
        return self.files(CODE_SUFFIXES, CODE_FOLDERS)

    def text(self, path: Path) -> str:
        if path not in self._text:
            self._text[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._text[path]

    def lines(self, path: Path) -> Iterator[tuple[int, str]]:
        return enumerate(self.text(path).splitlines(), start=1)


# ---------------------------------------------------------------- the chain of folders

CHAIN = ("base", "mail", "routing", "archive", "relay", "conf", "app")
MAY_INCLUDE = {
    "base": {"base"},
    "mail": {"base", "mail"},
    "routing": {"base", "mail", "routing"},
    "archive": {"base", "mail", "routing", "archive"},
    "relay": {"base", "mail", "routing", "archive", "relay"},
    "conf": {"base", "mail", "routing", "conf"},
    "app": set(CHAIN),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def folder_rule(path: Path, included: str) -> str | None:
    """Why `path` may not include `included`; None when it may. `included` is written from the root of the tree."""
    here, parts = path.parts[0], Path(included).parts
    there = parts[0]
    if here == "tests" or there not in CHAIN:
        return None
    if here == "conf" and included.endswith("/options.hpp"):
        return None
    if there not in MAY_INCLUDE[here]:
        return f"{here} may not know {there}"
    if here in ("mail", "routing") and included.startswith("base/net/") and not included.endswith("/options.hpp"):
        return f"{here} does no I/O and may not know base/net"
    if here == "base" and path.parts[1] != "net" and included.startswith("base/net/"):
        return "base may not know base/net"
    if here == "relay" and included.startswith(("archive/store/", "archive/access/")):
        return "relay may not know archive/store nor archive/access"
    if here == "archive" and path.parts[1] == "store" and there == "archive" and parts[1] != "store":
        return "archive/store may not know the rest of the archive"
    return None


def engine_rule(path: Path, included: str) -> str | None:
    """The store's engine is the secret of one folder, behind the store contract."""
    ours = path.parts[:3] == ("archive", "store", "rocksdb")
    if path.parts[0] == "tests" or ours:
        return None
    if included.startswith("rocksdb/"):
        return "only archive/store/rocksdb may know the engine"
    if included.startswith("archive/store/rocksdb/") and path.parts[0] != "app" and path.parts[:2] != ("archive", "store"):
        return "an engine is known only to archive/store and to app, which chooses it"
    return None


def check_includes(tree: Tree) -> Iterator[Finding]:
    for path in tree.code():
        for number, line in tree.lines(path):
            found = INCLUDE.match(line)
            if not found:
                continue
            included = found[1] or found[2]
            why = engine_rule(path, included) or (folder_rule(path, included) if found[1] else None)
            if why:
                yield Finding(path, number, "includes", f'"{included}": {why}')
            if path.parts[0] != "tests" and found[1] and "/" not in included and not (tree.root / included).exists():
                yield Finding(path, number, "includes", f'"{included}": write the path from the root of the tree')


# What an include of a neighbour brings along may not be used either: relay/ goes through the door that archive.hpp is.
STORE_BY_NAME = re.compile(r"\bstore::|(?:\.|->)store\(\)")


def check_names(tree: Tree) -> Iterator[Finding]:
    for path in tree.code():
        if path.parts[0] != "relay":
            continue
        for number, line in tree.lines(path):
            if found := STORE_BY_NAME.search(line.split("//")[0]):
                yield Finding(path, number, "names", f"{found[0]}: relay may not know archive/store; archive.hpp has aliases")


# ---------------------------------------------------------------- RFCs

RFC_IN_TEXT = re.compile(r"\bRFCs?[ -]?(\d{3,5})((?:(?:, | and |/)\d{3,5}\b)*)")
RFC_LIST = Path("docs/rfc-status.md")


def rfcs_in(text: str) -> set[int]:
    found = set()
    for first, more in RFC_IN_TEXT.findall(text):
        found.add(int(first))
        found.update(int(number) for number in re.findall(r"\d{3,5}", more))
    return found


def rfcs_listed(tree: Tree) -> set[int]:
    """The numbers in the first column of the table in docs/rfc-status.md."""
    if not (tree.root / RFC_LIST).exists():
        return set()
    rows = re.findall(r"^\|\s*(?:RFC )?(\d{3,5})\s*\|", tree.text(RFC_LIST), re.MULTILINE)
    return {int(number) for number in rows}


def check_rfcs(tree: Tree) -> Iterator[Finding]:
    listed, seen = rfcs_listed(tree), set()
    for path in tree.code():
        for number, line in tree.lines(path):
            here = rfcs_in(line)
            seen |= here
            for rfc in sorted(here - listed):
                yield Finding(path, number, "rfcs", f"RFC {rfc} does not stand in {RFC_LIST}")
    for rfc in sorted(listed - seen):
        yield Finding(RFC_LIST, 1, "rfcs", f"RFC {rfc} is listed but no code mentions it", error=False)


# ---------------------------------------------------------------- the shape of files

LEFTOVER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")


def check_shape(tree: Tree) -> Iterator[Finding]:
    for path in tree.code():
        lines = tree.text(path).splitlines()
        if len(lines) > MOST_LINES:
            yield Finding(path, len(lines), "shape", f"{len(lines)} lines, at most {MOST_LINES}: split it by its jobs")
        elif len(lines) > WARN_LINES:
            yield Finding(path, len(lines), "shape", f"{len(lines)} lines: split before {WARN_LINES}", error=False)
        if path.suffix == ".hpp" and not (lines and lines[0].startswith("///")):
            yield Finding(path, 1, "shape", "a header begins with `///` and its purpose")
    for path in tree.files(CODE_SUFFIXES + (".py", ".cmake")):
        for number, line in tree.lines(path):
            if LEFTOVER.search(line):
                yield Finding(path, number, "shape", "unfinished work belongs into an issue, not into the code")


# ---------------------------------------------------------------- coroutines

# GCC 12 evaluates such a co_await whatever the other operand says.
MAYBE_AWAITED = re.compile(r"(?:&&|\|\||\?)[\s!(]*co_await\b")


def check_coroutines(tree: Tree) -> Iterator[Finding]:
    for path in tree.code():
        text = tree.text(path)
        for found in MAYBE_AWAITED.finditer(text):
            yield Finding(path, text.count("\n", 0, found.end()) + 1, "coroutines", "co_await behind &&, || or ?: name its result first")


# ---------------------------------------------------------------- portable

# Split in two so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:wo" r"rk|ro" r"ot|home/[a-z]+)/")
REGISTRY = re.compile(r"\b(?:pypi\.o" r"rg|crates\.i" r"o|npmjs\.o" r"rg|proxy\.golang\.o" r"rg|deb\.debian\.o" r"rg|conan\.i" r"o)\b")


def check_portable(tree: Tree) -> Iterator[Finding]:
    for path in tree.files(TEXT_SUFFIXES):
        for number, line in tree.lines(path):
            if MACHINE_PATH.search(line):
                yield Finding(path, number, "portable", "a path of one machine")
            if REGISTRY.search(line):
                yield Finding(path, number, "portable", "a package registry: packages come from deploy/packages alone")


# ---------------------------------------------------------------- documents

LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def check_links(tree: Tree) -> Iterator[Finding]:
    for path in tree.files((".md",)):
        for number, line in tree.lines(path):
            for target in LINK.findall(line):
                if not (tree.root / path.parent / target).exists():
                    yield Finding(path, number, "links", f"{target} is not there")


PACKAGES, DEPENDENCIES = Path("deploy/packages"), Path("docs/dependencies.md")


def check_packages(tree: Tree) -> Iterator[Finding]:
    """Each package that is installed is explained."""
    if not (tree.root / PACKAGES).exists():
        return
    explained = tree.text(DEPENDENCIES) if (tree.root / DEPENDENCIES).exists() else ""
    for number, line in tree.lines(PACKAGES):
        if re.match(r"[a-z0-9]", line) and not re.search(rf"(?<![\w.+-]){re.escape(line.strip())}(?![\w.+-])", explained):
            yield Finding(PACKAGES, number, "packages", f"{line.strip()} is not explained in {DEPENDENCIES}")


# ---------------------------------------------------------------- the events of the log

LOG_PAGE = Path("docs/log.md")
LOG_CALL = re.compile(r"\bbase::log::(info|warn|error|write)\(\s*(?:severity,\s*)?(\"[^\"]*\"|\w+)")
LOG_LEVELS = {"info": {"info"}, "warn": {"warning"}, "error": {"error"}, "write": {"warning", "error"}}  # as they stand in a line
LOG_FIELD = re.compile(r"\{\s*\"(\w+)\",")
# Functions that are given the event's name, and the file in which they log under it.
LOG_NAMED_BY = {"archive/commit/guard.cpp": "guarded", "app/admin/queue.cpp": "change_entry", "app/admin/messages.cpp": "change_message",
                "app/admin/mailboxes.cpp": "change_folders", "app/admin/bin.cpp": "change_bin"}


@dataclass
class Event:
    path: Path
    line: int
    levels: set[str]
    fields: set[str]


def call_at(text: str, start: int) -> str:
    """From there to the closing bracket of the call. Brackets in texts are in pairs, or it takes too much."""
    depth = 0
    for at in range(text.index("(", start), len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at + 1]
    return text[start:]


def logged_events(tree: Tree) -> tuple[dict[str, Event], list[Finding]]:
    """What the code logs, by name; of an event in several places all levels and fields."""
    events: dict[str, Event] = {}
    findings = []
    sources = [path for path in tree.files((".cpp", ".hpp"), CHAIN) if path.parts != ("base", "log.hpp")]
    for path in sources:
        text = tree.text(path)
        for found in LOG_CALL.finditer(text):
            line, call = text.count("\n", 0, found.start()) + 1, call_at(text, found.start())
            names = {found[2].strip('"')}
            if not found[2].startswith('"'):
                function = LOG_NAMED_BY.get(path.as_posix())
                given = re.compile(rf'\b{function}\([^;{{"]*"([^"]+)"') if function else None
                names = {name for each in sources for name in given.findall(tree.text(each))} if given else set()
                if not names:
                    findings.append(Finding(path, line, "events", "the name of an event is no text here, and lint.py does not know who gives it"))
            for name in names:
                event = events.setdefault(name, Event(path, line, set(), set()))
                event.levels |= LOG_LEVELS[found[1]]
                event.fields |= set(LOG_FIELD.findall(call))
    return events, findings


def told_events(tree: Tree) -> Iterator[tuple[str, Event]]:
    """What the page says: rows of event, level, fields, meaning."""
    if not (tree.root / LOG_PAGE).exists():
        return
    for number, line in tree.lines(LOG_PAGE):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`") and cells[3]:
            for name in re.findall(r"`([^`]+)`", cells[0]):
                levels = set(cells[1].split(", "))
                yield name, Event(LOG_PAGE, number, levels, set(re.findall(r"`([^`]+)`", cells[2])))


def check_events(tree: Tree) -> Iterator[Finding]:
    """Each event of the log has one row in the page for administrators, with its levels and its fields."""
    events, findings = logged_events(tree)
    yield from findings
    told: dict[str, Event] = {}
    for name, event in told_events(tree):
        if name in told:
            yield Finding(event.path, event.line, "events", f"{name} is there twice")
        told[name] = event
    for name, event in sorted(events.items()):
        if name not in told:
            yield Finding(event.path, event.line, "events", f"{name} is not in {LOG_PAGE}")
            continue
        row = told[name]
        if row.levels != event.levels:
            yield Finding(row.path, row.line, "events", f"{name} is logged as {', '.join(sorted(event.levels))}")
        if row.fields != event.fields:
            yield Finding(row.path, row.line, "events", f"{name} has the fields {', '.join(sorted(event.fields))}")
    for name in sorted(told.keys() - events.keys()):
        yield Finding(told[name].path, told[name].line, "events", f"nothing logs {name}")


# ---------------------------------------------------------------- white space

def check_format(tree: Tree) -> Iterator[Finding]:
    """Warns only: the formatter is no package of the list, and its versions differ in taste."""
    tool = shutil.which("clang-format")
    paths = list(tree.code()) if tool else []
    for start in range(0, len(paths), 100):
        part = [str(path) for path in paths[start:start + 100]]
        run = subprocess.run([tool, "--dry-run", *part], cwd=tree.root, capture_output=True, text=True, check=False)
        for name in sorted({line.split(":")[0] for line in run.stderr.splitlines() if "-Wclang-format" in line}):
            yield Finding(Path(name), 1, "format", "clang-format would change it", error=False)


RULES = {
    "includes": check_includes,
    "names": check_names,
    "rfcs": check_rfcs,
    "shape": check_shape,
    "coroutines": check_coroutines,
    "portable": check_portable,
    "links": check_links,
    "packages": check_packages,
    "events": check_events,
    "format": check_format,
}


def lint(root: Path, rules: list[str] | None = None) -> list[Finding]:
    tree = Tree(root)
    return [finding for rule in (rules or RULES) for finding in RULES[rule](tree)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("rules", nargs="*", metavar="RULE", help=f"of {', '.join(RULES)}; all without")
    options = parser.parse_args()
    if unknown := set(options.rules) - set(RULES):
        parser.error(f"no such rule: {', '.join(sorted(unknown))}")
    findings = lint(options.root, options.rules)
    for finding in findings:
        print(finding)
    errors = sum(finding.error for finding in findings)
    files = sum(1 for _ in Tree(options.root).code())
    print(f"lint: {files} code files, {errors} errors, {len(findings) - errors} warnings")
    if not files:
        print("lint: nothing to look at is an error too")
    return 1 if errors or not files else 0


if __name__ == "__main__":
    sys.exit(main())
