"""The lanes and panels of one patient on one clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.panel import Panel
from dashboard.figures import lab_timeline
from dashboard.figures.choice import Choice
from tests.builders import panel_of
from tests.dashboard.figures.criteria import missing_criteria, texts_of
from tests.dashboard.figures.patients import AWKWARD, only_events, stented, study_days
from tests.golden_text import same_as_golden
from tests.outline import outline

ABSENT_WORDS = ("nan", "NaN", "NaT", "None", "<NA>")


def drawn(panel: Panel, **choice: Any) -> dict[str, Any]:
    return lab_timeline.draw(analyse(panel), Choice(key="K-7", **choice))


def named(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [t for t in figure["data"] if t.get("name") == name and t["x"] != [None]]


def with_labs(panel: Panel, **more: Any) -> Panel:
    return Panel.of(
        more.pop("labs", panel.labs), more.pop("events", panel.events), panel.imaging, panel.patients, **more
    )


def with_new_alt_limit() -> Panel:
    """From the seventh ALT on the laboratory's upper limit is 35, not 40."""
    panel = stented()
    labs = panel.labs.copy()
    labs.loc[labs.index[labs["analyte"] == "ALT"][6:], "uln"] = 35.0
    return with_labs(panel, labs=labs)


def test_the_figure_of_a_stented_patient_reads_as_reviewed() -> None:
    same_as_golden("lab_timeline_stented.txt", outline(drawn(stented(), smooth=False)))


@pytest.mark.parametrize("scale", ["x_uln", "x_baseline", "absolute"])
@pytest.mark.parametrize("panel", [stented, *AWKWARD], ids=lambda p: p.__name__)
def test_every_figure_meets_all_eleven_criteria(panel: Callable[[], Panel], scale: Any) -> None:
    assert missing_criteria(drawn(panel(), scale=scale), "K-7") == []


@pytest.mark.parametrize("panel", [stented, only_events, *AWKWARD], ids=lambda p: p.__name__)
def test_nothing_absent_is_printed_as_such(panel: Callable[[], Panel]) -> None:
    for text in texts_of(drawn(panel())):
        assert not any(word in text for word in ABSENT_WORDS), text


@pytest.mark.parametrize("panel", [stented, *AWKWARD], ids=lambda p: p.__name__)
def test_a_figure_is_plain_json(panel: Callable[[], Panel]) -> None:
    figure = drawn(panel())
    assert json.loads(orjson.dumps(figure)) == figure


def test_a_stent_without_an_end_goes_on_to_the_cut_off_and_says_so() -> None:
    bars = named(drawn(stented()), "Stents and drainage")[0]
    assert bars["base"] == ["2024-03-19"]
    assert bars["x"] == [83 * 86_400_000]  # 2024-03-19 to 2024-06-10, the last result
    assert "no end recorded" in bars["hovertemplate"]


def test_a_stent_without_an_end_is_drawn_to_its_exchange() -> None:
    events = [("2024-01-10", "biliary_stent", "plastic"), ("2024-02-10", "biliary_stent", "metal", "2024-03-01")]
    bars = named(
        drawn(panel_of([("2024-01-01", "BILI", 1.0), ("2024-04-01", "BILI", 1.0)], events)), "Stents and drainage"
    )
    assert bars[0]["x"] == [31 * 86_400_000, 20 * 86_400_000]
    assert any("drawn to the next one, 10 Feb 2024" in text for row in bars[0]["customdata"] for text in row)


def test_a_result_below_the_limit_of_detection_points_down_and_keeps_its_sign() -> None:
    cea = named(drawn(stented()), "CEA")[0]
    assert cea["marker"]["symbol"][-1] == "triangle-down-open"
    assert cea["marker"]["symbol"][0] == "circle"
    assert any("&lt;5.0" in text for text in cea["customdata"][-1])


def test_heights_are_multiples_of_each_results_own_limit() -> None:
    heights = named(drawn(with_new_alt_limit()), "ALT")[0]["y"]
    assert heights[5] == pytest.approx(288 / 40)
    assert heights[6] == pytest.approx(153 / 35, abs=1e-3)


def test_the_reference_range_steps_where_the_limit_changed() -> None:
    figure = drawn(with_new_alt_limit(), scale="absolute")
    band = next(t for t in named(figure, "reference range") if 35.0 in t["y"])
    assert band["y"][:4] == [40.0, 40.0, 35.0, 35.0]


