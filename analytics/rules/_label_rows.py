"""Limits in product information, as one table: agent, what is compared, from where on, what the label says of it.

What a label says to stop for is told as attention, everything else for information. Sources by row: C read in the
label or a copy of it, S as another source quotes it, R recalled, to be confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.agents import LIP_DOXO, LIP_IRI, NAB, TDM1


@dataclass(frozen=True)
class Step:
    """Above (below, for platelets) this limit the label says ``words``; ``limit`` is a number or names a setting."""

    limit: float | str
    words: str
    stop: bool = False


@dataclass(frozen=True)
class Row:
    """One quantity of one agent; ``tag`` how well it was confirmed.

    ``of``: ``BILI mg``, ``BILI x``, ``AT x``, ``ALT x``, ``AT x again``, ``AT x with ALP x``, ``AT x with BILI x``,
    ``PLAT`` or ``Child-Pugh``. Again: a second time above the limit, after a fall well below it.
    """

    agent: str
    names: tuple[str, ...]
    of: str
    steps: tuple[Step, ...]
    tag: str
    partner: float | str = 2.0
    both: tuple[str, ...] = ()
    """A second agent that must be given too."""


_STOP = Step(3.0, "stop", stop=True)
"""ALT or AST above 3 with bilirubin above 2 × ULN."""


def _usual(agent: str, names: tuple[str, ...], first: float, second: float, tag: str) -> tuple[Row, Row]:
    """Interrupt above one multiple, stop above another, and stop for both together."""
    steps = (Step(first, "interrupt"), Step(second, "stop", stop=True))
    return Row(agent, names, "AT x", steps, tag), Row(agent, names, "AT x with BILI x", (_STOP,), tag)


ROWS: tuple[Row, ...] = (
    Row("irinotecan", ("irinotecan", LIP_IRI), "BILI mg", (Step("irinotecan_bili", "reduced starting dose"),), "R"),
    Row("irinotecan", ("irinotecan", LIP_IRI), "BILI x", (Step(3.0, "contraindicated (SmPC)"),), "C"),
    Row("irinotecan", ("irinotecan", LIP_IRI), "AT x", (Step("irinotecan_at", "not studied"),), "C"),
    Row("docetaxel", ("docetaxel",), "BILI x", (Step("docetaxel_bili", "not recommended"),), "S"),
    Row(
        "docetaxel", ("docetaxel",), "AT x with ALP x", (Step("docetaxel_at", "not recommended"),), "S", "docetaxel_alp"
    ),
    Row(
        "doxorubicin",
        ("doxorubicin", LIP_DOXO),
        "BILI mg",
        (Step("doxorubicin_bili", "half dose"), Step(3.0, "a quarter of the dose")),
        "R",
    ),
    Row("gemcitabine", ("gemcitabine",), "BILI mg", (Step("gemcitabine_bili", "start at 800 mg/m²"),), "S"),
    Row(
        "nab-paclitaxel",
        (NAB,),
        "BILI x",
        (Step("nab_paclitaxel_bili", "not recommended in pancreatic, less in breast cancer"), Step(5.0, "not given")),
        "C",
    ),
    Row("nab-paclitaxel", (NAB,), "AT x", (Step(10.0, "not given"),), "C"),
    Row(
        "trifluridine/tipiracil",
        ("trifluridine/tipiracil",),
        "BILI x",
        (Step("trifluridine_bili", "not to be started"),),
        "S",
    ),
    *_usual("regorafenib", ("regorafenib",), 5.0, 20.0, "C"),
    Row("regorafenib", ("regorafenib",), "AT x again", (Step(5.0, "stop", stop=True),), "C"),
    *_usual("trastuzumab emtansine", (TDM1,), 5.0, 20.0, "C"),
    Row("trastuzumab emtansine", (TDM1,), "BILI x", (Step(1.5, "interrupt"), Step(10.0, "stop", stop=True)), "C"),
    Row("trastuzumab emtansine", (TDM1,), "PLAT", (Step(50.0, "interrupt"),), "C"),
    Row("capecitabine", ("capecitabine",), "BILI x", (Step(3.0, "interrupt"),), "R"),
    Row("capecitabine", ("capecitabine",), "AT x", (Step(2.5, "interrupt"),), "R"),
    Row("pazopanib", ("pazopanib",), "ALT x", (Step(8.0, "interrupt"),), "C"),
    Row("pazopanib", ("pazopanib",), "AT x with BILI x", (_STOP,), "C"),
    *_usual("abemaciclib", ("abemaciclib",), 5.0, 20.0, "C"),
    Row("abemaciclib", ("abemaciclib",), "AT x again", (Step(3.0, "interrupt"),), "C"),
    Row(
        "everolimus",
        ("everolimus",),
        "Child-Pugh",
        (Step(5.0, "7.5 mg in class A"), Step(6.0, "5 mg in class B"), Step(9.0, "2.5 mg in class C")),
        "C",
    ),
    *_usual("ribociclib", ("ribociclib",), 5.0, 20.0, "R"),
    *_usual("tucatinib", ("tucatinib",), 5.0, 20.0, "C"),
    Row("tucatinib", ("tucatinib",), "BILI x", (Step(3.0, "interrupt"), Step(10.0, "stop", stop=True)), "C"),
    Row("imatinib", ("imatinib",), "BILI x", (Step(3.0, "interrupt"),), "C"),
    Row("imatinib", ("imatinib",), "AT x", (Step(5.0, "interrupt"),), "C"),
    Row("sunitinib", ("sunitinib",), "AT x", (Step(5.0, "interrupt"), Step(20.0, "stop", stop=True)), "C"),
    Row("sunitinib", ("sunitinib",), "BILI x", (Step(3.0, "interrupt"), Step(10.0, "stop", stop=True)), "C"),
    Row("lenvatinib", ("lenvatinib",), "AT x", (Step(5.0, "interrupt"), Step(20.0, "stop", stop=True)), "C"),
    Row("lenvatinib", ("lenvatinib",), "BILI x", (Step(3.0, "interrupt"), Step(10.0, "stop", stop=True)), "C"),
    Row("lapatinib", ("lapatinib",), "AT x with BILI x", (_STOP,), "R"),
    Row(
        "ixabepilone with capecitabine",
        ("ixabepilone",),
        "AT x",
        (Step(2.5, "contraindicated"),),
        "C",
        both=("capecitabine",),
    ),
    Row(
        "ixabepilone with capecitabine",
        ("ixabepilone",),
        "BILI x",
        (Step(1.0, "contraindicated"),),
        "C",
        both=("capecitabine",),
    ),
)
"""Agents that the page of corrections leaves out on purpose: no liver limit (oxaliplatin, fluorouracil, trastuzumab
deruxtecan; recalled), no confirmed number (sorafenib). Everolimus is told
from 6 points: 5 points of class A are a healthy liver (house)."""
