"""Dates in sentences, moved with the patient: a whole column at once, as a moved date is as long as it was."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_DATE = re.compile(rb"(?<![0-9])(?:19|20)[0-9]{2}-[0-9]{2}(?:-[0-9]{2})?(?![0-9])")
_DAY, _MONTH = len("2024-03-01"), len("2024-03")
_MIDDLE = 15
"""Day of its month as which a month without a day moves."""
_BETWEEN = "\n"
"""Stands between two texts, so that no date reaches over both."""
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)


def moved(texts: pd.Series, days: npt.NDArray[np.integer]) -> pd.Series:
    """Texts with every ISO date in them moved by so many days; a month moves with its middle.

    Args:
        texts: of type str; missing ones stay missing.
        days: by which the dates of each text move, shape (n,).
    """
    column = pa.array(texts.to_numpy(object), pa.large_string(), from_pandas=True)
    plain = column.fill_null("")
    joined = bytearray(_BETWEEN.join(plain.to_pylist()).encode())
    spans = np.array([match.span() for match in _DATE.finditer(joined)], np.int64).reshape(-1, 2)
    if not len(spans):
        return texts
    length = pc.binary_length(plain).to_numpy().astype(np.int64)
    ends = np.cumsum(length + 1) - 1  # where the sign between two texts stands
    shift = np.asarray(days, np.int64)[np.searchsorted(ends, spans[:, 0])]
    signs = np.frombuffer(joined, np.uint8)
    for long in (_DAY, _MONTH):
        mine = spans[:, 1] - spans[:, 0] == long
        _move(signs, spans[mine, 0], long, shift[mine])
    kept = np.delete(signs, ends[:-1])
    offsets = np.append(0, np.cumsum(length))
    out = pa.LargeStringArray.from_buffers(len(length), pa.py_buffer(offsets), pa.py_buffer(kept))
    whole = pc.if_else(column.is_valid(), out, pa.scalar(None, pa.large_string()))
    return pd.Series(_TEXT.__from_arrow__(whole), index=texts.index)  # type: ignore[attr-defined]


def _move(signs: Bytes, starts: Ints, long: int, shift: Ints) -> None:
    """Write the moved dates over those that begin here; what is no day of the calendar stays as it is."""
    places = starts[:, None] + np.arange(long)
    digits = signs[places].astype(np.int64) - ord("0")
    month = digits[:, 5] * 10 + digits[:, 6]
    day = digits[:, 8] * 10 + digits[:, 9] if long == _DAY else np.full(len(starts), _MIDDLE)
    months = ((digits[:, :4] @ [1000, 100, 10, 1] - 1970) * 12 + month - 1).astype("datetime64[M]")
    at = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    real = (month >= 1) & (month <= 12) & (day >= 1) & (at.astype("datetime64[M]") == months)
    unit = "D" if long == _DAY else "M"
    text = np.datetime_as_string((at + shift.astype("timedelta64[D]")).astype(f"datetime64[{unit}]"))
    written = text.astype(f"S{long}").view(np.uint8).reshape(-1, long)
    signs[places[real]] = written[real]
