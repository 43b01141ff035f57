"""The command line: one file per command. Only this room parses flags, prints and touches signals."""
