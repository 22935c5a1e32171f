"""What the data of one patient cannot tell, said as what it is: no numbers, nothing but limits, no upper limits."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analytics.analytes import PANEL, shown

MOST = 6
"""So many tests are named; the rest is counted."""


def notes_of(labs: pd.DataFrame) -> list[str]:
    """Sentences on the results of one patient; empty where there is nothing to say.

    Args:
        labs: columns of table LABS.
    """
    if labs.empty:
        return ["no result on record"]
    is_number = ~np.isnan(labs["value"].to_numpy(np.float64, na_value=np.nan))
    if not is_number.any():
        return [f"none of the {len(labs)} results is a number: no trend, score or rule is assessable"]
    analyte, sign = (labs[c].array.to_numpy(dtype=object, na_value="")[is_number] for c in ("analyte", "comparator"))
    codes, of = np.unique(analyte, return_inverse=True)
    with_limit = labs["uln"].to_numpy(np.float64, na_value=np.nan)[is_number] > 0
    only = codes[np.bincount(of[sign == ""], minlength=len(codes)) == 0].tolist()
    limited = set(codes[np.bincount(of[with_limit], minlength=len(codes)) > 0].tolist())
    here = set(codes.tolist())
    without = [code for code in PANEL if code in here and code not in limited and code not in _NO_ULN]
    notes = []
    if only:
        notes.append(f"{_named(only)}: every result lies beyond a limit of detection, no trend is assessable")
    if without:
        notes.append(f"{_named(without)}: no upper limit in the data, rules in multiples of it are not assessable")
    return notes


_NO_ULN = ("ALB", "PLAT", "INR")
"""Tests of the panel that rules read in their own unit."""


def _named(codes: Iterable[str]) -> str:
    names = [shown(code) for code in codes]
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")
