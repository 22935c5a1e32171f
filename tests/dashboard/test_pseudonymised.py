"""What a coordinator sees: the same results, nobody's name, nobody's dates."""

from __future__ import annotations

import gc
import itertools
import json
import re
import weakref
from typing import Any

import numpy as np
import pandas as pd
import pytest
from argon2 import PasswordHasher

from analytics.analysis import PARTS
from analytics.cohort.part_columns import columns_of
from analytics.cohort.patient_table import people, responses_by_kind
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.derive.baseline import baselines_of
from analytics.derive.lines import index_days_of
from analytics.derive.points import points_of
from analytics.errors import UnknownPatient
from analytics.grades.ctcae import grades_of
from analytics.pseudonyms import Pseudonyms
from analytics.store import Store
from analytics.store.snapshot.population import PopulationPanel
from dashboard.application.app import create_app
from dashboard.config import Config
from dashboard.security import accounts as accounts_module
from dashboard.security import keys
from dashboard.security.accounts import Accounts
from dashboard.security.cut_off import answers_without_cut_off, worklist_without_cut_off
from dashboard.security.moved_texts import moved
from dashboard.security.pseudonymised import PseudonymisedStore
from tests.dashboard.test_signin import PASSWORD, look, sign_in
from tests.stores import small_store

NAMES = Pseudonyms("study", b"n" * 32, b"d" * 32)
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@pytest.fixture(scope="module")
def disguised(sample_store: Store) -> PseudonymisedStore:
    return PseudonymisedStore(sample_store, NAMES)


def test_a_later_worklist_is_never_taken_for_an_earlier_one(sample_store: Store) -> None:
    view = PseudonymisedStore(sample_store, NAMES)
    true_one = weakref.ref(sample_store.worklist())
    view.worklist()
    sample_store._cache.forget("worklist")
    gc.collect()
    assert true_one() is not None  # else the next one may get its number, and the view would keep its marks of before


