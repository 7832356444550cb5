#!/usr/bin/env python3
"""Checks what `understudy journal consistency --json` gives: that a later signed head continues an earlier one; or `audit consistency`.

    check-consistency.py CONSISTENCY.json [NOTED.json] [--key ed25519:BASE64]... [--audit]

NOTED.json has the head that you knew: a proof, `journal heads --json` or a row of it, or an earlier file of this kind (its second head).
Exit status: 0 no check failed, 1 one did, 2 not such a file, or wrong usage. docs/proofs.md has the format, and what each check says.
Needs Python 3.8 and check-proof.py beside it. Believes no hash that it can compute."""
import getopt, importlib.util, json, os, struct, sys
spec = importlib.util.spec_from_file_location("proof", os.path.join(os.path.dirname(os.path.abspath(__file__)), "check-proof.py"))
proof = importlib.util.module_from_spec(spec)
spec.loader.exec_module(proof)
COMPARE = ": compare it with what you know from elsewhere"
class Head:  # what has another form than it must have ends in an exception, whichever
    def __init__(self, shown):
        self.octets, self.key = proof.exactly(116, proof.base64_of(shown["octets"])), proof.key_of(shown["key"])
        self.signature, self.key_text = proof.exactly(64, proof.base64_of(shown["signature"])), shown["key"]
        self.version, *log, self.size, self.root, self.time, self.key_name = struct.unpack(">B16s16sBHQ32sQ32s", self.octets)
        self.log = self.instance, self.incarnation, self.journal, self.partition = tuple(log)
    def signed(self):
        return self.key_name == proof.sha256(self.key) and proof.signed(self.key, b"understudy tree head\0" + self.octets, self.signature)
    def text(self): return f"{self.size} entries, tree head {self.root.hex()}, {proof.time_of(self.time)}"
def continues(first, second, path):  # RFC 9162 §2.1.4.2, names and steps as there; what is between two heads over as many entries: nothing
    if first.size == second.size: return first.size > 0 and not path and first.root == second.root
    if not 0 < first.size < second.size or not path: return False
    if first.size & (first.size - 1) == 0: path = [first.root, *path]
    fn, sn = first.size - 1, second.size - 1
    while fn & 1: fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0: return False
        if fn & 1 or fn == sn:
            fr, sr = proof.sha256(b"\1", c, fr), proof.sha256(b"\1", c, sr)
            while fn and not fn & 1: fn, sn = fn >> 1, sn >> 1
        else:
            sr = proof.sha256(b"\1", sr, c)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (first.root, second.root, 0)
def said(first, second, holds):  # of the path, to people
    if holds: return f"all that was under the first head is under the second one, unchanged, and {second.size - first.size} entries more"
    if first.size == second.size and first.root != second.root: return "a fork: two heads over as many entries, and not the same ones"
    return "the path does not lead from the first head to the second one"
def known(noted, first):  # the head of NOTED.json; of several the one that is over as many entries
    if not isinstance(noted, list): return Head(noted["head"] if "head" in noted else noted["second"])
    heads = [Head(row["head"]) for row in noted]
    return next((head for head in heads if head.size == first.size), heads[-1])
def check(shown, noted, keys, journal):  # (name; True, False, or None: not to be checked here; details)...
    if shown["understudy_consistency"] != 1: raise ValueError("a file of another version")
    heads, path = {name: Head(shown[name]) for name in ("first", "second")}, [*map(proof.digest_of, shown["path"])]
    first, second = heads.values()
    before = known(noted[0], first) if noted else None
    for name, head in heads.items():
        yield name, head.version == 1 and head.signed(), head.text()
    for name, head in heads.items():
        yield f"{name}-key", head.key in keys if keys else None, head.key_text + ("" if keys else COMPARE)
    book = {1: "mail journal", 2: "audit journal (--audit)"}
    for name, head in heads.items() if first.log != second.log else [("both", first)]:
        where = f"{book.get(head.journal, 'unknown journal')}, partition {head.partition}"
        yield "log", first.log == second.log and head.journal == journal, f"{name}: {where}, log {(head.instance + head.incarnation).hex()}"
    yield "order", first.size <= second.size, f"{first.size} entries, then {second.size}"
    holds = continues(first, second, path)
    yield "path", holds, said(first, second, holds)
    if before is None: yield "noted", None, f"the first head, {first.size} entries" + COMPARE
    else: yield "noted", (before.log, before.size, before.root) == (first.log, first.size, first.root), f"you knew {before.text()}"
def read(name):
    with open(name, "rb") as file:
        return json.loads(file.read(64 << 20).decode(), parse_int=lambda text: int(text[:21]))
def main(arguments):
    try:
        options, (file_name, *noted) = getopt.gnu_getopt(arguments, "", ["key=", "audit"])
        keys = [proof.key_of(text) for name, text in options if name == "--key"]
        if len(noted) > 1: raise ValueError("at most two files")
        results = list(check(read(file_name), [*map(read, noted)], keys, 2 if ("--audit", "") in options else 1))
        verdicts = {True: "ok", False: "FAILED", None: "open"}
        for name, passed, details in results:
            print(f"{name:<11} {verdicts[passed]:<7} {details}")
        return int(any(passed is False for _, passed, _ in results))
    except Exception as error:
        print(f"not such a file, or wrong usage: {type(error).__name__}: {error!s:.200}", file=sys.stderr)
        return 2
if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
