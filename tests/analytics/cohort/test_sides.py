"""Questions of a cohort see before and after an event as responses and rules do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.cohort.aligned import align
from analytics.cohort.query.anchors import moments_of
from analytics.cohort.query.question import Anchor
from tests.builders import panel_of

DAY = pd.Timestamp("2024-06-14")
HOUR = pd.Timedelta(hours=1)


def _case(results, kind="hepatectomy"):
    rows = [(DAY + pd.Timedelta(days=d) + h * HOUR, "ALT", v) for d, h, v in results]
    return analyse(panel_of(rows, [(DAY, kind, "FOLFOX" if kind == "systemic" else "right")])).case


@pytest.mark.parametrize(
    ("hour", "kind", "before"),
    [
        (21, "hepatectomy", 29.0),  # an evening result is after it
        (8, "hepatectomy", 120.0),  # a morning one before
        (0, "hepatectomy", 29.0),  # one without a time on neither side
        (0, "systemic", 120.0),  # the whole day of a dose is before it
        (15, "systemic", 120.0),
    ],
)
def test_the_value_before_an_event_is_on_the_side_before_it(hour, kind, before):
    case = _case([(-4, 9, 29.0), (0, hour, 120.0), (3, 9, 60.0)], kind)
    aligned = align(case, "ALT", Anchor("event", kind, "first"), "x_before")
    assert aligned.value[-1] == pytest.approx(60.0 / before)


def test_the_first_moment_after_a_procedure_is_noon_and_after_a_dose_the_next_day():
    for kind, hours in (("hepatectomy", 12), ("systemic", 24)):
        moments = moments_of(_case([(0, 9, 30.0)], kind), Anchor("event", kind, "each"))
        assert moments.after - np.floor(moments.start) == pytest.approx(hours / 24)
