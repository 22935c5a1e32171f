"""Parts of agents' names, in lower case, by what rules ask of them."""

from __future__ import annotations

CHECKPOINT_INHIBITORS = (
    "nivolumab",
    "pembrolizumab",
    "ipilimumab",
    "atezolizumab",
    "durvalumab",
    "tremelimumab",
    "avelumab",
    "cemiplimab",
    "dostarlimab",
    "retifanlimab",
    "toripalimab",
    "tislelizumab",
)

OXALIPLATIN = ("oxaliplatin", "folfox", "folfirinox", "folfoxiri", "capox", "xelox")
IRINOTECAN = ("irinotecan", "folfiri", "folfoxiri")
GEMCITABINE = ("gemcitabine",)
DOCETAXEL = ("docetaxel",)
NAB_PACLITAXEL = ("nab-paclitaxel", "nab paclitaxel", "abraxane")
DOXORUBICIN = ("doxorubicin",)
TRIFLURIDINE = ("trifluridine", "tas-102", "tas102", "lonsurf")
