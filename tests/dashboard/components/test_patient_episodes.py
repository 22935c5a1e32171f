"""One card an episode: what carries it, in which order, and what a quiet patient is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.store import Store
from dashboard.components.patient_episodes import episodes_of, members_of, numbers_of, rest_words, title_of
from tests.builders import panel_of


def findings(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    """Rows of (finding_id, headline_id, level, state, onset)."""
    names = ("finding_id", "headline_id", "level", "state", "onset")
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    frame["onset"] = pd.to_datetime(frame["onset"])
    return frame.assign(severity=1.0, evidence="[]", rule="hys_law", resolved_at=pd.NaT)


def led(frame: pd.DataFrame, seen: dict[str, Any] | None = None) -> list[list[str]]:
    return [[row["finding_id"] for row in e.members] for e in episodes_of(frame, seen or {})]


def test_findings_of_one_episode_share_a_card_and_the_headline_carries_it():
    frame = findings(
        ("grade", "law", "attention", "ongoing", "2026-01-01"), ("law", "law", "urgent", "ongoing", "2026-01-02")
    )
    assert led(frame) == [["law", "grade"]]


def test_an_open_finding_carries_the_card_where_the_headline_is_closed():
    frame = findings(
        ("law", "law", "urgent", "resolved", "2026-01-02"), ("grade", "law", "attention", "ongoing", "2026-01-01")
    )
    (episode,) = episodes_of(frame, {})
    assert episode.lead["finding_id"] == "grade"
    assert episode.is_open
    assert numbers_of([episode]) == (1, 1)


def test_major_open_episodes_come_first_whatever_is_new_and_closed_ones_last():
    frame = findings(
        ("new", "new", "information", "new", "2026-05-01"),
        ("closed", "closed", "urgent", "resolved", "2026-06-01"),
        ("major", "major", "urgent", "ongoing", "2025-01-01"),
        ("moderate", "moderate", "attention", "new", "2026-04-01"),
    )
    assert led(frame) == [["major"], ["moderate"], ["new"], ["closed"]]


def test_what_was_reviewed_stands_after_what_was_not_at_the_same_level():
    frame = findings(("a", "a", "urgent", "ongoing", "2026-02-01"), ("b", "b", "urgent", "ongoing", "2026-01-01"))
    assert led(frame, {"a": {}}) == [["b"], ["a"]]


def test_a_view_without_the_name_of_the_headline_gives_one_card_a_finding():
    assert led(findings(("a", "", "urgent", "ongoing", "2026-02-01"))) == [["a"]]


def test_a_title_is_that_of_the_rule():
    assert title_of({"rule": "hys_law"}) == "Hy's law laboratory criteria"


def test_members_are_found_from_any_of_them():
    frame = findings(("a", "b", "attention", "ongoing", "2026-01-01"), ("b", "b", "urgent", "ongoing", "2026-01-02"))
    alone: Any = SimpleNamespace(findings=frame)
    assert {row["finding_id"] for row in members_of(alone, "a")} == {"a", "b"}
    assert members_of(alone, "other") == []


@pytest.mark.parametrize(
    ("patient", "said"), [("HT-021", "No open findings. All 12 tests within range on 1 Jun 2026.")]
)
def test_a_quiet_patient_gets_a_sentence_of_facts(sample_store: Store, patient: str, said: str):
    assert rest_words(sample_store.analysis([patient]), "date") == said


def test_a_test_outside_its_range_is_told_though_another_one_is_newer():
    labs = [
        (pd.Timestamp("2026-01-22"), "AST", 52.0),
        (pd.Timestamp("2026-01-22"), "ALP", 90.0),
        (pd.Timestamp("2026-01-23"), "ALT", 20.0),
    ]
    said = rest_words(analyse(panel_of(labs)), "date")
    assert "ALT within range on 23 Jan 2026." in said
    assert said.endswith("Outside, of earlier days: AST 52 U/L (H, 22 Jan 2026).")
