"""The digest of an imported row, in one place: written with the row, and computed again by ``hepatrend verify``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.store.database.row_digest import row_digests_since
from analytics.store.tables.rows import CANONICAL, NOT_STORED, RESULTS_DIGESTED_IF_TOLD


def stored_digests(name: str, data: pa.Table) -> npt.NDArray[np.int64]:
    """One digest a row of a canonical table, shape (rows,)."""
    since = RESULTS_DIGESTED_IF_TOLD if name == "labs" else ()
    left = (*since, *NOT_STORED) if name == "labs" else ()
    always = [n for n in CANONICAL[name].names if n not in left]
    return row_digests_since(data, always, since)
