"""Controls of the page Import: what is asked follows from the rows, each answer is one line of the profile."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from analytics.errors import HepatrendError, InputError, ProfileError
from analytics.ingest.preview import seen_with_rows
from analytics.ingest.profile import NULL_WORDS, from_toml
from dashboard.importing import choices
from tests.dashboard.test_hostile_names import ODD

HEAD = "patient_id,collected_at,test,value,cmp,unit,status,specimen\n"
ROWS = (
    "P1,2026-01-05,ALT,40,,,final,serum",
    "P1,2026-01-05,AST,50,kleiner,U/L,final,serum",
    "P1,2026-01-05,Leberwert X,60,,U/L,final,serum",
    "P1,2026-01-05,Bilirubin,1.1,,mg pro dl,final,serum",
    "P1,2026-01-05,GGT,kein Material,,U/L,final,serum",
    "P1,2026-01-05,ALP,90,,U/L,fertig,serum",
    "P1,2026-01-05,Albumin,4.0,,g/dL,final,zzz",
    "P1,2026-01-06,ALT,\"1,204\",,U/L,final,serum",
    "P1,25.02.2026,LDH,200,,U/L,final,serum",
)  # fmt: skip
COLUMNS = '[columns]\ncomparator = "cmp"\nfluid = "specimen"\n'


def looked(folder: Path, text: str = COLUMNS) -> tuple[int, dict[str, choices.Choice], dict[str, choices.Choice]]:
    path = folder / "messy.csv"
    path.write_text(HEAD + "\n".join(ROWS) + "\n")
    profile = from_toml(text)
    seen, rows = seen_with_rows(path, profile)
    assert not seen.refused
    words = {c.key: c for c in choices.of_words(rows, profile)}
    return seen.accepted, words, {c.key: c for c in choices.of_file(rows, profile, (), one_person=False)}


ANSWERS = {
    "units|ALT": "U/L",
    "comparators|kleiner": "<",
    "test|Leberwert X": "result:LDH",
    "unit_words|mg pro dl": "mg/dL",
    "word|kein Material": "text_results",
    "statuses|fertig": "final",
    "specimens|zzz": "blood",
}


def test_every_undecided_word_is_asked_with_its_line_and_answers_make_all_rows_readable(tmp_path):
    accepted, words, options = looked(tmp_path)
    assert set(ANSWERS) <= set(words)
    for key, row in zip(ANSWERS, (0, 1, 2, 3, 4, 5, 6), strict=True):
        asked = words[key]
        assert (asked.value, asked.rows, asked.examples) == (choices.NOT_SAID, 1, (ROWS[row],))
        assert ANSWERS[key] in dict(asked.options)
    assert (options["thousands|"].examples, options["dates|"].examples) == (("1,204",), ("25.02.2026",))
    text = COLUMNS
    for key, value in ANSWERS.items():
        kind, _, of = key.partition("|")
        text = choices.changed(text, kind, of, value)
    text = choices.changed(text, "thousands", "", ",")
    assert accepted + 8 == looked(tmp_path, text)[0]
    left = looked(tmp_path, text)[1]
    assert {key: choice.value for key, choice in left.items()} == ANSWERS, "what was answered stays in sight"
    assert not any(choice.rows for choice in left.values())


def test_an_answer_can_be_taken_back(tmp_path):
    text = COLUMNS
    for value_of in (ANSWERS, dict.fromkeys(ANSWERS, choices.NOT_SAID)):
        for key, value in value_of.items():
            kind, _, of = key.partition("|")
            text = choices.changed(text, kind, of, value)
    assert from_toml(text).digest == from_toml(COLUMNS).digest


def test_a_comparator_word_may_mean_an_exact_number():
    text = choices.changed("", "comparators", "genau", choices.EXACT)
    assert tomllib.loads(text) == {"comparators": {"genau": ""}}


def test_a_text_that_means_nothing_was_entered_goes_to_those_of_the_house():
    text = choices.changed("", "word", "offen", "null_words")
    assert tomllib.loads(text)["null_words"] == [*NULL_WORDS, "offen"]
    assert "offen" not in from_toml(choices.changed(text, "word", "offen", "text_results")).null_words


@pytest.mark.parametrize(("line", "skip"), [("1", 0), ("4", 3), ("", 0), (None, 0), ("1000", 999)])
def test_the_line_of_the_header_is_counted_from_one(line, skip):
    assert from_toml(choices.changed("skip_lines = 7\n", "skip_lines", "", line)).skip_lines == skip


@pytest.mark.parametrize("line", ["0", "-1", "1001", "x", "1.5", "٣", "9" * 400])
def test_a_line_that_cannot_be_is_refused(line):
    with pytest.raises(InputError, match="from 1 to 1000"):
        choices.changed("", "skip_lines", "", line)


def test_dates_of_the_united_states_are_read_with_am_and_pm():
    assert "%m/%d/%Y %I:%M %p" in from_toml(choices.changed("", "dates", "", "%m/%d/%Y")).dates


def test_forms_of_dates_that_are_none_of_the_offered_are_shown_by_a_day():
    text = 'dates = ["%d.%m.%y %H.%M"]\n'
    option = choices.of_file(seen_with_rows(Path("none.csv"))[1], from_toml(text), (), one_person=False)[2]
    assert (option.kind, option.value, dict(option.options)[option.value]) == (
        "dates", choices.AS_WRITTEN, "as in the text: 31.03.24 14.05",
    )  # fmt: skip
    assert choices.changed(text, "dates", "", choices.AS_WRITTEN) == text


def test_a_control_or_choice_that_is_none_is_refused():
    for kind, of, value in (
        ("says", "", "x"), ("lab", "", "x"), ("", "", ""), ("dates", "", "%s"), ("encoding", "", "zip"),
        ("role", "a", "no_field"), ("test", "a", "result:NOPE"), ("word", "a", "says"), ("units", "ALT", "furlong"),
        ("units", "NOPE", "U/L"), ("statuses", "a", "b"), ("comparators", "a", "?"), ("specimens", "a", "wine"),
    ):  # fmt: skip
        with pytest.raises((InputError, ProfileError)):
            choices.changed("", kind, of, value)


def test_odd_values_in_any_control_are_refused_or_make_a_profile():
    for kind in (*choices.KINDS, "nothing"):
        for odd in ODD:
            for of in ("a", "\0", 'x"]\nlab = "y', "\u202e"):
                try:
                    text = choices.changed("", kind, of, odd)
                except HepatrendError:
                    continue
                assert from_toml(text).lab == ""


def test_a_text_that_is_no_profile_is_not_changed():
    for text in ("[", "columns = 5", "nothing = 1", "[units]\nALT = 3"):
        with pytest.raises(HepatrendError):
            choices.changed(text, "role", "a", "patient_id")


@pytest.mark.parametrize(
    ("reason", "hint", "said"),
    [
        ("UNIT_MISSING", 'profile: units.ALT = "U/L"', choices.ANSWERED_ABOVE),
        ("DATE_AMBIGUOUS", 'dates = ["%d/%m/%Y"]', choices.ANSWERED_ABOVE),
        ("VALUE_TEXT", "profile: values_with_flags = true", choices.TAKEN_APART),
        ("UNIT_SUSPECT", "it may be in umol/L", "it may be in umol/L"),
    ],
)
def test_a_row_that_is_held_back_names_what_the_page_itself_offers(reason, hint, said):
    assert choices.way_out(reason, hint) == said
