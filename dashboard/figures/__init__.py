"""One file per picture: Analysis to a plain dict figure; no Dash, no I/O."""
