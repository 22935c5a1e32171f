"""Own words stay in the field: what they were understood as, or chosen to be, is what is saved and added to."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from analytics.store import Store
from analytics.store.working_state import saved_cohorts
from dashboard.config import Config
from dashboard.security.roles import LOCAL
from tests.dashboard.cohorts.test_small_cohorts import Page, page_of

OWN = "who doubled their bili within 2 weeks of a stent"
EXACT = "find BILI at least 2 x before within 14 days after biliary_stent"
TWO = "plts < 200 during oxali"


@pytest.fixture(scope="module")
def page(sample_store: Store) -> Iterator[Page]:
    with pytest.MonkeyPatch.context() as patch:
        yield page_of(sample_store, Config(store=str(sample_store.place.folder)), LOCAL, patch)


def written(page: Page, changed: str, **values: object) -> str:
    """What stands in the field afterwards; empty where it stays as it is."""
    answer = page.ask("cohort-text.value", changed, **values)
    found = (json.loads(answer) or {"response": {}})["response"]
    return str(found.get("cohort-text", {}).get("value", ""))


def test_an_answer_leaves_own_words_in_the_field_and_says_the_exact_sentence(page: Page) -> None:
    assert written(page, "asked", text=OWN, asked=EXACT) == ""
    said = page.ask("cohort-asked.data", "run", run=1, text=OWN)
    assert "Understood as: " in said and "find bilirubin at least 2 x before" in said


def test_a_choice_adds_its_line_to_the_sentence_that_own_words_were_answered_as(page: Page) -> None:
    assert written(page, "form", text=OWN, asked=EXACT, form="sex is F") == f"{EXACT}\nwhere sex is F"
    assert written(page, "form", text=EXACT, asked="find ALT above 3 x ULN", form="sex is F").startswith(EXACT)


def test_own_words_are_saved_as_their_exact_sentence(page: Page, sample_store: Store) -> None:
    assert "Saved as ours" in page.ask("cohort-asked.data", "save", save=1, text=OWN, name="ours")
    assert saved_cohorts.find(sample_store, "ours", LOCAL.name).text.strip() == EXACT


def test_of_several_meanings_the_chosen_one_is_saved_and_none_before_it_is_chosen(
    page: Page, sample_store: Store
) -> None:
    assert "choose what is meant first" in page.ask("cohort-asked.data", "save", save=1, text=TWO, name="two")
    chosen = 'find PLAT below 200 10*9/L during agent "oxaliplatin"'
    page.ask("cohort-asked.data", "save", save=1, text=TWO, name="two", asked=chosen)
    assert saved_cohorts.find(sample_store, "two", LOCAL.name).text.strip() == chosen
