"""Dash's components filled quickly are the components that Dash fills."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from dash import html

from dashboard.components import quick

_MADE = """
import json, sys
from dash import html
from plotly.io.json import to_json_plotly
if sys.argv[1] == "quick":
    from dashboard.components import quick
    quick.install()
kinds = [k for k in vars(html).values() if isinstance(k, type)]
trees = [k([html.B("b", id={"a": 1})], className="c", title="t", **{"aria-label": "l", "data-x": "1"}) for k in kinds]
print(to_json_plotly([trees, html.Td("x", colSpan=2), html.A("y", href="/"), html.Div()]))
"""


def _made(how: str) -> object:
    done = subprocess.run([sys.executable, "-c", _MADE, how], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_component_is_written_as_dash_itself_writes_it():
    assert _made("quick") == _made("dash")


def test_a_name_that_a_component_does_not_know_is_refused():
    quick.install()
    with pytest.raises(TypeError, match=r"html.Span has no 'colour'"):
        html.Span("x", colour="red")
