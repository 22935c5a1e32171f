"""``python -m hepatrend`` is the command ``hepatrend``."""

from dashboard.cli import main

main()
