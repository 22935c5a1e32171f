"""What every rule must offer, or the build fails: source, test, documentation, plain words."""

import re
import string
from pathlib import Path

import numpy as np
import pytest

from analytics.analysis import analyse
from analytics.analytes import ANALYTES
from analytics.case import Case
from analytics.derive.around import has_kind
from analytics.event_kinds import EVENT_KINDS
from analytics.panel import Panel
from analytics.rules import TAGS, rules
from analytics.rules.methods import filled, render, rule_settings
from analytics.scores import scores
from analytics.settings import Settings, describe
from analytics.tables import FINDINGS, LABS, NEAR, READINGS, SCORES
from tests.analytics.answers.test_contradictions import by_lot
from tests.builders import panel_of

ROOT = Path(__file__).resolve().parents[3]
BANNED = re.compile(
    r"\b(diagnos\w*|advis\w*|recommend\w*|must|should|stop (the )?(drug|treatment)|alarm\w*|danger\w*|emergency|"
    r"critical|warning!|please|consider\w*|withhold|discontinue|urgent\w*|sever(e|ity)|toxic\w*)\b",
    re.IGNORECASE,
)
CODES = list(rules())


@pytest.mark.parametrize("code", CODES)
def test_a_rule_says_everything_of_itself(code):
    rule = rules()[code]
    for name in ("title", "question", "window", "criteria", "version", "reference", "limitations", "template"):
        assert getattr(rule, name).strip(), name
    assert rule.tag in TAGS
    assert rule.question.endswith("?")
    assert set(rule.analytes) <= set(ANALYTES)
    assert {c for need in rule.needs for c in need.split("|")} <= set(ANALYTES)
    assert set(rule.events) <= set(EVENT_KINDS)


@pytest.mark.parametrize("code", CODES)
def test_a_published_rule_names_its_year_or_says_that_it_is_not_confirmed(code):
    rule = rules()[code]
    has_year = re.search(r"\b(19|20)\d\d\b|PMC\d+|PMID|safety\.viz|product information", rule.reference)
    assert has_year or rule.tag in ("house", "recalled") or re.search(r"n=|r =|events|resections", rule.reference)


READ = ("Aliment Pharmacol Ther 2024;60:1293", "Drug Saf 2021;44:133", "Clin Chem 2006;52:1602")
"""Citations by volume and page that were read somewhere; a digital identifier was read for none that is used."""


def test_no_source_names_a_volume_or_identifier_from_memory():
    rows = [(code, rule.reference) for code, rule in rules().items()]
    rows += [(code, score.reference) for code, score in scores().items()]
    rows += [(name, source) for name, _, _, _, source in describe(Settings())]
    for name, reference in rows:
        assert "doi" not in reference.lower(), name
        if re.search(r"\d{4};\d+", reference):
            assert any(known in reference for known in READ), (name, reference)


@pytest.mark.parametrize("code", CODES)
def test_texts_of_a_rule_can_be_filled_from_the_settings(code):
    rule = rules()[code]
    for text in (rule.window, rule.criteria):
        assert "{" not in filled(text, Settings())
    listed = list(rule_settings(rule, Settings()))
    assert len(listed) >= len(rule.settings)


@pytest.mark.parametrize("code", CODES)
def test_a_rule_has_a_test_that_names_it(code):
    tests = [p for p in Path(__file__).parent.glob("test_*.py") if p != Path(__file__)] + [
        Path(__file__).parent / "planted.py"
    ]
    assert any(f'"{code}"' in p.read_text("utf-8") for p in tests)


@pytest.mark.parametrize("code", CODES)
def test_words_state_facts_only(code):
    rule = rules()[code]
    # "not a recommendation" and the like may be said of the limits of a rule, never in what it says of a patient
    for text in (rule.title, rule.template, rule.question):
        assert not BANNED.search(text), text


def test_words_of_readings_state_facts_only():
    folder = ROOT / "analytics" / "rules" / "_reading"
    for path in folder.glob("*.py"):
        for text in re.findall(r'Fact\(\s*"([^"]+)"', path.read_text("utf-8")):
            assert not BANNED.search(text), text


def test_the_render_is_the_one_that_the_constants_give():
    assert (ROOT / "docs" / "methods.md").read_text("utf-8").endswith(render())


