"""One member: its state, its step, its record. Pure functions, vectorised by `nlpfeat.sweeps`."""
