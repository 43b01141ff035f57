"""The most that a config may ask for: what a program counts with 32 bits, and what can be planned in minutes."""

INT32 = 2**31 - 1  # the largest whole number
STOPS = 1_000_000  # records, and checkpoints, of a member
MEMBERS = 10_000_000  # of a grid, whose ids take minutes to compute
