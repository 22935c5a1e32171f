"""Every planted journey has the answers that its text gives: before it, at its height and at the end of the data."""

from __future__ import annotations

import pytest

from analytics.analysis import analyse
from analytics.answer_states import STATES
from tests.analytics.answers.cut import QUESTIONS, moments, until
from tests.analytics.rules.planted import truths

TIMES = ("before", "height", "end")


@pytest.fixture(scope="module")
def answered(sample):
    """By patient and time: expected answers, and the row of each question."""
    found = {}
    for moment in moments(sample.panel.as_of):
        panel = until(sample.panel.select([moment.truth.patient_id]), moment.day)
        rows = analyse(panel).answers.set_index("question")
        found[moment.truth.patient_id, moment.time] = (moment, rows)
    return found


def test_every_journey_has_its_expectations_at_three_times(sample, answered):
    assert set(answered) == {(t.patient_id, time) for t in truths(sample.panel.as_of) for time in TIMES}
    for moment, _ in answered.values():
        assert all((q, state) in STATES for q, states in moment.answers.items() for state in states), moment


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answers_are_those_of_the_journey(answered, question, time):
    wrong = [
        f"{moment.truth.patient_id} {moment.truth.journey} {moment.day.date()}: {rows.loc[question, 'state']}, "
        f"not {' or '.join(moment.answers[question])}: {rows.loc[question, 'says']}"
        for (_, when), (moment, rows) in answered.items()
        if when == time and question in moment.answers and rows.loc[question, "state"] not in moment.answers[question]
    ]
    assert not wrong, "\n".join(wrong)
