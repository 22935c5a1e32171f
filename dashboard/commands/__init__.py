"""One file per command of hepatrend, each offering COMMAND; no logic, and heavy imports inside the function."""
