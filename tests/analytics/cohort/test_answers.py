"""Cohorts by what the data say now: filters and groups by an answer, and the columns of the list."""

from __future__ import annotations

import pytest

from analytics.answer_states import QUESTIONS, STATES
from analytics.cohort.groups import groups_of
from analytics.cohort.patient_table import people
from analytics.cohort.query.definition import GROUPINGS, parse
from analytics.cohort.query.run import run
from analytics.errors import QuestionError
from tests.analytics.rules.planted import sample_analysis


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    return sample_analysis(tmp_path_factory.mktemp("answered") / "store")


def having(analysis, question, *states):
    rows = analysis.answers[analysis.answers["question"] == question]
    return set(rows["patient_id"][rows["state"].isin(states)])


@pytest.mark.parametrize(
    ("line", "question", "states"),
    [
        ("where tumour is progressing", "tumour", ("progressing",)),
        ("where tumour is progressing or responding", "tumour", ("progressing", "responding")),
        ("where liver function is failing", "function", ("failing",)),
        ('where bile ducts is "stent open"', "ducts", ("stent_open",)),
        ("where follow-up is overdue", "follow_up", ("overdue",)),
        ("where injury is raised_steady", "injury", ("raised_steady",)),
    ],
)
def test_patients_are_chosen_by_an_answer(analysis, line, question, states):
    found = run(parse(line), analysis)
    wanted = having(analysis, question, *states)
    assert wanted and set(found.patient_ids) == wanted


def test_the_canonical_words_of_such_a_filter_give_the_same_filter():
    for (question, code), _ in STATES.items():
        text = parse(f"where {QUESTIONS[question]} is {code}").text
        assert parse(text).text == text


def test_a_state_that_the_question_does_not_have_is_refused_with_those_that_it_has():
    with pytest.raises(QuestionError) as refused:
        parse("where tumour is failing")
    assert "progressing" in str(refused.value.accepted)


def test_patients_are_grouped_by_an_answer(analysis):
    assert set(QUESTIONS) <= set(GROUPINGS)
    groups = groups_of(analysis.case, "tumour", analysis.answers)
    assert "Progressing" in groups.names
    mine = {analysis.case.patient_id(i) for i in range(len(groups.of)) if groups.names[groups.of[i]] == "Progressing"}
    assert mine == having(analysis, "tumour", "progressing")


def test_the_list_of_patients_has_a_column_an_answer(analysis):
    table = people(analysis).set_index("patient_id")
    assert table.loc["HT-032", "answer_ducts"] == "Cholangitis criteria met"
    assert (table[[f"answer_{q}" for q in QUESTIONS]] != "").all(axis=None)
