"""No regular expression takes more than a moment over a text that somebody made for that, and longer texts in step."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from analytics.ingest.formats import wide
from analytics.ingest.profile import Profile
from tests.read_ahead import names

STARTS = ("", "a", "1", "<", "(", '"', "2024-01-01", "x ", "<b ", "day ", "P-")
UNITS = (
    "a", " ", "1", ".", ",", "-", "_", "(", ")", "[", "]", "<", "/", '"', "'", "0", "1,", "1.", "a ", "( ", " -", "a(",
    "1-1-", "P-", "_u", "\n", "1 ", "e1", " e", "()", ")(", "<b ", "=", "#", ":", ".1 ", "\u2009",
)  # fmt: skip
ENDS = ("", "!", "\x01")
LENGTH = 4_000
MOST_SECONDS = 0.15
"""A square over so many signs takes a second or more, a line a tenth of a millisecond; this machine may be busy."""


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every compiled expression of the code base, by where it stands."""
    seen = set()
    for module in names():
        for name, value in vars(importlib.import_module(module)).items():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
            for one in held:
                if isinstance(one, re.Pattern) and id(one) not in seen:
                    seen.add(id(one))
                    yield f"{module}.{name}", one


def seconds(pattern: re.Pattern[Any], text: str) -> float:
    """The least of three tries, so that a busy machine is not taken for a slow expression."""
    given = text.encode() if isinstance(pattern.pattern, bytes) else text
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        pattern.fullmatch(given)
        pattern.match(given)
        best = min(best, time.thread_time() - began)
        if best < MOST_SECONDS:
            break
    return best


def slow(pattern: re.Pattern[Any]) -> str:
    """A text over which the expression takes too long; empty where none was found."""
    for start in STARTS:
        for unit in UNITS:
            for end in ENDS:
                # short ones first: over the long one a bad expression would take minutes
                for length in (LENGTH // 8, LENGTH):
                    if seconds(pattern, start + unit * (length // len(unit)) + end) > MOST_SECONDS:
                        return f"{start!r} + {unit!r} * {length // len(unit)} + {end!r}"
    return ""


def test_every_expression_of_the_code_base_is_linear():
    found = dict(patterns())
    assert len(found) > 35
    assert not {name: text for name, pattern in found.items() if (text := slow(pattern))}


def test_the_measure_finds_an_expression_that_is_not():
    assert slow(re.compile(r"(?P<name>.+?)[\s_.\-]+(?P<limit>uln|lln)"))


@pytest.mark.parametrize(
    ("column", "name", "unit"),
    [
        ("Cortisol (µg/dl)", "Cortisol", "µg/dl"), ("Cortisol  [µg/dl] ", "Cortisol", "µg/dl"),
        ("Cortisol (serum) [µg/dl]", "Cortisol (serum)", "µg/dl"), ("Cortisol", "Cortisol", ""), ("(U/L)", "(U/L)", ""),
        ("Cortisol (U/L) x", "Cortisol (U/L) x", ""), ("Cortisol (a (b)", "Cortisol", "a (b"), ("", "", ""),
    ],
)  # fmt: skip
def test_a_unit_in_brackets_is_read_from_the_name_of_a_column(column, name, unit):
    assert wide._name_and_unit(column, Profile()) == (name, unit)
