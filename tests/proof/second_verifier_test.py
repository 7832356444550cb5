"""The second verifier itself: its trees are those of the definitions and of the known vectors, and it refuses what is said in two ways."""
import hashlib
import json
import unittest

import second_grammar as grammar
import second_reading as reading
import second_trees as trees
import second_verifier as second

# The inputs and roots with which Certificate Transparency logs are tested everywhere.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = {1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
         8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}
MOST = 40


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = trees.largest_power_below(len(leaves))
    if index < k:
        return [*inclusion(index, leaves[:k]), trees.tree_hash(leaves[k:])]
    return [*inclusion(index - k, leaves[k:]), trees.tree_hash(leaves[:k])]


def consistency(old: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.4.1; `whole`: its flag."""
    if old == len(leaves):
        return [] if whole else [trees.tree_hash(leaves)]
    k = trees.largest_power_below(len(leaves))
    if old <= k:
        return [*consistency(old, leaves[:k], whole), trees.tree_hash(leaves[k:])]
    return [*consistency(old - k, leaves[k:], False), trees.tree_hash(leaves[:k])]


class TreeTest(unittest.TestCase):
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(MOST)]

    def test_known_roots(self):
        leaves = [hashlib.sha256(b"\0" + bytes.fromhex(text)).digest() for text in INPUTS]
        self.assertEqual({count: trees.tree_hash(leaves[:count]).hex() for count in ROOTS}, ROOTS)

    def test_every_path_gives_the_root_and_no_shorter_longer_or_other_one_does(self):
        for size in range(1, MOST + 1):
            leaves, root = self.leaves[:size], trees.tree_hash(self.leaves[:size])
            for index in range(size):
                path = inclusion(index, leaves)
                self.assertEqual(trees.root_by_inclusion(leaves[index], index, size, path), root)
                for wrong in ([*path, root], path[:-1] if path else [root]):
                    with self.assertRaises(second.Refused):
                        trees.root_by_inclusion(leaves[index], index, size, wrong)
                for at in range(len(path)):
                    self.assertNotEqual(trees.root_by_inclusion(leaves[index], index, size, [*path[:at], root, *path[at + 1:]]), root)

    def test_every_consistency_path_gives_both_roots_and_no_other_length_does(self):
        for size in range(1, MOST + 1):
            leaves, root = self.leaves[:size], trees.tree_hash(self.leaves[:size])
            for old in range(1, size + 1):
                first, path = trees.tree_hash(leaves[:old]), consistency(old, leaves, True)
                self.assertEqual(trees.roots_by_consistency(first, old, size, path), (first, root))
                for wrong in ([*path, root], path[:-1] if path else [root]):
                    with self.assertRaises(second.Refused):
                        trees.roots_by_consistency(first, old, size, wrong)
                forged = hashlib.sha256(b"another past").digest()
                self.assertNotEqual(trees.roots_by_consistency(forged, old, size, path), (forged, root) if old < size else (first, root))

    def test_what_has_no_path_is_refused(self):
        for index, size in ((0, 0), (1, 1), (-1, 3), (1 << 64, 5)):
            with self.assertRaises(second.Refused):
                trees.root_by_inclusion(self.leaves[0], index, size, [])
        for old, new in ((0, 1), (2, 1), (0, 0)):
            with self.assertRaises(second.Refused):
                trees.roots_by_consistency(self.leaves[0], old, new, [])


class ReadingTest(unittest.TestCase):
    def test_numbers_of_7_bits_an_octet(self):
        for octets, value in ((b"\x00", 0), (b"\x7f", 127), (b"\x80\x01", 128), (b"\xff" * 9 + b"\x01", (1 << 64) - 1)):
            self.assertEqual(grammar.Grammar(octets).varint(), value)
        for octets in (b"", b"\x80", b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x01"):
            with self.assertRaises(second.Refused):
                grammar.Grammar(octets).varint()

    def test_nothing_is_read_that_can_be_read_in_two_ways(self):
        for text in ('{"path": [], "path": []}', "[]", "{", '{"a": NaN', "[" * 100_000):
            with self.subTest(text=text[:40]), self.assertRaises(second.Refused):
                reading.parse_json(text)
        for text in ("QQ", "QR==", "QQ==\n", " QQ==", "Q!Q=", "QQ==QQ=="):
            with self.subTest(text=text), self.assertRaises(second.Refused):
                reading.from_base64(text)
        for text in ("00" * 31, "0x" + "00" * 31, "AB" * 32, 7, None):
            with self.subTest(text=text), self.assertRaises(second.Refused):
                reading.from_hex(text)
        for value in (True, "1", 1.0, None):
            with self.subTest(value=value), self.assertRaises(second.Refused):
                second.check_proof(json.dumps({"understudy_proof": value}), None, second.Signatures())


class SignatureTest(unittest.TestCase):
    """RFC 8032 section 7.1, the second vector: openssl takes no empty file, which is the first."""
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    message = b"\x72"
    signature = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")

    def test_openssl_is_asked_and_believed(self):
        signatures = second.Signatures()
        self.assertTrue(signatures.hold(self.key, self.message, self.signature))
        self.assertFalse(signatures.hold(self.key, b"x", self.signature))
        self.assertFalse(signatures.hold(self.key, self.message, bytes(64)))


if __name__ == "__main__":
    unittest.main()
