"""Fault injection: whatever happens to a study, no member is lost, no number changes in silence, and nothing outside is touched."""
