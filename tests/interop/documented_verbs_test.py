"""The verbs that the pages speak of are those of the program: each that is named exists, with its options, and docs/command-line.md has each."""
import functools
import re
import subprocess
import unittest
from collections.abc import Iterator
from pathlib import Path

from support.instance import PROGRAM

SOURCE = Path(__file__).resolve().parents[2]
PAGES = sorted([SOURCE / "README.md", SOURCE / "CHANGELOG.md", SOURCE / "deploy/INSTALL.md", *(SOURCE / "docs").glob("*.md")])
WORD = re.compile(r"[a-z][a-z-]*")
EVERYWHERE = {"--config", "--json", "--socket", "--reason", "--case", "--help", "--version"}


@functools.cache
def help_of(*words: str) -> tuple[frozenset[str], frozenset[str]]:
    """The subcommands and the options."""
    done = subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True, timeout=60, check=True)
    _, _, verbs = done.stdout.partition("\nSubcommands:\n")
    return frozenset(re.findall(r"^  ([a-z-]+)", verbs, re.M)), frozenset(re.findall(r"^  (?:-\w,)?(--[a-z][a-z0-9-]*)", done.stdout, re.M))


def commands() -> Iterator[tuple[str, ...]]:
    for noun in help_of()[0]:
        verbs, _ = help_of(noun)
        yield from ((noun, verb) for verb in verbs) if verbs else [(noun,)]


def spans(text: str) -> Iterator[str]:
    """What stands in backquotes or as an example of a command."""
    prose = re.sub(r"^    .*$|^```.*?^```", "", text, flags=re.M | re.S) if "```" in text else re.sub(r"^    .*$", "", text, flags=re.M)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose))
    for line in re.findall(r"^    [$#]? ?(.*)$", text, re.M):
        yield from (each.strip() for each in re.findall(r"(?:^|sudo |&& )understudy ([^|>&#]+)", line))


def asked(span: str) -> tuple[tuple[str, ...], list[str]] | None:
    """The words of a verb that a span names, and its options; None: it is about something else."""
    if span.startswith("["):
        return None  # a table of the configuration
    words = span.replace("[", " ").replace("]", " ").replace("...", " ").replace("\\|", " ").split()
    said = words[:1] == ["understudy"]
    words = words[1:] if said else words
    while len(words) > 1 and words[0] in ("--socket", "--config"):
        words = words[2:]
    nouns = help_of()[0]
    if not words or words[0] not in nouns or not (said or len(words) > 1):
        return None
    verbs, _ = help_of(words[0])
    if not verbs:
        return (words[0],), [word for word in words if word.startswith("--")]
    if len(words) == 1 or not (said or WORD.fullmatch(words[1])):
        return None
    return (words[0], words[1]), [word.partition("=")[0] for word in words if word.startswith("--")]


class DocumentedVerbsTest(unittest.TestCase):
    def test_each_verb_that_a_page_names_exists_with_its_options(self):
        found: dict[str, int] = {}
        for page in PAGES:
            for span in spans(page.read_text()):
                if not (what := asked(span)):
                    continue
                found[page.name] = found.get(page.name, 0) + 1
                verb, options = what
                with self.subTest(page=page.name, says=span):
                    self.assertIn(verb, set(commands()))
                    self.assertEqual(set(options) - EVERYWHERE - help_of(*verb)[1], set())
        for page, least in (("audit.md", 50), ("command-line.md", 60), ("proofs.md", 20), ("custody.md", 5)):
            self.assertGreaterEqual(found[page], least, page)

    def test_the_page_of_the_command_line_has_each_verb(self):
        page = (SOURCE / "docs/command-line.md").read_text()
        told = {what[0] for span in re.findall(r"`([^`]+)`", page) if (what := asked(span) or asked(f"understudy {span}"))}
        self.assertEqual(sorted(set(commands()) - told), [])


if __name__ == "__main__":
    unittest.main()
