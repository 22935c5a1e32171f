"""The cohort page without a browser: what a coordinator may see, what a selection means, how the table is paged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flask import Flask, g

from analytics.case import Case
from analytics.cohort.query.definition import parse
from analytics.cohort.query.diff import diff
from analytics.cohort.query.run import run
from analytics.errors import QuestionError
from analytics.settings import Settings
from analytics.store import Store, open_store
from analytics.store.working_state import jobs
from dashboard.cohorts import worker
from dashboard.cohorts.service import MOST_KEYS, UNANSWERED, Cohorts, selected
from dashboard.components.cohort_builder import ABNORMAL, CLOCKS, CONTROLS, steps_table
from dashboard.components.cohort_diff import difference
from dashboard.components.cohort_grid import column_choices, first_columns, grid, known_columns, page_of, sparks
from dashboard.components.cohort_question import understood_as
from dashboard.components.cohort_tables import follow_tables, migration_table, shift_tables
from dashboard.components.downloads import csv_text, parquet_bytes
from dashboard.config import Config
from dashboard.figures import cohort_edish, cohort_survival
from dashboard.figures._figure import figures
from dashboard.figures.cohort_view import NOBODY
from dashboard.pages.cohort import layout
from dashboard.pages.cohort.asking import _asked, asked_again, clock_of, with_clock
from dashboard.pages.cohort.choice import (
    GROUPS,
    ID,
    START,
    TABLES,
    USED,
    VIEWS,
    Listed,
    chosen_of,
    grouped,
    named_groups,
    view_of,
)
from dashboard.pages.cohort.looking import _address, _of_cell, _under
from dashboard.pages.cohort.people import _may_have, _refused, ask, list_frame
from dashboard.security.keys import pseudonyms_of
from dashboard.security.roles import LOCAL, User
from dashboard.web.context import Context, Request
from tests.builders import panel_of, together
from tests.last_month import ASKED, last_month
from tests.stores import SAMPLE

STENT = "find bilirubin doubled within 14 days after a biliary stent"
CORA = User("cora", "coordinator", "s")
CHOSEN = chosen_of(("ALT", "x_uln", "none", 3, 2), lines=False)


def planted(journey: str) -> set[str]:
    truth = pd.read_csv(SAMPLE / "truth.csv")
    return set(truth.loc[truth["journey"] == journey, "patient_id"])


@pytest.fixture
def context(sample_store: Store) -> Context:
    return Context(sample_store, Config(store=str(sample_store.place.folder)))


@pytest.fixture(params=[LOCAL, CORA], ids=["owner", "coordinator"])
def asking(request: pytest.FixtureRequest, context: Context):
    """The page's state as one user asks it."""
    with Flask("test").test_request_context():
        g.user = request.param
        yield Cohorts(context)


MANY = "find ALT above 3 x ULN within 60 days after systemic"
"""A question that more people than the smallest cell answer."""


def shown_as(context: Context, patients: Iterable[str]) -> set[str]:
    """What the one who asks calls these patients in lists and addresses."""
    if context.user.sees == "identified":
        return {context.whole_store.key_of(p) for p in patients}
    return {pseudonyms_of(context.config).name(p) for p in patients}


def test_both_roles_find_the_same_people(asking: Cohorts, context: Context, sample_store: Store) -> None:
    result = asking.result(MANY)
    found = {asking.keys()[p] for p in result.patient_ids}
    assert len(found) >= 5
    assert found == shown_as(context, run(parse(MANY), sample_store.analysis()).patient_ids)


