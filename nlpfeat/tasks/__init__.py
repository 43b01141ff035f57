"""The tasks, one family per file, and the table of all of them."""
