"""Configs: fields with ranges, the schema, files and variants."""
