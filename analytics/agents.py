"""What a systemic treatment is called and which agents it means: generic names, brands, abbreviations, regimens.

Names are matched as whole words without regard to case, after doses, routes and cycles; ``+``, ``/``, ``,`` and
"plus" separate. A name that can mean two things sets no agent and is listed; so is one that is not known here. Source
of the tables: common knowledge of oncology, to be confirmed (recalled).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

FU, LV, S1 = "5-fluorouracil", "leucovorin", "tegafur/gimeracil/oteracil"
LIP_IRI, LIP_DOXO, NAB = "liposomal irinotecan", "liposomal doxorubicin", "nab-paclitaxel"
TDM1, TDXD = "trastuzumab emtansine", "trastuzumab deruxtecan"

GENERICS = (
    "abemaciclib", "adagrasib", "afatinib", "aflibercept", "alectinib", "alpelisib", "anastrozole", "atezolizumab",
    "avelumab", "axitinib", "bevacizumab", "bicalutamide", "binimetinib", "bleomycin", "brigatinib", "cabazitaxel",
    "cabozantinib", "camrelizumab", "capecitabine", "capivasertib", "carboplatin", "cemiplimab", "cetuximab",
    "cisplatin", "crizotinib", "cyclophosphamide", "dabrafenib", "dacarbazine", "dasatinib", "docetaxel",
    "dostarlimab", "doxorubicin", "durvalumab", "encorafenib", "enfortumab vedotin", "enzalutamide", "epirubicin",
    "eribulin", "erlotinib", "etoposide", "everolimus", "exemestane", "floxuridine", "fruquintinib", "fulvestrant",
    "gefitinib", "gemcitabine", "goserelin", "ifosfamide", "imatinib", "infigratinib", "ipilimumab", "irinotecan",
    "ivosidenib", "ixabepilone", "lanreotide", "lapatinib", "larotrectinib", "lenvatinib", "letrozole", "leuprorelin",
    "lorlatinib", "lurbinectedin", "methotrexate", "mitomycin", "mitoxantrone", "neratinib", "nilotinib", "niraparib",
    "nivolumab", "octreotide", "olaparib", "osimertinib", "oxaliplatin", "paclitaxel", "palbociclib", "panitumumab",
    "pazopanib", "pembrolizumab", "pemetrexed", "pemigatinib", "penpulimab", "pertuzumab", "raltitrexed",
    "ramucirumab", "regorafenib", "relatlimab", "retifanlimab", "ribociclib", "ripretinib", "rucaparib",
    "sacituzumab govitecan", "selpercatinib", "sintilimab", "sirolimus", "sorafenib", "sotorasib", "streptozocin",
    "sunitinib", "surufatinib", "tamoxifen", "tebentafusp", "tegafur", "temozolomide", "temsirolimus", "tislelizumab",
    "topotecan", "toripalimab", "trabectedin", "trametinib", "trastuzumab", "tremelimumab", "tucatinib", "uracil",
    "vinblastine", "vincristine", "vinorelbine", "zolbetuximab", "abiraterone", "amivantamab", "anlotinib",
    "apalutamide", "apatinib", "avapritinib", "capmatinib", "carmustine", "cobimetinib", "dacomitinib", "darolutamide",
    "datopotamab deruxtecan", "degarelix", "donafenib", "doxifluridine", "elacestrant", "entrectinib", "erdafitinib",
    "futibatinib", "lobaplatin", "lomustine", "lutetium", "mitotane", "necitumumab", "nedaplatin", "pirarubicin",
    "pralsetinib", "pyrotinib", "repotrectinib", "talazoparib", "tepotinib", "tivozanib", "toremifene", "triptorelin",
    "vandetanib", "vemurafenib", "zanidatamab",
    FU, LV, S1, LIP_IRI, LIP_DOXO, NAB, TDM1, TDXD, "trifluridine/tipiracil", "tegafur/uracil", "177lu-dotatate",
)  # fmt: skip
"""Agents by generic name; an agent is one of these, in lower case."""

CHECKPOINT_INHIBITORS = (
    "nivolumab", "pembrolizumab", "ipilimumab", "atezolizumab", "durvalumab", "tremelimumab", "avelumab", "cemiplimab",
    "dostarlimab", "retifanlimab", "toripalimab", "tislelizumab", "sintilimab", "camrelizumab", "penpulimab",
    "relatlimab",
)  # fmt: skip

SUPPORT = (
    "prednisolone", "prednisone", "methylprednisolone", "dexamethasone", "hydrocortisone", "ondansetron",
    "granisetron", "aprepitant", "filgrastim", "pegfilgrastim", "denosumab", "zoledronic acid", "mycophenolate",
    "budesonide", "ursodeoxycholic acid", "placebo",
)  # fmt: skip
"""Known names that are given along with therapy; they are no agent of a rule."""

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        FU: ("5-fu", "fluorouracil", "5-fluorouracil", "adrucil", "fu"),
        LV: ("leucovorin", "lv", "folinic acid", "levoleucovorin", "calcium folinate", "folinate"),
        "nivolumab": ("opdivo", "nivo"),
        "pembrolizumab": ("keytruda", "pembro"),
        "ipilimumab": ("yervoy", "ipi"),
        "atezolizumab": ("tecentriq", "atezo"),
        "durvalumab": ("imfinzi", "durva"),
        "tremelimumab": ("imjudo", "treme"),
        "avelumab": ("bavencio",),
        "cemiplimab": ("libtayo",),
        "dostarlimab": ("jemperli",),
        "retifanlimab": ("zynyz",),
        "tislelizumab": ("tevimbra",),
        "toripalimab": ("loqtorzi",),
        "sintilimab": ("tyvyt",),
        "camrelizumab": ("airuika",),
        "penpulimab": ("anniko",),
        "relatlimab": ("rela",),
        "oxaliplatin": ("eloxatin", "oxali", "l-ohp", "ox"),
        "irinotecan": ("camptosar", "campto", "cpt-11", "iri"),
        LIP_IRI: ("onivyde", "nal-iri", "nal irinotecan", "nanoliposomal irinotecan", "irinotecan liposome"),
        "capecitabine": ("xeloda", "cape"),
        "floxuridine": ("fudr",),
        S1: ("teysuno", "ts-1", "s-1", "tegafur gimeracil oteracil"),
        "tegafur/uracil": ("uft", "tegafur uracil"),
        "trifluridine/tipiracil": (
            "lonsurf", "tas-102", "tas", "ftd/tpi", "ftd-tpi", "trifluridine", "trifluridine tipiracil",
        ),
        "fruquintinib": ("fruzaqla",),
        "regorafenib": ("stivarga", "rego"),
        "bevacizumab": ("avastin", "bev", "mvasi", "zirabev"),
        "aflibercept": ("zaltrap", "ziv-aflibercept"),
        "ramucirumab": ("cyramza",),
        "cetuximab": ("erbitux", "cetux"),
        "panitumumab": ("vectibix", "pani", "pmab"),
        "encorafenib": ("braftovi", "enco"),
        "trametinib": ("mekinist", "tram"),
        "dabrafenib": ("tafinlar", "dab"),
        "binimetinib": ("mektovi",),
        "adagrasib": ("krazati",),
        "sotorasib": ("lumakras",),
        "gemcitabine": ("gemzar", "gem"),
        NAB: ("abraxane", "nab-pac", "nab", "albumin bound paclitaxel", "paclitaxel protein bound",
              "paclitaxel albumin bound", "paclitaxel (albumin bound)", "paclitaxel (protein bound)"),
        "paclitaxel": ("taxol",),
        "docetaxel": ("taxotere",),
        "cabazitaxel": ("jevtana",),
        "doxorubicin": ("adriamycin", "doxo"),
        LIP_DOXO: ("doxil", "caelyx", "pld", "pegylated liposomal doxorubicin"),
        "epirubicin": ("ellence",),
        "cyclophosphamide": ("endoxan", "cytoxan"),
        "cisplatin": ("platinol", "cddp", "cis"),
        "carboplatin": ("paraplatin", "carbo"),
        "vinorelbine": ("navelbine",),
        "vemurafenib": ("zelboraf",),
        "mitotane": ("lysodren",),
        "abiraterone": ("zytiga",),
        "leuprorelin": ("leuprolide", "lupron"),
        "eribulin": ("halaven",),
        "ixabepilone": ("ixempra", "ixabepilon"),
        "pemetrexed": ("alimta",),
        "topotecan": ("hycamtin",),
        "etoposide": ("vepesid", "vp-16"),
        "temozolomide": ("temodar", "temodal"),
        "dacarbazine": ("dtic",),
        "trastuzumab": ("herceptin", "ogivri", "tras"),
        "pertuzumab": ("perjeta", "pert"),
        TDM1: ("kadcyla", "t-dm1", "ado-trastuzumab emtansine"),
        TDXD: ("enhertu", "t-dxd", "fam-trastuzumab deruxtecan"),
        "sacituzumab govitecan": ("trodelvy",),
        "lapatinib": ("tykerb", "tyverb"),
        "tucatinib": ("tukysa",),
        "neratinib": ("nerlynx",),
        "palbociclib": ("ibrance",),
        "ribociclib": ("kisqali",),
        "abemaciclib": ("verzenio", "verzenios"),
        "everolimus": ("afinitor",),
        "alpelisib": ("piqray",),
        "olaparib": ("lynparza",),
        "fulvestrant": ("faslodex",),
        "letrozole": ("femara",),
        "anastrozole": ("arimidex",),
        "exemestane": ("aromasin",),
        "tamoxifen": ("nolvadex",),
        "sorafenib": ("nexavar",),
        "lenvatinib": ("lenvima", "lenva"),
        "cabozantinib": ("cabometyx", "cabo"),
        "pazopanib": ("votrient",),
        "sunitinib": ("sutent",),
        "axitinib": ("inlyta",),
        "imatinib": ("glivec", "gleevec"),
        "osimertinib": ("tagrisso",),
        "erlotinib": ("tarceva",),
        "177lu-dotatate": ("lutathera", "lu-177-dotatate", "lutetium dotatate", "prrt"),
        "octreotide": ("sandostatin",),
        "lanreotide": ("somatuline",),
        "tebentafusp": ("kimmtrak",),
        "trabectedin": ("yondelis",),
        "pemigatinib": ("pemazyre",),
        "ivosidenib": ("tibsovo",),
        "larotrectinib": ("vitrakvi",),
        "selpercatinib": ("retevmo",),
    }
)  # fmt: skip
"""Brands and abbreviations by agent; a hyphen stands for a hyphen, a blank or nothing."""

_FOUR = (FU, LV, "oxaliplatin", "irinotecan")
REGIMENS: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {
        (FU, LV, "oxaliplatin"): (
            "folfox",
            "mfolfox",
            "folfox-4",
            "folfox-6",
            "folfox-7",
            "mfolfox-4",
            "mfolfox-6",
            "mfolfox-7",
        ),
        (FU, LV, "irinotecan"): ("folfiri", "mfolfiri", "ifl", "fufiri"),
        _FOUR: ("folfoxiri", "mfolfoxiri", "folfirinox", "mfolfirinox"),
        (FU, LV, "oxaliplatin", LIP_IRI): ("nalirifox",),
        (LIP_IRI, FU, LV): ("naliri", "nal-iri/fl", "nal-iri/5-fu/lv"),
        ("capecitabine", "oxaliplatin"): ("xelox", "capox", "capeox"),
        ("capecitabine", "irinotecan"): ("xeliri", "capiri"),
        ("capecitabine", "oxaliplatin", "irinotecan"): ("xeloxiri",),
        (S1, "oxaliplatin"): ("sox",),
        ("irinotecan", S1): ("iris",),
        (S1, "cisplatin"): ("sp",),
        (FU, LV, "oxaliplatin", "docetaxel"): ("flot",),
        ("docetaxel", "cisplatin", FU): ("dcf", "tpf"),
        ("epirubicin", "cisplatin", FU): ("ecf",),
        ("epirubicin", "cisplatin", "capecitabine"): ("ecx",),
        ("epirubicin", "oxaliplatin", "capecitabine"): ("eox",),
        ("cisplatin", FU): ("fp", "cf"),
        ("gemcitabine", "oxaliplatin"): ("gemox",),
        ("gemcitabine", "cisplatin"): ("gemcis", "gc"),
        ("gemcitabine", NAB): ("gnp", "ag"),
        ("gemcitabine", "capecitabine"): ("gemcap",),
        ("gemcitabine", "docetaxel", "capecitabine"): ("gtx",),
        ("capecitabine", "cisplatin"): ("xp",),
        ("irinotecan", "oxaliplatin"): ("irox",),
        (FU, LV): ("fufa", "lv5fu2", "de gramont", "mayo", "fl", "fulv"),
        ("capecitabine", "temozolomide"): ("captem",),
        ("epirubicin", "cyclophosphamide"): ("ec",),
        (FU, "epirubicin", "cyclophosphamide"): ("fec",),
        (FU, "doxorubicin", "cyclophosphamide"): ("fac",),
        ("cyclophosphamide", "methotrexate", FU): ("cmf",),
        ("docetaxel", "carboplatin", "trastuzumab"): ("tch",),
        ("docetaxel", "carboplatin", "trastuzumab", "pertuzumab"): ("tchp",),
        ("docetaxel", "trastuzumab", "pertuzumab"): ("thp",),
        ("durvalumab", "tremelimumab"): ("stride",),
        ("relatlimab", "nivolumab"): ("opdualag",),
        ("trastuzumab", "pertuzumab"): ("phesgo",),
        ("etoposide", "platinum"): ("pe", "ep"),
    }
)
"""Regimens by their agents."""

AMBIGUOUS: Mapping[str, str] = MappingProxyType(
    {
        "tc": "docetaxel and cyclophosphamide, or paclitaxel and carboplatin",
        "gp": "gemcitabine and cisplatin, or gemcitabine and paclitaxel",
        "ac": "doxorubicin and cyclophosphamide, or another pair",
        "cvd": "cisplatin, vinblastine and dacarbazine, or another regimen",
    }
)
"""Abbreviations that mean more than one regimen: no agent is set."""

_GENERAL = (
    "and or with plus then followed by of the a in on for line first second third 1st 2nd 3rd l1 l2 l3 cycle cycles "
    "day days week weeks weekly biweekly monthly daily bid od qd tds course courses dose doses dosed reduced full "
    "modified adjuvant neoadjuvant palliative maintenance induction consolidation rechallenge restart continued "
    "ongoing start started stop stopped given iv po sc im ia oral orally infusion infusional bolus hai haip pump "
    "intravenous hepatic arterial chemo chemotherapy chemotherapies systemic therapy treatment treated immunotherapy "
    "targeted drug regimen anti cancer medical standard care soc bsc best supportive unknown other none n/a na not "
    "known recorded unspecified mg mcg ug g kg m2 ml auc units iu mbq gbq hour hours h min per flat monotherapy mono "
    "single agent combination combined doublet triplet study trial arm protocol other systemic hormone hormonal "
    "endocrine biological"
)
_GENERAL_WORDS = frozenset(_GENERAL.split())
_SPLIT = re.compile(r"[+,;&()\[\]]|(?<=\s)/(?=\s)|/|\s(?:plus|and|or|with|then|versus|vs\.?|followed by)\s")
_WORD = re.compile(r"[a-z][a-z0-9'\-]*")
_COUNT = re.compile(r"^(?:[qcdlx]\d+[wdx]?(?:d\d+)?|d\d+-\d+|[wdhm]|auc\d*|m2|mg/m2)$")
_KNOWN = "\x00"


@dataclass(frozen=True)
class Recognised:
    """What a name means: agents, abbreviations that mean more than one thing, and words that are not known here."""

    agents: frozenset[str] = frozenset()
    ambiguous: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@lru_cache(maxsize=1 << 14)
def recognised(name: str, detail: str = "") -> Recognised:
    """Agents of one systemic treatment. The detail speaks only where the name says nothing of an agent.

    Two and three letters of a detail are free text and name no regimen.
    """
    own = _read(name)
    if own.agents or own.ambiguous or _is_support(name):
        return own
    other = _read(detail, least=4)
    return Recognised(other.agents, (), () if other.agents else own.unknown)


_IN_LISTS = 5
"""Signs of a name in a list of all medicines: shorter ones mean silver, an electrolyte or a route as well."""
_WHOLE = 3
"""Signs where the name is nothing else than that."""
_THERAPY = re.compile(r"\b(?:chemotherapy|immunotherapy|antineoplastics?)\b")


def treats_tumour(name: str) -> bool:
    """Whether a medicine, in a list of all sorts of them, is one that treats tumours. Folinic acid alone is none."""
    text = _folded(name).strip()
    agents = _read(name, least=_IN_LISTS).agents | _read(" ".join(_FLUOROURACIL.findall(text))).agents
    if len(text) >= _WHOLE:
        agents |= frozenset(_TABLE.get(_key(text), ()))
    return bool(agents - {LV}) or bool(_THERAPY.search(text))


_FLUOROURACIL = re.compile(r"\b5[\s-]?fu\b|\bflot\b")


def _is_support(name: str) -> bool:
    return bool(_pattern().search(_folded(name)))


@lru_cache(maxsize=1 << 14)
def supports_only(name: str) -> bool:
    """Whether a treatment is nothing but drugs given along with therapy, or a placebo (also one that matches an agent).

    A blinded "X or placebo" may be X, so it counts as X.
    """
    own = _read(name)
    plain = not (own.agents or own.ambiguous or own.unknown) and not _THERAPY.search(_folded(name))
    return plain and _is_support(name)


_MATCHING = re.compile(
    r"placebo\s+(?:(?:that|to)\s+)?match(?:ing|es|ed)?\s+(?:(?:for|to|of)\s+)?[\w/-]+"
    r"|placebo\s+(?:for|of|to)\s+[\w/-]+|[\w/]+[\s-]match(?:ing|ed)\s+placebo|match(?:ing|ed)\s+placebo(?:\s+for\s+[\w/-]+)?"
)
"""A placebo that names the agent which it stands for: the agent is not given."""


def _read(text: str, least: int = 1) -> Recognised:
    agents: set[str] = set()
    ambiguous: list[str] = []

    def known(match: re.Match[str]) -> str:
        word = _key(match.group())
        exact = re.sub(r"\s", "-", match.group())
        if len(match.group()) < least:
            return match.group()
        if word in AMBIGUOUS:
            ambiguous.append(match.group().upper())
        agents.update(_TABLE.get(exact, _TABLE.get(word, ())))
        return _KNOWN

    rest = _pattern().sub(known, _folded(text))
    unknown = [] if least > 1 else [part for part in map(_leftover, _SPLIT.split(f" {rest} ")) if part]
    return Recognised(frozenset(agents), tuple(dict.fromkeys(ambiguous)), tuple(dict.fromkeys(unknown)))


def _folded(text: str) -> str:
    return _MATCHING.sub("placebo", re.sub(r"[‐‑‒–—]", "-", text.casefold()))


def _leftover(part: str) -> str:
    """What of a part is no known name, dose, route or general word; empty where the part has a known name."""
    if _KNOWN in part:
        return ""
    words = [w for w in _WORD.findall(part) if w not in _GENERAL_WORDS and not _COUNT.match(w)]
    return " ".join(words)


def _key(name: str) -> str:
    return re.sub(r"[\s\-]+", "", name)


def _spellings() -> Iterable[tuple[str, tuple[str, ...]]]:
    for agent in GENERICS:
        yield agent, (agent,)
    for agent, names in NAMES.items():
        yield from ((name, (agent,)) for name in names)
    for agents, names in REGIMENS.items():
        yield from ((name, agents) for name in names)
    yield from ((name, ()) for name in (*AMBIGUOUS, *SUPPORT))


_TABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {_key(name): agents for name, agents in _spellings()}
    | {re.sub(r"\s", "-", name): agents for name, agents in _spellings()}
)
"""Agents by spelling without hyphens, and as it stands in the tables: NALIRI is a regimen, nal-IRI an agent."""


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    names = sorted((name for name, _ in _spellings()), key=len, reverse=True)
    flexible = [re.escape(n).replace(r"\-", r"[\s\-]?").replace(r"\ ", r"[\s\-]?") for n in names]
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(flexible)})(?![a-z0-9])")
