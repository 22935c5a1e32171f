"""A coordinator who asks for few people: how many they are, and who, is in no answer of any kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flask.testing import FlaskClient

from analytics.cohort.groups import Groups
from analytics.cohort.query.definition import parse
from analytics.cohort.query.run import run
from analytics.cohort.small_cells import together, too_few, withheld
from analytics.store import Store
from analytics.store.working_state import jobs, saved_cohorts
from dashboard.application import signin
from dashboard.application.app import create_app
from dashboard.cohorts import worker
from dashboard.cohorts.worker import enough
from dashboard.config import Config
from dashboard.pages.cohort.choice import VIEWS
from dashboard.security.keys import pseudonyms_of
from dashboard.security.roles import User

STENT = "find bilirubin doubled within 14 days after a biliary stent"
MANY = "find ALT above 3 x ULN within 60 days after systemic"
GROUPED = MANY + "\ngroup by primary site"
FEW = (STENT, "where sex is F\nwhere primary site is melanoma")


class Page:
    """The cohort page over HTTP, as one user has it."""

    def __init__(self, client: FlaskClient, app: Any):
        client.get("/")
        self._client, self._callbacks = client, app.callback_map

    def ask(self, output: str, changed: str, **values: Any) -> str:
        """What the callback with this output answers when a part changes; values by part, others are nothing."""
        name, callback = next((n, c) for n, c in self._callbacks.items() if output in n and _has(c, changed))

        def given(asked: dict[str, Any]) -> Any:
            part, value = _part(asked["id"]), values.get(_part(asked["id"]))
            if not asked["id"].startswith("{"):
                return {"id": asked["id"], "property": asked["property"], "value": value}
            one = {"id": {"page": "cohort", "part": part, "item": "x"}, "property": asked["property"], "value": value}
            return [] if value is None else [one]

        outputs = callback["output"] if isinstance(callback["output"], (list, tuple)) else [callback["output"]]
        made = [_out(o.component_id_str(), o.component_property) for o in outputs]
        inputs = [given(i) for i in callback["inputs"]]
        at = next(i for i in callback["inputs"] if _part(i["id"]) == changed)
        of = f'{{"item":"x","page":"cohort","part":"{changed}"}}' if "{" in at["id"] else at["id"]
        body = {
            "output": name,
            "outputs": made if isinstance(callback["output"], (list, tuple)) else made[0],
            "inputs": inputs,
            "state": [given(s) for s in callback["state"]],
            "changedPropIds": [f"{of}.{at['property']}"],
        }
        answer = self._client.post("/_dash-update-component", json=body)
        assert answer.status_code in (200, 204), answer.text
        return json.dumps(json.loads(answer.text or "null"), ensure_ascii=False)


def _has(callback: dict[str, Any], changed: str) -> bool:
    return any(_part(i["id"]) == changed for i in callback["inputs"])


def _part(identity: str) -> str:
    return str(json.loads(identity)["part"]) if identity.startswith("{") else identity.removeprefix("cohort-")


def _out(identity: str, prop: str) -> Any:
    if not identity.startswith("{"):
        return {"id": identity, "property": prop}
    known = json.loads(identity)
    items = {"show": list(VIEWS), "grid": ["x"]}.get(known["part"], [])
    return [{"id": {**known, "item": item}, "property": prop} for item in items]


def page_of(store: Store, config: Config, user: User, patch: pytest.MonkeyPatch) -> Page:
    patch.setattr(signin.Open, "identify", staticmethod(lambda: user))
    app = create_app(store, config)
    return Page(app.server.test_client(), app)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config(store=str(tmp_path_factory.mktemp("few") / "store"))


@pytest.fixture(scope="module")
def cora(sample_store: Store, config: Config) -> Iterator[Page]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "start", lambda config: None)
        yield page_of(sample_store, config, User("cora", "coordinator", "s"), patch)


CONTROLS: dict[str, Any] = {"analyte": "ALT", "scale": "x_uln", "by": "none", "at_cut": 3, "bili_cut": 2}


def answers(page: Page, text: str, selection: Any = None) -> dict[str, str]:
    """Everything that the page answers of one question: each view, the list, its rows, exports, saving, asking."""
    asked: dict[str, Any] = {"asked": text, "selection": selection, "form-of-export": "csv"}
    rows = {"startRow": 0, "endRow": 100, "sortModel": [], "filterModel": {}}
    found = {
        f"view {view} {lines}": page.ask("cohort-graph.figure", "asked", view=view, lines=lines, **asked, **CONTROLS)
        for view in VIEWS
        for lines in (False, True)
    }
    return found | {
        "list": page.ask("cohort-grid-box.children", "asked", **asked),
        "stepper": page.ask("cohort-step-said.children", "asked", previous=0, next=0, mark=0, **asked),
        "export": page.ask("cohort-download.data", "list", list=1, **asked),
        "data set": page.ask("cohort-job.data", "dataset", dataset=1, **asked),
        "report": page.ask("cohort-job.data", "report", report=1, **asked),
        "asking": page.ask("cohort-said.children", "run", run=1, text=text),
        "rows": page.ask("getRowsResponse", "grid", grid=rows, **asked),
    }


@pytest.mark.parametrize("text", FEW)
def test_no_answer_tells_how_many_or_who_a_small_cohort_is(cora, sample_store, config, text):
    people = run(parse(text), sample_store.analysis()).patient_ids
    assert 0 < len(people) < 5
    names = [pseudonyms_of(config).name(p) for p in people]
    before = len(jobs.recent(sample_store))
    told = answers(cora, text)
    assert "<5" in told["view curves False"]
    for what, answer in told.items():
        assert not [n for n in names if n in answer], what
        assert f"{len(people)} patient" not in answer and "0 patients" not in answer, what
    for what in ("list", "export", "data set", "report", *(f"view {v} False" for v in VIEWS)):
        assert "Fewer than 5 patients" in told[what], what
    assert len(jobs.recent(sample_store)) == before  # none was asked for


@pytest.mark.parametrize("selection", [
    {"kind": "shift", "analyte": "BILI", "version": "5.0", "baseline": 0, "worst": 3},
    {"kind": "quadrant", "name": "bili_only"},
])  # fmt: skip
def test_who_is_behind_a_hidden_cell_is_not_listed(cora, sample_store, config, selection, monkeypatch):
    text = "find ALT above 0 U/L"
    owner = page_of(sample_store, config, User("ann", "clinician", "s"), monkeypatch)
    lead = owner.ask("cohort-grid-box.children", "asked", asked=text, selection=selection)
    monkeypatch.undo()
    behind = int(lead.split(" patient")[0].rpartition('"')[2])
    monkeypatch.setattr(signin.Open, "identify", staticmethod(lambda: User("cora", "coordinator", "s")))
    said = cora.ask("cohort-grid-box.children", "asked", asked=text, selection=selection)
    assert (f"{behind} patient" in said) == (behind >= 5)
    assert ("Fewer than 5 patients" in said) == (behind < 5)


def test_a_cohort_that_is_large_enough_is_shown_with_its_number(cora, sample_store, config):
    people = run(parse(MANY), sample_store.analysis()).patient_ids
    told = answers(cora, MANY)
    assert f"{len(people)} patients" in told["list"]
    for patient in people:
        assert pseudonyms_of(config).name(patient) in told["export"]
        assert sample_store.key_of(patient) not in str(told) and patient not in str(told)


def test_small_groups_are_not_drawn_by_themselves(cora):
    told = cora.ask("cohort-graph.figure", "asked", asked=GROUPED, view="curves", **{**CONTROLS, "by": "primary_site"})
    assert "melanoma" not in json.loads(told)["response"]["cohort-graph"]["figure"].__str__()


def test_two_exports_side_by_side_have_no_name_of_a_patient_in_common(sample_store, config, monkeypatch):
    texts = []
    for user in (User("ann", "clinician", "s"), User("cora", "coordinator", "s")):
        page = page_of(sample_store, config, user, monkeypatch)
        answer = page.ask("cohort-download.data", "list", list=1, asked=MANY, **{"form-of-export": "csv"})
        texts.append(json.loads(answer)["response"]["cohort-download"]["data"]["content"])
    whose = [pd.read_csv(pd.io.common.StringIO(t.lstrip("\ufeff")), dtype=str) for t in texts]
    words = [{v for c in ("key", "patient_id") if c in f for v in f[c]} for f in whose]
    assert len(whose[0]) == len(whose[1]) > 5
    assert not words[0] & words[1]
    dates = [{(v, c) for c in ("anchor_at", "at_1", "last") for v in f[c].dropna()} for f in whose]
    assert len(dates[0] & dates[1]) < len(dates[0]) / 10


def test_a_job_is_refused_where_new_data_left_too_few(sample_store):
    job_id = jobs.submit(sample_store, "cohort_export", "cora", {"text": STENT, "least": 5})
    job = jobs.get(sample_store, job_id, "cora")
    assert job is not None
    with pytest.raises(Exception, match="Fewer than 5"):
        enough(job, 2)
    enough(job, 5)
    enough(job, 0)
    jobs.cancel(sample_store, job_id, "cora")


def test_what_is_withheld_keeps_its_steps_and_loses_its_people(sample_store):
    whole = run(parse(STENT), sample_store.analysis())
    kept = withheld(whole, 5)
    assert withheld(whole, 0) is whole and withheld(whole, len(whole.patient_ids)) is whole
    assert kept.withheld and not kept.members.any() and kept.rows.empty and not kept.asked.any()
    assert kept.steps == whole.steps and kept.to_json()["withheld"] and not kept.to_json()["patients"]
    assert "5 patients" in too_few(5)


@pytest.mark.parametrize(
    ("sizes", "least", "left"),
    [
        ([9, 8, 7], 5, [9, 8, 7]),
        ([9, 8, 1], 5, [9, 9]),
        ([9, 3, 2], 5, [9, 5]),
        ([9, 0, 2], 5, [11]),
        ([3], 5, [3]),
        ([3, 1], 0, [3, 1]),
        ([], 5, []),
    ],
)
def test_small_groups_are_put_together_until_none_is_small(sizes: list[int], least: int, left: list[int]):
    of = np.repeat(np.arange(len(sizes)), sizes)
    made = together(Groups(of, tuple("abc")[: len(sizes)]), np.ones(len(of), dtype=bool), least)
    assert np.bincount(made.of[made.of >= 0], minlength=len(made.names)).tolist() == left


def test_a_saved_cohort_is_for_the_eyes_that_saved_it(tmp_path: Path):
    from tests.stores import small_store

    store = small_store(tmp_path / "saved")
    saved_cohorts.save(store, "mine", "where id is MRN-1", {"patients": ["MRN-1"]}, "ann")
    saved_cohorts.save(
        store, "later", "where id is AB", {"patients": ["AB"], "withheld": True}, "ann", sees="pseudonymised"
    )
    assert [s.name for s in saved_cohorts.saved(store, "ann", sees="pseudonymised")] == ["later"]
    assert [s.name for s in saved_cohorts.saved(store, "ann", sees="identified")] == ["mine"]
    assert saved_cohorts.find(store, "later", "ann", sees="pseudonymised").withheld
    with pytest.raises(Exception, match="no saved cohort 'mine'; saved: later"):
        saved_cohorts.find(store, "mine", "ann", sees="pseudonymised")