def by_pseudonym(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with true ids in the order in which the disguised one stands."""
    return frame.sort_values("patient_id", key=lambda ids: ids.map(NAMES.name), kind="stable", ignore_index=True)


def everything(store: Any) -> dict[str, pd.DataFrame]:
    """Every frame that the view gives out."""
    analysis = store.analysis()
    frames = {name: getattr(analysis, name) for name in ("points", "series", "responses", "scores", "findings", "near")}
    panel = analysis.panel
    frames |= {name: getattr(panel, name) for name in ("labs", "events", "imaging", "patients", "held")}
    return frames | {
        "worklist": store.worklist(),
        "quarantine": store.quarantine(),
        "imports": store.imports(),
        "summary": store.summary(),
    }


def without_cut_off(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The frames less what looks at the data cut-off itself, which has a test of its own."""
    frames = {n: f.drop(columns="newest_onset", errors="ignore") for n, f in frames.items()}
    return {n: f[f["rule"] != "overdue_panel"].reset_index(drop=True) if "rule" in f else f for n, f in frames.items()}


def test_an_overdue_panel_tells_the_last_one_and_the_limit_but_not_the_cut_off(sample_store, disguised):
    raw, seen = by_pseudonym(sample_store.analysis().findings), disguised.analysis().findings
    late = (raw["rule"] == "overdue_panel").to_numpy()
    assert late.sum() >= 2
    cut = sample_store.panel([]).as_of
    for before, after in zip(raw[late].to_dict("records"), seen[late].to_dict("records"), strict=True):
        days = pd.Timedelta(days=NAMES.shift_days(before["patient_id"]))
        last = pd.Timestamp(DATE.findall(before["says"])[0]) + days
        assert DATE.findall(after["says"]) == [f"{last:%Y-%m-%d}"]
        assert after["onset"] == after["last_seen"] == last + pd.Timedelta(days=21)
        assert after["severity"] == 21
        told = " ".join(str(v) for v in after.values())
        assert f"{cut + days:%Y-%m-%d}" not in told
        assert f"{before['severity']:.0f} days" not in told
    assert "overdue_panel" not in set(disguised.analysis().near["rule"])
    newest = disguised.worklist()["newest_says"].fillna("")
    assert sample_store.worklist()["newest_says"].fillna("").str.contains("before the last contact \\(").sum() > 0
    assert not newest.str.contains("before the last contact \\(").any()


def test_the_panel_of_one_ends_with_what_is_known_of_that_patient(sample_store, disguised):
    assert disguised.panel([NAMES.name("HT-011")]).as_of < sample_store.panel(["HT-011"]).as_of + pd.Timedelta(
        days=NAMES.shift_days("HT-011")
    )


def test_no_frame_holds_an_id_a_site_a_laboratory_or_a_file(sample_store, disguised):
    labs, people = sample_store.panel().labs, sample_store.panel().patients
    secret = {*people["patient_id"], *people["site"].dropna(), *labs["lab"].dropna(), "labs.csv"} - {""}
    assert len(secret) > 60
    for name, frame in everything(disguised).items():
        text = frame.to_csv()
        assert not [s for s in secret if s in text], name


def test_every_time_of_a_patient_moves_by_the_same_whole_weeks(sample_store, disguised):
    raw, seen = (without_cut_off(everything(store)) for store in (sample_store, disguised))
    for name in ("labs", "events", "imaging", "points", "series", "findings", "worklist"):
        ids = raw[name]["patient_id"].map(NAMES.name)
        shift = pd.to_timedelta(raw[name]["patient_id"].map(NAMES.shift_days), unit="D").reset_index(drop=True)
        order = seen[name]
        for column in raw[name].select_dtypes("datetime").columns:
            if column == "birth_date":
                continue
            wanted = pd.DataFrame({"id": ids.to_numpy(), "at": (raw[name][column].reset_index(drop=True) + shift)})
            found = pd.DataFrame({"id": order["patient_id"].to_numpy(), "at": order[column].to_numpy()})
            key = ["id", "at"]
            pd.testing.assert_frame_equal(
                wanted.sort_values(key, ignore_index=True), found.sort_values(key, ignore_index=True), check_dtype=False
            )


def test_dates_in_sentences_move_with_the_patient(sample_store, disguised):
    raw, seen = (without_cut_off(everything(store))["findings"] for store in (sample_store, disguised))
    raw = by_pseudonym(raw)
    checked = 0
    for patient, before, after in zip(raw["patient_id"], raw["says"], seen["says"], strict=True):
        days = pd.Timedelta(days=NAMES.shift_days(patient))
        wanted = [(pd.Timestamp(d) + days).strftime("%Y-%m-%d") for d in DATE.findall(before)]
        assert DATE.findall(after) == wanted
        assert DATE.sub("", after) == DATE.sub("", before)
        checked += len(wanted)
    assert checked > 50


def test_results_are_the_same_before_and_after(sample_store, disguised):
    raw, seen = (without_cut_off(everything(store)) for store in (sample_store, disguised))
    for part, columns in (
        ("series", ["analyte", "segment", "n", "verdict", "slope_pct_per_week", "p_exact"]),
        ("findings", ["rule", "level", "state", "severity"]),
        ("points", ["analyte", "value", "x_uln", "grade_v5", "grade_v6", "day"]),
    ):
        pd.testing.assert_frame_equal(by_pseudonym(raw[part])[columns], seen[part][columns])


def test_everybody_in_small_types_is_the_same_as_everybody_one_by_one(sample_store, disguised):
    small, wide = disguised.analysis(), disguised.analysis(disguised.patient_ids)
    assert isinstance(small.panel, PopulationPanel)
    assert not isinstance(wide.panel, PopulationPanel)
    for name in ("events", "imaging", "patients", "held"):
        pd.testing.assert_frame_equal(getattr(small.panel, name), getattr(wide.panel, name))
    assert (small.panel.as_of, small.panel.generation) == (wide.panel.as_of, wide.panel.generation)
    at = np.arange(len(wide.panel.labs))
    columns = ["patient_id", "analyte", "value", "lln", "uln", "comparator", "unit", "replaced"]
    pd.testing.assert_frame_equal(small.panel.lab_rows(at, columns), wide.panel.lab_rows(at, columns))
    for name in ("lab", "method", "source_file"):
        assert set(small.panel.lab_rows(at, [name])[name].unique()) == {""}
    assert small.panel.lab_rows(at, ["source_line"])["source_line"].isna().all()
    assert small.panel.filled("replaced").tolist() == wide.panel.filled("replaced").tolist()
    for name in ("patient", "analyte", "day", "value", "comparator", "lln", "uln", "lab", "row"):
        np.testing.assert_array_equal(getattr(points_of(small.case), name), getattr(points_of(wide.case), name), name)
    for name in ("line", "value", "x_uln", "n", "since"):
        np.testing.assert_array_equal(
            getattr(baselines_of(small.case), name), getattr(baselines_of(wide.case), name), name
        )
    for version in ("5.0", "6.0"):
        np.testing.assert_array_equal(grades_of(small.case, version), grades_of(wide.case, version))
    np.testing.assert_array_equal(index_days_of(small.case), index_days_of(wide.case))
    for part in PARTS:
        pd.testing.assert_frame_equal(getattr(small, part), getattr(wide, part))
        pieces = pd.concat(list(small.given.pieces(part)))
        assert len(pieces) == len(getattr(wide, part))
    few = disguised.patient_ids[3:6]
    pd.testing.assert_frame_equal(small.panel.select(few).labs, wide.panel.select(few).labs)
    pd.testing.assert_frame_equal(small.panel.labs, wide.panel.labs)


def test_filters_counts_and_the_worklist_disguise_no_sentence_of_population(sample_store):
    view = PseudonymisedStore(sample_store, NAMES)
    analysis = view.analysis()
    assert run(parse("where finding hys_law"), analysis).patient_ids
    shown, listed = people(analysis), view.worklist()
    assert responses_by_kind(analysis)["events"].sum() > 0
    assert not analysis.given._made
    raw = people(sample_store.analysis())
    both = shown.merge(raw.assign(patient_id=raw["patient_id"].map(NAMES.name)), on="patient_id")
    assert (both["findings_x"] == both["findings_y"]).all()
    assert (both["worst_x"] == both["worst_y"]).all()
    by_whole_table = worklist_without_cut_off(view._frame(sample_store.worklist()), analysis.findings)
    # the order is another: that of what is shown
    one, other = (f.sort_values("patient_id", ignore_index=True) for f in (listed, by_whole_table))
    for column in ("newest_says", "newest_onset"):
        pd.testing.assert_series_equal(one[column], other[column])


@pytest.mark.parametrize(
    ("part", "plain"),
    [
        ("findings", ["patient_id", "rule", "level", "state", "severity"]),
        ("responses", ["patient_id", "kind", "analyte", "before", "nadir", "day_half", "rebound_day", "verdict"]),
    ],
)
def test_columns_that_are_disguised_alone_are_those_of_the_whole_table(sample_store, part, plain):
    analysis = PseudonymisedStore(sample_store, NAMES).analysis()
    some = columns_of(analysis, part, plain)
    whole = getattr(analysis, part)[plain]
    texts = dict.fromkeys((c for c in plain if whole[c].dtype == "str"), whole["patient_id"].dtype)
    pd.testing.assert_frame_equal(
        some.astype(texts).sort_values(plain, ignore_index=True), whole.sort_values(plain, ignore_index=True)
    )


def test_columns_with_dates_or_names_are_not_given_alone(disguised):
    for column in ("says", "numbers", "onset", "finding_id", "name", "start_date"):
        with pytest.raises(KeyError):
            disguised.analysis().given.some("findings", ["patient_id", column])


def test_a_mark_of_a_coordinator_is_one_of_the_true_finding_and_reads_one_patient(tmp_path):
    store = small_store(tmp_path / "small")
    view = PseudonymisedStore(store, NAMES)
    mine = view.analysis([NAMES.name("MRN-1")]).findings["finding_id"].iloc[0]
    with pytest.raises(UnknownPatient):
        view.seen(mine, by="cora", of=NAMES.name("MRN-2"))
    view.seen(mine, by="cora", of=NAMES.name("MRN-1"))
    true = store.seen_findings()["finding_id"].tolist()
    assert true == [store.analysis(["MRN-1"]).findings["finding_id"].iloc[0]]
    assert view.seen_findings()["finding_id"].tolist() == [mine]
    assert store._population._key is None


def test_not_even_the_order_of_patients_tells_anything(sample_store, disguised):
    analysis = disguised.analysis()
    for frame in (analysis.panel.patients, analysis.panel.labs, analysis.findings, analysis.series):
        assert frame["patient_id"].is_monotonic_increasing
    true = [next(p for p in sample_store.patient_ids if NAMES.name(p) == name) for name in disguised.patient_ids]
    assert true != sorted(true)


def test_nobody_has_a_date_of_birth_or_an_age_above_90(disguised):
    people = disguised.panel().patients
    assert people["birth_date"].isna().all()
    assert people["age"].max() <= 90
    assert disguised.worklist()["age"].max() <= 90


def test_another_study_key_gives_other_names_and_shifts(sample_store, disguised):
    other = PseudonymisedStore(sample_store, Pseudonyms("study", b"x" * 32, b"y" * 32))
    assert not set(other.patient_ids) & set(disguised.patient_ids)


def test_a_raw_id_is_unknown_here(disguised):
    with pytest.raises(UnknownPatient):
        disguised.analysis(["HT-001"])


def test_an_address_names_a_patient_by_the_pseudonym_and_by_nothing_else(sample_store, disguised):
    name, key = NAMES.name("HT-001"), sample_store.key_of("HT-001")
    assert disguised.keys() == {p: p for p in disguised.patient_ids}
    assert disguised.key_of(name) == disguised.patient_of(name) == name
    assert disguised.worklist()["key"].tolist() == disguised.worklist()["patient_id"].tolist()
    for other in (key, "HT-001"):
        with pytest.raises(UnknownPatient):
            disguised.patient_of(other)


def test_the_log_and_marks_know_a_patient_by_the_same_key_whoever_looks(sample_store, disguised):
    name, key = NAMES.name("HT-001"), sample_store.key_of("HT-001")
    assert disguised.kept_key_of(name) == disguised.kept_keys()[name] == key == sample_store.kept_key_of("HT-001")
    assert sample_store.kept_keys()["HT-001"] == key


def test_dates_in_texts_move_even_as_months_and_beside_times():
    texts = pd.Series(["on 2024-03-01 09:30, 5.2024", "in 2024-03", "n = 12024-03-019", None], dtype="str")
    assert moved(texts, pd.Series([-7, -14, -7, -7]).to_numpy()).tolist()[:3] == [
        "on 2024-02-23 09:30, 5.2024",
        "in 2024-03",
        "n = 12024-03-019",
    ]


def test_a_column_of_texts_moves_as_one_text_after_the_other():
    parts = [
        "2024-02-29",
        "1999-01",
        "2024-13-01",
        "2023-02-29",
        "µmol/l",
        "",
        "20240-01-01",
        "7",
        "-05",
        "2024-01",
        "\n",
    ]
    texts = ["".join(chosen) for chosen in itertools.product(parts, [" ", "", "-"], parts)]
    days = [-7 * (i % 60) for i in range(len(texts))]

    def one(text: str, shift: int) -> str:
        def date(match: re.Match[str]) -> str:
            try:
                at = pd.Timestamp(match[0] if len(match[0]) == 10 else f"{match[0]}-15") + pd.Timedelta(days=shift)
            except ValueError:
                return match[0]
            return at.strftime("%Y-%m-%d")[: len(match[0])]

        return re.sub(r"(?<!\d)(?:19|20)\d\d-\d\d(?:-\d\d)?(?!\d)", date, text)

    series = pd.Series([*texts, None], dtype="str", index=range(5, len(texts) + 6))
    out = moved(series, np.array([*days, -7]))
    wanted = pd.Series([*map(one, texts, days), None], dtype="str", index=series.index)
    pd.testing.assert_series_equal(out, wanted)
    assert (out != series).sum() > 100


def test_texts_without_a_date_are_the_same_texts():
    texts = pd.Series(["a", None, ""], dtype="str")
    assert moved(texts, np.zeros(3, np.int64)) is texts
    nobody = pd.Series([], dtype="str")
    assert moved(nobody, np.zeros(0, np.int64)) is nobody


def test_a_coordinator_gets_no_identified_byte_from_any_page(tmp_path, sample_store, monkeypatch):
    monkeypatch.setattr(accounts_module, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    config = Config(auth="local", store=str(tmp_path / "c"))
    Accounts(keys.folder(config) / "accounts.db").add("cora", "coordinator", PASSWORD)
    app = create_app(sample_store, config)
    client = app.server.test_client()
    sign_in(client, "cora")
    people = sample_store.panel().patients
    secret = {*people["patient_id"], *people["site"].dropna(), "labs.csv", "Northgate"}
    answers = [look(client, path).text for path in ("/", "/quality", "/methods", "/imports")]
    known = keys.pseudonyms_of(config)
    secret |= {sample_store.key_of(p) for p in people["patient_id"]}
    answers += [look(client, f"/patient/{known.name(p)}").text for p in people["patient_id"][:5]]
    assert [len(a) > 1000 for a in answers] == [True] * len(answers)
    for text in [*answers, client.get("/download/held-back.csv").text]:
        assert not [s for s in secret if s in text]


def test_the_same_view_answers_clinician_and_coordinator_apart(tmp_path, sample_store, monkeypatch):
    monkeypatch.setattr(accounts_module, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    config = Config(auth="local", store=str(tmp_path / "x"))
    for name, role in (("cora", "coordinator"), ("clin", "clinician")):
        Accounts(keys.folder(config) / "accounts.db").add(name, role, PASSWORD)
    app = create_app(sample_store, config)
    cora, clin = app.server.test_client(), app.server.test_client()
    sign_in(cora, "cora")
    sign_in(clin, "clin")
    for _ in range(25):
        assert "HT-001" not in look(cora).text
        assert "HT-0" in look(clin).text


def test_the_worklist_is_there_where_nobody_is_overdue(tmp_path):
    store = small_store(tmp_path / "small")
    seen = PseudonymisedStore(store, NAMES)
    assert "overdue_panel" not in set(store.analysis().findings["rule"])
    assert len(seen.worklist()) == len(store.worklist()) == 2
    assert not seen.worklist()["patient_id"].str.startswith("MRN").any()


def test_answers_move_their_dates_and_tell_neither_the_cut_off_nor_a_rare_agent(sample_store):
    view, raw = PseudonymisedStore(sample_store, NAMES), sample_store.analysis().answers
    told = view.analysis().answers
    assert len(told) == len(raw)
    both = raw.assign(patient_id=raw["patient_id"].map(NAMES.name)).merge(told, on=["patient_id", "question"])
    assert (both["state_x"] == both["state_y"]).all() and (both["rank_x"] == both["rank_y"]).all()
    dated = both["says_x"].str.contains(r"20\d\d-\d\d-\d\d")
    assert (both["says_x"] != both["says_y"])[dated].all()
    overdue = raw[(raw["question"] == "follow_up") & (raw["state"] == "overdue")]
    assert overdue["says"].str.contains("before the cut-off").all()
    assert not told["says"].str.contains("cut-off").any()
    known = set(view.analysis().findings["finding_id"])
    assert {f for text in told["basis"] for f in json.loads(text)} <= known
    frame = told.head(1).assign(says=["ALT 400 U/L; onset on day 5 of rarumab, oxaliplatin; more."])
    assert "rarumab" not in answers_without_cut_off(frame, {"oxaliplatin"})["says"].iloc[0]
    assert "rarumab" in answers_without_cut_off(frame, {"oxaliplatin", "rarumab"})["says"].iloc[0]
