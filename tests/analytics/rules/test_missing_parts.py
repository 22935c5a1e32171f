"""No sentence has an empty number: what is missing takes its clause with it."""

import re
import string

import numpy as np
import pytest

from analytics.analysis import analyse
from analytics.rules import rules
from analytics.rules._findings import six_digits
from analytics.rules._sentences import parts_of, sentence, sentences
from analytics.rules._words import ABSENT, Number, with_minus
from analytics.synthetic.many import make
from tests.builders import panel_of

BROKEN = re.compile(rf"{ABSENT}|\x00|\bnan\b|[\[\]{{}}]|  | ,| ;|\(\s*[,;)]|,\s*[:;.]|;\s*[:.]|^\W|^And ")


def facts_of(rule):
    """A value for every field of its sentence."""
    assessed = rule.assess(analyse(panel_of([("2024-01-01", "ALT", 20)])).case)
    known = {name: Number(3.0) for name in assessed.numbers}
    known |= dict.fromkeys(assessed.days, "2024-05-28")
    known |= dict.fromkeys(assessed.words, "a word")
    known |= dict.fromkeys(assessed.optional, ", a part")
    wanted = [field for text, _, _ in parts_of(rule.template) for field in string.Formatter().parse(text) if field[1]]
    return {name: known.get(name, Number(3.0) if form else "a word") for _, name, form, _ in wanted}


def absent(value):
    return Number("nan") if isinstance(value, float) else ABSENT


@pytest.mark.parametrize("code", list(rules()))
def test_a_sentence_is_whole_whatever_is_missing(code):
    rule = rules()[code]
    facts = facts_of(rule)
    assert not BROKEN.search(sentence(rule.template, facts)), sentence(rule.template, facts)
    for name, value in facts.items():
        said = sentence(rule.template, {**facts, name: absent(value)})
        assert not BROKEN.search(said), (name, said)
    rows = [{**facts, name: absent(value)} for name, value in facts.items()]
    rows += [{**facts, name: ""} for name, value in facts.items() if not isinstance(value, float)]
    columns = {name: [row[name] for row in (facts, *rows)] for name in facts}
    assert sentences(rule.template, columns) == [sentence(rule.template, row) for row in (facts, *rows)]
    optional = {name for text, names, can_go in parts_of(rule.template) if can_go for name in names}
    said = sentence(rule.template, {**facts, **{n: absent(facts[n]) for n in optional}})
    assert not BROKEN.search(said), said
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("A {a:.1f}[, B {b:.1f}]: met.", "A 1.0: met."),
        ("A {a:.1f} (B {b:.1f}, C {a:.1f}): met.", "A 1.0 (C 1.0): met."),
        ("X[, A {a:.1f} (B {b:.1f})]: met.", "X, A 1.0: met."),
        ("A {a:.1f} (B {b:.1f}): met.", "A 1.0: met."),
        ("A {a:.1f}, B {b:.1f}: met.", "A 1.0: met."),
        ("[B {b:.1f}][ and A {a:.1f}] on: met.", "A 1.0 on: met."),
        ("sum {b:.0f} mm ({b:+.0f}%), new lesion: PD.", "New lesion: PD."),
    ],
)
def test_the_smallest_clause_goes(template, said):
    assert sentence(template, {"a": Number(1), "b": Number("nan")}) == said


def test_numbers_keep_six_digits():
    numbers = [0.0, 1.0, -2.5, 123456.7, 1234567.8, 1e-9, 3e-30, 0.1 + 0.2, 2 / 3, 6.02214e23]
    assert six_digits(np.array(numbers)).tolist() == [float(f"{number:.6g}") for number in numbers]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("sum 34 mm (-46%), ALBI -2.48 on 2026-03-29", "sum 34 mm (−46%), ALBI −2.48 on 2026-03-29"),
        ("-12% from baseline", "−12% from baseline"),
        ("unchanged (-0%), rise -0.00 and -0.04", "unchanged (0%), rise 0.00 and −0.04"),
        ("CA 19-9 of 3-4 days, PD-1, 2026-01-05", "CA 19-9 of 3-4 days, PD-1, 2026-01-05"),
    ],
)
def test_a_negative_number_has_a_minus_and_nought_has_no_sign(written, said):
    assert with_minus(written) == said


NOT_HOUSE = re.compile(r"(?<![\w-])-\d|−0(?:\.0+)?(?![.\d])|\d %|\d ?x |×ULN|\d×|[≥≤]|[<>] \d|\bp = 0\.000")
"""Number forms that sentences do not have: hyphen for minus, "50 %", "3 x", "≥"."""


def test_every_sentence_writes_numbers_as_the_house_does():
    panel, _ = make(250, 5)
    tables = analyse(panel).tables()
    told = {("findings", "says"), ("near", "says"), ("readings", "facts_for"), ("readings", "facts_against")}
    told |= {("answers", column) for column in ("says", "brief", "missing")}
    for name, column in sorted(told):
        wrong = [text for text in tables[name][column] if NOT_HOUSE.search(text)]
        assert not wrong, (name, column, wrong[:3])
    assert any("−" in text for text in tables["findings"]["says"])


@pytest.mark.parametrize("code", list(rules()))
def test_what_a_rule_says_of_itself_writes_numbers_so_too(code):
    rule = rules()[code]
    told = (rule.question, rule.limitations, rule.reference, rule.window)
    assert not [text for text in told if NOT_HOUSE.search(text)]
