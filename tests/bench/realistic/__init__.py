"""Makes mail that looks like a company's. Deterministic: the same shape and number give the same octets, on every machine.

Each message has random streams of its own, seeded with the corpus' seed and the message's number, so that message i does not
depend on how many are made.
"""
