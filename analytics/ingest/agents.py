"""Agents that treat tumours, by their names: a list of drugs holds many others, and those are no line of treatment."""

from __future__ import annotations

import re

AGENTS = frozenset(
    (
        "oxaliplatin", "irinotecan", "fluorouracil", "5-fu", "capecitabine", "trifluridine", "tipiracil", "raltitrexed",
        "bevacizumab", "cetuximab", "panitumumab", "aflibercept", "ramucirumab", "regorafenib", "fruquintinib",
        "encorafenib", "binimetinib", "gemcitabine", "cisplatin", "carboplatin", "paclitaxel", "nab-paclitaxel",
        "docetaxel", "doxorubicin", "epirubicin", "cyclophosphamide", "vinorelbine", "eribulin", "temozolomide",
        "dacarbazine", "streptozocin", "etoposide", "everolimus", "sunitinib", "lanreotide", "octreotide", "sorafenib",
        "lenvatinib", "cabozantinib", "atezolizumab", "durvalumab", "tremelimumab", "nivolumab", "pembrolizumab",
        "ipilimumab", "trastuzumab", "pertuzumab", "lapatinib", "tucatinib", "palbociclib", "ribociclib", "abemaciclib",
        "fulvestrant", "tamoxifen", "letrozole", "anastrozole", "exemestane", "mitomycin", "tebentafusp", "dabrafenib",
        "trametinib", "vemurafenib", "osimertinib", "erlotinib", "gefitinib", "alectinib", "crizotinib", "lorlatinib",
        "sotorasib", "adagrasib", "imatinib", "mitotane", "pemetrexed", "topotecan", "folfox", "folfiri", "folfirinox",
        "folfoxiri", "xelox", "capox", "xeliri", "lutetium", "lutathera",
    )
)  # fmt: skip
"""Antineoplastic agents and regimens (generic names; house list, to be completed by a profile's kinds)."""


def kind_of(name: str) -> str:
    """``systemic`` where a word of a drug's name is one of AGENTS; empty else."""
    return "systemic" if AGENTS & set(re.split(r"[^a-z0-9-]+", name.casefold())) else ""
