"""RECIST 1.1 arithmetic: measurable lesions, target response, overall response, best overall response.

Source: Eisenhauer et al., RECIST 1.1, 2009 (text recalled, to be confirmed). Confirmation follows the text
and, where the text leaves a choice (stable disease between two partial responses, missing assessments), the options of
the pharmaverse project ``admiralonco``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats
from analytics.compare import reaches

NODE_NORMAL_MM = 10.0
MEASURABLE_MM = 10.0
MEASURABLE_NODE_MM = 15.0
PR_SHARE, PD_SHARE, PD_MM = 0.30, 0.20, 5.0

ORDER = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "ND", "MISSING")
"""Best first."""


def measurable(longest_mm: float, *, slice_mm: float = 0.0, nodal: bool = False) -> bool:
    """A lesion can be a target: at least 10 mm and twice the slice thickness; a node at least 15 mm short axis."""
    limit = MEASURABLE_NODE_MM if nodal else max(MEASURABLE_MM, 2 * slice_mm)
    return bool(reaches(longest_mm, limit))


def baseline_sum(lesions_mm: Mapping[str, Sequence[float]], *, most: int = 5, most_per_organ: int = 2) -> float:
    """Sum of the largest lesions, at most two an organ and five in all."""
    kept = [mm for organ in lesions_mm.values() for mm in sorted(organ, reverse=True)[:most_per_organ]]
    return float(sum(sorted(kept, reverse=True)[:most]))


def by_sums(baseline: Floats, nadir: Floats, current: Floats) -> Floats:
    """Target response by sums alone: 0 CR (sum 0), 1 PR, 2 SD, 3 PD; NaN where a sum is missing. Any shape.

    Progression is at least 20 % and 5 mm above the lowest sum so far (the baseline counts), and wins over response.

    Examples:
        Baseline 80 mm, lowest so far 50 mm. 56 mm: at least 30 % below baseline (PR). 60 mm: 20 % and 10 mm above the
        lowest, which is progression and wins over response.

        >>> [BY_SUM[int(c)] for c in by_sums(np.array(80.0), np.array(50.0), np.array([0.0, 56, 57, 60, 59]))]
        ['CR', 'PR', 'SD', 'PD', 'SD']
    """
    base, low, now = np.broadcast_arrays(baseline, nadir, current)
    low = np.fmin(low, base)
    grown = reaches(now, low * (1 + PD_SHARE)) & reaches(now - low, PD_MM)
    shrunk = reaches(base - now, base * PR_SHARE)
    code = np.select([grown, now == 0, shrunk], [3.0, 0.0, 1.0], 2.0)
    return np.where(np.isnan(base) | np.isnan(now), np.nan, code)


BY_SUM = ("CR", "PR", "SD", "PD")


def target_response(
    baseline_mm: Sequence[float],
    current_mm: Sequence[float | None],
    nadir_sum: float,
    is_node: Sequence[bool] | None = None,
) -> str:
    """Target response of one visit from single lesions.

    Args:
        baseline_mm: each lesion at baseline.
        current_mm: each lesion now; None where it was not measured.
        nadir_sum: lowest sum so far, the baseline's counted.
        is_node: which of them are lymph nodes; normal below 10 mm.
    """
    nodes = [False] * len(baseline_mm) if is_node is None else list(is_node)
    measured = [mm for mm in current_mm if mm is not None]
    now, base = float(sum(measured)), float(sum(baseline_mm))
    low = min(nadir_sum, base)
    if reaches(now, low * (1 + PD_SHARE)) and reaches(now - low, PD_MM):
        return "PD"  # what was measured proves it, whatever the missing lesions did
    if len(measured) < len(baseline_mm):
        return "NE"
    if all(mm < NODE_NORMAL_MM if node else mm == 0 for mm, node in zip(measured, nodes, strict=True)):
        return "CR"
    return "PR" if reaches(base - now, base * PR_SHARE) else "SD"


def course(
    baseline_mm: Sequence[float], visits_mm: Sequence[Sequence[float | None]], is_node: Sequence[bool] | None = None
) -> list[str]:
    """Target response of every visit in order; a visit with a missing lesion never becomes the nadir.

    Examples:
        Two lesions of 40 and 20 mm: one could not be measured at the second visit, and is no lowest sum either.

        >>> course([40, 20], [[28, 14], [20, None], [40, 14]])
        ['PR', 'NE', 'PD']
    """
    low, found = float(sum(baseline_mm)), []
    for visit in visits_mm:
        found.append(target_response(baseline_mm, visit, low, is_node))
        sizes = [mm for mm in visit if mm is not None]
        if len(sizes) == len(visit):
            low = min(low, float(sum(sizes)))
    return found


def overall(target: str | None, non_target: str | None, new_lesion: bool) -> str:
    """Overall response of one visit (tables 1 and 2 of RECIST 1.1).

    Examples:
        A new lesion is progression whatever the targets did.

        >>> overall('PR', 'NON-CR/NON-PD', False), overall('CR', 'NON-CR/NON-PD', False), overall('PR', None, True)
        ('PR', 'PR', 'PD')
    """
    if new_lesion or "PD" in (target, non_target):
        return "PD"
    if target is None:
        return non_target or "NE"
    if target == "CR":
        if non_target in (None, "CR"):
            return "CR"
        return "PR" if non_target in ("NON-CR/NON-PD", "NE") else "NE"
    return target


@dataclass(frozen=True)
class Confirmation:
    """How a best response is confirmed: days for stable disease and for confirmation, and what may lie between."""

    min_sd_days: int = 42
    confirm_days: int = 28
    most_missing: int | None = None
    accept_sd: bool = False
    missing_as_ne: bool = False


def best_response(responses: Sequence[tuple[float, str]], min_sd_days: float) -> tuple[str, float | None]:
    """Best overall response without confirmation, and its day.

    Args:
        responses: (days since the start of treatment, overall response) in time order.
        min_sd_days: stable disease counts from this day on.
    """
    return _best([(day, _unconfirmed(day, r, min_sd_days)) for day, r in responses], "MISSING")


def confirmed_response(
    responses: Sequence[tuple[float, str]], how: Confirmation, *, progression: float | None = None
) -> tuple[str, float | None]:
    """Best confirmed overall response and its day.

    Args:
        responses: (days since the start of treatment, overall response) in time order.
        how: what confirms.
        progression: day of progression; later assessments do not count.
    """
    used = [(d, r) for d, r in responses if progression is None or d <= progression]
    graded = [(day, _confirmed(i, used, how)) for i, (day, _) in enumerate(used)]
    return _best(graded, "NE" if how.missing_as_ne and used else "MISSING")


def sums_to_responses(baseline: float, visits: Sequence[tuple[float, float]]) -> list[tuple[float, str]]:
    """Responses by sums of each visit, up to and with the first progression."""
    low, found = baseline, []
    for day, total in visits:
        code = float(by_sums(np.array(baseline), np.array(low), np.array(total)))
        found.append((day, BY_SUM[int(code)]))
        if found[-1][1] == "PD":
            break
        low = min(low, total)
    return found


def _unconfirmed(day: float, response: str, min_sd_days: float) -> str:
    if response in ("SD", "NON-CR/NON-PD") and day < min_sd_days:
        return "NE"
    return response


def _confirmed(i: int, used: Sequence[tuple[float, str]], how: Confirmation) -> str:
    day, response = used[i]
    if response in ("CR", "PR"):
        if any(_holds(used[i:], j, response, how) for j in range(1, len(used) - i)):
            return response
        response = "SD"  # not confirmed: it still was not progression
    return _unconfirmed(day, response, how.min_sd_days)


def _holds(rest: Sequence[tuple[float, str]], j: int, response: str, how: Confirmation) -> bool:
    """True where ``rest[j]`` confirms ``rest[0]`` and nothing between speaks against it."""
    (day, _), (later, second), between = rest[0], rest[j], [r for _, r in rest[1:j]]
    same = ("CR",) if response == "CR" else ("CR", "PR")
    if second not in same or later - day < how.confirm_days:
        return False
    missing = 1 if how.most_missing is None else how.most_missing
    if between.count("NE") > missing:
        return False
    allowed = {*same, "NE"} | ({"SD"} if how.accept_sd and response == "PR" else set())
    if not set(between) <= allowed or between.count("SD") > 1:
        return False
    chain = [*between, second]
    return not any(a == "CR" and "PR" in chain[k + 1 :] for k, a in enumerate(chain))


def _best(graded: Sequence[tuple[float, str]], none: str) -> tuple[str, float | None]:
    if not graded:
        return none, None
    day, response = min(graded, key=lambda item: (ORDER.index(item[1]), item[0]))
    return response, day
