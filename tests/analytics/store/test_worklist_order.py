"""The worklist stands in the order of the answers; what was reviewed and did not worsen goes below its like."""

from __future__ import annotations

import pandas as pd

from analytics.answers import headlines
from analytics.answers.glance import at_a_glance, reviewed
from analytics.reviews import mark_of
from tests.stores import sample_store_in


def test_rank_comes_first_then_what_is_not_reviewed_then_the_newest_evidence(tmp_path):
    store = sample_store_in(tmp_path / "store")
    listed = store.worklist()
    assert listed["rank"].is_monotonic_increasing
    for _, own in listed.groupby("rank"):
        assert own["answered"].is_monotonic_decreasing
    assert listed["headline"].iloc[0].startswith("Liver failing")
    analysis = store.analysis()
    said = headlines(analysis.answers).set_index("patient_id")["headline"]
    assert (listed.set_index("patient_id")["headline"] == said.reindex(listed["patient_id"])).all()

    alike = listed["patient_id"][listed["rank"] == listed["rank"].iloc[0]].tolist()
    first, *others = alike
    assert others
    lead = analysis.findings[(analysis.findings["patient_id"] == first)]
    for row in lead.itertuples():
        store.seen(row.finding_id, by="test", of=first)
        store.seen(mark_of(row.finding_id, row.level, row.severity), by="test", of=first)
    again = store.worklist()
    assert again["patient_id"].iloc[: len(alike)].tolist() == [*others, first]
    assert again.set_index("patient_id").loc[first, "reviewed"]


def test_an_answer_without_findings_behind_it_is_never_called_reviewed():
    glances = pd.DataFrame({"leading": ["[]", '["a"]', '["a", "b"]']})
    assert reviewed(glances, {"a"}).tolist() == [False, True, False]


def test_a_glance_has_a_row_a_patient_and_a_column_a_question(tmp_path):
    analysis = sample_store_in(tmp_path / "store").analysis()
    glances = at_a_glance(analysis.answers, analysis.panel.patients)
    assert glances["patient_id"].tolist() == list(analysis.panel.patient_ids)
    ducts = analysis.answers[analysis.answers["question"] == "ducts"]["state"]
    assert glances["answer_ducts"].tolist() == ducts.tolist()
