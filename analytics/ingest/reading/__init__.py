"""Bytes to records: encodings, separators, workbooks and bundles, with file and line of each record."""
