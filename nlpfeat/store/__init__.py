"""The folder of a study: layout, locks, results, provenance."""
