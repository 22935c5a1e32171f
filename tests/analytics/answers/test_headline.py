"""One sentence and one place a patient: worst first, at most 160 characters, and no word that is not in the answers."""

from __future__ import annotations

import pandas as pd

from analytics.answer_states import HYS_LAW_RANK, QUESTIONS, REST, STATES, states_of
from analytics.answers import headlines
from analytics.answers.headline import cut, headline_of_rows

ORDER = (
    "failing cholangitis blocked_again rising+hys progressing draining_slowly declining rising discordant "
    "progression_suspected obstruction_suspected at_peak overdue recovering draining"
).split()


def rows(**states: tuple[str, str]) -> pd.DataFrame:
    """Answers of one patient from state and brief words by question; the others are at rest."""
    rest = {
        "tumour": "stable",
        "injury": "none",
        "function": "preserved",
        "ducts": "no_sign",
        "follow_up": "on_schedule",
    }
    found = []
    for question in QUESTIONS:
        state, brief = states.get(question, (rest[question], "at rest"))
        found.append(
            {
                "patient_id": "P1",
                "question": question,
                "state": state,
                "brief": brief,
                "rank": STATES[question, state].rank,
                "as_of": pd.Timestamp("2026-06-01"),
            }
        )
    return pd.DataFrame(found)


def test_the_order_of_a_worklist_is_the_one_that_is_written_down():
    rank = {s.code: s.rank for s in STATES.values() if s.rank < 16} | {"rising+hys": HYS_LAW_RANK}
    assert sorted(rank, key=lambda code: rank[code]) == ORDER
    assert sorted(rank.values()) == list(range(1, 16))


def test_two_answers_lead_and_the_rest_follows_in_a_few_words():
    said = headlines(rows(ducts=("cholangitis", "cholangitis criteria met"), function=("failing", "liver failing")))
    assert said["headline"][0] == "Liver failing; cholangitis criteria met; otherwise: tumour stable, no liver injury."
    assert said["rank"][0] == 1


def test_a_patient_at_rest_has_one_sentence_with_the_day():
    said = headlines(rows())
    assert said["headline"][0].startswith("All four at rest on 2026-06-01")
    assert said["rank"][0] == REST


def test_an_answer_that_cannot_be_given_is_never_called_rest():
    said = headlines(rows(tumour=("not_evaluable", "tumour not evaluable")))["headline"][0]
    assert "at rest" not in said and "ot evaluable" in said


def test_a_headline_is_never_longer_than_160_characters():
    long = "liver injury rising: " + "ALT 812 U/L " * 20
    said = headlines(rows(injury=("rising", long), tumour=("progressing", "tumour " * 30)))["headline"][0]
    assert len(said) <= 160 and said.endswith(".")
    assert cut("one two three", 8) == "one two…"


def test_a_study_day_never_looks_like_a_date():
    answers = rows().assign(as_of=pd.Timestamp("2000-03-01"))
    said = headlines(answers, pd.Series({"P1": "study_day"}))["headline"][0]
    assert "day 60" in said and "2000" not in said


def test_every_headline_of_the_sample_fits_and_leads_with_its_worst_answer(sample):
    said = headlines(sample.answers).set_index("patient_id")
    assert said["headline"].str.len().max() <= 160
    worst = sample.answers.groupby("patient_id")["rank"].min()
    assert (said["rank"] == worst).all()
    for patient_id, own in sample.answers.groupby("patient_id"):
        first = own.sort_values("rank", kind="stable").iloc[0]
        if first["rank"] < 16:
            assert said.loc[patient_id, "headline"].lower().startswith(first["brief"][:20].lower())


def test_every_question_can_say_that_it_does_not_know():
    for question in ("tumour", "injury", "function", "ducts"):
        assert states_of(question)[-1].code == "not_evaluable"


def test_the_sentence_of_one_patient_is_that_of_all_patients(sample):
    clocks = sample.panel.patients.set_index("patient_id")["clock"]
    said = headlines(sample.answers, clocks).set_index("patient_id")["headline"]
    for patient_id, own in sample.answers.groupby("patient_id"):
        assert headline_of_rows(own.to_dict("records"), clocks[patient_id]) == said[patient_id]
    unseen = rows(ducts=("cholangitis", "cholangitis criteria met")).assign(as_of=pd.NaT)
    assert headline_of_rows(unseen.to_dict("records"), "date") == headlines(unseen)["headline"][0]
