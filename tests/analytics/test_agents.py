"""Names of treatments are read as the agents that they mean; what is not known is said, never ignored."""

from __future__ import annotations

import pytest

from analytics.agents import NAMES, REGIMENS, recognised, treats_tumour
from analytics.analysis import analyse
from analytics.tables import EVENTS
from analytics.unrecognised import unrecognised
from tests.builders import events_of, panel_of


@pytest.mark.parametrize(
    ("name", "agents"),
    [
        ("gem/cis d1", {"gemcitabine", "cisplatin"}),
        ("Opdivo+Yervoy", {"nivolumab", "ipilimumab"}),
        ("Keytruda 200 mg q3w", {"pembrolizumab"}),
        ("FLOT", {"5-fluorouracil", "leucovorin", "oxaliplatin", "docetaxel"}),
        ("Taxotere 75 mg/m2 iv", {"docetaxel"}),
        ("Onivyde", {"liposomal irinotecan"}),
        ("mFOLFOX6 + bev", {"5-fluorouracil", "leucovorin", "oxaliplatin", "bevacizumab"}),
        ("FOLFOX-4, cycle 3", {"5-fluorouracil", "leucovorin", "oxaliplatin"}),
        ("gem/nab-pac", {"gemcitabine", "nab-paclitaxel"}),
        ("Nal-IRI/FL", {"liposomal irinotecan", "5-fluorouracil", "leucovorin"}),
        ("T-DM1", {"trastuzumab emtansine"}),
        ("trastuzumab deruxtecan", {"trastuzumab deruxtecan"}),
        ("ipi/nivo", {"ipilimumab", "nivolumab"}),
        ("TAS-102 / bev", {"trifluridine/tipiracil", "bevacizumab"}),
        ("HAI FUDR pump", {"floxuridine"}),
        ("mFOLFOX4", {"5-fluorouracil", "leucovorin", "oxaliplatin"}),
        ("paclitaxel (albumin-bound) 125 mg/m2", {"nab-paclitaxel"}),
        ("S\u20111", {"tegafur/gimeracil/oteracil"}),
    ],
)
def test_a_name_is_read_as_its_agents(name, agents):
    assert recognised(name).agents == agents
    assert not recognised(name).unknown and not recognised(name).ambiguous


def test_folfirinox_holds_irinotecan_and_oxaliplatin():
    assert {"irinotecan", "oxaliplatin"} <= recognised("mFOLFIRINOX c3").agents


@pytest.mark.parametrize("name", ["TC", "GP", "AC", "CVD"])
def test_an_ambiguous_name_sets_no_agent_and_is_listed(name):
    assert recognised(f"{name} d1") == recognised(name)
    assert recognised(name).ambiguous == (name,) and not recognised(name).agents


def test_an_unknown_name_is_not_recognised_alone_or_beside_a_known_one():
    assert recognised("XYZ-123 400 mg").unknown == ("xyz-123",)
    assert recognised("FOLFOX + XYZ-123").unknown == ("xyz-123",)
    assert recognised("FOLFOX + XYZ-123").agents == recognised("FOLFOX").agents


@pytest.mark.parametrize("name", ["chemotherapy", "Cycle 3, day 1", "second line", "prednisolone 50 mg"])
def test_general_words_and_supporting_drugs_are_no_unknown_agent(name):
    assert recognised(name) == recognised("")


def test_the_detail_speaks_only_where_the_name_says_nothing():
    assert recognised("letrozole", "ribociclib and letrozole").agents == {"letrozole"}
    assert "oxaliplatin" in recognised("chemo", "mFOLFOX6 from May").agents
    assert not recognised("chemo", "no PE, AC joint normal").agents


def test_every_name_of_the_tables_means_what_it_stands_under():
    for agent, names in NAMES.items():
        assert all(recognised(name).agents == {agent} for name in names), agent
    for agents, names in REGIMENS.items():
        assert all(recognised(name).agents == set(agents) for name in names), agents


def test_a_part_of_a_word_is_no_name():
    assert not recognised("Irisin study").agents
    assert recognised("Carbogen").agents == frozenset()


def test_a_brand_under_a_rule_counts_as_its_agent():
    labs = [("2024-01-01", "ALT", 30), ("2024-03-01", "ALT", 500), ("2024-03-01", "BILI", 1.0)]
    for name in ("pembrolizumab", "Keytruda 200 mg q3w"):
        found = analyse(panel_of(labs, [("2024-01-10", "systemic", name)])).findings
        assert "checkpoint_label" in set(found["rule"]), name


def test_names_that_rules_cannot_use_are_counted():
    rows = [("2024-01-01", "systemic", n) for n in ("XYZ-123", "XYZ-123", "TC", "FOLFOX")]
    found = unrecognised(EVENTS.conform(events_of([*rows, ("2024-01-01", "other", "QQQ")])))
    assert found.to_dict("list") == {
        "name": ["XYZ-123", "TC"],
        "says": [
            "agent not recognised",
            "TC is ambiguous (docetaxel and cyclophosphamide, or paclitaxel and carboplatin)",
        ],
        "events": [2, 1],
        "patients": [1, 1],
    }


@pytest.mark.parametrize(
    "name",
    ["Oxaliplatin 5 mg/ml", "Keytruda", "5-FU", "S-1", "fluorouracil", "FLOT", "vemurafenib", "Chemotherapy"],
)
def test_of_a_list_of_all_medicines_those_that_treat_tumours_are_known(name):
    assert treats_tumour(name)


@pytest.mark.parametrize(
    "name",
    [
        "Silver (Ag) dressing", "NaCl 0.9% FL 500 ml", "folinic acid", "tofacitinib 5 mg", "Ringer's 1 l", "Vitamin E",
        "prednisolone", "tramadol", "paracetamol 500 mg", "Ca / Mg", "ag", "",
    ],
)  # fmt: skip
def test_short_words_in_such_a_list_and_relatives_by_name_begin_no_treatment(name):
    assert not treats_tumour(name)
