"""Figures: one file per analysis."""
