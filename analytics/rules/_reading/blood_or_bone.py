"""Facts for and against haemolysis, muscle or bone as the origin."""

from __future__ import annotations

import numpy as np

from analytics.derive.visits import visits_of
from analytics.rules._discover import assessment_of
from analytics.rules._reading._fact import Fact, Span, pick


def facts(span: Span) -> list[Fact]:
    """All of them."""
    v = visits_of(span.case)
    alt, ast, ck = (span.most(v.x_uln(c)) for c in ("ALT", "AST", "CK"))
    alp, ggt = span.most(v.x_uln("ALP")), span.most(v.x_uln("GGT"))
    assessed = assessment_of(span.case, "haemolysed_sample")
    hit = np.flatnonzero(assessed.holds)
    hit = hit[np.lexsort((assessed.day[hit], assessed.patient[hit]))]
    seen = span.within(assessed.patient[hit], assessed.day[hit], 0, 0)
    ast_alone = (ast >= 2) & (alt <= 1.2)
    return [
        Fact("sample of {on} possibly haemolysed", seen >= 0, 3, days={"on": pick(assessed.day[hit], seen)}),
        Fact(
            "AST {ast:.1f} × ULN while ALT is {alt:.1f} × ULN",
            np.asarray(ast_alone),
            1,
            numbers={"ast": ast, "alt": alt},
        ),
        Fact("CK {ck:.1f} × ULN", np.asarray(ck >= 3), 2, numbers={"ck": ck}),
        Fact(
            "ALP {alp:.1f} × ULN while GGT is {ggt:.1f} × ULN",
            np.asarray((alp > 1.5) & (ggt <= 1.0)),
            2,
            numbers={"alp": alp, "ggt": ggt},
        ),
        Fact("ALT {alt:.1f} × ULN, which comes from the liver", np.asarray(alt >= 2), -1, numbers={"alt": alt}),
        Fact(
            "ALP {alp:.1f} and GGT {ggt:.1f} × ULN raised together",
            np.asarray((alp > 1.5) & (ggt > 1.5)),
            -1,
            numbers={"alp": alp, "ggt": ggt},
        ),
    ]