@pytest.mark.parametrize("code", CODES)
def test_the_render_has_every_rule(code):
    page = render()
    assert f'<a id="{code}"></a>' in page
    assert rules()[code].reference in page


@pytest.mark.parametrize("code", list(scores()))
def test_the_render_has_every_score(code):
    assert scores()[code].formula in render()


def test_fields_of_sentences_are_numbers_days_or_words_of_the_rule():
    # assessed on a patient without any result: every array is empty, but every name is there
    case = analyse(panel_of([("2024-01-01", "ALT", 20)])).case
    for code, rule in rules().items():
        assessed = rule.assess(case)
        known = {
            *assessed.numbers,
            *assessed.days,
            *assessed.words,
            *assessed.optional,
            "onset",
            "last_seen",
            "resolved_at",
        }
        asked = {name for _, name, _, _ in string.Formatter().parse(rule.template) if name}
        if code != "held_results":  # has nothing to name where nothing is quarantined
            assert asked <= known, (code, asked - known)


def test_an_empty_panel_gives_empty_tables():
    analysis = analyse(Panel.of(LABS.empty()))
    assert analysis.findings.empty and analysis.near.empty and analysis.scores.empty and analysis.readings.empty


def test_tables_are_canonical():
    panel = panel_of(
        [
            ("2024-02-20", "ALT", 40),
            ("2024-03-10", "ALT", 450),
            ("2024-03-12", "BILI", 4.0),
            ("2024-03-12", "ALB", 3.0),
        ],
        [("2024-03-01", "systemic", "A")],
    )
    analysis = analyse(panel)
    FINDINGS.check(analysis.findings)
    NEAR.check(analysis.near)
    SCORES.check(analysis.scores)
    READINGS.check(analysis.readings)


def test_every_patient_and_rule_is_answered_once():
    panel = panel_of([("2024-02-20", "ALT", 40), ("2024-03-10", "ALT", 450)], [("2024-03-01", "systemic", "A")])
    analysis = analyse(panel)
    found, near = set(analysis.findings["rule"]), list(analysis.near["rule"])
    assert len(near) == len(set(near))
    assert found | set(near) == set(rules())
    assert not found & set(near)
    assert (analysis.near["closeness"] < 1).all()


def test_nothing_prints_nan():
    panel = panel_of([("2024-03-10", "ALT", 450), ("2024-03-10", "BILI", 9.0), ("2024-03-11", "ALP", 700)])
    analysis = analyse(panel)
    for text in (*analysis.findings["says"], *analysis.near["says"]):
        assert not re.search(r"\bnan\b|None|inf\b", text), text


def test_thresholds_in_settings_move_the_rules():
    panel = panel_of([("2024-03-01", "ALT", 90), ("2024-03-01", "ALP", 60), ("2024-03-02", "BILI", 3.0)])
    strict = analyse(panel).findings["rule"]
    loose = analyse(panel, Settings().changed({"injury": {"hys_at": 2.0}})).findings["rule"]
    assert "hys_law" not in set(strict)
    assert "hys_law" in set(loose)


def test_one_patient_of_many_gives_what_the_patient_alone_gives():
    from analytics.synthetic.many import make

    panel, _ = make(40, seed=3)
    everyone = analyse(panel)
    for i in (1, 2, 3, 17):
        alone = analyse(panel.select([panel.patient_ids[i]]))
        own = everyone.findings[everyone.findings["patient_id"] == panel.patient_ids[i]]
        assert own["says"].tolist() == alone.findings["says"].tolist()
        assert own["finding_id"].tolist() == alone.findings["finding_id"].tolist()
        near = everyone.near[everyone.near["patient_id"] == panel.patient_ids[i]]
        assert near["says"].tolist() == alone.near["says"].tolist()
        assert np.array_equal(
            everyone.readings[everyone.readings["patient_id"] == panel.patient_ids[i]]["facts_for"].to_numpy(),
            alone.readings["facts_for"].to_numpy(),
        )


def test_a_rule_about_an_event_looks_at_nobody_without_one_or_says_that_it_does():
    case = Case(by_lot(150, seed=4), Settings())
    for code, rule in rules().items():
        if rule.events:
            lacking = ~has_kind(case, *rule.events)
            assessed = rule.assess(case)
            assert lacking.any()
            assert bool(lacking[assessed.patient].any()) is rule.looks_without, code
