"""Figures: each takes arrays and an Axes, and computes nothing."""
