"""Factors read: components and what lies at their ends."""
