"""Benchmarks: nlpfeat beside what its users would otherwise run, interleaved in one process tree. `make bench`."""
