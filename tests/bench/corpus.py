"""Writes realistic mail, the same for the same options on every machine: .eml files (CRLF), an mbox (LF), a list of envelopes.

The mail of a company with two domains, in ten languages: replies that quote, HTML, attachments that are sent around again, mailing
lists, machines that report. What it is made of stands in realistic/. The digest that is printed last is of all octets.
"""
import argparse
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from realistic.chance import date
from realistic.messages import Message, Messages
from realistic.shape import Shape

PER_FOLDER = 1000


def _file(message: Message, number: int, folder: Path) -> Path:
    path = folder / f"{number // PER_FOLDER:04d}" / f"{number}.eml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(message.octets)
    return path


def _in_mbox(message: Message) -> bytes:
    """In the mboxrd form: any line of `From ` behind any number of `>` gets one more."""
    lines = message.octets.replace(b"\r\n", b"\n").split(b"\n")
    quoted = b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
    return f"From {message.envelope.sender} {date(message.envelope.time, 0)[:-6]}\n".encode() + quoted + b"\n"


def write(shape: Shape, numbers: Iterable[int], *, folder: Path | None = None, mbox: Path | None = None,
          envelopes: Path | None = None) -> tuple[Sequence[int], str]:
    """The messages of these numbers, to wherever is given. Their sizes, and the digest of all octets.

    Columns of `envelopes`: number, sender, recipients with commas, size, path (`-` without a folder), with tabs between them.
    """
    messages, sizes, digest = Messages(shape), [], sha256()
    with ExitStack() as files:
        mbox_file = files.enter_context(open(mbox, "wb")) if mbox else None
        list_file = files.enter_context(open(envelopes, "w", encoding="utf-8")) if envelopes else None
        for number in numbers:
            message = messages.message(number)
            sizes.append(len(message.octets))
            digest.update(message.octets)
            path = _file(message, number, folder) if folder else "-"
            if mbox_file:
                mbox_file.write(_in_mbox(message))
            if list_file:
                recipients = ",".join(message.envelope.recipients)
                list_file.write(f"{number}\t{message.envelope.sender}\t{recipients}\t{len(message.octets)}\t{path}\n")
    return sizes, digest.hexdigest()


def _summary(sizes: Sequence[int]) -> str:
    ordered = sorted(sizes)
    quantiles = ", ".join(f"{share} % up to {ordered[len(ordered) * share // 100]}" for share in (10, 50, 90, 99))
    return (f"{len(ordered)} messages, {sum(ordered)} octets, on average {sum(ordered) // len(ordered)}: {quantiles}, "
            f"the largest {ordered[-1]}")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/bench/run corpus", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--start", type=int, default=0, help="number of the first message; a message is the same in every run")
    parser.add_argument("--seed", type=int, default=Shape.seed)
    parser.add_argument("--users", type=int, default=Shape.users, help="local users, user0 the busiest")
    parser.add_argument("--out", type=Path, help="folder for .eml files")
    parser.add_argument("--mbox", type=Path, help="one mboxrd file")
    parser.add_argument("--envelopes", type=Path, help="list of envelopes, for the load; with --out")
    options = parser.parse_args(words)
    if options.count < 1:
        parser.error("--count: at least one")
    numbers = range(options.start, options.start + options.count)
    sizes, digest = write(Shape(seed=options.seed, users=options.users), numbers, folder=options.out, mbox=options.mbox,
                          envelopes=options.envelopes)
    print(_summary(sizes))
    print(f"sha256 {digest}")
    return 0
