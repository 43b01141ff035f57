"""Factors read: ends, components, neighbours, and how stable they are."""
