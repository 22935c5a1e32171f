"""What a team has in common: cohorts that are shared, and how far a list is reviewed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import QuestionError
from analytics.store.working_state import saved_cohorts
from dashboard.pages.cohort.people import review_state
from tests.stores import small_store


def test_a_shared_cohort_is_there_for_those_who_see_patients_in_the_same_way(tmp_path: Path) -> None:
    store = small_store(tmp_path / "team")
    saved_cohorts.save(store, "high", "find ALT above 3 x ULN", {"patients": ["a"]}, "ann", shared=True)
    saved_cohorts.save(store, "mine", "find ALT above 4 x ULN", {"patients": ["a"]}, "ann")
    (there,) = saved_cohorts.shared_with(store, "bob", sees="identified")
    assert (there.name, there.owner, there.text) == ("high", "ann", "find ALT above 3 x ULN")
    assert saved_cohorts.shared_with(store, "cora", sees="pseudonymised") == []
    assert saved_cohorts.shared_with(store, "ann", sees="identified") == []
    with pytest.raises(QuestionError):
        saved_cohorts.find(store, "high", "bob", sees="identified")
    saved_cohorts.save(store, "high", "find ALT above 3 x ULN", {"patients": ["a"]}, "ann")
    assert saved_cohorts.shared_with(store, "bob", sees="identified") == [], "saved again without sharing"


@pytest.mark.parametrize(
    ("reviewed", "says"),
    [
        (["ann", "", "bob", "ann"], "3 of 4 reviewed, by ann 2, bob 1."),
        (["", ""], "0 of 2 reviewed."),
        ([], ""),
    ],
)
def test_how_far_a_list_is_reviewed_and_by_whom(reviewed: list[str], says: str) -> None:
    assert review_state(pd.DataFrame({"reviewed": pd.Series(reviewed, dtype="str")})) == says
