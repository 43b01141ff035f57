"""Texts that a net writes, and what its units follow in texts that it reads: pure functions of strings and arrays."""
