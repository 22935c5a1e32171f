"""Sentences in words say what the sentences in codes say."""

from __future__ import annotations

import pytest

from analytics.analytes import ANALYTES
from analytics.cohort.query.definition import parse
from analytics.cohort.query.worded import worded
from analytics.event_kinds import EVENT_KINDS


@pytest.mark.parametrize("code", list(ANALYTES))
def test_the_word_of_an_analyte_is_read_as_its_code(code: str) -> None:
    sentence = f"find {code} at least 2 x baseline"
    assert parse(worded(sentence)).text == parse(sentence).text


@pytest.mark.parametrize("code", [code for code in EVENT_KINDS if "_" in code])
def test_the_word_of_an_event_is_read_as_its_code(code: str) -> None:
    sentence = f"find ALT above 3 x ULN after first {code}"
    assert parse(worded(sentence)).text == parse(sentence).text


def test_names_in_quotes_and_abbreviations_stay() -> None:
    assert worded('BILI above 2 x ULN after agent "BILI"') == 'bilirubin above 2 x ULN after agent "BILI"'
    assert worded("ALT above 3 x ULN after biliary_stent") == "ALT above 3 x ULN after biliary stent"
    assert worded("CA19_9AG halved") == "CA 19-9 halved"
