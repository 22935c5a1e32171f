"""The page of benchmarks keeps what was not run, and says by itself what that is."""

from __future__ import annotations

from tests.benchmarks.__main__ import HERE, LONG, page_of, title_of
from tests.benchmarks.quiet import Run, Watch

SHORT, OTHER = "cohort", "rules"
(LONGEST,) = LONG


def made(name: str, table: str) -> str:
    return f"\n## {title_of(HERE / f'bench_{name}.py')}\n\nRun on 2026-01-02.\n\n```\n{table}\n```\n"


def test_what_was_not_run_stays_and_what_was_run_takes_its_place():
    page = page_of("", {SHORT: made(SHORT, "old cohort"), OTHER: made(OTHER, "rules"), LONGEST: made(LONGEST, "long")})
    assert page.index("old cohort") < page.index("long") < page.index("rules")
    again = page_of(page, {SHORT: made(SHORT, "new cohort")})
    assert "old cohort" not in again
    assert [again.count(text) for text in ("new cohort", "```\nlong", "```\nrules", "\n## ")] == [1, 1, 1, 3]
    assert page_of(again, {}) == again


def test_the_page_says_that_a_long_benchmark_was_not_run_and_how_to_run_it():
    without, run = page_of("", {SHORT: made(SHORT, "x")}), page_of("", {LONGEST: made(LONGEST, "y")})
    assert f"`make benchmark ONLY={LONGEST}`" in without
    assert "it has no section here yet" in without
    assert "it has no section here yet" not in run
    assert "its section is of the day it says" in run


def test_a_benchmark_that_is_no_more_leaves_the_page():
    assert "## Gone" not in page_of("# Benchmarks\n\n## Gone\n\n```\n1\n```\n", {})


def test_a_run_beside_other_work_is_no_result():
    assert Run(0.2, 0.05).is_result
    assert Run(0.2).is_result
    assert not Run(1.4, 0.05).is_result
    assert str(Run(0.2, 0.6)).startswith("NOT A RESULT")
    assert not str(Watch().ended()).startswith("None")


def test_the_page_names_a_benchmark_that_was_never_run_until_it_was():
    beside = "import_beside"
    page = page_of("", {SHORT: made(SHORT, "cohort")})
    assert f"`make benchmark ONLY={beside}`" in page
    assert f"ONLY={beside}`" not in page_of(page, {beside: made(beside, "pages")})
