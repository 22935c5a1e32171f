"""Tables that are no text (sheets, Parquet, SAS transport, Dataset-JSON) as text with commas, for the same formats."""

from __future__ import annotations

from analytics.ingest.fast import FastSplitter
from analytics.ingest.records import Header, find_header
from analytics.ingest.source import Source


class TableSource(Source):
    """Text of one table, with commas whatever the profile says of the source's own text."""

    def splitter(self, first: bytes) -> tuple[Header, FastSplitter]:
        """Header and splitter."""
        lines = first.decode("utf-8", "replace").split("\n")[:400]
        header = find_header(lines, 0, ",", self.name)
        return header, FastSplitter(header, self.name, 0)
