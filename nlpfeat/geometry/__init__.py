"""Exact geometry of piecewise-linear networks: regions, separability, warping. Float64 NumPy on the host."""
