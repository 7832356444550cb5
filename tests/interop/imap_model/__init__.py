"""The parts of imap_model_test.py: what must be there, a mail program that remembers, and what it may say at random."""
