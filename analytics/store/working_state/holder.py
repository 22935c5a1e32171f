"""What the working state asks of whoever holds it: an engine, and nothing of the results."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa

from analytics.store.database.location import Place


class WorkingState(Protocol):
    """A Store, as far as jobs, saved cohorts and reviews need it."""

    @property
    def working_state(self) -> sa.Engine:
        """Engine of the working state; short transactions only."""

    @property
    def place(self) -> Place:
        """Where everything lies; jobs are done on the host that they were asked for on."""
