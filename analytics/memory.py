"""How many results are held in memory at once; here alone, as options are read before anything heavy is loaded."""

from __future__ import annotations

MOST_AT_ONCE = 20_000_000
"""Results that are held in memory for questions: some two and a half gibibytes (docs/scale.md; house choice)."""