def test_albumin_is_never_drawn_in_multiples_of_an_upper_limit() -> None:
    notes = [n["text"] for n in drawn(stented())["layout"]["annotations"]]
    assert any(n.startswith("<b>Albumin</b><br>g/dL<br>") for n in notes)


def test_days_since_an_event_count_from_it() -> None:
    figure = drawn(stented(), since=pd.Timestamp("2024-03-19"), since_name="plastic stent")
    bilirubin = named(figure, "Bilirubin")[0]
    assert bilirubin["x"][0] == -71.0
    assert bilirubin["x"][5] == -1.0
    assert "Days since plastic stent (19 Mar 2024)" in [n["text"] for n in figure["layout"]["annotations"]]


def test_a_study_day_never_looks_like_a_date() -> None:
    figure = drawn(study_days())
    assert named(figure, "Bilirubin")[0]["x"] == [0.0, 192.0, 400.0]
    assert not any("2000-" in text for text in texts_of(figure))


def test_evidence_stands_out_and_its_episode_is_shaded() -> None:
    panel = stented()
    wanted = tuple(panel.labs.loc[panel.labs["analyte"] == "BILI", "result_id"].iloc[4:6].astype(int))
    episode = (pd.Timestamp("2024-03-04"), pd.Timestamp("2024-03-18"))
    figure = drawn(panel, evidence=wanted, episode=episode)
    assert named(figure, "Bilirubin")[0]["selectedpoints"] == [4, 5]
    assert named(figure, "ALT")[0]["selectedpoints"] == []
    assert [s["x0"] for s in figure["layout"]["shapes"] if s["name"] == "episode"] == ["2024-03-04"]


def test_a_held_back_result_has_a_day_and_a_reason_but_no_value() -> None:
    held = {"file": "x.csv", "line": 9, "reason_code": "VALUE_IMPLAUSIBLE", "message": "ALT 99999", "patient_id": "P1"}
    held |= {"analyte": "ALT", "collected_at": pd.Timestamp("2024-02-10")}
    figure = drawn(with_labs(stented(), held=pd.DataFrame([held])))
    mark = named(figure, "quarantined")[0]
    assert mark["x"] == ["2024-02-10"]
    assert "outside the plausible limits" in mark["hovertemplate"]
    assert not any("99999" in text for text in texts_of(figure))


def test_hostile_text_stays_text() -> None:
    panel = stented()
    figure = drawn(with_labs(panel, events=panel.events.assign(name='<a href="https://evil.example">x</a>')))
    assert not any("<a " in text for text in texts_of(figure))


def test_a_long_gap_can_be_folded_away_on_calendar_dates_only() -> None:
    sparse = panel_of([("2023-01-02", "ALT", 30), ("2023-12-28", "ALT", 60)])
    assert drawn(sparse, fold=True)["layout"]["xaxis"]["rangebreaks"] == [{"bounds": ["2023-01-23", "2023-12-07"]}]
    since = drawn(sparse, fold=True, since=pd.Timestamp("2023-01-02"))
    assert "rangebreaks" not in since["layout"]["xaxis"]


def test_a_panel_is_never_so_tall_that_noise_fills_it() -> None:
    steady = panel_of([(f"2024-01-{d:02d}", "ALT", 40 + d % 2) for d in range(1, 20, 3)])
    low, high = drawn(steady, scale="absolute")["layout"]["yaxis2"]["range"]
    assert 10 ** (high - low) >= 2.99  # a log axis: at least a factor of three from bottom to top


def test_a_change_of_laboratory_is_marked_where_the_series_begins_anew() -> None:
    days = [f"2024-0{m}-05" for m in range(1, 7)]
    panel = panel_of([(day, "LDH", 200 + i) for i, day in enumerate(days)])
    labs = panel.labs.assign(lab=["Northgate"] * 3 + ["Riverside"] * 3)
    figure = drawn(Panel.of(labs, patients=panel.patients))
    assert named(figure, "laboratory, method or limits changed")[0]["x"] == ["2024-04-05"]


def steady(values: list[float]) -> Panel:
    """ALT once a fortnight, without any event."""
    days = pd.date_range("2024-01-01", periods=len(values), freq="14D")
    return panel_of([(day, "ALT", value) for day, value in zip(days, values, strict=True)], as_of="2024-12-01")


