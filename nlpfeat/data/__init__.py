"""Data sets: one file each, drawn from explicit keys or read from files."""