def test_a_coordinator_meets_no_id_no_site_and_no_true_date(context: Context, sample_store: Store) -> None:
    with Flask("test").test_request_context():
        g.user = CORA
        state = Cohorts(context)
        text = csv_text(list_frame(context, state, Listed(text=MANY, selection=None)))
        view = view_of(context, state, MANY, CHOSEN, None)
        shown = str([*follow_tables(view), *shift_tables(view, ID, hide=True), *migration_table(view, ID)])
    for patient, key in sample_store.keys().items():
        assert patient not in text and patient not in shown
        assert key not in text and key not in shown
    listed = pd.read_csv(StringIO(text)).set_index("key")
    assert "patient_id" not in listed.columns
    for row in run(parse(MANY), sample_store.analysis()).rows.drop_duplicates("patient_id").itertuples():
        moved = listed.loc[pseudonyms_of(context.config).name(row.patient_id)]
        assert f"{row.at_1:%Y-%m-%d}" != moved["at_1"] and f"{row.anchor_at:%Y-%m-%d}" != moved["anchor_at"]
        assert moved["day_1"] == row.day_1 and moved["value_1"] == pytest.approx(row.value_1, rel=0.01)
    assert "Harbour" not in text and "Northgate" not in text


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_who_sees_identified_patients_has_the_patient_id_in_the_list(
    context: Context, sample_store: Store, form: str
) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        frame = list_frame(context, Cohorts(context), Listed(text=STENT, selection=None))
        nobody = list_frame(context, Cohorts(context), Listed(text="find ALT above 9000 x ULN", selection=None))
    back = (
        pd.read_parquet(BytesIO(parquet_bytes(frame))) if form == "parquet" else pd.read_csv(StringIO(csv_text(frame)))
    )
    found = dict(zip(back["patient_id"], back["key"], strict=True))
    assert found == {
        patient: sample_store.key_of(patient) for patient in run(parse(STENT), sample_store.analysis()).patient_ids
    }
    assert found and nobody.empty


def test_an_empty_store_leads_to_import_who_may_import(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    context = Context(store, Config(store=str(store.place.folder), keys=tmp_path / "keys"))
    with Flask("test").test_request_context():
        g.user = LOCAL
        offered = str(layout(Request(context, "/cohort", {}, {})))
        g.user = CORA
        told = str(layout(Request(context, "/cohort", {}, {})))
    assert "No patients yet" in offered and "href='/imports'" in offered
    assert "No patients yet" in told and "/imports" not in told


def test_every_view_is_in_one_group_and_a_new_one_is_not_lost() -> None:
    assert [code for found in GROUPS.values() for code in found] == list(VIEWS)
    assert set(VIEWS) == {*figures("cohort"), *TABLES} and "Other" not in GROUPS
    assert grouped({"edish": "Peaks", "counted": "Counted"}) == {
        "Peaks": {"edish": "Peaks"},
        "Other": {"counted": "Counted"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "find no ALT above 0 U/L within 21 days before the end",
        "where first dose from 2025-01-01 to 2025-12-31",
        "where site is Harbour",
        "where no imaging since 2026-01-01",
    ],
)
def test_what_moved_dates_cannot_answer_is_refused_to_a_coordinator(context: Context, text: str) -> None:
    with Flask("test").test_request_context():
        g.user = CORA
        with pytest.raises(QuestionError):
            Cohorts(context).result(text)
        g.user = LOCAL
        Cohorts(context).result(text)


def test_a_coordinators_overdue_list_is_that_of_the_findings(context: Context, sample_store: Store) -> None:
    with Flask("test").test_request_context():
        g.user = CORA
        state = Cohorts(context)
        shown = str(follow_tables(view_of(context, state, "find ALT above 0 U/L", CHOSEN, None)))
    for patient in planted("overdue on treatment"):
        assert pseudonyms_of(context.config).name(patient) in shown


def test_a_selection_stays_the_same_people_when_the_view_changes(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        state = Cohorts(context)
        made = {**_of_cell("quadrant|both"), "with": CHOSEN}
        first = view_of(context, state, "find ALT above 0 U/L", CHOSEN, made)
        later = view_of(context, state, "find ALT above 0 U/L", {**CHOSEN, "at_cut": 9.0, "analyte": "AST"}, made)
        assert first.selected.sum() > 0 and np.array_equal(first.selected, later.selected)
        with pytest.raises(QuestionError):
            selected(first, {"kind": "everybody"})
        with pytest.raises(QuestionError):
            selected(first, {"kind": "box", "x": ["a", 1], "y": [0, 1]})
        many = {"kind": "keys", "keys": [*state.keys().values()] * MOST_KEYS}
        assert selected(first, many).sum() <= len(first.members)


def test_the_address_keeps_the_question_and_never_a_name(context: Context) -> None:
    assert _address(STENT, "edish", CHOSEN)["q"] == STENT
    assert "q" not in _address("where id is HT-001", "edish", CHOSEN)


ROWS = pd.DataFrame(
    {
        "patient_id": ["a", "b", "c"],
        "key": ["k1", "k2", "k3"],
        "sex": ["F", "M", "F"],
        "age": [70.0, 50.0, np.nan],
        "last": pd.to_datetime(["2025-01-01", "2025-02-01", None]),
        "peak_ALT": [3.14159, 9.9, np.nan],
    }
)


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        ({}, ["k1", "k2", "k3"]),
        ({"sortModel": [{"colId": "peak_ALT", "sort": "desc"}]}, ["k2", "k1", "k3"]),
        ({"filterModel": {"sex": {"filterType": "text", "type": "equals", "filter": "f"}}}, ["k1", "k3"]),
        ({"filterModel": {"age": {"filterType": "number", "type": "greaterThan", "filter": 60}}}, ["k1"]),
        ({"filterModel": {"age": {"filterType": "number", "type": "inRange", "filter": 40, "filterTo": 60}}}, ["k2"]),
        ({"filterModel": {"age": {"type": "blank"}}}, ["k3"]),
        ({"filterModel": {"patient_id; drop": {"type": "equals", "filter": "x"}}}, ["k1", "k2", "k3"]),
        ({"startRow": 1, "endRow": 2}, ["k2"]),
    ],
)
def test_sorting_filtering_and_paging_happen_on_the_server(request_: dict, keys: list[str]) -> None:
    page = page_of(ROWS, {"startRow": 0, "endRow": 100, **request_}, {"b": "study_day"})
    assert [row["key"] for row in page["rowData"]] == keys


