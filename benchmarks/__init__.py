"""Benchmarks: beside what a user would otherwise run, in one process tree. `make bench`."""
