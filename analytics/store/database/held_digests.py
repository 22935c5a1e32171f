"""The digest of a held-back row, in one place: written with the row, and computed again by ``hepatrend verify``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analytics.store.database.row_digest import row_digests_since
from analytics.store.tables.rows import DIGESTED_IF_TOLD, NOT_DIGESTED
from analytics.tables import QUARANTINE

_ALWAYS = [n for n in QUARANTINE.names if n not in (*NOT_DIGESTED, *DIGESTED_IF_TOLD)]


def held_digests(data: pa.Table) -> npt.NDArray[np.int64]:
    """One digest a row of table QUARANTINE, shape (rows,)."""
    return row_digests_since(data, _ALWAYS, DIGESTED_IF_TOLD)