def test_a_row_shows_no_missing_words_and_no_date_for_study_days() -> None:
    rows = page_of(ROWS, {"startRow": 0, "endRow": 100}, {"b": "study_day"})["rowData"]
    assert rows[0]["last"] == "2025-01-01" and rows[0]["peak_ALT"] == 3.14
    assert rows[1]["last"].startswith("day ") and rows[2]["last"] == rows[2]["age"] == "–"
    assert "patient_id" not in rows[0]


def test_small_counts_are_hidden_in_figures_too(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = CORA
        state = Cohorts(context)
        asked = "find ALT above 3 x ULN after first dose\ngroup by primary_site"
        view = view_of(context, state, asked, {**CHOSEN, "by": "primary_site"}, None)
        survival, edish = cohort_survival.draw(view), cohort_edish.draw(view)
    said = [t for trace in survival["data"] for t in trace.get("text", [])]
    said += [trace["name"].split(": ")[1].split(" of ")[0] for trace in survival["data"] if " of " in trace["name"]]
    said += [note["text"].split("<b>")[1].split("</b>")[0] for note in edish["layout"]["annotations"]]
    assert "<5" in said and not {"1", "2", "3", "4"} & set(said)
    assert "dates moved by patient" in edish["layout"]["title"]["text"]


def test_sparks_are_on_one_fixed_scale_so_that_noise_stays_flat() -> None:
    flat = panel_of([(f"2025-01-{d:02}", "ALT", 22 + d % 3) for d in range(1, 20)])
    risen = panel_of([("2025-01-01", "ALT", 10), ("2025-01-02", "ALT", 40), ("2025-01-03", "ALT", 320)])
    none = panel_of([("2025-01-01", "AST", 10)])
    case = Case(together(flat, risen, none), Settings())
    assert sparks(case, np.array([0, 1, 2]), "ALT") == ["▂" * 12, "▁▃█", ""]


def test_the_list_as_parquet_keeps_numbers_as_numbers_and_says_what_made_it(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        state = Cohorts(context)
        frame = list_frame(context, state, Listed(text=STENT, selection=None))
        expected = state.people(STENT)
    back = pd.read_parquet(BytesIO(parquet_bytes(frame)))
    assert back["key"].tolist() == expected["key"].tolist()
    assert back["peak_ALT"].tolist() == pytest.approx(expected["peak_ALT"].tolist(), rel=0.01)
    assert pd.api.types.is_numeric_dtype(back["day_1"].dtype) and back["anchor_at"].str.match(r"\d{4}-\d\d-\d\d$").all()
    assert back["rules"].str.contains("hys_law=").all() and set(back["question"]) == {parse(STENT).question.text}
    assert "–" not in back.astype(str).to_numpy()


def test_a_difference_names_who_entered_who_left_and_which_value_reads_otherwise(
    tmp_path: Path, sample_store: Store
) -> None:
    kept, late, changed = last_month(tmp_path, sample_store)
    now = run(parse(ASKED), sample_store.analysis())
    keys = {p: sample_store.key_of(p) for p in sample_store.patient_ids}
    row = now.rows.drop_duplicates("patient_id").set_index("patient_id").loc[late]
    entered = str(difference(diff(kept.to_json(), now), kept.to_json(), now, keys))
    assert "1 patient entered, 0 left" in entered and "1 past value changed" in entered
    assert "Entered: 1 patient" in entered and keys[late] in entered and keys[changed] in entered
    assert f"{row['at_1']:%Y-%m-%d}" in entered and f"{row['value_1']:.0f}" in entered
    left = str(difference(diff(now.to_json(), kept), now.to_json(), kept, {}))
    assert "Left: 1 patient" in left and "no longer in the store" in left and f"{row['at_1']:%Y-%m-%d}" in left
    hidden = str(difference(diff(kept.to_json(), now), kept.to_json(), now, keys, moved=True))
    assert "data cut-off" in entered and "data cut-off" not in hidden
    assert not [word for word in (*sample_store.patient_ids, "nan", "NaT", "None") if word in entered + left]


def test_the_table_has_the_chosen_columns_in_its_own_order_and_no_unknown_one() -> None:
    assert known_columns(["peak_ALT", "reviewed", "patient_id", "x"]) == ["reviewed", "peak_ALT"]
    everything = [c["field"] for c in grid("g", ROWS.columns, "light").columnDefs]
    assert everything[0] == "patient" and {"peak_ALT", "sex", "spark_ALT"} <= set(everything)
    few = grid("g", ROWS.columns, "light", ["sex", "spark_BILI"])
    assert [c["field"] for c in few.columnDefs] == ["patient", "spark_BILI", "sex"]
    assert {c["value"] for c in column_choices()} >= set(everything) - {"patient"}


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_choice_of_the_clock_writes_a_line_that_is_read_back_as_that_choice(clock: str) -> None:
    text = with_clock(f"where sex is F\nalign on first transplant\n{STENT}", clock, "BILI")
    assert text is not None and text.count("align on") == (clock != "first dose")
    wanted = "first abnormal BILI" if clock == ABNORMAL else clock
    definition = parse(text)
    assert definition.align.text == wanted and clock_of(text) == clock
    assert [f.text for f in definition.filters] == ["sex is F"] and definition.question == parse(STENT).question


def test_a_clock_that_is_no_choice_is_left_as_it_is_written() -> None:
    assert clock_of("align on first transplant") is None and clock_of("align on") is None
    assert clock_of("") == clock_of("# everybody") == "first dose"
    assert with_clock("where sex is F", None, "ALT") is None


@pytest.mark.parametrize("name", figures("cohort"))
def test_a_control_is_shown_exactly_where_it_changes_the_figure(context: Context, name: str) -> None:
    other = {"analyte": "AST", "scale": "x_baseline", "by": "sex", "at_cut": 6.0, "bili_cut": 4.0, "lines": True}
    draw = figures("cohort")[name].draw
    with Flask("test").test_request_context():
        g.user = LOCAL
        view = view_of(context, Cohorts(context), "find ALT above 1 x ULN after first dose", CHOSEN, None)
        usual = str(draw(view))
        changes = {control for control, value in other.items() if str(draw(replace(view, **{control: value}))) != usual}
    assert changes == set(USED[name]) - {"cuts"}, "published limits only fill in the other two"


def test_every_view_names_known_controls() -> None:
    assert set(USED) == set(VIEWS) and {c for used in USED.values() for c in used} == set(CONTROLS)


def test_a_report_is_asked_for_with_what_its_owner_may_see(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "start", lambda config: None)
    store = context.whole_store
    with Flask("test").test_request_context():
        for user, sees in ((LOCAL, True), (CORA, False)):
            g.user = user
            job_id = ask(context, parse(STENT), "cohort_report", "csv")
            job = jobs.get(store, job_id, user.name)
            assert job is not None and job.body["identified"] is sees
            assert jobs.get(store, job_id, "somebody else") is None
            g.user = CORA
            assert _may_have(context, job) is not sees, "who was made a coordinator since gets no names"


def test_no_report_of_nobody_or_of_named_patients(asking: Cohorts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _refused(asking.result(MANY), "cohort_report") == ""
    assert "Nobody" in _refused(asking.result("find ALT above 99999 U/L"), "cohort_report")
    assert "not of named patients" in _refused(asking.result("where id is HT-001"), "cohort_report")
    monkeypatch.setattr(worker, "MOST_REPORTED", 1)
    assert "at most 1 patients" in _refused(asking.result(MANY), "cohort_report")
    assert _refused(asking.result(MANY), "cohort_export") == "", "a data set has no such limit"


def test_the_groups_of_a_question_are_those_of_the_views() -> None:
    assert named_groups("find ALT above 3 x ULN\ngroup by primary site") == "primary_site"
    assert [named_groups(t) for t in ("find ALT above 3 x ULN", "group by shoe size", "find what", None)] == [""] * 4


@pytest.mark.parametrize("name", ["curves", "weeks"])
def test_an_empty_figure_says_what_is_missing_and_offers_no_numbers(context: Context, name: str) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        state = Cohorts(context)
        no_event = view_of(context, state, "where no transplant\nalign on first transplant", CHOSEN, None)
        no_result = view_of(context, state, START, CHOSEN | {"analyte": "CEA", "scale": "x_before"}, None)
        no_result = replace(no_result, members=np.zeros(len(no_result.members), dtype=bool))
        said = str(figures("cohort")[name].draw(no_event))
        assert "the event that days are counted from: first transplant" in said
        assert _under(context, no_event, name) is None
        assert NOBODY in str(figures("cohort")[name].draw(no_result))


def test_of_nobody_nothing_is_claimed(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        view = view_of(context, Cohorts(context), "find ALT above 99999 U/L", CHOSEN | {"by": "sex"}, None)
        late = str(follow_tables(view))
        assert NOBODY in late and "Everybody on treatment" not in late
        assert "no events, no test" in str(cohort_survival.draw(view))
        alone = replace(view, members=np.arange(len(view.members)) == 0)
        assert ", 1 patient<" in str(alone.title("x")).replace(" ·", "<") and "0 patients" in str(view.title("x"))


def test_a_question_in_everyday_words_shows_its_exact_sentence_and_marks_what_it_did_not_use(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        text, said = _asked(context, Cohorts(context), "who doubled their bili within 2 weeks of a stent")
    assert text == "find BILI at least 2 x before within 14 days after biliary_stent\n"
    assert "find BILI at least 2 x before within 14 days after biliary_stent" in str(said)
    assert "Mark(children='who'" in str(said)


def test_choices_are_buttons_that_carry_their_sentence_and_small_counts_are_hidden(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        found = Cohorts(context).interpretation("bilirubin fell by 50% within 7 days of the stent")
    buttons = [part for part in str(understood_as(ID, found, 5)).split("Button(") if "'part': 'pick'" in part]
    assert len(buttons) == 2
    assert "(<5 patients)" in buttons[0] and "(0 patients)" in buttons[1]


@pytest.mark.parametrize("text", ["all patients", "Everybody.", "show me all patients"])
def test_everybody_can_be_asked_for_in_words(context: Context, text: str) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        asked, said = asked_again(context, Cohorts(context), text)
        assert asked == "" and "all patients" in str(said)
        assert Cohorts(context).result(asked).members.all()


@pytest.mark.parametrize(
    "text", ["ALT > 3 ULN unless on prednisolone", "bilirubin fell by 50% within 7 days of the stent"]
)
def test_what_was_not_answered_clears_the_former_answer_and_its_exports(context: Context, text: str) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        state = Cohorts(context)
        now, said = _asked(context, state, text)
        assert now == UNANSWERED + text and said
        with pytest.raises(QuestionError):
            state.result(now)
        with pytest.raises(QuestionError):
            list_frame(context, state, Listed(text=now, selection=None))


def test_a_coordinator_is_refused_in_everyday_words_what_exact_words_refuse(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = CORA
        with pytest.raises(QuestionError):
            Cohorts(context).interpretation("who had no imaging since 2026-01-01")


def test_a_cohort_of_nobody_says_where_everybody_was_lost_and_hides_small_counts(context: Context) -> None:
    with Flask("test").test_request_context():
        g.user = LOCAL
        state = Cohorts(context)
        lost = state.result("where primary site is melanoma\nwhere sex is F\nfind ALT above 99999 U/L")
        assert "has 1." in str(steps_table(lost.steps)) and "has <5." in str(steps_table(lost.steps, 5))
        assert "Nobody is left from the step" in _refused(lost, "cohort_report")


def test_the_first_columns_say_something_of_the_answer() -> None:
    frame = pd.DataFrame({"before_1": [np.nan], "value_1": [5.0], "day_1": [3.0], "multiple_1": [4.1], "at_1": ["x"]})
    assert first_columns("curves", frame) == ("value_1", "day_1", "multiple_1")
    assert first_columns("curves", frame.assign(before_1=1.0)) == ("before_1", "value_1", "day_1")
    assert first_columns("curves", frame[[]]) == ("spark_ALT", "spark_BILI", "worst")
