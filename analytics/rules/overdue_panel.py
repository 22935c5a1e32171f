"""Who is on treatment without a recent liver panel?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import INDEX
from analytics.case import Case
from analytics.derive.around import active
from analytics.derive.contact import last_contacts
from analytics.derive.events import events_of
from analytics.derive.points import newest_of, points_of
from analytics.rules._rule import Assessment, Condition, Rule

_LIVER = ("ALT", "AST", "ALP", "BILI")


def assess(case: Case) -> Assessment:
    """One moment for each patient on treatment at the last contact."""
    s, points = case.settings.follow, points_of(case)
    everyone = np.arange(len(case.panel))
    newest = newest_of(case)[:, sorted(INDEX[c] for c in _LIVER)]
    day = np.where(newest >= 0, points.day[newest], -np.inf) if len(points) else np.full(newest.shape, -np.inf)
    last = np.where(day == day.max(axis=1, keepdims=True), newest, -1).max(axis=1)  # of one moment the last analyte
    today = np.floor(np.nan_to_num(last_contacts(case), nan=case.as_of))
    dated = np.array([clock == "date" for clock in case.clocks], dtype=bool)
    who = np.flatnonzero(active(case, events_of(case).of("systemic"), everyone, today) & (last >= 0) & dated)
    since = today[who] - np.floor(points.day[last[who]])
    return Assessment(
        patient=who,
        day=today[who],
        conditions=(
            Condition("days since the last liver panel", since, ">", s.overdue_days, "days", 0),
            Condition("days since the last liver panel", since, "<=", s.lost_days, "days", 0),
        ),
        severity=since,
        numbers={"since": since, "limit": np.full(len(who), float(s.overdue_days))},
        days={"last": points.day[last[who]], "cut_off": today[who]},
        evidence=(np.full(len(who), -1), last[who]),
        anchor=points.day[last[who]],
    )


RULE = Rule(
    code="overdue_panel",
    title="Liver panel overdue",
    question="Who is on treatment without a recent liver panel?",
    level="information",
    analytes=_LIVER,
    needs=("|".join(_LIVER),),
    events=("systemic",),
    window="from the last result of ALT, AST, ALP or bilirubin to the last contact (result, event or image); calendar "
    "clocks only",
    criteria="more than {follow.overdue_days} days, while a systemic agent goes on",
    version="2",
    reference="house choice: a panel at each cycle of two or three weeks",
    tag="house",
    limitations="patients not seen at all since; results of laboratories whose files were not imported; "
    "treatment stops "
    "that were not recorded",
    template="Last liver panel {last}, {since:.0f} days before the last contact ({cut_off}), during systemic therapy "
    "(limit {limit:.0f} days).",
    settings=("follow.overdue_days", "follow.lost_days"),
    assess=assess,
    latest=(),
    compares_values=False,
)
