#!/usr/bin/env python3
"""Runs the fuzzers that `cmake --preset fuzz && cmake --build --preset fuzz --target fuzzers` has built, and keeps what they find.

    tests/fuzz/fuzz.py run [NAME ...] [--seconds 60]   # each for so long; all without names
    tests/fuzz/fuzz.py keep [NAME ...]                 # what the runs brought, the least that covers as much, into found/
    tests/fuzz/fuzz.py unpack NAME FOLDER              # what is kept of one, a file each, to look at

What a fuzzer begins with: `seeds/NAME/`, written by hand; `found/NAME.pack`, what earlier runs found, packed: each input behind its
length in four octets, big-endian; the messages of `tests/corpus` where it takes messages. `dictionaries/NAME.dict` has words of
its grammar (`messages.dict`: of messages). The corpus grows in `build/fuzz/corpus/NAME`; inputs that a fuzzer ended at lie in `build/fuzz/finds`. The test
unit_fuzz (replay.cpp) gives all of them that are kept to the fuzzers again, built by g++.
"""

import argparse
import pathlib
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILT = ROOT / "build/fuzz/tests/fuzz"
CORPUS = ROOT / "build/fuzz/corpus"
FINDS = ROOT / "build/fuzz/finds"
MESSAGES = {"fuzz_header", "fuzz_heading", "fuzz_mime", "fuzz_splitter", "fuzz_summary", "fuzz_text_search"}
LONGEST_MESSAGE = 2 * 1024  # of the corpus, to begin with: small inputs are many in a second. unit_fuzz gives larger ones, too
# Of what is kept of one fuzzer: what covers edges within so many octets, and with the rest no more inputs than that.
MOST_OCTETS = 64 * 1024
MOST_INPUTS = 200


def names_of(wanted):
    known = sorted(p.stem for p in HERE.glob("fuzz_*.cpp"))
    chosen = [name if name.startswith("fuzz_") else "fuzz_" + name for name in wanted] or known
    for name in chosen:
        if not (BUILT / name).is_file():
            sys.exit(f"fuzz.py: {name} is not built: cmake --preset fuzz && cmake --build --preset fuzz --target {name}")
    return chosen


def kept_of(name):
    """The inputs of found/NAME.pack."""
    path = HERE / "found" / f"{name}.pack"
    packed = path.read_bytes() if path.is_file() else b""
    inputs, at = [], 0
    while at < len(packed):
        (size,) = struct.unpack_from(">I", packed, at)
        inputs.append(packed[at + 4 : at + 4 + size])
        at += 4 + size
    return inputs


def write_all(folder, inputs):
    folder.mkdir(parents=True, exist_ok=True)
    for index, octets in enumerate(inputs):
        (folder / f"kept_{index:04}").write_bytes(octets)


def begin_with(name):
    """The files that stand in the repository as they are."""
    files = sorted((HERE / "seeds" / name).glob("*"))
    if name in MESSAGES:
        files += [f for f in sorted((ROOT / "tests/corpus").rglob("*.eml")) if f.stat().st_size <= LONGEST_MESSAGE]
    return files


def copy_all(files, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for index, file in enumerate(files):
        shutil.copyfile(file, folder / f"seed_{index:04}")


def limits():
    return ["-timeout=10", "-rss_limit_mb=1024", f"-max_len={2 * LONGEST_MESSAGE}"]


def used():
    """Seconds of a core that the children have had: on a busy machine it is few that count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(name, seconds):
    work = CORPUS / name
    write_all(work, kept_of(name))
    FINDS.mkdir(parents=True, exist_ok=True)
    command = [BUILT / name, f"-max_total_time={seconds}", "-print_final_stats=1", f"-artifact_prefix={FINDS}/{name}-", *limits()]
    dictionary = HERE / "dictionaries" / ("messages.dict" if name in MESSAGES else f"{name}.dict")
    if dictionary.is_file():
        command.append(f"-dict={dictionary}")
    log = FINDS / f"{name}.log"
    with tempfile.TemporaryDirectory() as seeds, log.open("wb") as out:
        copy_all(begin_with(name), pathlib.Path(seeds))
        began, worked = time.monotonic(), used()
        good = subprocess.run([*command, work, seeds], stdout=out, stderr=out, check=False).returncode == 0
        took, worked = time.monotonic() - began, used() - worked
    text = log.read_text(errors="replace")
    last = re.findall(r"^#(\d+)\s.*cov: (\d+) ft: (\d+) corp: (\d+)", text, re.M) or [("0", "0", "0", "0")]
    count, edges, features, inputs = last[-1]
    print(f"{name:26} {'ok' if good else 'FOUND'} {took:5.0f} s ({worked:.0f} of a core) {count:>10} executions, {edges:>5} edges, {features:>6} features,"
          f" {inputs:>5} inputs", flush=True)
    if not good:
        print("\n".join(text.splitlines()[-40:]), flush=True)
    return good


def merge(name, into, sources, *how):
    """Of `sources` what `into` lacks, the smallest first. What is new there, in the order of its size."""
    before = set(into.iterdir())
    subprocess.run([BUILT / name, "-merge=1", *how, *limits(), into, *sources],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return sorted((f.read_bytes() for f in into.iterdir() if f not in before), key=lambda octets: (len(octets), octets))


def keep(name):
    """First what covers each edge that the runs, and what was kept before, have come by; then what differs in how often."""
    with tempfile.TemporaryDirectory() as place:
        known, before, runs = pathlib.Path(place, "known"), pathlib.Path(place, "before"), CORPUS / name
        copy_all(begin_with(name), known)
        write_all(before, kept_of(name))
        runs.mkdir(parents=True, exist_ok=True)
        found = merge(name, known, [before, runs], "-use_counters=0")
        edges = len(found)
        if edges < MOST_INPUTS:
            found += merge(name, known, [before, runs])
    chosen, octets = [], 0
    for each in found[: max(edges, MOST_INPUTS)]:
        octets += len(each) + 4
        if octets > MOST_OCTETS:
            break
        chosen.append(each)
    (HERE / "found").mkdir(exist_ok=True)
    if chosen:
        packed = b"".join(struct.pack(">I", len(each)) + each for each in sorted(chosen))
        (HERE / "found" / f"{name}.pack").write_bytes(packed)
    print(f"{name:26} {len(chosen):4} kept of {len(found):5}, of which {edges:4} for the edges alone", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["run", "keep", "unpack"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    if options.verb == "unpack":
        write_all(pathlib.Path(options.names[1]), kept_of(options.names[0]))
        return 0
    names = names_of(options.names)
    if options.verb == "keep":
        for name in names:
            keep(name)
        return 0
    return 0 if all([run(name, options.seconds) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
