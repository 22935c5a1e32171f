"""A canonical table as JSON Schema: one object a row, types, meanings, units and closed sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.tables import Column, Table

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Mapping[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "whole": {"type": "integer"},
    "time": {"type": "string", "format": "date-time"},
    "flag": {"type": "boolean"},
    "json": {"type": "string", "contentMediaType": "application/json"},
}


def schema_of(table: Table) -> dict[str, Any]:
    """JSON Schema (2020-12) of one row of a table. What may be missing may be null."""
    return {
        "$schema": DIALECT,
        "title": table.name,
        "description": table.says,
        "type": "object",
        "properties": {c.name: _property(c) for c in table.columns},
        "required": [c.name for c in table.columns if c.needed],
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    kind = dict(_TYPES[column.kind])
    if not column.needed:
        kind["type"] = [kind["type"], "null"]
    if column.one_of:
        kind["enum"] = [*column.one_of, *([] if column.needed else [None])]
    unit = f" ({column.unit})" if column.unit else ""
    return {**kind, "description": column.says + unit}
