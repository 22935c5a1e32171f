"""What became of one file: the row of the ledger, as ``hepatrend import`` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Receipt:
    """Counts of one import; table LEDGER. ``already`` says that this very file was imported before and nothing changed.

    The sums add up: results_in = stored + quarantined + duplicate + superseded + ignored. ``unit_suspects`` are stored
    results, of this file or an earlier one, that are kept out of view since this import
    (analytics.ingest.unit_suspects); ``ignored_why`` are the ignored ones by cause; ``alike`` are ids that are new and
    look like one that was there before.
    """

    import_id: int
    file: str
    sha256: str
    profile: str
    table: str
    rows_in: int
    results_in: int
    stored: int
    quarantined: int
    duplicate: int
    superseded: int
    ignored: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    ignored_why: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    generation: int = 0
    imported_utc: str = ""
    imported_by: str = ""
    unit_suspects: int = 0
    alike: tuple[str, ...] = ()
    already: bool = False

    @property
    def adds_up(self) -> bool:
        """Whether every result of the file is accounted for exactly once."""
        parts = (self.stored, self.quarantined, self.duplicate, self.superseded, self.ignored)
        return self.results_in == sum(parts)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
