"""The wall clock of the store: when something was imported, noted or backed up. The science never asks it."""

from __future__ import annotations

import pandas as pd


def utc_now() -> pd.Timestamp:
    """Now in UTC, without zone, to the microsecond."""
    return pd.Timestamp.now("UTC").tz_localize(None).as_unit("us")


def microseconds(when: pd.Timestamp) -> int:
    """Whole microseconds since 1970-01-01, as the databases keep times."""
    return int(when.to_datetime64().astype("datetime64[us]").astype("int64"))
