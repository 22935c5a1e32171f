"""Seeded people who never lived, with journeys planted in their labs and written down as truth.

``python -m analytics.synthetic sample_data`` writes the committed sample; :func:`make` gives a Panel of any size.
"""

from __future__ import annotations

from analytics.synthetic.many import make
from analytics.synthetic.sample import SEED, people, write

__all__ = ["SEED", "make", "people", "write"]
