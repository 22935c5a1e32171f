"""Longitudinal liver-lab analytics: the science and the data, without any web."""

PART_OF = "hepatrend"
"""So that an installation in which another distribution has overwritten this package is told as such."""
