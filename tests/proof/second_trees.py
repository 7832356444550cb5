"""Trees of hashes by the recursive definitions of RFC 9162 section 2.1, and what a verifier says no with."""
import hashlib
from collections.abc import Sequence


class Refused(Exception):
    """The document does not prove what it says."""


def demand(holds: bool, what: str) -> None:
    if not holds:
        raise Refused(what)


def digest(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def node(left: bytes, right: bytes) -> bytes:
    return digest(b"\x01" + left + right)


def largest_power_below(count: int) -> int:
    """The k of the definitions: the largest power of two that is smaller than `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH of section 2.1.1; the leaves are hashes already."""
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return node(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root to which PATH(index, D[size]) of section 2.1.3.1 would belong."""
    demand(0 <= index < size, "the entry lies beyond the head")
    if size == 1:
        demand(not path, "the path is too long")
        return leaf
    demand(bool(path), "the path is too short")
    k = largest_power_below(size)
    if index < k:
        return node(root_by_inclusion(leaf, index, k, path[:-1]), path[-1])
    return node(path[-1], root_by_inclusion(leaf, index - k, size - k, path[:-1]))


def roots_by_consistency(first: bytes, old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots over `old` and `new` leaves to which PROOF(old, D[new]) of section 2.1.4.1 would belong."""
    demand(0 < old <= new, "the heads are in the wrong order, or the first one is empty")
    return _subproof(first, old, new, path)


def _subproof(first: bytes | None, old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """`first`: the root that the verifier knows, as long as the subtree begins at the left and may be all of the old tree."""
    if old == new:
        demand(len(path) == (first is None), "the path has the wrong length")
        known = path[0] if first is None else first
        return known, known
    demand(bool(path), "the path is too short")
    k, last = largest_power_below(new), path[-1]
    if old <= k:
        before, after = _subproof(first, old, k, path[:-1])
        return before, node(after, last)
    before, after = _subproof(None, old - k, new - k, path[:-1])
    return node(last, before), node(last, after)
