"""A rule can be read and its vectors run without reading code."""

import pytest
from click.testing import CliRunner

from analytics.rules import review, rules
from analytics.rules._vectors import vectors
from dashboard.cli import group


def run(*words):
    return CliRunner().invoke(group, ["rules", *words])


def test_a_rule_is_shown_with_question_criteria_ends_source_and_vectors():
    result = run("show", "temple")
    assert result.exit_code == 0
    for part in ("Question: ", "Criteria: ", "Ends: ", "Source: ", "baseline 2, on a drug ALT 3.4", "found none"):
        assert part in result.output


def test_its_vectors_are_run():
    result = run("test", "hys_law")
    count = len(list(vectors("hys_law")))
    assert result.exit_code == 0 and f"{count} vectors, 0 with another outcome." in result.output


def test_a_vector_with_another_outcome_is_told_and_ends_with_one(monkeypatch):
    answer = review.answers_of("temple")[0]
    wrong = type(answer)(answer.vector, False, "none", ())
    monkeypatch.setattr(review, "answers_of", lambda code: (wrong,))
    result = run("test", "temple")
    assert result.exit_code == 1 and "NOT MET" in result.output


def test_an_unknown_rule_names_those_that_there_are():
    result = run("show", "no_such_rule")
    assert result.exit_code != 0 and "Available: " in result.output and "hys_law" in result.output


@pytest.mark.parametrize("code", list(rules()))
def test_the_page_of_review_has_every_rule_with_a_line_for_initials(code):
    page = review.page()
    section = page.split(f"Rule `{code}`")[1].split("\n## ")[0]
    for part in ("- Question: ", "- Criteria: ", "- Source: ", "Reviewed by (initials, date): ____"):
        assert part in section
    assert "{" not in section.replace("{INR}", "")
