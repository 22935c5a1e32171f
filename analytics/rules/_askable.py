"""Whether a case holds what a rule's time points are made of: where nobody has any, the rule need not be assessed."""

from __future__ import annotations

from collections.abc import Callable

from analytics.analytes import INDEX
from analytics.case import Case
from analytics.derive.around import given
from analytics.derive.events import events_of
from analytics.derive.points import has_analyte_of
from analytics.rules._pump import pump_events


def any_image(case: Case) -> bool:
    """Anybody has an imaging report."""
    return len(case.panel.imaging) > 0


def any_pump(case: Case) -> bool:
    """Anybody has had floxuridine, or a treatment by the pump."""
    return len(pump_events(case)) > 0


def any_result(*codes: str) -> Callable[[Case], bool]:
    """Anybody has a result of one of these analytes."""
    columns = [INDEX[code] for code in codes]
    return lambda case: bool(has_analyte_of(case)[:, columns].any())


def any_agent(*agents: str) -> Callable[[Case], bool]:
    """Anybody has had one of these agents."""
    return lambda case: len(events_of(case).of("systemic")) > 0 and len(given(case, *agents)) > 0


def both(one: Callable[[Case], bool], other: Callable[[Case], bool]) -> Callable[[Case], bool]:
    """Both hold, of whomever."""
    return lambda case: one(case) and other(case)
