"""Every command that prints what a program may want prints it as JSON, in the shape that the reference says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest

from analytics.store import open_store
from analytics.store.working_state import jobs
from dashboard.cli import group
from dashboard.commands._options import WITHOUT_JSON, JsonOption
from tests.dashboard.commands.test_exit_codes import PASSWORD, ROWS, commands
from tests.installed import Done, Installed

TYPES: dict[str, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "yes/no": lambda v: isinstance(v, bool),
    "time": lambda v: isinstance(v, str) and pd.Timestamp(v) is not pd.NaT,
    "object": lambda v: isinstance(v, dict),
    "list": lambda v: isinstance(v, list),
}
NO_SHAPE = {"schema"}
"""A JSON Schema has its own."""


def command_of(name: str) -> click.Command:
    found: click.Command = group
    for word in name.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word) or pytest.fail(f"no command {name}")
    return found


def shape_of(name: str) -> Any:
    return next((p.shape for p in command_of(name).params if isinstance(p, JsonOption)), None)


def faults(document: Any, shape: Any, where: str = "") -> Iterator[str]:
    """What a document has otherwise than its shape."""
    if isinstance(shape, list):
        entries = document if isinstance(document, list) else [f"no list but {document!r}"]
        for number, entry in enumerate(entries):
            yield from faults(entry, shape[0], f"{where}[{number}]")
    elif isinstance(shape, dict):
        names = {name.rstrip("?") for name in shape}
        if not isinstance(document, dict) or set(document) - names:
            yield f"{where}: {document!r} has other names than {sorted(names)}"
            return
        yield from (f"{where}.{name} lacks" for name in shape if not name.endswith("?") and name not in document)
        for name, kind in shape.items():
            if name.rstrip("?") in document:
                yield from faults(document[name.rstrip("?")], kind, f"{where}.{name}")
    else:
        kind, _, or_null = shape.partition(" or ")
        fits = (document is None and or_null == "null") or TYPES[kind.split(",")[0]](document)
        yield from () if fits else (f"{where} is {document!r}, not {shape}",)


def told(name: str, done: Done) -> Any:
    """The one document of a command that was done."""
    assert done.status in (0, 3), (name, done)
    document = json.loads(done.out)
    if name not in NO_SHAPE:
        assert not list(faults(document, shape_of(name))), name
    return document


@pytest.mark.parametrize("name", list(commands()))
def test_every_command_has_json_or_a_reason_not_to(name: str):
    assert (shape_of(name) is None) == (name in WITHOUT_JSON)


def test_a_reason_is_given_for_no_other_command():
    assert set(WITHOUT_JSON) <= set(commands())


WITH_ROWS = [
    (name, words)
    for name, rows in ROWS.items()
    for words, status in rows
    if status in (0, 3) and name not in WITHOUT_JSON
]


@pytest.mark.parametrize(("name", "words"), WITH_ROWS, ids=[f"{n} {w}" for n, w in WITH_ROWS])
def test_what_is_printed_is_one_document_of_the_shape(hepatrend: Installed, world: Path, name: str, words: str):
    given = words.replace("BACKUP", str(next((world / "kept").iterdir())))
    told(name, hepatrend(*name.split(), *shlex.split(given), "--json", cwd=world, stdin=PASSWORD))


def test_what_needs_something_to_undo_is_too(hepatrend: Installed, world: Path):
    why = ("--why", "one person, checked at the desk", "--store", "store", "--json")
    assert (
        told("alias add", hepatrend("alias", "add", "P1", "P2", "--although", "a slip", *why, cwd=world))["new"] == "P2"
    )
    assert told("alias list", hepatrend("alias", "list", "--store", "store", "--json", cwd=world))
    assert told("alias remove", hepatrend("alias", "remove", "P1", *why, cwd=world))["shown_under"] == "P1"
    store = open_store(str(world / "store"))
    job_id = jobs.submit(store, "analysis", "root", {})
    cancelled = told("job cancel", hepatrend("job", "cancel", job_id, "--store", "store", "--json", cwd=world))
    assert cancelled == {"job": job_id, "state": "cancelled"}
    erased = hepatrend("purge", "P1", "--reason", "asked", "--yes", "--store", "store", "--json", cwd=world)
    assert told("purge", erased)["rows_removed"] > 0


def test_a_retry_and_an_accepted_value_are_too(hepatrend: Installed, world: Path):
    (world / "better.toml").write_text('says = "as it is"\n')
    words = ("quarantine", "retry", "held.csv", "--profile", "better.toml", "--store", "store", "--json")
    assert told("quarantine retry", hepatrend(*words, cwd=world))[0]["file"] == "held.csv"
    rows = [f"P9,BILI,2024-0{1 + i}-01 08:00,{v},mg/dL,,,Northgate,final,S{i}" for i, v in enumerate((0.8, 13.7, 0.9))]
    head = "patient_id,analyte,collected_at,value,unit,lln,uln,lab,status,specimen_id"
    (world / "jump.csv").write_text("\n".join([head, *rows]) + "\n")
    hepatrend("import", "jump.csv", "--store", "store", cwd=world)
    held = told("quarantine list", hepatrend("quarantine", "list", "--store", "store", "--json", cwd=world))
    suspects = [row["quarantine_id"] for row in held if row["reason_code"] == "UNIT_SUSPECT"]
    words = ("quarantine", "accept", str(suspects[0]), "--why", "right", "--store", "store", "--json")
    assert told("quarantine accept", hepatrend(*words, cwd=world)) == {"restored": 1}


def test_a_report_says_its_file_and_warnings_to_a_program_and_progress_to_standard_error(
    hepatrend: Installed, world: Path
):
    many = ("report", "patient", "--list", "all", "--out", "many", "--store", "store")
    done = hepatrend(*many, "--json", cwd=world)
    assert told("report", done)["reports"] == 2
    assert "reports" not in hepatrend(*many, cwd=world).out.split("many (")[0]
    printed = hepatrend(
        "report", "patient", "P1", "--form", "text", "--out", "-", "--store", "store", "--json", cwd=world
    )
    assert json.loads(printed.err)["reports"] == 1 and "P1" in printed.out


def test_a_document_of_another_shape_is_found():
    shape = {"a": "integer", "b?": "text or null", "c": [{"d": "yes/no"}]}
    assert not list(faults({"a": 1, "b": None, "c": [{"d": True}]}, shape))
    for wrong in (
        {"a": "1", "c": []},
        {"a": 1},
        {"a": 1, "c": [], "e": 0},
        {"a": 1, "c": [{"d": 1}]},
        {"a": True, "c": []},
    ):
        assert list(faults(wrong, shape)), wrong
