"""The lint can fail: each rule is shown a small tree that breaks it, and one that does not."""
import tempfile
import unittest
from pathlib import Path

from lint import lint


class LintTest(unittest.TestCase):
    def findings(self, rule: str, files: dict[str, str]) -> list[str]:
        """What the rule says about a tree of these files, as `path:line`; warnings left out."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return [f"{found.path}:{found.line}" for found in lint(root, [rule]) if found.error]

    def check_include(self, path: str, included: str, allowed: bool) -> None:
        with self.subTest(path=path, included=included):
            found = self.findings("includes", {path: f"/// A file.\n#include {included}\n"})
            self.assertEqual(found, [] if allowed else [f"{path}:2"])

    def test_each_folder_knows_only_those_before_it(self):
        for path, included, allowed in (
            ("base/a.hpp", '"base/b.hpp"', True),
            ("base/a.hpp", '"mail/b.hpp"', False),
            ("base/a.hpp", '"base/net/b.hpp"', False),
            ("base/net/a.hpp", '"base/b.hpp"', True),
            ("mail/smtp/a.hpp", '"base/b.hpp"', True),
            ("mail/smtp/a.hpp", '"base/net/b.hpp"', False),
            ("mail/smtp/a.hpp", '"routing/b.hpp"', False),
            ("routing/a.cpp", '"mail/address/b.hpp"', True),
            ("routing/a.cpp", '"base/net/b.hpp"', False),
            ("routing/a.cpp", '"archive/b.hpp"', False),
            ("archive/journal/a.cpp", '"archive/store/b.hpp"', True),
            ("archive/journal/a.cpp", '"relay/b.hpp"', False),
            ("archive/store/a.cpp", '"archive/journal/b.hpp"', False),
            ("relay/inbound/a.cpp", '"archive/b.hpp"', True),
            ("relay/inbound/a.cpp", '"archive/store/b.hpp"', False),
            ("relay/inbound/a.cpp", '"archive/access/b.hpp"', False),
            ("relay/inbound/a.cpp", '"conf/b.hpp"', False),
            ("conf/a.cpp", '"relay/inbound/options.hpp"', True),
            ("conf/a.cpp", '"relay/inbound/session.hpp"', False),
            ("app/a.cpp", '"relay/inbound/session.hpp"', True),
            ("relay/a.cpp", '"app/b.hpp"', False),
            ("tests/unit/a.cpp", '"app/b.hpp"', True),
        ):
            self.check_include(path, included, allowed)

    def test_only_one_folder_knows_the_engine(self):
        for path, included, allowed in (
            ("archive/store/rocksdb/a.cpp", "<rocksdb/db.h>", True),
            ("archive/store/a.cpp", "<rocksdb/db.h>", False),
            ("archive/journal/a.cpp", "<rocksdb/db.h>", False),
            ("archive/journal/a.cpp", '"archive/store/rocksdb/engine.hpp"', False),
            ("app/a.cpp", '"archive/store/rocksdb/engine.hpp"', True),
        ):
            self.check_include(path, included, allowed)

    def test_relay_does_not_use_the_store_that_an_include_brings_along(self):
        for path, line, allowed in (
            ("relay/a.cpp", "void read(archive::store::BodyReader& body);", False),
            ("relay/a.cpp", "return archive.store().stopped();", False),
            ("relay/a.cpp", "return archive_->store().stopped();", False),
            ("relay/a.cpp", "return archive.stopped();  // as archive::store::Store says", True),
            ("relay/a.cpp", "if (auto stored = store(head_); !stored) return stored;", True),
            ("relay/a.cpp", "void read(archive::BodyToRead body);", True),
            ("app/a.cpp", "archive::store::Store& store;", True),
        ):
            with self.subTest(path=path, line=line):
                self.assertEqual(self.findings("names", {path: f"/// A file.\n{line}\n"}), [] if allowed else [f"{path}:2"])

    def test_an_include_is_written_from_the_root(self):
        self.check_include("mail/smtp/a.cpp", '"reply.hpp"', False)

    def test_an_rfc_in_the_code_stands_in_the_list(self):
        code = {"mail/a.hpp": "/// RFC 5321 \u00a72.3.8.\n/// RFC 3463, and RFCs 2045, 2046 and 2047.\n"}
        self.assertEqual(self.findings("rfcs", code), ["mail/a.hpp:1"] + ["mail/a.hpp:2"] * 4)
        rows = "".join(f"| {rfc} | title | all | mail |\n" for rfc in (5321, 3463, 2045, 2046, 2047))
        self.assertEqual(self.findings("rfcs", code | {"docs/rfc-status.md": rows}), [])

    def test_files_have_a_purpose_and_a_size(self):
        self.assertEqual(self.findings("shape", {"base/a.hpp": "#pragma once\n"}), ["base/a.hpp:1"])
        self.assertEqual(self.findings("shape", {"base/a.cpp": "int x;\n" * 501}), ["base/a.cpp:501"])
        self.assertEqual(self.findings("shape", {"base/a.hpp": "/// A.\n" * 500}), [])

    def test_nothing_is_left_for_later_in_the_code(self):
        for word in ("TO" "DO", "FIX" "ME", "X" "XX"):
            self.assertEqual(self.findings("shape", {"base/a.cpp": f"\n// {word}: later\n"}), ["base/a.cpp:2"])

    def test_an_await_is_no_operand_that_may_be_skipped(self):
        for text in ("while (!a && co_await b()) c();", "x = a || !co_await b();", "x = a ? co_await b() : c;", "if (a &&\n (co_await b()))"):
            found = f"base/a.cpp:{1 + text.count(chr(10))}"
            self.assertEqual(self.findings("coroutines", {"base/a.cpp": text + "\n"}), [found])
        self.assertEqual(self.findings("coroutines", {"base/a.cpp": "if (a && b) co_await c();\nif (co_await a() && b) c();\n"}), [])

    def test_nothing_names_one_machine(self):
        for text in ("cd /wo" "rk/here", "see /ro" "ot/x", "https://crates.i" "o/x"):
            self.assertEqual(self.findings("portable", {"docs/a.md": f"{text}\n"}), ["docs/a.md:1"])
        self.assertEqual(self.findings("portable", {"docs/a.md": "base/net/wo" "rk/x and frame" "wo" "rk/y\n"}), [])

    def test_a_link_leads_somewhere(self):
        page = {"docs/a.md": "[there](b.md) [up](../c.md#x) [out](https://example.org)\n[gone](d.md)\n", "docs/b.md": "", "c.md": ""}
        self.assertEqual(self.findings("links", page), ["docs/a.md:2"])

    def test_a_package_is_explained(self):
        files = {"deploy/packages": "# list\n[build]\ng++\ncmake\n", "docs/dependencies.md": "| g++ (12.2) | compiles |\n| cmake-x |\n"}
        self.assertEqual(self.findings("packages", files), ["deploy/packages:4"])

    def test_each_event_of_the_log_is_told_with_its_level_and_fields(self):
        code = {"app/a.cpp": '\nbase::log::info("a.begun", {{"what", x},\n {"why", f({"no field"})}});\nbase::log::warn("a.begun", {});\n',
                "archive/commit/guard.cpp": "  base::log::error(event, {{\"what\", x}});\n",
                "archive/a.cpp": 'guarded("a.threw", [&] {\n  base::log::write(severity, "a.said", {});\n});\n'}
        rows = ["| `a.begun` | info, warning | `what`, `why` | so |", "| `a.threw` | error | `what` | so |", "| `a.said` | warning, error | | so |"]

        def found(*rows: str, more: dict[str, str] | None = None) -> list[str]:
            return self.findings("events", code | {"docs/log.md": "\n".join(rows) + "\n"} | (more or {}))

        self.assertEqual(found(*rows), [])
        self.assertEqual(found(), ["app/a.cpp:2", "archive/a.cpp:2", "archive/commit/guard.cpp:1"])
        for at, row in ((0, "| `a.begun` | info | `what`, `why` | so |"), (0, "| `a.begun` | info, warning | `what` | so |"),
                        (1, "| `a.threw` | error | `what`, `why` | so |"), (2, "| `a.said` | info | | so |")):
            self.assertEqual(found(*rows[:at], row, *rows[at + 1:]), [f"docs/log.md:{at + 1}"])
        self.assertEqual(found(*rows, rows[0]), ["docs/log.md:4"], "twice")
        self.assertEqual(found(*rows, "| `a.ended` | info | | so |"), ["docs/log.md:4"], "which nothing logs")
        self.assertEqual(found(*rows, more={"app/b.cpp": "base::log::info(name, {});\n"}), ["app/b.cpp:1"], "a name from nobody knows where")
        self.assertEqual(found(*rows[:2], "| `a.said` | warning, error | | |"), ["archive/a.cpp:2"], "nothing is said of it")


if __name__ == "__main__":
    unittest.main()
