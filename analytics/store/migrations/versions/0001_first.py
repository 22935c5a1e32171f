"""The first released tables. Stores begin here; there is nothing older to bring forward."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing to do."""
