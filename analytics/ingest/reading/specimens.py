"""What a specimen is, by its words or codes: blood, another fluid or tissue, or not told."""

from __future__ import annotations

import re

_CODES_OF_BLOOD = frozenset(
    "119297000 119364003 119361006 122555007 122554006 122552005 420135007 258580003 122592007 708049000 119351004 "
    "bld blda bldc bldv ser plas serp wb".split()
)
"""SNOMED CT and HL7 table 0487: blood, serum and plasma in their usual kinds."""
_CODES_OF_OTHERS = {
    "122575003": "urine", "258574006": "urine", "ur": "urine", "urc": "urine", "urt": "urine",
    "309201001": "ascitic fluid", "168139001": "peritoneal fluid", "asc": "ascitic fluid", "pert": "peritoneal fluid",
    "prt": "peritoneal fluid", "418564007": "pleural fluid", "plr": "pleural fluid", "plrf": "pleural fluid",
    "258450006": "cerebrospinal fluid", "csf": "cerebrospinal fluid", "258438000": "vitreous fluid",
    "119342007": "saliva", "119334006": "sputum", "spt": "sputum", "119339001": "stool", "stl": "stool",
    "119332005": "synovial fluid", "snv": "synovial fluid", "119341000": "bile", "bile": "bile",
    "122571007": "pericardial fluid", "119376003": "tissue", "tiss": "tissue", "119373006": "amniotic fluid",
    "119323008": "pus", "258607008": "bronchoalveolar lavage", "flu": "body fluid", "fld": "body fluid",
    "dial": "dialysis fluid", "drn": "drain fluid", "119359002": "bone marrow",
}  # fmt: skip
_OTHERS = re.compile(
    r"\burin|\bharn|ascit|aszit|periton|pleura|\bcsf\b|cerebrospinal|\bliquor|\bdrain|sputum|stool|f(a?)ec|saliva|"
    r"synovi|\bjoint|pericard|amnio|dialysate|dialysis fluid|tissue|biops|swab|gastric|\bsweat|\bsemen|"
    r"wound|\bpus\b|lavage|\bcyst|\bbile\b|biliary|bone marrow|\bhair|\bnail|vitreous|paracentesis|"
    r"thoracentesis|abscess|effusion|breast milk|\bcord\b|\bpunktat|erguss",
    re.IGNORECASE,
)
_BLOOD = re.compile(r"blood|serum|plasma|\bser\b|\bplas\b|\bser/plas|\bvenous|\bcapillary|\bblut|\bsang|suero|siero",
                    re.IGNORECASE)  # fmt: skip
_FLUID = re.compile(r"\bfluid|\bflüssigkeit|\bliquide|\bl[ií]quido", re.IGNORECASE)


def other_than_blood(*words: str) -> str:
    """What the specimen is, where one of its words or codes says that it is not blood, serum or plasma; else empty."""
    for word in filter(None, words):
        key = word.strip().casefold()
        if key in _CODES_OF_OTHERS:
            return _CODES_OF_OTHERS[key]
        if _OTHERS.search(word) or (_FLUID.search(word) and not _BLOOD.search(word)):
            return word.strip()
    return ""


def is_blood(*words: str) -> bool:
    """Whether one of its words or codes says that it is blood, serum or plasma."""
    return any(w.strip().casefold() in _CODES_OF_BLOOD or bool(_BLOOD.search(w)) for w in words if w)


def left_out(fluid: str) -> str:
    """Why a result of this specimen is not read, for counts."""
    return f"specimen is {fluid[:40]}, not blood"
