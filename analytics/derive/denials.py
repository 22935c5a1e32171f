"""What a recorded sign says where it is recorded as absent: "no ascites", "ascites: none", "ascites resolved"."""

from __future__ import annotations

import re

SIGNS = frozenset({"symptom", "adverse_event", "other"})
"""Kinds of events that may record that something is not there."""
_CLAUSES = re.compile(r"[,;.]")
_AFTER = re.compile(
    r"\b(?:absent|none|nil|resolved|negative|excluded|grade 0|not (?:present|seen|detected|found|evident))\b"
)
_BEFORE = re.compile(r"(?:\bno\b|\bnot\b|\bwithout\b|\bdenie[sd]\b|\babsence of\b|\bafebrile)[^,;.\x1f]*")


def affirmed(text: str) -> str:
    """The parts of a name and its detail (lower case) that do not deny what they name; clauses apart by commas."""
    kept = (clause for clause in _CLAUSES.split(text) if not _AFTER.search(clause))
    return unnegated(",".join(kept))


def unnegated(text: str) -> str:
    """Without what follows a "no", "without" or "denies" in its clause; a sign that was there and went stays."""
    return _BEFORE.sub("", text)
