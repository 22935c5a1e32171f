"""``python -m dashboard`` is the command ``hepatrend``."""

from dashboard.cli import main

main()
