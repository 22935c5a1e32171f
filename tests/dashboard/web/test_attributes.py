"""Attributes that Dash takes by any name."""

import pytest
from dash import html

from dashboard.web.attributes import wild


def test_an_element_gets_its_attributes_for_those_who_listen():
    told = html.Span("x", **wild({"aria-label": "Main", "data-show": "f1"})).to_plotly_json()["props"]
    assert told["aria-label"] == "Main" and told["data-show"] == "f1"


def test_a_declared_property_may_not_slip_past_the_type_checker():
    with pytest.raises(TypeError, match="hidden"):
        wild({"aria-label": "Main", "hidden": "yes"})