def test_the_personal_interval_lies_around_stable_results_and_goes_on_to_the_data_cut_off() -> None:
    analysis = analyse(steady([30, 31, 30, 29, 30, 31, 30, 29]))
    figure = lab_timeline.draw(analysis, Choice(key="K-7", scale="absolute"))
    interval = named(figure, "usual range of the patient")[0]
    told = analysis.series.iloc[0]
    assert interval["x"] == ["2024-01-01", "2024-12-01", None, "2024-01-01", "2024-12-01"]
    assert interval["y"][0] == interval["y"][1] == pytest.approx(told["personal_high"], rel=1e-3)
    assert interval["y"][3] == interval["y"][4] == pytest.approx(told["personal_low"], rel=1e-3)
    assert interval["y"][3] < 29 < 31 < interval["y"][0]
    assert "stable days: 8" in interval["hovertemplate"]
    assert named(lab_timeline.draw(analysis, Choice(key="K-7")), "usual range of the patient")[0]["y"][
        0
    ] == pytest.approx(told["personal_high"] / 40, rel=1e-3)


def test_a_change_of_level_that_no_event_explains_is_drawn_where_the_new_level_begins() -> None:
    figure = drawn(steady([30, 31, 30, 29, 30, 31, 30, 29, 120, 121, 119, 120, 122, 118, 120, 121]))
    change = named(figure, "step change between events")[0]
    assert change["x"] == ["2024-04-22", "2024-04-22"]  # the ninth fortnight
    assert "+3" in change["hovertemplate"]  # about +300 %
    assert "p 0.00" in change["hovertemplate"]
    calm = drawn(steady([30, 31, 30, 29, 30, 31, 30, 29]))
    assert not named(calm, "step change between events")


def test_up_and_down_again_is_drawn_as_two_changes_of_level() -> None:
    figure = drawn(steady([58, 62, 60, 59, 61, 300, 310, 295, 305, 290, 80, 82, 79, 81, 83]))
    change = named(figure, "step change between events")[0]
    assert change["x"] == ["2024-03-11", "2024-03-11", None, "2024-05-20", "2024-05-20"]
    says = orjson.dumps(change["customdata"]).decode()
    assert "first of two changes: +400% against the level before; p 0.00" in says
    assert "second of two changes: −73% against the level before; p 0.00" in says


def test_the_legend_names_what_occurs_and_nothing_else() -> None:
    def legend(figure: dict[str, Any]) -> set[str]:
        return {t["name"] for t in figure["data"] if t["showlegend"]}

    assert "below limit of detection" in legend(drawn(stented()))
    assert "procedure" in legend(drawn(stented()))
    assert legend(drawn(steady([30]))) == {"result", "reference range of that day", "data cut-off"}


def test_a_hidden_curve_is_there_for_the_browser_to_show() -> None:
    figure = drawn(stented(), smooth=False)
    assert {t.get("visible") for t in named(figure, "smoothed level")} == {False}


def test_the_axis_and_open_bars_end_with_the_last_contact_of_the_patient_and_not_with_the_data_of_others():
    from analytics.analysis import analyse
    from dashboard.figures.clock import bounds
    from dashboard.figures.lanes import lanes_of
    from tests.builders import panel_of

    labs = [("1999-01-01", "ALT", 30), ("1999-03-01", "ALT", 40)]
    analysis = analyse(panel_of(labs, [("1999-01-10", "systemic", "FOLFOX")], as_of="2024-01-01"))
    first, last = bounds(analysis)
    assert (last - first).days < 80
    ends = [item.end for items in lanes_of(analysis).items.values() for item in items]
    assert str(max(ends))[:10] == "1999-03-01"


def test_the_text_of_a_scan_stands_in_full_and_escaped():
    detail = (
        "stent occluded, intrahepatic ducts dilated; <b>no</b> new lesion; small amount of ascites around the liver"
    )
    panel = panel_of(
        [("2024-01-01", "BILI", 1.0), ("2024-04-01", "BILI", 1.0)],
        [],
        [("2024-02-10", "CT", "SD", 60)],
    )
    panel.imaging.loc[:, "detail"] = detail
    figure = drawn(panel)
    told = json.dumps(named(figure, "Imaging")).replace("<br>", " ")
    assert (
        "stent occluded, intrahepatic ducts dilated; &lt;b&gt;no&lt;/b&gt; new lesion; small amount of ascites" in told
    )
    assert "around the liver" in told
