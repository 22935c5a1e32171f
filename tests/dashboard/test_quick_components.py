"""Dash's components filled quickly are the components that Dash fills."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from dash import html
from dash.development.base_component import Component

from dashboard.web import quick_components

_MADE = """
import json, sys
from dash import html
from plotly.io.json import to_json_plotly
if sys.argv[1] == "quick":
    from dashboard.web import quick_components as quick
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
    quick_components.install()
    with pytest.raises(TypeError, match=r"html.Span has no 'colour'"):
        html.Span("x", colour="red")


class Changed(html.Span):
    """A component as a later Dash might fill it: one more thing in every instance."""

    def __init__(self, *args: object, **given: object):
        super().__init__(*args, **given)
        self.further = True


class Lacking(html.Span):
    """A component that no longer holds what is copied into every instance."""

    def __init__(self, *args: object, **given: object):
        super().__init__(*args, **given)
        del self._prop_names


@pytest.mark.parametrize("kind", [Changed, Lacking])
def test_a_component_that_dash_fills_in_another_way_stays_as_dash_makes_it(kind: type[Component]):
    assert quick_components.fill_of(kind) is None


def test_this_dash_fills_every_component_in_the_known_way():
    told = "from dash import html; from dashboard.web import quick_components as quick; quick.install(); print(sum("
    told += "not getattr(k.__init__, 'quick', False) for k in vars(html).values() if isinstance(k, type)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0", "a new Dash: pages are right but slower; see dashboard/web/quick_components.py"
