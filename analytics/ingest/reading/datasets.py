"""CDISC Dataset-JSON 1.1, as one document or as lines (NDJSON), as text with commas for the same formats as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from analytics.errors import RefusedFile
from analytics.ingest.reading.documents import MAX_DOCUMENT, after, elements, members
from analytics.ingest.reading.excel import moment_text
from analytics.ingest.reading.source import BLOCK
from analytics.ingest.reading.tables import TableSource

READ = "1.1"
"""Version of Dataset-JSON that is read."""


class Number(str):
    """A number as it was written."""


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Number, parse_int=Number)


class DatasetSource(TableSource):
    """Rows of one data set as text with commas."""

    def _written(self, about: dict[str, Any], rows: Iterable[Any]) -> Iterator[bytes]:
        """Header and rows in blocks.

        Args:
            about: what the file says of the data set: version, columns, number of records.
            rows: a list each.
        """
        version = str(about.get("datasetJSONVersion", READ))
        if not version.startswith(READ):
            raise RefusedFile(f"is Dataset-JSON {version}; {READ} is read", file=self.name)
        columns = about.get("columns")
        if not isinstance(columns, list) or not all(isinstance(c, dict) and c.get("name") for c in columns):
            raise RefusedFile("is Dataset-JSON that does not name its columns", file=self.name)
        moments = [c.get("dataType") in ("date", "datetime") for c in columns]
        out, count = io.StringIO(), 0
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([c["name"] for c in columns])
        for row in rows:
            count += 1
            if not isinstance(row, list):
                raise RefusedFile(f"record {count:,} is no list", file=self.name)
            when = moments + [False] * (len(row) - len(moments))
            writer.writerow([self._cell(cell, moment) for cell, moment in zip(row, when, strict=False)])
            if out.tell() > BLOCK:
                yield out.getvalue().encode("utf-8", "surrogateescape")
                out.seek(0)
                out.truncate()
        said = about.get("records")
        if said is not None and str(said) != str(count):
            raise RefusedFile(f"has {count:,} records and says that it has {said}; it may be cut off", file=self.name)
        yield out.getvalue().encode("utf-8", "surrogateescape")

    def _cell(self, cell: Any, moment: bool) -> str:
        if cell is None:
            return ""
        if isinstance(cell, Number):
            return cell.replace(".", self.profile.decimal)
        text = " ".join(str(cell).splitlines())
        if moment and self.profile.dates:
            try:
                return moment_text(datetime.fromisoformat(text), self.profile)
            except ValueError:
                return text
        return text


class DatasetLines(DatasetSource):
    """A line that describes the data set, then a record a line."""

    def blocks(self) -> Iterator[bytes]:
        """Header and rows."""
        lines = (line for block in super().blocks() for line in block.decode("utf-8", "surrogateescape").split("\n"))
        number = 1
        try:
            about = _parsed(next(lines, ""))

            def rows() -> Iterator[Any]:
                nonlocal number
                for line in lines:
                    number += 1
                    if line.strip():
                        yield _parsed(line)

            yield from self._written(about, rows())
        except (ValueError, RecursionError) as error:
            raise RefusedFile(f"is no complete JSON: {error}", file=self.name, line=number) from error


class DatasetDocument(DatasetSource):
    """One JSON document."""

    def blocks(self) -> Iterator[bytes]:
        """Header and rows."""
        if self.size > MAX_DOCUMENT:
            raise RefusedFile(
                f"is one JSON document of {self.size:,} bytes; at most {MAX_DOCUMENT:,} are read; more as NDJSON",
                file=self.name,
            )
        text = b"".join(self._decoded()).decode("utf-8", "surrogateescape")
        decoder, about, rows = json.JSONDecoder(), dict[str, Any](), -1
        try:
            for name, start, end in members(decoder, text, after(text, 0)):
                if name == "rows":
                    rows = start
                elif name:
                    about[name] = _parsed(text[start:end])
            if rows < 0 or text[rows] != "[":
                raise RefusedFile(f"is Dataset-JSON without rows; version {READ} is read", file=self.name)
            yield from self._written(about, (_parsed(text[a:b]) for a, b in elements(decoder, text, rows)))
        except (ValueError, RecursionError) as error:
            raise RefusedFile(f"is no complete JSON: {error}", file=self.name) from error
