"""The page of all sentences shows every rule, whole and without its optional parts."""

import dataclasses

import pytest

from analytics.rules import rules
from analytics.rules._sentences import parts_of
from analytics.rules.sentence_review import page, variants_of


@pytest.mark.parametrize("code", list(rules()))
def test_every_field_of_a_sentence_is_shown_once_and_optional_ones_also_go(code):
    rule = rules()[code]
    variants = dict(variants_of(rule))
    parts = parts_of(rule.template)
    fields = {name for _, names, _ in parts for name in names}
    always = {name for _, names, optional in parts if not optional for name in names}
    assert all(f"‹{name}›" in variants["all parts"] for name in fields)
    if fields - always:
        shortest = min(variants.values(), key=len)
        assert not any(f"‹{name}›" in shortest for name in fields - always)
        assert all(f"‹{name}›" in shortest for name in always)


def test_a_part_is_left_out_alone_and_with_the_others():
    rule = dataclasses.replace(next(iter(rules().values())), template="A {a:.1f}[, B {b:.1f}][, C {c:.1f}]: met.")
    assert list(variants_of(rule)) == [
        ("all parts", "A ‹a›, B ‹b›, C ‹c›: met."),
        ("without b", "A ‹a›, C ‹c›: met."),
        ("without c", "A ‹a›, B ‹b›: met."),
        ("without any optional part", "A ‹a›: met."),
    ]


def test_the_page_has_the_title_of_every_rule():
    text = page()
    assert all(f"## {rule.title}\n\nRule `{code}`" in text for code, rule in rules().items())
