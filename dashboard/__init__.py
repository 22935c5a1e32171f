"""The application: command line, dashboard pages, figures and reports."""

PART_OF = "hepatrend"
"""So that an installation in which another distribution has overwritten this package is told as such."""
