"""A click is seen whatever it arrives together with."""

from __future__ import annotations

import pytest
from dash import ALL, Dash, Input, Output, html

from dashboard.web.ids import ids_of, set_off_by

ID = ids_of("page")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (["page-start.n_clicks"], "start"),
        (["page-timer.n_intervals", "page-start.n_clicks"], "start"),
        (["page-timer.n_intervals"], ""),
        (["page-timer.n_intervals", '{"item":"7","page":"page","part":"row"}.n_clicks'], "row 7"),
    ],
)
def test_a_click_that_comes_with_the_tick_of_a_timer_is_not_lost(changed: list[str], says: str) -> None:
    app = Dash(__name__)
    app.layout = html.Div(id="out")

    @app.callback(
        Output("out", "children"),
        Input(ID("timer"), "n_intervals"),
        Input(ID("start"), "n_clicks"),
        Input(ID("row", ALL), "n_clicks"),
    )
    def _say(ticks: int, clicks: int, rows: list[int]) -> str:
        return "start" if set_off_by(ID("start")) else "row 7" if set_off_by(ID("row", "7")) else ""

    row = {"id": ID("row", "7"), "property": "n_clicks", "value": 1}
    sent = {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [
            {"id": "page-timer", "property": "n_intervals", "value": 1},
            {"id": "page-start", "property": "n_clicks", "value": 1},
            [row],
        ],
        "changedPropIds": changed,
    }
    answer = app.server.test_client().post("/_dash-update-component", json=sent)
    assert answer.get_json()["response"]["out"]["children"] == says
