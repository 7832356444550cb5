#!/usr/bin/env python3
"""Checks a file made by `understudy journal prove`, with the octets of the message that it speaks of; or of `audit prove`.

    check-proof.py PROOF.json [MESSAGE.eml] [--key ed25519:BASE64]... [--witness ed25519:BASE64]
    check-proof.py PROOF.json --audit [--key ed25519:BASE64]... [--witness ed25519:BASE64]

Exit status: 0 no check failed, 1 one did, 2 no proof, or wrong usage. docs/proofs.md has the format, and what each check says.
Needs Python 3.8 alone, believes no hash that it can compute, and tells what the entry says only where no check failed."""
import base64, contextlib, getopt, hashlib, io, json, os, struct, sys, time
# Ed25519, RFC 8032 §5.1: field, order of the base point, constant of the curve, a root of -1. A point is (x, y).
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT, NEUTRAL = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P), (0, 1)
def add(p, q):  # complete: also where both are one point
    (x1, y1), (x2, y2), k = p, q, D * p[0] * q[0] * p[1] * q[1]
    return (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P
def times(n, p): return add(times(n >> 1, add(p, p)), p if n & 1 else NEUTRAL) if n else NEUTRAL
def decode(octets):  # §5.1.3; None: no point, or not in the one form that is allowed
    y, odd = int.from_bytes(octets, "little") % 2**255, octets[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    r = pow(square, (P + 3) // 8, P)
    return next(((x % P, y) for x in (r, -r, r * ROOT, -r * ROOT) if y < P and x * x % P == square and x % P % 2 == odd), None)
def signed(key, octets, signature):  # §5.1.7, without the cofactor; and by no key of small order, whose signatures bind nobody
    a, r, s = decode(key), decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER or times(8, a) == NEUTRAL: return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + octets).digest(), "little") % ORDER
    return times(s, decode(b"\x58" + b"\x66" * 31)) == add(r, times(k, a))
# Reading. What has another form than it must have ends in an exception, whichever.
def sha256(*pieces): return hashlib.sha256(b"".join(pieces)).digest()
def exactly(size, octets): return struct.unpack(f"{size}s", octets)[0]
def base64_of(text): return base64.b64decode(text, validate=True)
def digest_of(text): return exactly(32, bytes.fromhex(text))
def key_of(text): return exactly(32, base64_of(text[8:] if text.startswith("ed25519:") else ""))
def time_of(ms): return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(ms // 1000))
def part_of(part):  # its hash; its octets, or None. Were the nonce's length free, one hash could be shown with several octets.
    if part.keys() == {"hash"}: return digest_of(part["hash"]), None
    octets = base64_of(part["octets"])
    return sha256(exactly(32, base64_of(part["nonce"])), octets), octets
def size_of(stream):  # 7 bits an octet, the lowest first
    octet = exactly(1, stream.read(1))[0]
    return octet if octet < 128 else octet - 128 + 128 * size_of(stream)
def fields(stream, *sizes):  # by the grammar of docs/store.md; 0: a text, which has its size in front
    return [exactly(size, stream.read(size)) for size in (size or size_of(stream) for size in sizes)]
def address(stream): return repr(b"@".join(fields(stream, 0, 0)).decode("utf-8", "surrogateescape"))  # other octets escaped
def said(common, recipients):  # by the parts that are shown: `handed`, the SHA-256 of the message, and lines for people
    handed, lines, shown = None, [], [io.BytesIO(octets) for octets in (common, *recipients) if octets is not None]
    if any(fields(stream, 1) != [b"\1"] for stream in shown): raise ValueError("a part of another version")
    if common is not None:
        moment, named = fields(stream := shown.pop(0), 8, 1)
        lines = [f"arrived {time_of(int.from_bytes(moment, 'big'))} from {'<>' if named == bytes(1) else address(stream)}"]
        *_, handed = fields(stream, 3, 0, 1, 0, 1, 0, 0, 0, 0, 0, 32, 32)  # BODY SMTPUTF8 RET, ENVID, origin, received, handed
    return handed, lines + [f"for {address(stream)}" for stream in shown]
EVENTS = {1: "begun", 2: "ended", 3: "refused", 4: "asked", 5: "noted"}
def recorded(common, recipients):  # by an entry of the audit journal, whose only part it is
    stream, word = io.BytesIO(common), lambda octets: repr(octets.decode("utf-8", "surrogateescape"))
    version, moment, event, name, uid, place, _, _, action = fields(stream, 1, 8, 1, 0, 4, 0, 1, 1, 0)
    if version != b"\1" or recipients: raise ValueError("an entry of another version, or of another journal")
    asked = [fields(stream, 0, 0) for _ in range(size_of(stream))]
    rest = zip(("reason", "case", "outcome"), fields(stream, 0, 0, 0))
    who = f"{word(name)}, uid {int.from_bytes(uid, 'big')}, {word(place)}"
    lines = [f"{time_of(int.from_bytes(moment, 'big'))} {EVENTS[event[0]]} {word(action)} by {who}"]
    lines += [f"{word(name)}: {word(value)}" for name, value in asked] + [f"{name} {word(text)}" for name, text in rest if text]
    for kind, extra in (fields(stream, 1, 0) for _ in range(size_of(stream))):
        if kind in (b"\1", b"\2"): lines.append(("of entry ", "approved by request ")[kind[0] - 1] + str(int.from_bytes(extra[:8], "big")))
    if stream.read(): raise ValueError("an entry that is too long")
    return None, lines
# Judging.
def root_of(leaf, index, size, path):  # RFC 9162 §2.1.3.2, fn and sn as there; None: path has not one hash for each sibling
    left = [fn & 1 for fn, sn in ((index >> n, size - 1 >> n) for n in range(64)) if fn & 1 or fn < sn]
    for is_left, p in zip(left, path):
        leaf = sha256(b"\1", p, leaf) if is_left else sha256(b"\1", leaf, p)
    return leaf if index < size and len(left) == len(path) else None
def check(proof, message, keys, witnesses, audit=False):  # (name; True, False, or None: not to be checked here; details)...
    if proof["understudy_proof"] != 1: raise ValueError("a proof of another version")
    entry, head, compare = proof["entry"], proof["head"], ": compare it with what you know from elsewhere"
    digests, (common, *recipients) = zip(*map(part_of, [entry["common"], *entry["recipients"]]))
    partition, index, path = entry["partition"], entry["index"], [*map(digest_of, proof["path"])]
    leaf = sha256(b"\0\1", struct.pack(">HQ", partition, index), *digests)
    octets, signature, key = exactly(116, base64_of(head["octets"])), exactly(64, base64_of(head["signature"])), key_of(head["key"])
    version, log, journal, shard, size, root, moment, name = struct.unpack(">B32sBHQ32sQ32s", octets)
    handed, lines = None, None
    with contextlib.suppress(Exception):
        handed, lines = (recorded if audit else said)(common, recipients)
    if not audit or message:
        yield "message", message and handed == message, f"SHA-256 by the entry: {handed.hex() if handed else 'not shown'}"
    yield "parts", lines is not None, f"recipients: {len(recipients)}, not shown: {recipients.count(None)}"
    closes = (version, journal, shard, root) == (1, 2 if audit else 1, partition, root_of(leaf, index, size, path))
    book = {1: "mail journal", 2: "audit journal (--audit)"}.get(journal, "unknown journal")
    yield "path", closes, f"entry {partition}.{index} of {size}, {book}, log {log.hex()}"
    yield "signature", name == sha256(key) and signed(key, b"understudy tree head\0" + octets, signature), time_of(moment)
    yield "key", key in keys if keys else None, head["key"] + ("" if keys else compare)
    if "witness" in proof:
        witness, by = proof["witness"], key_of(proof["witness"]["key"])
        covered = b"understudy witness\0" + struct.pack(">Q", witness["time"]) + octets + signature
        closes = by != key and by in (witnesses or [by]) and signed(by, covered, exactly(64, base64_of(witness["signature"])))
        yield "witness", closes, f"{time_of(witness['time'])}, {witness['key']}" + ("" if witnesses else compare)
    elif witnesses:
        yield "witness", False, "there is none in the file"
    yield from (("entry", "", line) for line in lines or ())
def main(arguments):
    try:
        options, files = getopt.gnu_getopt(arguments, "", ["key=", "witness=", "audit"])
        keys, witnesses = ([key_of(text) for name, text in options if name == wanted] for wanted in ("--key", "--witness"))
        proof_file, message_file = files if len(files) == 2 else (*files, os.devnull)
        with open(proof_file, "rb") as file, open(message_file, "rb") as message:
            proof, digest = json.loads(file.read(64 << 20).decode(), parse_int=lambda text: int(text[:21])), hashlib.sha256()
            for piece in iter(lambda: message.read(1 << 20), b""):
                digest.update(piece)
        results = list(check(proof, digest.digest() if len(files) == 2 else None, keys, witnesses, ("--audit", "") in options))
        failed, verdicts = any(passed is False for _, passed, _ in results), {True: "ok", False: "FAILED", None: "open"}
        for name, passed, details in results:
            if name != "entry" or not failed:
                print(f"{name:<10} {verdicts.get(passed, ''):<7} {details}")
        return int(failed)
    except Exception as error:
        print(f"no proof, or wrong usage: {type(error).__name__}: {error!s:.200}", file=sys.stderr)
        return 2
if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
