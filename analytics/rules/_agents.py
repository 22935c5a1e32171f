"""Agents by what rules ask of them, by generic name (analytics.agents)."""

from __future__ import annotations

from analytics.agents import CHECKPOINT_INHIBITORS, LIP_DOXO, LIP_IRI, NAB, TDM1

OXALIPLATIN = ("oxaliplatin",)
IRINOTECAN = ("irinotecan", LIP_IRI)
GEMCITABINE = ("gemcitabine",)
DOCETAXEL = ("docetaxel",)
NAB_PACLITAXEL = (NAB,)
DOXORUBICIN = ("doxorubicin", LIP_DOXO)
TRIFLURIDINE = ("trifluridine/tipiracil",)
TRASTUZUMAB_EMTANSINE = (TDM1,)
FLOXURIDINE = ("floxuridine",)

NOT_MARROW = (
    *CHECKPOINT_INHIBITORS,
    "bevacizumab",
    "cetuximab",
    "panitumumab",
    "ramucirumab",
    "trastuzumab",
    "pertuzumab",
    "letrozole",
    "anastrozole",
    "exemestane",
    "tamoxifen",
    "fulvestrant",
    "goserelin",
    "leuprorelin",
    "octreotide",
    "lanreotide",
    "leucovorin",
)
"""Agents that hardly reach the marrow (house): they do not explain low platelets."""
