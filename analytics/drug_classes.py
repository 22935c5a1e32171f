"""THE table of classes of drugs and regimens that a question may name: parts of agents' names in lower case.

A class says which names belong together and nothing about what they do. Sources: the WHO ATC groups L01BC
(pyrimidine analogues), L01CD (taxanes), L01CE (topoisomerase 1 inhibitors), L01E, L01F and L02 (antibodies, kinase
inhibitors, hormone antagonists), H02AB (glucocorticoids) and H01CB (somatostatin analogues). A regimen's agents are
those of its usual name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analytics.agents import CHECKPOINT_INHIBITORS

DRUG_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "checkpoint inhibitor": CHECKPOINT_INHIBITORS,
        "anti-EGFR": ("cetuximab", "panitumumab"),
        "anti-VEGF": ("bevacizumab", "ramucirumab", "aflibercept"),
        "anti-HER2": ("trastuzumab", "pertuzumab", "margetuximab"),
        "fluoropyrimidine": ("fluorouracil", "5-fu", "capecitabine", "tegafur", "trifluridine"),
        "platinum": ("oxaliplatin", "cisplatin", "carboplatin"),
        "taxane": ("paclitaxel", "docetaxel", "cabazitaxel"),
        "topoisomerase 1 inhibitor": ("irinotecan", "topotecan"),
        "CDK4/6 inhibitor": ("palbociclib", "ribociclib", "abemaciclib"),
        "BRAF inhibitor": ("vemurafenib", "dabrafenib", "encorafenib"),
        "MEK inhibitor": ("trametinib", "cobimetinib", "binimetinib"),
        "aromatase inhibitor": ("letrozole", "anastrozole", "exemestane"),
        "somatostatin analogue": ("octreotide", "lanreotide"),
        "corticosteroid": ("prednisolone", "prednisone", "methylprednisolone", "dexamethasone", "hydrocortisone"),
    }
)

REGIMENS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "folfox": ("fluorouracil", "leucovorin", "oxaliplatin"),
        "folfiri": ("fluorouracil", "leucovorin", "irinotecan"),
        "folfirinox": ("fluorouracil", "leucovorin", "irinotecan", "oxaliplatin"),
        "folfoxiri": ("fluorouracil", "leucovorin", "irinotecan", "oxaliplatin"),
        "capox": ("capecitabine", "oxaliplatin"),
        "xelox": ("capecitabine", "oxaliplatin"),
        "capiri": ("capecitabine", "irinotecan"),
        "gemox": ("gemcitabine", "oxaliplatin"),
    }
)
"""Names of regimens as questions use them. What a store calls a regimen itself is found by its own name."""
