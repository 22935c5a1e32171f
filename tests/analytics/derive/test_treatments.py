"""What is one treatment, what begins a line, and what is no systemic therapy at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from analytics.agents import supports_only
from analytics.analysis import analyse
from analytics.cycles import starts_of
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.regimen import regimen_of
from tests.builders import panel_of, together

LABS = [("2024-01-02", "ALT", 30), ("2024-06-20", "ALT", 32)]


def case_of(events: list[tuple[object, ...]]):
    return analyse(panel_of(LABS, events)).case


def every(days: int, *names: str) -> list[tuple[object, ...]]:
    begin = date(2024, 1, 10)
    return [(str(begin + timedelta(days=k * days)), "systemic", name) for k, name in enumerate(names)]


@pytest.mark.parametrize(
    "names",
    [
        ("FOLFOX C1", "FOLFOX C2", "FOLFOX C3"),
        ("mFOLFOX6, cycle 1", "FOLFOX (80 %) cycle 2", "folfox"),
        ("Keytruda 200 mg q3w", "pembrolizumab", "Pembrolizumab 400 mg q6w"),
        ("5-FU", "5-FU/leucovorin", "LV5FU2"),
        ("FOLFOXIRI", "FOLFIRI", "5-FU + LV"),  # what is left out begins no line
        ("XYZ-123 c1", "XYZ-123 c2", "XYZ-123 c3"),
        ("Chemotherapy cycle 1", "Chemotherapy cycle 2", "chemotherapy"),
    ],
)
def test_a_cycle_a_dose_or_a_brand_begins_no_line(names):
    assert len(lines_of(case_of(every(35, *names)))) == 1


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        (("FOLFOX", "FOLFIRI"), 2),
        (("FOLFOX C1", "FOLFOX C2", "FOLFIRI + bevacizumab C1", "FOLFIRI + bevacizumab C2"), 2),
        (("pembrolizumab", "nivolumab"), 2),
        (("XYZ-123", "XYZ-124"), 2),
        (("irinotecan", "Onivyde"), 2),
    ],
)
def test_an_agent_that_was_not_given_before_begins_one(names, lines):
    assert len(lines_of(case_of(every(35, *names)))) == lines


def test_cycles_are_counted_where_each_start_bears_its_number():
    case = case_of(every(14, "FOLFOX C1", "FOLFOX C2", "FOLFOX C3"))
    assert len(starts_of(case)) == 3
    regimen = regimen_of(case)
    assert regimen is not None
    assert (regimen.name, regimen.agents, regimen.cycle, regimen.line) == ("FOLFOX", ("FOLFOX C1",), 3, 1)


@pytest.mark.parametrize(
    ("name", "supports"),
    [
        ("placebo", True),
        ("Placebo matching regorafenib", True),
        ("regorafenib-matching placebo", True),
        ("matching placebo for sorafenib 200 mg", True),
        ("Dexamethasone 8 mg", True),
        ("ondansetron iv", True),
        ("placebo or regorafenib", False),
        ("regorafenib/placebo", False),
        ("placebo + FOLFOX", False),
        ("dexamethasone + FOLFOX", False),
        ("chemotherapy with dexamethasone", False),
        ("XYZ-123 and dexamethasone", False),
        ("XYZ-123 or placebo", False),
        ("placebo vs XYZ-123", False),
        ("chemotherapy", False),
        ("", False),
        ("5-FU", False),
    ],
)
def test_placebo_and_supportive_drugs_are_no_systemic_therapy(name, supports):
    assert supports_only(name) is supports
    case = case_of([("2024-01-10", "systemic", name)])
    assert len(events_of(case).of("systemic")) == (not supports)
    assert len(lines_of(case)) == (not supports)
    assert (regimen_of(case) is None) is supports


def test_people_do_not_mix():
    one = panel_of(LABS, every(35, "FOLFOX C1", "FOLFIRI C1"), patient="P1")
    other = panel_of(LABS, every(35, "FOLFIRI C1", "FOLFOX C2", "FOLFIRI"), patient="P2")
    found = lines_of(analyse(together(one, other)).case)
    assert found.groupby("patient")["line"].max().tolist() == [2, 2]
