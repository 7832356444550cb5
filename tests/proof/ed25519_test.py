"""The Ed25519 of deploy/check-proof.py: the vectors of RFC 8032, the corners where verifiers differ, OpenSSL's verdict beside its own."""
import hashlib
import unittest

from checker import checker
from proof_maker import Key, openssl_verifies
from rfc8032 import VECTORS

ARCHIVE = Key("archive")
BASE = checker.decode(b"\x58" + b"\x66" * 31)


class Ed25519(unittest.TestCase):
    """`signed` of the script, without the cache of the other tests."""
    octets = b"octets that are signed"

    def setUp(self):
        self.signature = ARCHIVE.sign(self.octets)

    def test_the_vectors_of_rfc_8032_hold_and_hold_for_nothing_else(self):
        for name, key, octets, signature in VECTORS:
            with self.subTest(name=name):
                self.assertTrue(checker.signed(key, octets, signature))
                self.assertFalse(checker.signed(key, octets + b"\0", signature))
                self.assertFalse(checker.signed(VECTORS[0][1] if key != VECTORS[0][1] else VECTORS[1][1], octets, signature))

    def test_a_changed_bit_is_found(self):
        for bit in range(0, 512, 7):
            changed = (int.from_bytes(self.signature, "little") ^ 1 << bit).to_bytes(64, "little")
            self.assertFalse(checker.signed(ARCHIVE.public, self.octets, changed), f"bit {bit}")

    def test_a_signature_has_one_form(self):
        """S and S + L are the same scalar: whoever takes both lets signatures be rewritten."""
        s = int.from_bytes(self.signature[32:], "little")
        for multiple in range(1, 16):
            if s + multiple * checker.ORDER < 2**256:
                changed = self.signature[:32] + (s + multiple * checker.ORDER).to_bytes(32, "little")
                self.assertFalse(checker.signed(ARCHIVE.public, self.octets, changed), multiple)
                self.assertFalse(openssl_verifies(ARCHIVE.public, self.octets, changed))

    def test_points_are_taken_in_one_form_alone(self):
        p = checker.P
        for y, sign, point in ((1, 0, (0, 1)), (1, 1, None), (p + 1, 0, None), (p - 1, 0, (0, p - 1)), (p - 1, 1, None), (p, 0, None),
                               (2 * p - 1, 0, None), (2**255 - 1, 0, None), (2, 0, None), (2, 1, None), (7, 0, None)):
            with self.subTest(y=y, sign=sign):
                self.assertEqual(checker.decode((y | sign << 255).to_bytes(32, "little")), point)
        for y in (0, 3, 4, 5, 6):
            for sign in (0, 1):
                x, decoded = checker.decode((y | sign << 255).to_bytes(32, "little")) or (None, None)
                if decoded is not None:
                    self.assertEqual((decoded, x & 1, (y * y - x * x - 1 - checker.D * x * x * y * y) % p), (y, sign, 0))

    def test_a_key_of_small_order_signs_nothing(self):
        """Under the neutral point R = [S]B closes over every text."""
        signature = b"\x58" + b"\x66" * 31 + (1).to_bytes(32, "little")
        self.assertEqual(checker.times(checker.ORDER, BASE), (0, 1))
        for point in torsion():
            key = encoded(point)
            self.assertEqual(checker.decode(key), point)
            for octets in (b"one", b"two", b"three", b"four"):
                self.assertFalse(checker.signed(key, octets, signature))
        self.assertTrue(openssl_verifies(encoded((0, 1)), b"any text", signature), "what is refused here is not refused by all")

    def test_the_equation_is_checked_without_the_cofactor_as_openssl_does(self):
        """A key with a part of small order: [8] would hide it. Both verdicts occur."""
        secret, nonce, verdicts = 12345678901234567890, 987654321, []
        eighth = torsion()[-1]
        key, r = encoded(checker.add(checker.times(secret, BASE), eighth)), encoded(checker.times(nonce, BASE))
        for text_number in range(24):
            octets = b"text %d" % text_number
            k = int.from_bytes(hashlib.sha512(r + key + octets).digest(), "little") % checker.ORDER
            signature = r + ((nonce + k * secret) % checker.ORDER).to_bytes(32, "little")
            verdicts.append(checker.signed(key, octets, signature))
            self.assertEqual(verdicts[-1], k % 8 == 0)
            self.assertEqual(verdicts[-1], openssl_verifies(key, octets, signature))
        self.assertIn(False, verdicts)

    def test_signatures_of_openssl_hold(self):
        for size in (1, 63, 64, 65, 200):
            key, octets = Key(f"key {size}"), bytes(range(size))
            self.assertTrue(checker.signed(key.public, octets, key.sign(octets)))


def encoded(point: tuple[int, int]) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def torsion() -> list[tuple[int, int]]:
    """The points whose order divides 8, one of order 8 last."""
    y = next(y for y in range(2, 100) if (point := checker.decode(y.to_bytes(32, "little"))))
    point = checker.times(checker.ORDER, checker.decode(y.to_bytes(32, "little")))
    while checker.times(4, point) == (0, 1):
        y += 1
        found = checker.decode(y.to_bytes(32, "little"))
        point = checker.times(checker.ORDER, found) if found else (0, 1)
    return [checker.times(multiple, point) for multiple in (0, 2, 3, 4, 5, 6, 7, 1)]


if __name__ == "__main__":
    unittest.main()
