#!/usr/bin/env python3
"""Checks a file made by `understudy journal custody --report`, and says what the books of the two machines have in common.

    check-report.py REPORT.json [--giver ed25519:BASE64] [--taker ed25519:BASE64] [--instance HEX]

Exit status: 0 no check failed, 1 one did, 2 no report, or wrong usage. docs/custody.md has the format, and what each check says.
Needs Python 3.8 and check-proof.py beside it. Believes no figure that it can count again."""
import getopt, hashlib, importlib.util, json, os, sys
spec = importlib.util.spec_from_file_location("proof", os.path.join(os.path.dirname(os.path.abspath(__file__)), "check-proof.py"))
proof = importlib.util.module_from_spec(spec)
spec.loader.exec_module(proof)
PLAIN = {"giver": "receipt", "taker": "received"}
COMPARE = ": compare it with what you know from elsewhere"
class Side:  # one machine's statement. What has another form than it must have ends in an exception, whichever.
    def __init__(self, role, signed):
        self.role, self.octets, self.key = role, signed["statement"].encode(), proof.key_of(signed["key"])
        signature = proof.exactly(64, proof.base64_of(signed["signature"]))
        self.signed = proof.signed(self.key, b"understudy custody report\0" + self.octets, signature)
        if not self.signed: return  # then nothing of it is read
        self.said = said = json.loads(self.octets)
        if (said["understudy_custody_statement"], said["role"]) != (1, role): raise ValueError("a statement of another kind")
        self.lives = {(each["incarnation"], each["partition"], each["from"], each["to"]): each for each in said["lives"]}
        self.numbers = {life: self.standings(life, each) for life, each in self.lives.items()}
    def standings(self, life, each):  # of each number; the counts are not believed, but counted
        first, last = life[2:]
        if not 1 <= first <= last < first + 10**6: raise ValueError("numbers")
        standings = [PLAIN[self.role]] * (last - first + 1)
        for start, end, standing in each["except"]:
            if not first <= start <= end <= last: raise ValueError("a stretch outside of its numbers")
            standings[start - first:end - first + 1] = [standing] * (end - start + 1)
        return standings
    def counts_hold(self):
        return all({word: standings.count(word) for word in set(standings)} == self.lives[life]["counts"] and
                   len(self.lives[life]["blocks"]) == -(-len(standings) // 256) for life, standings in self.numbers.items())
    def text(self):
        by = self.said["by"]
        return f"{by['hostname']}, instance {by['instance']}, {proof.time_of(self.said['made'])}"
def rows(life, standings):  # numbers that stand alike, in a row: (first, last, how)
    found, first = [], life[2]
    for number, standing in enumerate(standings, first):
        if found and found[-1][1:] == (number - 1, standing): found[-1] = (found[-1][0], number, standing)
        else: found.append((number, number, standing))
    return found
def named(found): return ", ".join(f"{a}: {how}" if a == b else f"{a} to {b}: {how}" for a, b, how in found) or "none"
def kind(given, taken):  # of a number, by both books: what the books contradict each other in, what is not there, not closed
    if "ended" in (given, taken) or (given, taken) == ("receipt", "received"): return None
    if given == "receipt" or (given, taken) == ("unknown", "received"): return "different"
    return "unclosed" if taken == "received" else "missing"
def compare(giver, taker):
    found = {"different": [], "missing": [], "unclosed": []}
    for life, given in giver.numbers.items():
        taken = taker.numbers[life]
        for row in rows(life, list(zip(given, taken))):
            if kind(*row[2]): found[kind(*row[2])].append((row[0], row[1], " / ".join(row[2])))
        plain = [(a == PLAIN["giver"], b == PLAIN["taker"]) for a, b in zip(given, taken)]
        for n, (mine, other) in enumerate(zip(giver.lives[life]["blocks"], taker.lives[life]["blocks"])):
            block = plain[n * 256:n * 256 + 256]
            if mine != other and all(a == b for a, b in block):
                found["different"].append((life[2] + n * 256, life[2] + n * 256 + len(block) - 1, "other octets"))
    return found
def check(report, keys, instance):  # (name; True, False, or None: not to be checked here; details)...
    if report["understudy_custody_report"] != 1: raise ValueError("a report of another version")
    sides = {role: Side(role, report[role]) for role in PLAIN if report[role]}
    if not sides: raise ValueError("nobody's statement")
    for role, side in sides.items():
        yield role, side.signed, side.text() if side.signed else "not signed by the key beside it"
    if not all(side.signed for side in sides.values()): return
    for role, side in sides.items():
        key = report[role]["key"]
        yield f"{role}-key", side.key in keys[role] if keys[role] else None, key + ("" if keys[role] else COMPARE)
        yield f"{role}-counts", side.counts_hold(), f"numbers: {sum(map(len, side.numbers.values()))}"
    names = {side.said["by"]["instance"] for side in sides.values()}
    if instance: yield "instance", instance in names, f"one of the machines is {instance}"
    if len(sides) == 2:
        giver, taker = sides["giver"], sides["taker"]
        pair = [giver.said["by"]["instance"], taker.said["by"]["instance"]]
        pairs = pair == [taker.said["other"], giver.said["other"]] and giver.key != taker.key
        yield "machines", pairs and pair[0] != pair[1], "each names the other one"
        yield "answers", taker.said["answers"] == hashlib.sha256(giver.octets).hexdigest(), "the taker answers this statement"
        same = giver.numbers.keys() == taker.numbers.keys()
        period = [[side.said[word] for word in ("since", "until")] for side in (giver, taker)]
        yield "period", same and period[0] == period[1], " to ".join(map(proof.time_of, period[0]))
        if same:
            found = compare(giver, taker)
            yield "agree", not found["different"], "different: " + named(found["different"])
            yield "complete", None if found["missing"] else True, "not there, as both say: " + named(found["missing"])
            yield "closed", None if found["unclosed"] else True, "there, without a receipt: " + named(found["unclosed"])
    else:
        yield "both", None, f"only the {next(iter(sides))} has signed"
        for side in sides.values():
            for life, standings in side.numbers.items():
                others = [row for row in rows(life, standings) if row[2] != PLAIN[side.role]]
                yield "numbers", "", f"{life[2]} to {life[3]}, but: {named(others)}"
    for side in sides.values():
        for each in side.said.get("clients", []):
            line = f"{each['client'] or 'no client'}: {each['messages']} messages, {each['numbered']} of them with a number, "
            yield "came", "", line + f"{proof.time_of(each['first'])} to {proof.time_of(each['last'])}"
        yield from (("not shown", "", text) for text in side.said["cannot_show"])
def main(arguments):
    try:
        options, (file_name,) = getopt.gnu_getopt(arguments, "", ["giver=", "taker=", "instance="])
        keys = {role: [proof.key_of(text) for name, text in options if name == f"--{role}"] for role in PLAIN}
        with open(file_name, "rb") as file:
            report = json.loads(file.read(64 << 20).decode(), parse_int=lambda text: int(text[:21]))
        results = list(check(report, keys, dict(options).get("--instance")))
        verdicts = {True: "ok", False: "FAILED", None: "open"}
        for name, passed, details in results:
            print(f"{name:<13} {verdicts.get(passed, ''):<7} {details if details.isprintable() else ascii(details)}")
        return int(any(passed is False for _, passed, _ in results))
    except Exception as error:
        print(f"no report, or wrong usage: {type(error).__name__}: {error!s:.200}", file=sys.stderr)
        return 2
if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
