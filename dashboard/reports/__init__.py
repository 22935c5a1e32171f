"""One file per report: Analysis to HTML text, found by folder."""
