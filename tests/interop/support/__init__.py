"""The outside of the tests: private instances of everything that Understudy talks to. Python's standard library only."""
