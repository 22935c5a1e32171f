"""Scores against independent worked examples."""

import numpy as np
import pytest

from analytics.scores import Person, albi, apri, child_pugh, fib4, meld, meld3, meld_na, meld_na_kim, nr_value, r_value
from tests.analytics.vectors import rules_vectors

UMOL = 17.104


def one(x):
    return np.array([np.nan if x is None else float(x)])


def ids(row):
    return f"{row.rule}-{row.case_id}"


def bili(given):
    return one(given["bili_mgdl"] if "bili_mgdl" in given else given["bili_umol"] / UMOL)


@pytest.mark.parametrize("row", rules_vectors("ALBI"), ids=ids)
def test_albi_agrees(row):
    given = row.given
    albumin = one(given["alb_gdl"] if "alb_gdl" in given else given["alb_gl"] / 10)
    value = albi.compute({"ALB": albumin, "BILI": bili(given)})
    want = row.expected.get("albi_with_primary_coef_0.085", row.expected["albi"])
    grade = row.expected.get("grade_with_0.085", row.expected["grade"])
    assert round(float(value[0]), 3) == pytest.approx(want, abs=0.0011)
    assert albi.SCORE.bands[int(albi.SCORE.band_of(value)[0])][0] == f"grade {grade}"


@pytest.mark.parametrize("row", rules_vectors("APRI"), ids=ids)
def test_apri_agrees(row):
    given = row.given
    value = apri.compute({"AST_X_ULN": one(given["ast"] / given["ast_uln"]), "PLAT": one(given["plt"])})
    assert float(value[0]) == pytest.approx(row.expected["apri"], abs=0.005)


@pytest.mark.parametrize("row", rules_vectors("FIB4"), ids=ids)
def test_fib4_agrees(row):
    given = row.given
    x = {"AST": one(given["ast"]), "ALT": one(given["alt"]), "PLAT": one(given["plt_10e9L"])}
    value = fib4.compute(x, Person(age=one(given["age"]), female=one(0)))
    assert float(value[0]) == pytest.approx(row.expected["fib4"], abs=1e-4)


@pytest.mark.parametrize("row", [r for r in rules_vectors("MELD") if r.rule == "MELD"], ids=ids)
def test_meld_agrees(row):
    given = row.given
    value = meld.unrounded(one(given["creat_umol"] / 88.4), bili(given), one(given["inr"]))
    assert float(value[0]) == pytest.approx(row.expected["meld_unrounded"], abs=0.01)


@pytest.mark.parametrize("row", [r for r in rules_vectors("MELD_NA") if r.rule == "MELD_NA"], ids=ids)
def test_meld_na_agrees(row):
    given = row.given
    creatinine = one(4.0 if given["dialysis"] else given["creat"])
    base = meld.unrounded(creatinine, one(given["bili"]), one(given["inr"]))
    if given["intermediate_rounding"]:
        assert float(meld.bounded(base)[0]) == row.expected["meld"]
        value = meld.bounded(meld_na.from_meld(meld.bounded(base), one(given["na"])))
        assert float(value[0]) == row.expected["meld_na"]
    else:
        value = meld_na.from_meld(base, one(given["na"]))
        assert float(value[0]) == pytest.approx(row.expected["meld_na_unrounded"], abs=1e-3)


@pytest.mark.parametrize("row", rules_vectors("MELD_NA_KIM2008"), ids=ids)
def test_the_two_forms_of_meld_na_differ_as_published(row):
    given = row.given
    base = meld.unrounded(one(given["creat_mgdl"]), one(given["bili_mgdl"]), one(given["inr"]))
    assert float(meld_na_kim.from_meld(base, one(given["na"]))[0]) == pytest.approx(
        row.expected["meld_na_unrounded"], abs=1e-3
    )
    assert float(meld_na.from_meld(base, one(given["na"]))[0]) == pytest.approx(
        row.expected["optn2016_formula_gives"], abs=1e-3
    )


@pytest.mark.parametrize("row", rules_vectors("MELD_3_0"), ids=ids)
def test_meld_3_agrees(row):
    given = row.given
    x = {
        code: one(given[name])
        for code, name in (("BILI", "bili"), ("INR", "inr"), ("CREAT", "creat"), ("SODIUM", "na"), ("ALB", "alb"))
    }
    if given.get("dialysis"):
        x["CREAT"] = one(3.0)
    person = Person(age=one(given.get("age_at_registration", 50)), female=one({"F": 1, "M": 0}.get(given.get("sex"))))
    if "meld3" in row.expected:
        assert float(meld3.compute(x, person)[0]) == row.expected["meld3"]
    else:
        assert float(meld3.unrounded(x, person)[0]) == pytest.approx(row.expected["meld3_unrounded"], abs=1e-3)


@pytest.mark.parametrize("row", rules_vectors("CHILD_PUGH"), ids=ids)
def test_child_pugh_agrees_where_the_clinical_fields_are_known(row):
    given = row.given
    points = {"none": 1, "mild": 2, "grade1-2": 2, "moderate": 3, "grade3-4": 3}
    laboratory = child_pugh.laboratory_points(
        one(given["bili_mgdl"]), one(given["alb_gdl"]), one(given["inr"]), given["inr_3pt_above"]
    )
    value = child_pugh.total(laboratory, one(points[given["ascites"]]), one(points[given["encephalopathy"]]))
    assert float(value[0]) == row.expected["points"]
    assert child_pugh.class_of(float(value[0])) == row.expected["class"]


@pytest.mark.parametrize("row", rules_vectors("R_NR_RATIO"), ids=ids)
def test_r_and_nr_agree(row):
    given = row.given
    x = {
        f"{code}_X_ULN": one(given[name] / given[f"{name}_uln"])
        for code, name in (("ALT", "alt"), ("AST", "ast"), ("ALP", "alp"))
    }
    assert float(r_value.compute(x)[0]) == pytest.approx(row.expected["R"], abs=1e-5)
    nr = float(nr_value.compute(x)[0])
    assert nr == pytest.approx(row.expected["nR"], abs=1e-5)
    jaundice = given["bili"] / given["bili_uln"] > 2
    assert (nr >= 5 and jaundice) == row.expected["nR>5_and_TB>2xULN"]
