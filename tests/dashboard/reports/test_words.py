"""What a reader of a report never meets: raw keys, ISO dates in sentences, codes of levels. Footers name versions."""

from __future__ import annotations

import re

import pytest

from analytics.store import Store
from dashboard.reporting.report_input import Order, by_bucket, report_input
from dashboard.reports import Content, report
from dashboard.reports._text import to_text
from tests.dashboard.reports.making import NOON, digest

JOINED = re.compile(r"\b[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+\b")
ISO_IN_SENTENCE = re.compile(r"\b(?:on|since|from|to|until|of|last|cut-off) \d{4}-\d{2}-\d{2}\b")


def said(content: Content) -> str:
    """A report as text, less its footer, which names rules and files by their codes on purpose."""
    return to_text(content).rpartition("\n--\n")[0]


@pytest.fixture(scope="module")
def texts(sample_store: Store) -> dict[str, str]:
    order = Order(sample_store.patient_ids, "clinic", identified=True)
    found = {next(iter(one.names)): said(report("patient").build(one)) for one in by_bucket(sample_store, order, NOON)}
    cohort = report("cohort").build(report_input(sample_store, order, NOON, since=False))
    return found | {"digest": said(digest(sample_store)), "cohort": said(cohort)}


def test_no_raw_key_is_in_any_report(texts: dict[str, str]):
    found = {(where, m[0]) for where, text in texts.items() for m in JOINED.finditer(text)}
    assert not found


def test_no_sentence_of_any_report_has_an_iso_date(texts: dict[str, str]):
    found = {(where, m[0]) for where, text in texts.items() for m in ISO_IN_SENTENCE.finditer(text)}
    assert not found


def test_a_date_that_a_file_keeps_stays_as_it_is(sample_store: Store):
    analysis = sample_store.analysis(["HT-026"])
    assert analysis.findings["says"].str.contains(r"\d{4}-\d{2}-\d{2}").any(), "exports keep ISO dates"
