"""Findings that somebody has seen stay quiet until they worsen.

A mark of the store names a finding. Beside it stands a second mark that names the finding as bad as it was then, so
that a finding that has become worse since is told from one that has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.tables import LEVELS


def mark_of(finding_id: str, level: str, severity: float) -> str:
    """The second mark: the finding as bad as it is now."""
    return f"{finding_id}@{LEVELS[level]}:{severity:.6g}"


def renamed(mark: str, name: Callable[[str], str]) -> str:
    """The same mark of a finding that goes by another name."""
    finding_id, at, told = mark.partition("@")
    return f"{name(finding_id)}{at}{told}"


def quiet(findings: pd.DataFrame, marks: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Which findings were seen and have not become worse since; a mark without a second one is quiet.

    Args:
        findings: table FINDINGS.
        marks: everything that was marked.
    """
    known = set(marks)
    worst: dict[str, tuple[int, float]] = {}
    for mark in known:
        finding_id, at, told = mark.partition("@")
        if at:
            level, _, severity = told.partition(":")
            worst[finding_id] = max(worst.get(finding_id, (-1, -np.inf)), _badness(int(level), severity))
    out = np.zeros(len(findings), dtype=np.bool_)
    rows = zip(findings["finding_id"], findings["level"], findings["severity"], strict=True)
    for i, (finding_id, level, severity) in enumerate(rows):
        if finding_id in known:
            then = worst.get(finding_id)
            out[i] = then is None or _badness(LEVELS[level], f"{severity:.6g}") <= then
    return out


def _badness(rank: int, severity: str) -> tuple[int, float]:
    """What orders findings from mild to bad; more of what is good is not worse."""
    return rank, 0.0 if rank == LEVELS["good"] else float(severity)
