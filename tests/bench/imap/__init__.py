"""What a mail program asks of a server over IMAP, and how long it waits for the answer. `../access.py` and `../idle.py` use it."""
