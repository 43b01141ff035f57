"""The report: a study as one page that works offline."""
