"""Answers look at nothing later than their day, at the patient's own data only, and at no order of rows."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.panel import Panel
from tests.analytics.answers.cut import shuffled, until

_DATE = re.compile(r"\b(20\d\d-\d\d-\d\d)\b")
CLINICAL = ["tumour", "injury", "function", "ducts"]


@pytest.mark.parametrize("day", [pd.Timestamp("2025-11-03"), pd.Timestamp("2026-03-14")])
def test_no_date_in_an_answer_is_later_than_its_day(sample, day):
    answers = analyse(until(sample.panel, day)).answers
    told = answers[answers["question"].isin(CLINICAL)]
    for column in ("since", "as_of"):
        assert not (told[column] > day).any()
    for text in (*told["says"], *told["brief"], *told["missing"]):
        assert all(pd.Timestamp(d) <= day for d in _DATE.findall(text)), text


def test_the_order_of_rows_makes_no_difference(sample):
    pd.testing.assert_frame_equal(analyse(shuffled(sample.panel)).answers, sample.answers)


def test_later_results_of_others_change_no_clinical_answer(sample):
    """As of the patient's own last contact: the cut-off of the store and other patients do not matter."""
    for patient_id in list(sample.panel.patient_ids)[::4]:
        alone = sample.panel.select([patient_id])
        last = max(
            alone.labs["collected_at"].max(), alone.events["start_date"].max(), alone.imaging["date"].max()
        )  # ends of events before it stay
        own = analyse(until(alone, last)).answers
        whole = sample.answers[sample.answers["patient_id"] == patient_id].reset_index(drop=True)
        shown = ["question", "state", "since", "as_of", "certainty", "says", "missing", "rank"]
        pick = own["question"].isin(CLINICAL)
        pd.testing.assert_frame_equal(own[pick][shown], whole[whole["question"].isin(CLINICAL)][shown])


def test_a_later_day_of_the_store_makes_follow_up_overdue_and_nothing_else(sample):
    panel = sample.panel.select(["HT-021"])
    later = Panel.of(panel.labs, panel.events, panel.imaging, panel.patients, as_of=panel.as_of + pd.Timedelta(days=90))
    now, then = (analyse(p).answers.set_index("question") for p in (panel, later))
    assert now.loc["follow_up", "state"] != "overdue" and then.loc["follow_up", "state"] == "overdue"
    assert now.loc[CLINICAL, "says"].tolist() == then.loc[CLINICAL, "says"].tolist()
