"""What a specimen is: blood, whose results are followed, or another fluid, whose results never are.

Only blood counts: serum, plasma, whole blood, or nothing said. A word may name several things; where one of them is
another fluid, the specimen is taken for that. A number of a specimen is no fluid, whatever letters it begins with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NOT_TOLD, BLOOD, OTHER = range(3)
_CODES: Mapping[str, int] = {"blood": BLOOD, "other": OTHER}

_BLOOD = frozenset(
    "ser plas bld bldv blda bldc wb ppp prp edta citrate heparin venous arterial capillary sst sangre sangue sang "
    "suero siero blut bloed blod s p b".split()
)
"""Words and codes (HL7 table 0487 among them) that name blood; single letters only where they are the whole entry."""
_BLOOD_STEMS = ("serum", "plasma", "blood", "blut", "serique", "sanguin")
_OTHER = frozenset("ur urn csf lcr bal bile galle bilis fl fluid pus u liq flu bdy pl cord hair nail joint".split())
_OTHER_STEMS = (
    "urin", "orina", "harn", "ascit", "aszit", "pleur", "periton", "pericard", "perikard", "cerebrosp", "liquor",
    "punktat", "synovi", "stool", "stuhl", "faec", "fece", "saliva", "speichel", "sputum", "drain", "dialys",
    "bronch", "lavage", "amnio", "sweat", "aspirat", "effusion", "erguss", "seminal", "semen", "gastric", "wound",
    "tissue", "marrow", "vitre", "swab", "cyst", "milk", "body fluid", "spinal", "heces", "selles", "feci", "fecal",
    "biops", "biliary", "paracentesis", "thoracentesis", "abscess", "flussigkeit", "liquid",
)  # fmt: skip
"""Beginnings and parts of words for other fluids, in English, German, French, Italian and Spanish."""
_CODED: Mapping[str, str] = {
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
"""Other fluids and tissues by SNOMED CT and HL7 table 0487, with what they are called."""
_BLOOD_NUMBERS = (
    "119297000 119364003 119361006 122555007 122554006 122552005 420135007 258580003 122592007 708049000 119351004"
)
"""SNOMED CT: blood, serum and plasma in their usual kinds."""
_NUMBERS: Mapping[str, int] = {c: OTHER for c in _CODED if c.isdigit()} | dict.fromkeys(_BLOOD_NUMBERS.split(), BLOOD)
_NUMBERED = re.compile(r"\d{2}(?<!24)|\d{3}")
_PLAIN = frozenset("in of the from fluid 24h 24 hour h spot random sample specimen body".split())


def folded(text: str) -> str:
    """Lower case without marks over letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def fluid_of(word: str, own: Mapping[str, str] | None = None) -> int:
    """NOT_TOLD, BLOOD or OTHER; the profile's own words, folded by names.folded, first."""
    declared = (own or {}).get(re.sub(r"[\s_\-]+", " ", word.strip()).casefold())
    if declared:
        return _CODES[declared]
    key = word.strip().casefold()
    if key in _NUMBERS or key in _CODED:
        return _NUMBERS.get(key, OTHER)
    text = folded(word)
    tokens = [t for t in re.split(r"[^a-z]+", text) if t]
    numbered, digits = bool(_NUMBERED.search(text)), any(c.isdigit() for c in text)
    if any(stem in text for stem in _OTHER_STEMS):
        return OTHER
    if not digits and any(t in _OTHER and _whole(t, tokens) for t in tokens):
        return OTHER
    if numbered:
        return NOT_TOLD
    short = not digits and any(t in _BLOOD and _whole(t, tokens) for t in tokens)
    return BLOOD if short or any(stem in text for stem in _BLOOD_STEMS) else NOT_TOLD


def fluids_of(words: pa.Array, nulls: frozenset[str], own: Mapping[str, str] | None = None) -> npt.NDArray[np.int8]:
    """What each word is taken for, shape (n words,). Plain numbers of specimens, of which there may be one a row, are
    told by two patterns over the whole array."""
    numbered = pc.match_substring_regex(words, r"[0-9]{3}|[013-9][0-9]|2[0-35-9]").to_numpy(zero_copy_only=False)
    named = pc.match_substring_regex(words, _ANY_OTHER, ignore_case=True).to_numpy(zero_copy_only=False)
    found = np.zeros(len(words), np.int8)
    look = ~numbered.astype(bool) | named.astype(bool) if not own else np.ones(len(words), bool)
    for i in np.flatnonzero(look):
        word = str(words[int(i)].as_py())
        found[i] = NOT_TOLD if word in nulls else fluid_of(word, own)
    coded = pc.is_in(words, value_set=pa.array(list(_NUMBERS), words.type)).to_numpy(zero_copy_only=False)
    for i in np.flatnonzero(coded):
        found[i] = _NUMBERS[str(words[int(i)].as_py())]
    return found


_ANY_OTHER = "|".join(map(re.escape, _OTHER_STEMS))


def _whole(token: str, tokens: list[str]) -> bool:
    """Whether a short code may count: one or two letters say something only as the whole entry."""
    return len(token) > 2 or len(tokens) == 1


def other_than_blood(*words: str) -> str:
    """What a specimen is, where one of its words or codes names another fluid or a tissue; empty else."""
    other = next((w for w in words if w and fluid_of(w) == OTHER), "").strip()
    return _CODED.get(other.casefold(), other)


def left_out(fluid: str) -> str:
    """Why a result of this specimen is not read, for counts."""
    return f"specimen is {fluid[:40]}, not blood"


def without_fluid(name: str) -> tuple[str, int]:
    """A test's name without the words in it that name a fluid, and what these are: ``Albumin, Urine`` is of urine."""
    kept, found = [], NOT_TOLD
    for part in re.split(r"[\s,;:()\[\]/_]+", name):
        fluid = fluid_of(part) if len(part) > 2 else NOT_TOLD
        if fluid:
            found = max(found, fluid)
        elif part and folded(part) not in _PLAIN:
            kept.append(part)
    return " ".join(kept), found
