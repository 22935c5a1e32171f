"""Which medicines are cancer treatment, where a source only gives a list of all medicines.

A source of administrations or prescriptions names every medicine: what counts as systemic therapy begins lines and
baselines, so it is told by code (ATC groups L01 and L02) or by name, and everything else stays "other" and is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

SYSTEMIC, OTHER = "systemic", "other"
_ATC = re.compile(r"L0[12][A-Z0-9]*", re.IGNORECASE)
_NAMES = re.compile(
    r"\b(\w*platin|\w*tecan|\w*taxel|\w*rubicin\w*|\w*citabine|\w*tinib|\w*rafenib|\w*ciclib|\w*parib|\w*lisib|"
    r"fluorouracil|5[- ]?fu|folf\w+|xelox|capox|flot|tegafur|s-1|trifluridine|tipiracil|lonsurf|raltitrexed|"
    r"pemetrexed|methotrexate|cyclophosphamide|ifosfamide|temozolomide|dacarbazine|streptozocin|vin\w+ine|eribulin|"
    r"etoposide|mitomycin|mitoxantrone|trabectedin|everolimus|temsirolimus|"
    r"bevacizumab|ramucirumab|aflibercept|cetuximab|panitumumab|trastuzumab\w*|pertuzumab|necitumumab|"
    r"pembrolizumab|nivolumab|atezolizumab|durvalumab|avelumab|ipilimumab|tremelimumab|cemiplimab|dostarlimab|"
    r"tebentafusp|encorafenib|sotorasib|adagrasib|lenvatinib|regorafenib|cabozantinib|"
    r"tamoxifen|letrozole|anastrozole|exemestane|fulvestrant|goserelin|leuprorelin|abiraterone|enzalutamide|"
    r"octreotide|lanreotide|lutetium\w*|vemurafenib|"
    r"chemotherapy|immunotherapy|antineoplastic)\b",
    re.IGNORECASE,
)
"""Names and stems of ATC groups L01 and L02 that are given for tumours with liver metastases (house list)."""


def kind_of(name: str, codings: Iterable[Mapping[str, Any]] = ()) -> str:
    """SYSTEMIC where the name or an ATC code says that it is cancer treatment, else OTHER."""
    for coding in codings:
        if "atc" in str(coding.get("system", "")).casefold() and _ATC.fullmatch(str(coding.get("code", ""))):
            return SYSTEMIC
    return SYSTEMIC if _NAMES.search(name) else OTHER
