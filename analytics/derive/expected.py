"""Times in which a procedure itself moves an analyte: what is masked for how long. One table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.around import last_event, named
from analytics.derive.events import event_names_of, events_of
from analytics.derive.points import points_of, results_between
from analytics.derive.sides import BEFORE, side_of

_PULSES = ("electroporation", "nanoknife", "ire")


@dataclass(frozen=True)
class Mask:
    """What one group of procedures does: analytes that it moves, up to and with which day.

    Attributes: ``kinds`` of event; ``words`` in the name that only this group has; ``days`` names the setting.
    """

    code: str
    kinds: tuple[str, ...]
    analytes: tuple[str, ...]
    days: str
    words: tuple[str, ...] = ()


MASKS = (
    Mask("local", ("ablation", "embolisation"), ("ALT", "AST", "LDH"), "local.mask_days"),
    Mask("electroporation", ("ablation",), ("ALT", "AST", "LDH"), "local.electroporation_days", _PULSES),
    Mask("resection", ("hepatectomy", "transplant"), ("ALT", "AST"), "surgery.mask_days"),
    Mask(
        "resection",
        ("hepatectomy", "transplant"),
        ("BILI", "BILDIR", "INR", "PT", "PTPCT"),
        "surgery.function_days",
    ),
    Mask("resection", ("hepatectomy", "transplant"), ("ALP", "GGT"), "surgery.cholestatic_days"),
    Mask("radioembolisation", ("radioembolisation",), ("ALT", "AST"), "local.mask_days"),
)


def days_of_mask(case: Case, mask: Mask) -> float:
    """How long it lasts."""
    group, _, name = mask.days.partition(".")
    return float(getattr(getattr(case.settings, group), name))


def events_of_mask(case: Case, mask: Mask) -> Ints:
    """Positions of its events in ``events_of(case)``, rising."""
    at = events_of(case).of(*mask.kinds)
    if not mask.words or not len(at):
        return at
    whole = np.isin(at, named(case, *(word for word in mask.words if len(word) > 3), kinds=mask.kinds))
    code, names = event_names_of(case)  # "ire" is a word of its own, not a part of one
    short = np.array([bool({"ire"} & set(n.replace("\x1f", " ").replace("-", " ").split())) for n in names], bool)
    return np.asarray(at[whole | short[code[events_of(case).row[at]]]])


def masked_results(case: Case) -> Bools:
    """The same of every result of ``points_of(case)``, asked by event: few results lie close after one."""
    points, events = points_of(case), events_of(case)
    found = np.zeros(len(points), dtype=bool)
    for mask in MASKS:
        at = events_of_mask(case, mask)
        if not len(at):
            continue
        start = np.floor(events.start[at])
        owner = events.patient[at]
        last = start + days_of_mask(case, mask)
        # the latest event speaks alone: each up to the day before the next one of its patient
        again = np.append(owner[1:] == owner[:-1], False)
        last = np.where(again, np.minimum(last, np.append(start[1:], np.inf) - 1), last)
        which, own = results_between(case, owner, start, last, mask.analytes)
        side = side_of(points.day[own], events.start[at[which]], case.settings.baseline.same_day_hour)
        found[own[side != BEFORE]] = True
    return found


def masked(case: Case, code: str, patient: Ints, day: Floats) -> Bools:
    """Where a procedure before it itself moves this analyte, whatever speaks against that; shape (n,)."""
    found = np.zeros(len(patient), dtype=bool)
    for mask in MASKS:
        if code in mask.analytes and len(at := events_of_mask(case, mask)):
            last = last_event(case, at, patient, day)
            start = events_of(case).start[np.maximum(last, 0)]
            after = (last >= 0) & (side_of(day, start, case.settings.baseline.same_day_hour) != BEFORE)
            found |= after & (np.floor(day) - np.floor(start) <= days_of_mask(case, mask))
    return found
