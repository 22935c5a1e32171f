"""Which columns leave for whom: one list of what a pseudonymised role may see, and numbers that stand for numbers.

Whoever sees moved dates must not be able to move them back. A zone of the source tells summer from winter; a number of
a row, a line or an import tells the true order; a time of an import or of a mark tells the true day to within one or
two. So what is not on the list below does not leave: neither in a page, nor in a download, nor in a report. A column
that is new is hidden until a user puts it on the list (a test asks for the decision).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import ANALYTES
from dashboard.security.keys import mac
from dashboard.security.roles import Sees

Whole = npt.NDArray[np.int64]

PSEUDONYMISED = frozenset(
    """
    patient_id key sex age primary_site on_anticoagulant clock metastases_date
    analyte collected_at value comparator unit lln uln status precision replaced
    day x_uln baseline baseline_n x_baseline line segment grade_v5 grade_v6 unexpected
    kind name start_date end_date dose grade start_precision end_precision
    date modality response target_sum_mm new_lesion liver_lesions
    began_with is_last n n_days n_censored first last last_value nadir nadir_at peak peak_at slope_pct_per_week
    slope_low slope_high slope_per_day p_exact p_method doubling_days change_pct rcv_up_pct rcv_down_pct verdict
    still_needed why noise_pct alarm alarm_at change_at change_p level_change_pct second_change_at second_change_p
    second_level_change_pct against_nadir_pct against_nadir personal_low personal_high personal_n
    before before_n day_before n_after day_nadir day_peak day_half target day_target day_recovery rebound_day level_low
    level_high slope_change_pct_per_week slope_change_low slope_change_high
    rule level state onset last_seen resolved_at analytes says numbers reference rule_version severity
    score band inputs note at closeness reading fits n_for n_against facts_for facts_against
    reason_code message table rows_in results_in stored quarantined duplicate superseded ignored reasons
    n_results n_events n_imaging n_held worst n_open n_new n_unseen newest_onset newest_says
    file column resolution raw_cell
    since as_of certainty brief missing rank version
    answered reviewed answer_tumour answer_injury answer_function answer_ducts answer_follow_up
    now now_since now_from now_from_is now_change_pct now_limit_pct now_confirmed now_than now_limits now_n now_days
    last_comparator baseline_comparator x_baseline_comparator before_comparator nadir_comparator peak_comparator
    can_move moved end_why headline
    held_instead data_up_to generation settings question definition rules
    """.split()
)
"""Columns that a role with pseudonyms and shifted dates may see, by name, of whatever table they are."""

INSIDE = frozenset(
    {"finding_id", "headline_id", "result_id", "evidence", "basis", "results", "quarantine_id", "import_id"}
)
"""Numbers that pages need to find a row again: another number, drawn with a key, stands for each; in no download."""

HIDDEN = frozenset(
    """
    birth_date site lab method specimen_id raw_value raw_unit source_file source_line utc_offset_min detail
    file_sha256 sha256 raw_line hint created_utc resolved_by resolved_utc imported_utc imported_by seconds profile
    ignored_why notes issued_at
    """.split()
) | {f"doubt_{code}" for code in ANALYTES}
"""Columns of our tables that such a role never sees; listed so that a new column is in one of the three."""

_LAST_VALUES = re.compile(r"last_[A-Z0-9_]+(?:_[a-z_]+)?")
"""Columns of the worklist with the last value of a test."""
_NUMBER = re.compile(r"-?[0-9]{1,18}")


def may_see(column: str) -> bool:
    """True where a pseudonymised role may see a column of this name."""
    return column in PSEUDONYMISED or _LAST_VALUES.fullmatch(column) is not None


def leaves(frame: pd.DataFrame, sees: Sees) -> pd.DataFrame:
    """A table as it may leave for a user: whole where patients are identified, else the columns of the list."""
    if sees == "identified":
        return frame
    return frame[[c for c in frame.columns if may_see(str(c))]] if sees == "pseudonymised" else frame.iloc[:0, :0]


def emptied(column: pd.Series) -> pd.Series:
    """A column of the same type with nothing in it."""
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_integer_dtype(dtype):
        masked = "boolean" if pd.api.types.is_bool_dtype(dtype) else "Int64"
        return pd.Series(pd.NA, index=column.index, dtype=masked)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]")
    if pd.api.types.is_float_dtype(dtype):
        return pd.Series(np.nan, index=column.index, dtype="float64")
    return pd.Series("", index=column.index, dtype="str")


class Numbers:
    """Other numbers for the numbers of rows: one for each, the same each time, in no order, back only with the key.

    A Feistel network over 36 bits, so that no two numbers become the same and nothing has to be remembered.

    Args:
        key: secret of the installation.
        what: what is numbered; each kind has numbers of its own.
    """

    _HALF = 18
    _MASK = (1 << _HALF) - 1
    _MIX = np.uint64(0xFF51AFD7ED558CCD)

    def __init__(self, key: bytes, what: str):
        seed = mac(key, "numbers", what)
        self._keys = [np.uint64(int.from_bytes(seed[i : i + 8], "big") | 1) for i in range(0, 32, 8)] * 2

    def told(self, numbers: Whole) -> Whole:
        """The numbers that stand for these, shape (n,); negative ones, which mean nothing, stay."""
        return self._through(numbers, self._keys, back=False)

    def back(self, numbers: Whole) -> Whole:
        """The numbers behind those of :meth:`told`."""
        return self._through(numbers, self._keys[::-1], back=True)

    def column(self, column: pd.Series) -> pd.Series:
        """A column of whole numbers, told; what is missing stays missing."""
        given = column.astype("Int64")
        told = self.told(given.to_numpy(np.int64, na_value=-1).astype(np.int64, copy=False))
        return pd.Series(pd.arrays.IntegerArray(told, given.isna().to_numpy(bool)), index=column.index)

    def texts(self, column: pd.Series) -> pd.Series:
        """A column of JSON lists of numbers, each told."""
        texts = column.fillna("").astype(object).tolist()
        found = np.array([int(n) for text in texts for n in _NUMBER.findall(text)], np.int64)
        told = iter(self.told(found).tolist())
        return pd.Series([_NUMBER.sub(lambda _: str(next(told)), t) for t in texts], index=column.index, dtype="str")

    def _through(self, numbers: Whole, keys: Iterable[np.uint64], *, back: bool) -> Whole:
        known = numbers >= 0
        whole = np.where(known, numbers, 0).astype(np.uint64)
        left, right = whole >> np.uint64(self._HALF), whole & np.uint64(self._MASK)
        if (left > self._MASK).any():
            raise OverflowError(f"more than {1 << 2 * self._HALF} rows")
        for key in keys:
            if back:
                left, right = right ^ self._mixed(left, key), left
            else:
                left, right = right, left ^ self._mixed(right, key)
        out = ((left << np.uint64(self._HALF)) | right).astype(np.int64)
        return np.where(known, out, numbers)

    def _mixed(self, half: npt.NDArray[np.uint64], key: np.uint64) -> npt.NDArray[np.uint64]:
        mixed = (half + key) * self._MIX
        mixed ^= mixed >> np.uint64(31)
        mixed = (mixed ^ key) * self._MIX
        return (mixed >> np.uint64(40)) & np.uint64(self._MASK)


KINDS: Mapping[str, str] = MappingProxyType(
    {
        "nothing": "",
        "number": r"[<>]?=?\s?[-+]?[0-9]+(?:[.,][0-9]+)?",
        "date or time": r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}[ T]?[0-9:.]*",
        "several lines": r"[^\n]*\n.*",
    }
)
"""What a cell that was quarantined is, for those who may not read it; in this order."""
LONGEST_KIND = 64
"""Signs of a cell that are looked at."""
_FORMS = {kind: re.compile(form, re.DOTALL) for kind, form in KINDS.items()}


def kind_of(cell: object) -> str:
    """Of what kind a cell is: never what is in it."""
    if not isinstance(cell, str):
        return "nothing"
    if len(cell) > LONGEST_KIND:
        return "long text"
    return next((kind for kind, form in _FORMS.items() if form.fullmatch(cell.strip())), "text")


def grouped(values: pd.Series, counts: Mapping[str, int], least: int) -> pd.Series:
    """A column of groups of patients, in which those that too few patients have are one group.

    Args:
        values: names of groups; missing and empty ones stay.
        counts: patients of each, of all patients.
        least: so many patients a group of its own has; so has the group of the others, to which the next smallest go.
    """
    ranked = sorted((n, name) for name, n in counts.items() if name)
    rare: dict[str, str] = {}
    together = 0
    for n, name in ranked:
        if n >= least and (not rare or together >= least):
            break
        rare[name], together = OTHER, together + n
    return values.replace(rare) if rare else values


OTHER = "other"
"""The group of what too few patients have."""
