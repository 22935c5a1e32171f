"""Titles of rules are those of the guide of the house: at most five words, one a rule, the same everywhere."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from analytics.rules import rules

OF_THE_GUIDE = {
    "albi_decline": "ALBI worse than baseline",
    "apri_before_resection": "High APRI before resection",
    "ca199_muted": "CA 19-9 unreliable (jaundice)",
    "changed": "Liver tests changed",
    "checkpoint_label": "Checkpoint inhibitor label threshold",
    "cholangitis_labs": "Acute cholangitis criteria (Tokyo)",
    "cholestatic_jaundice": "Cholestatic hyperbilirubinaemia",
    "ctcae_grade": "CTCAE grade 3 or 4",
    "day_one_enzymes": "High aminotransferases after resection",
    "edish_migration": "Worse eDISH quadrant",
    "fda_limits": "FDA trial threshold exceeded",
    "fifty_fifty": "50-50 criteria met",
    "haemolysed_sample": "Possibly haemolysed sample",
    "held_results": "Quarantined results",
    "hepatic_progression": "Liver progression on imaging",
    "hys_law": "Hy's law laboratory criteria",
    "injury_pattern": "Liver injury pattern",
    "injury_recovery": "ALT halved after stopping therapy",
    "iq_dili_oncology": "IQ-DILI oncology threshold",
    "isgls": "ISGLS liver failure criteria",
    "isolated_alp": "ALP raised, GGT normal",
    "label_limits": "Drug label threshold exceeded",
    "limits_changed": "Laboratory, method or range changed",
    "marker_discordance": "Marker and imaging discordant",
    "marker_flare": "Possible marker flare",
    "marker_response": "Tumour marker halved",
    "marker_rise": "Tumour marker rising",
    "mdish": "mDISH thresholds exceeded",
    "missing_partner": "Bilirubin or ALP missing",
    "overdue_panel": "Liver panel overdue",
    "parks": "Oncology eDISH thresholds (Parks)",
    "peak_bilirubin": "Peak bilirubin above 7 mg/dL",
    "postoperative_course": "Expected bilirubin after resection",
    "procedure_effect": "Expected rise after procedure",
    "recist_progression": "Progression on imaging",
    "recist_response": "Response on imaging",
    "recurrent_obstruction": "Possible recurrent biliary obstruction",
    "reild": "REILD laboratory pattern",
    "reserve_loss": "Declining liver reserve",
    "rild": "RILD laboratory pattern",
    "sinusoidal_pattern": "Sinusoidal injury pattern (oxaliplatin)",
    "stent_early_rise": "Early bilirubin rise after stent",
    "stent_late": "Slow bilirubin fall after stent",
    "stent_no_response": "Bilirubin not halved after stent",
    "stent_response": "Bilirubin halved after stent",
    "temple": "Temple's corollary",
}
"""Rule -> title of the guide."""
CORRECTED = {"postoperative_departure": "Bilirubin rising after resection"}
"""Rules that a clinical correction changed: the guide's *not falling* would say less than what is now asked, a rise."""
LATER = {
    "before_pump": "Bilirubin before floxuridine",
    "before_radioembolisation": "Values before radioembolisation",
    "before_resection": "Values before liver resection",
    "biliary_sclerosis": "Biliary sclerosis pattern (floxuridine)",
    "floxuridine_dose": "Floxuridine dose table",
    "hepatic_decompensation": "Signs of liver failure",
    "isolated_bilirubin": "Bilirubin raised, enzymes not",
    "isolated_platelets": "Low platelets under therapy",
    "weight_loss": "Weight loss",
}
"""Rules that are younger than the guide, in its style."""


def test_every_rule_has_its_title_and_no_title_is_left_over():
    assert {code: rule.title for code, rule in rules().items()} == OF_THE_GUIDE | CORRECTED | LATER


@pytest.mark.parametrize("code", sorted(rules()))
def test_a_title_is_short_and_no_sentence(code: str):
    title = rules()[code].title
    assert len(title.split()) <= 5, title
    assert not re.search(r"[.:;_]|\b(?:hold|held|withhold)\b", title)


def test_no_two_rules_share_a_title():
    titles = [rule.title.casefold() for rule in rules().values()]
    assert len(set(titles)) == len(titles)


def test_a_percentage_in_a_sentence_stands_without_a_blank():
    texts = chain.from_iterable((rule.template, rule.criteria) for rule in rules().values())
    assert not [text for text in texts if re.search(r"[\d}] %", text)]
