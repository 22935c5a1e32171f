"""What a patient is treated with now: name, line, cycle, since when, and whether it ended; and how old who is."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.people import age_at, ages_at
from analytics.regimen import Regimen, last_procedure_of, regimen_name, regimen_of
from tests.builders import panel_of

LABS = [("2024-06-01", "ALT", 30.0)]
FOLFOX = ("fluorouracil", "leucovorin", "oxaliplatin")


def regimen(events: list[tuple[object, ...]], details: str | None = None) -> Regimen | None:
    panel = panel_of(LABS, events, as_of="2024-06-01")
    if details is not None:
        panel = panel.__class__.of(
            panel.labs, panel.events.assign(detail=details), None, panel.patients, as_of=panel.as_of
        )
    return regimen_of(analyse(panel).case)


@pytest.mark.parametrize(
    ("agents", "name"),
    [
        (FOLFOX, "FOLFOX"),
        (("oxaliplatin", "capecitabine"), "XELOX"),
        (("letrozole", "ribociclib"), "letrozole and ribociclib"),
        (("study drug",), "study drug"),
    ],
)
def test_agents_that_make_a_known_regimen_go_by_its_name(agents: tuple[str, ...], name: str):
    assert regimen_name(agents) == name


def test_the_newest_line_is_told_with_its_start_and_without_an_end_while_one_agent_goes_on():
    events = [("2024-01-01", "systemic", a, "2024-02-01", 1) for a in FOLFOX]
    events += [
        ("2024-03-01", "systemic", "irinotecan", None, 2),
        ("2024-03-01", "systemic", "bevacizumab", "2024-04-01", 2),
    ]
    found = regimen(events)
    assert found is not None
    assert (found.line, found.since, found.ended, found.cycle) == (2, pd.Timestamp("2024-03-01"), None, 0)
    assert found.stopped == (("bevacizumab", pd.Timestamp("2024-04-01")),)


def test_a_line_whose_agents_all_ended_says_when_the_last_did():
    found = regimen(
        [
            ("2024-01-01", "systemic", a, end, 1)
            for a, end in zip(FOLFOX, ("2024-02-01", "2024-02-01", "2024-03-01"), strict=True)
        ]
    )
    assert found is not None
    assert found.ended == pd.Timestamp("2024-03-01") and found.stopped == ()


def test_starts_that_the_source_repeats_are_counted_as_cycles():
    starts = ("2024-04-01", "2024-04-22", "2024-05-13")
    found = regimen([(day, "systemic", "oxaliplatin", day, 1) for day in starts])
    assert found is not None
    assert (found.cycle, found.ended) == (3, None), "the last dose is less than two cycles old"


def test_the_name_of_the_source_stands_with_agents_that_it_does_not_mean():
    events = [("2024-03-01", "systemic", a, None, 1) for a in ("fluorouracil", "irinotecan", "bevacizumab")]
    found = regimen(events, "FOLFIRI cycle 1")
    assert found is not None
    assert found.name == "FOLFIRI with bevacizumab"
    plain = regimen(events, "given at home")
    assert plain is not None
    assert plain.name == "fluorouracil, irinotecan and bevacizumab"


def test_no_therapy_and_no_procedure_are_none():
    case = analyse(panel_of(LABS, as_of="2024-06-01")).case
    assert regimen_of(case) is None
    assert last_procedure_of(case) is None


def test_the_last_procedure_is_the_newest_one_and_no_symptom():
    events = [
        ("2024-01-01", "biliary_stent", "plastic stent"),
        ("2024-02-01", "ablation", "ablation"),
        ("2024-03-01", "symptom", "fever"),
    ]
    assert last_procedure_of(analyse(panel_of(LABS, events)).case) == ("ablation", pd.Timestamp("2024-02-01"))


def test_age_counts_birthdays_and_is_the_same_for_one_and_for_many():
    born = pd.Timestamp("1960-05-28")
    person = {"birth_date": born, "age": 99.0, "clock": "date"}
    for day, age in (("2026-05-27", 65), ("2026-05-28", 66)):
        assert age_at(person, pd.Timestamp(day)) == age
        assert ages_at(pd.Series([born]), pd.Series([pd.Timestamp(day)])).tolist() == [age]
    assert age_at(person | {"birth_date": pd.NaT}, pd.Timestamp("2026-05-27")) == 99
    assert age_at(person, None) == 99
    assert age_at({"birth_date": pd.NaT, "age": None, "clock": "date"}, None) is None


@pytest.mark.parametrize(
    ("details", "agents", "name"),
    [
        (["FOLFOX, Cycle 1", "FOLFOX cycle 2", "FOLFOX"], FOLFOX, "FOLFOX"),
        (["FOLFOX", "FOLFOX", None], FOLFOX, "FOLFOX"),
        (["FOLFOX"] * 3, ("fluorouracil", "oxaliplatin", "bevacizumab"), "FOLFOX with bevacizumab"),
        (["weekly"] * 3, FOLFOX, "FOLFOX"),
    ],
    ids=["cycles are left off", "a row without it", "with an agent that it does not mean", "no known name"],
)
def test_a_line_goes_by_the_name_that_the_source_gives_it_in_every_row(details, agents, name):
    panel = panel_of(LABS, [("2024-01-01", "systemic", a, None, 1) for a in agents], as_of="2024-06-01")
    events = panel.events.assign(detail=pd.array(details, dtype="str"))
    found = regimen_of(analyse(panel.__class__.of(panel.labs, events, None, panel.patients, as_of=panel.as_of)).case)
    assert found is not None
    assert (found.name, found.agents) == (name, agents)
