"""Albumin, platelets and scores that move together: only where each may be called, on both sides of the gates."""

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from tests.builders import panel_of

START = "2024-03-01"
LINE = (START, "systemic", "A")
ALB = (4.2, 3.95, 3.7, 3.45, 3.2, 2.95, 2.7, 2.45)
PLAT = (260, 213, 175, 143, 118, 96, 79, 65)


def day(n):
    return str(pd.Timestamp(START).date() + pd.Timedelta(days=n))


def labs(n, *, alb=ALB, plat=PLAT, ast=(35,) * 8, bili=(1.0,) * 8, left_out=()):
    columns = {"ALB": alb, "PLAT": plat, "AST": ast, "BILI": bili}
    return [(day(1 + 14 * i), c, x[i]) for i in range(n) for c, x in columns.items() if c not in left_out]


def answer(rows, events=(LINE,)):
    """Sentences found, and the nearest miss."""
    analysis = analyse(panel_of(rows, events))
    found = analysis.findings[analysis.findings["rule"] == "reserve_loss"]
    near = analysis.near[analysis.near["rule"] == "reserve_loss"]
    return found, list(near["says"])


def test_five_days_of_all_may_be_called_and_four_may_not():
    found, near = answer(labs(5))
    assert len(found) == 1 and near == []
    row = found.iloc[0]
    assert (row["level"], row["state"]) == ("information", "new")
    assert row["says"].startswith("Albumin 4.2 to 3.2 g/dL")
    assert "platelets 260 to 118 × 10⁹/L" in row["says"] and "5 days" in row["says"]
    # 0.66 log10(17.104) - 0.085 x 42 = -2.756 and - 0.085 x 32 = -1.906; 100 x 35/40 / 260 = 0.34, / 118 = 0.74
    assert "; ALBI −2.76 to −1.91; APRI 0.34 to 0.74: ALBI and APRI rising." in row["says"]
    found, near = answer(labs(4))
    assert found.empty
    assert near == ["2024-04-13: not assessable: needs 1 more day of albumin in this period"]


def test_each_leg_needs_its_own_days():
    rows = labs(6)
    less = [r for r in rows if r[1] != "PLAT" or r[0] > day(30)]  # three platelet counts are left
    assert answer(less)[1] == ["2024-05-11: not assessable: needs 2 more days of platelets in this period"]
    _, near = answer(labs(6, left_out=("AST", "BILI")))
    assert near == ["2024-05-11: not assessable: needs 5 more days of ALBI or APRI in this period"]
    few = [r for r in labs(6, left_out=("AST",)) if r[1] != "BILI" or r[0] > day(30)]
    assert answer(few)[1] == ["2024-05-11: not assessable: needs 2 more days of ALBI or APRI in this period"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"alb": (4.2, 4.22) * 4}, "2024-06-08: albumin is called stable (criterion: falling)"),
        ({"alb": ALB[::-1]}, "2024-06-08: albumin is called rising (criterion: falling)"),
        (
            {"plat": PLAT[::-1]},
            "2024-06-08: albumin is called falling, but platelets are called rising (criterion: falling)",
        ),
        (  # bilirubin and AST fall faster than albumin and platelets: neither score rises
            {"bili": tuple(16.0 / 4**i for i in range(8)), "ast": tuple(400 / 2**i for i in range(8))},
            "2024-06-08: albumin and platelets are called falling, but neither ALBI nor APRI is called rising",
        ),
    ],
)
def test_one_leg_that_does_not_move_is_told(change, says):
    found, near = answer(labs(8, **change))
    assert found.empty
    assert near == [says]


def test_one_score_is_enough_and_is_named():
    found, _ = answer(labs(8, ast=tuple(400 / 2**i for i in range(8))))
    assert found["says"].iloc[0].split(". Criteria met")[0].endswith(": ALBI rising")
    found, _ = answer(labs(8, left_out=("BILI",)))
    assert "ALBI" not in found["says"].iloc[0] and ": APRI rising" in found["says"].iloc[0]


def test_nothing_is_joined_across_a_procedure():
    found, near = answer(labs(8), (LINE, (day(50), "hepatectomy")))
    assert found.empty  # four results before it, four after
    assert near == ["2024-06-08: not assessable: needs 1 more day of albumin in this period"]


def test_the_onset_stays_when_results_follow_and_the_next_line_ends_it():
    first, later = answer(labs(5))[0].iloc[0], answer(labs(8))[0].iloc[0]
    assert first["finding_id"] == later["finding_id"]
    assert (later["onset"], later["last_seen"]) == (pd.Timestamp(day(57)), pd.Timestamp(day(99)))
    assert later["state"] == "ongoing"
    ended = answer([*labs(8), (day(120), "ALB", 3.0)], (LINE, (day(105), "systemic", "B")))[0].iloc[0]
    assert (
        ended["state"] == "superseded"
        and "next line of therapy" in ended["end_why"]
        and ended["finding_id"] == first["finding_id"]
    )


def test_the_numbers_are_those_of_the_trends():
    analysis = analyse(panel_of(labs(7), [LINE]))
    series = analysis.series.set_index("analyte")
    says = analysis.findings[analysis.findings["rule"] == "reserve_loss"]["says"].iloc[0]
    assert series.loc["ALB", "verdict"] == series.loc["PLAT", "verdict"] == "falling"
    assert f"({series.loc['ALB', 'change_pct']:+.0f}%,".replace("-", "−") in says
    assert f"({series.loc['PLAT', 'change_pct']:+.0f}%,".replace("-", "−") in says


def test_chance_alone_is_not_called():
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(40):
        noise = np.exp(rng.normal(0, 0.08, (2, 8)))
        found += len(answer(labs(8, alb=tuple(3.8 * noise[0] ** 0.4), plat=tuple(220 * noise[1])))[0])
    assert found == 0
