"""The JSON Schema of a table says what the table says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from analytics.table_schema import schema_of
from analytics.tables import LABS, TABLES


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_every_column_of_every_table_has_its_type_and_meaning(table):
    told = schema_of(table)
    assert list(told["properties"]) == table.names
    assert told["required"] == [c.name for c in table.columns if c.needed]
    assert all(told["properties"][c.name]["description"].startswith(c.says) for c in table.columns)


def test_closed_sets_and_what_may_be_missing_are_told():
    told = schema_of(LABS)["properties"]
    assert told["comparator"]["enum"] == ["<", ">", "", None]
    assert told["value"]["type"] == ["number", "null"]
    assert told["patient_id"]["type"] == "string"


def test_the_command_prints_it():
    code = "from dashboard.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "schema", "labs"], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, schema_of(LABS))
    done = subprocess.run([sys.executable, "-c", code, "schema", "lab"], capture_output=True, text=True, check=False)
    assert (done.returncode, "unknown table 'lab'" in done.stderr) == (2, True)
