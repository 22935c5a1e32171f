"""Both sides of the edges of rules, each case readable in its line."""

import numpy as np
import pandas as pd
import pytest

from analytics.analysis import analyse
from analytics.panel import Panel
from tests.builders import panel_of

D = "2024-03-01"
LINE = [(D, "systemic", "oxaliplatin")]
STENT = [(D, "biliary_stent")]
CUT = [(D, "hepatectomy")]


def day(n):
    return str(pd.Timestamp(D).date() + pd.Timedelta(days=n))


def case(rule, holds, labs, events=(), imaging=(), **patient):
    return pytest.param(rule, holds, labs, events, imaging, patient)


def markers(*values, code="CEA", first=0, step=14):
    return [(day(first + i * step), code, v) for i, v in enumerate(values)]


ICI = [(D, "systemic", "nivolumab")]
IRI = [(D, "systemic", "irinotecan")]
CASES = [
    # Temple: ALT above 3 x ULN while bilirubin is not above 2
    case("temple", True, [(D, "ALT", 121), (D, "BILI", 2.4)]),
    case("temple", False, [(D, "ALT", 120), (D, "BILI", 1.0)]),
    case("temple", False, [(D, "ALT", 121), (D, "BILI", 2.41)]),
    case("temple", False, [(D, "ALT", 121)]),  # bilirubin not known
    case(
        "temple", False, [(day(-5), "ALT", 100), (D, "BILI", 1.0), (day(5), "ALT", 190)], LINE
    ),  # 1.9 x a raised baseline
    case("temple", True, [(day(-5), "ALT", 100), (D, "BILI", 1.0), (day(5), "ALT", 200)], LINE),
    # limits of FDA guidance for trials
    case("fda_limits", True, [(D, "ALT", 321)]),
    case("fda_limits", False, [(D, "ALT", 320)]),
    case("fda_limits", True, [(D, "ALT", 201), (day(15), "ALT", 201)]),
    case("fda_limits", False, [(D, "ALT", 201), (day(14), "ALT", 201)]),
    case("fda_limits", False, [(D, "ALT", 201), (day(7), "ALT", 200), (day(15), "ALT", 201)]),
    case("fda_limits", True, [(D, "ALT", 121), (day(3), "INR", 1.6)]),
    case("fda_limits", False, [(D, "ALT", 121), (day(3), "INR", 1.5)]),
    # Parks: ALT above 5.5, bilirubin above 3
    case("parks", True, [(D, "ALT", 221), (day(28), "BILI", 3.61)]),
    case("parks", False, [(D, "ALT", 220), (day(28), "BILI", 3.61)]),
    case("parks", False, [(D, "ALT", 221), (day(28), "BILI", 3.6)]),
    case("parks", False, [(D, "ALT", 221), (day(29), "BILI", 3.61)]),
    # mDISH: 3.8 and 4.8 x baseline
    case(
        "mdish",
        True,
        [(day(-3), "ALT", 100), (day(-3), "BILI", 1.0), (day(9), "ALT", 381), (day(9), "BILI", 4.81)],
        LINE,
    ),
    case(
        "mdish",
        False,
        [(day(-3), "ALT", 100), (day(-3), "BILI", 1.0), (day(9), "ALT", 380), (day(9), "BILI", 4.81)],
        LINE,
    ),
    case(
        "mdish",
        False,
        [(day(-3), "ALT", 100), (day(-3), "BILI", 1.0), (day(9), "ALT", 381), (day(9), "BILI", 4.8)],
        LINE,
    ),
    # cholestatic jaundice
    case("cholestatic_jaundice", True, [(D, "BILI", 2.5), (D, "ALP", 300), (D, "ALT", 40)]),
    case("cholestatic_jaundice", False, [(D, "BILI", 2.4), (D, "ALP", 300), (D, "ALT", 40)]),
    case("cholestatic_jaundice", False, [(D, "BILI", 2.5), (D, "ALP", 240), (D, "ALT", 161)]),  # R above 2
    case("cholestatic_jaundice", True, [(D, "BILI", 2.5), (D, "ALP", 240), (D, "ALT", 160)]),  # R exactly 2
    # eDISH migration: from normal to a peak above a line
    case(
        "edish_migration",
        False,
        [(day(-3), "ALT", 20), (day(-3), "BILI", 0.5), (day(9), "ALT", 500), (day(9), "BILI", 0.5)],
        [*LINE, (day(8), "ablation")],
    ),
    case(
        "edish_migration",
        True,
        [(day(-3), "ALT", 20), (day(-3), "BILI", 0.5), (day(9), "ALT", 500), (day(9), "BILI", 3.5)],
        [*LINE, (day(8), "ablation")],
    ),
    case(
        "edish_migration",
        False,
        [(day(-3), "ALT", 20), (day(-3), "BILI", 0.5), (day(9), "ALT", 500), (day(9), "BILI", 3.5)],
        [*LINE, (day(8), "hepatectomy")],
    ),
    case(
        "edish_migration",
        True,
        [(day(-3), "ALT", 40), (day(-3), "BILI", 1.0), (day(9), "ALT", 121), (day(20), "BILI", 1.0)],
        LINE,
    ),
    case(
        "edish_migration",
        False,
        [(day(-3), "ALT", 40), (day(-3), "BILI", 1.0), (day(9), "ALT", 120), (day(20), "BILI", 1.0)],
        LINE,
    ),
    case(
        "edish_migration",
        False,
        [(day(-3), "ALT", 200), (day(-3), "BILI", 1.0), (day(9), "ALT", 60), (day(20), "BILI", 1.0)],
        LINE,
    ),
    # CTCAE grade 3 in one version is enough: baseline 100, 2.1 x is grade 1 in 5.0 and 3 in 6.0
    case("ctcae_grade", True, [(day(-3), "ALT", 100), (day(9), "ALT", 210)], LINE),
    case("ctcae_grade", False, [(day(-3), "ALT", 100), (day(9), "ALT", 200)], LINE),
    # IQ-DILI oncology, first level above 3 (baseline below 1.5), above 4 (baseline 1.5 to 3)
    case("iq_dili_oncology", True, [(day(-3), "ALT", 59), (day(9), "ALT", 121)], LINE),
    case("iq_dili_oncology", False, [(day(-3), "ALT", 60), (day(9), "ALT", 121)], LINE),
    case("iq_dili_oncology", True, [(day(-3), "ALT", 60), (day(9), "ALT", 161)], LINE),
    case("iq_dili_oncology", False, [(day(9), "ALT", 161)]),  # not on therapy
    # nivolumab label by baseline: above 3 (normal), above 5 (1 to 3), above 8 (3 to 5)
    case("checkpoint_label", True, [(day(-3), "ALT", 40), (day(9), "ALT", 121)], ICI),
    case("checkpoint_label", True, [(day(-3), "ALT", 41), (day(9), "ALT", 201)], ICI),
    case("checkpoint_label", False, [(day(-3), "ALT", 160), (day(9), "ALT", 239)], ICI),  # below 1.5 x baseline
    case("checkpoint_label", True, [(day(-3), "ALT", 160), (day(9), "ALT", 321)], ICI),
    case("checkpoint_label", False, [(day(-3), "ALT", 40), (day(9), "ALT", 121)], LINE),
    # stents
    case("stent_response", True, [(day(-1), "BILI", 8.0), (day(14), "BILI", 4.0)], STENT),
    case("stent_response", False, [(day(-1), "BILI", 8.0), (day(14), "BILI", 4.1)], STENT),
    case("stent_response", False, [(day(-1), "BILI", 8.0), (day(15), "BILI", 4.0)], STENT),
    case("stent_response", False, [(day(-1), "BILI", 2.0), (day(10), "BILI", 1.0)], STENT),  # no jaundice before
    case("stent_no_response", True, [(day(-1), "BILI", 8.0), (day(14), "BILI", 4.1)], STENT),
    case("stent_no_response", False, [(day(-1), "BILI", 8.0), (day(9), "BILI", 4.0), (day(14), "BILI", 4.1)], STENT),
    case("stent_no_response", False, [(day(-1), "BILI", 8.0), (day(13), "BILI", 4.1)], STENT),
    case("stent_late", True, [(day(-1), "BILI", 9.9), (day(22), "BILI", 2.1)], STENT),
    case("stent_late", False, [(day(-1), "BILI", 9.9), (day(21), "BILI", 2.1)], STENT),
    case("stent_late", False, [(day(-1), "BILI", 10.0), (day(42), "BILI", 2.1)], STENT),
    case("stent_late", True, [(day(-1), "BILI", 10.0), (day(43), "BILI", 2.1)], STENT),
    case("stent_late", False, [(day(-1), "BILI", 9.9), (day(22), "BILI", 2.0)], STENT),
    case("stent_early_rise", True, [(day(-1), "BILI", 2.0), (day(5), "BILI", 3.0)], STENT),
    case("stent_early_rise", False, [(day(-1), "BILI", 2.0), (day(5), "BILI", 2.9)], STENT),
    case("stent_early_rise", False, [(day(-1), "BILI", 2.0), (day(2), "BILI", 3.0)], STENT),
    case(
        "recurrent_obstruction",
        True,
        [(day(9), "BILI", 1.0), (day(9), "GGT", 100), (day(40), "BILI", 2.0), (day(40), "GGT", 130)],
        STENT,
    ),
    case(
        "recurrent_obstruction",
        False,
        [(day(9), "BILI", 1.0), (day(9), "GGT", 100), (day(40), "BILI", 1.9), (day(40), "GGT", 130)],
        STENT,
    ),
    case(
        "recurrent_obstruction",
        False,
        [(day(9), "BILI", 1.0), (day(9), "GGT", 100), (day(40), "BILI", 2.0), (day(40), "GGT", 129)],
        STENT,
    ),
    # cholangitis, parts A and B
    case("cholangitis_labs", True, [(D, "BILI", 2.0), (D, "CRP", 10)]),
    case("cholangitis_labs", False, [(D, "BILI", 1.9), (D, "CRP", 10)]),
    case("cholangitis_labs", False, [(D, "BILI", 2.0), (D, "CRP", 9)]),
    case("cholangitis_labs", True, [(D, "BILI", 2.0)], [(day(2), "symptom", "fever"), (D, "symptom", "fever")]),
    case("cholangitis_labs", True, [(D, "BILI", 2.0), (D, "WBC", 10.1)]),
    case("cholangitis_labs", True, [(D, "BILI", 2.0), (D, "WBC", 3.9)]),
    case("cholangitis_labs", False, [(day(9), "BILI", 2.0), (day(9), "WBC", 3.9)], LINE),  # under chemotherapy
    # after a resection
    case("isgls", True, [(day(5), "BILI", 1.21), (day(5), "INR", 1.21)], CUT),
    case("isgls", False, [(day(4), "BILI", 1.21), (day(4), "INR", 1.21)], CUT),
    case("isgls", False, [(day(5), "BILI", 1.2), (day(5), "INR", 1.21)], CUT),
    case("isgls", False, [(day(-2), "BILI", 2.4), (day(5), "BILI", 2.4), (day(5), "INR", 1.5)], CUT),  # raised before
    case("isgls", True, [(day(-2), "BILI", 2.4), (day(5), "BILI", 2.5), (day(5), "INR", 1.5)], CUT),
    case("fifty_fifty", True, [(day(5), "PTPCT", 49), (day(5), "BILI", 2.93)], CUT),
    case("fifty_fifty", False, [(day(5), "PTPCT", 50), (day(5), "BILI", 2.93)], CUT),
    case("fifty_fifty", False, [(day(5), "PTPCT", 49), (day(5), "BILI", 2.92)], CUT),  # 49.9 umol/L
    case("fifty_fifty", False, [(day(7), "PTPCT", 49), (day(7), "BILI", 2.93)], CUT),
    case("peak_bilirubin", True, [(day(9), "BILI", 7.1)], CUT),
    case("peak_bilirubin", False, [(day(9), "BILI", 7.0)], CUT),
    case("postoperative_departure", True, [(day(3), "BILI", 3.0), (day(5), "BILI", 4.5)], CUT),
    case("postoperative_departure", False, [(day(3), "BILI", 3.0), (day(5), "BILI", 4.4)], CUT),
    case("postoperative_departure", False, [(day(4), "BILI", 3.0), (day(5), "BILI", 4.5)], CUT),
    case("postoperative_course", True, [(day(1), "BILI", 3.0), (day(5), "BILI", 2.9)], CUT),
    case("postoperative_course", False, [(day(1), "BILI", 3.0), (day(5), "BILI", 3.0)], CUT),
    case("day_one_enzymes", True, [(day(1), "AST", 261)], CUT),
    case("day_one_enzymes", False, [(day(1), "AST", 260), (day(1), "ALT", 270)], CUT),
    case("day_one_enzymes", False, [(day(2), "AST", 900)], CUT),
    case("procedure_effect", True, [(day(14), "ALT", 121)], [(D, "ablation")]),
    case("procedure_effect", False, [(day(15), "ALT", 121)], [(D, "ablation")]),
    case(
        "reild",
        True,
        [(day(-2), "ALB", 4.0), (day(40), "BILI", 3.1), (day(40), "ALB", 3.6)],
        [(D, "radioembolisation")],
    ),
    case(
        "reild",
        False,
        [(day(-2), "ALB", 4.0), (day(40), "BILI", 3.0), (day(40), "ALB", 3.6)],
        [(D, "radioembolisation")],
    ),
    case(
        "reild",
        False,
        [(day(-2), "ALB", 4.0), (day(13), "BILI", 3.1), (day(13), "ALB", 3.6)],
        [(D, "radioembolisation")],
    ),
    case(
        "reild",
        False,
        [(day(-2), "BILI", 1.8), (day(40), "BILI", 3.5), (day(40), "ALB", 3.0)],  # raised before, less than doubled
        [(D, "radioembolisation")],
    ),
    case("rild", True, [(day(30), "ALP", 241), (day(30), "ALT", 80), (day(30), "BILI", 2.0)], [(D, "radiation")]),
    case("rild", False, [(day(30), "ALP", 240), (day(30), "ALT", 80), (day(30), "BILI", 2.0)], [(D, "radiation")]),
    case("rild", False, [(day(30), "ALP", 241), (day(30), "ALT", 81), (day(30), "BILI", 2.0)], [(D, "radiation")]),
    case("rild", False, [(day(30), "ALP", 241), (day(30), "ALT", 80), (day(30), "BILI", 2.1)], [(D, "radiation")]),
    case(
        "rild", False, [(day(30), "ALP", 300), (day(30), "ALT", 40), (day(30), "BILI", 1.0)], [(D, "radiation", "L3")]
    ),
    case("rild", True, [(day(30), "ALT", 201)], [(D, "radiation")]),
    case("rild", False, [(day(30), "ALT", 200)], [(D, "radiation")]),
    case("hepatic_decompensation", True, [(day(9), "BILI", 3.1), (day(9), "INR", 1.5)], LINE),
    case("hepatic_decompensation", False, [(day(9), "BILI", 3.0), (day(9), "INR", 1.5)], LINE),
    case("hepatic_decompensation", False, [(day(9), "BILI", 3.1), (day(9), "INR", 1.4)], LINE),
    # results of days 0 to 4 after a resection are no part of later ones
    case("hepatic_decompensation", False, [(day(2), "INR", 1.8), (day(6), "BILI", 3.2)], CUT),
    case("hepatic_decompensation", True, [(day(5), "INR", 1.8), (day(6), "BILI", 3.2)], CUT),
    case(
        "hepatic_decompensation",
        False,
        [
            *((day(-2), "ALB", 4.1), (day(-2), "BILI", 0.6), (day(1), "ALB", 3.0), (day(1), "BILI", 2.4)),
            *((day(14), "ALB", 3.4), (day(14), "BILI", 1.0)),
        ],
        CUT,
    ),
    case(
        "hepatic_decompensation",
        True,
        [
            *((day(-2), "ALB", 4.1), (day(-2), "BILI", 0.6), (day(5), "ALB", 3.0), (day(5), "BILI", 2.4)),
            *((day(14), "ALB", 3.4), (day(14), "BILI", 1.0)),
        ],
        CUT,
    ),
    case("hepatic_decompensation", False, [(day(-2), "ALB", 4.1), (day(2), "ALB", 2.9), (day(12), "ALB", 2.9)], CUT),
    case("hepatic_decompensation", True, [(day(-2), "ALB", 4.1), (day(5), "ALB", 2.9), (day(12), "ALB", 2.9)], CUT),
    # markers
    case("marker_rise", True, markers(20, 20, 20, 60, 60)),
    case("marker_rise", True, markers(20, 30)),  # one result, 1.5 × and above 2 ULN
    case("marker_rise", False, markers(20, 29.9)),
    case("marker_rise", True, markers(20, 25, 25)),
    case("marker_rise", False, markers(20, 24.9, 24.9)),
    case("marker_rise", False, markers(20, 20, 20, 60, 60), [(day(40), "systemic", "oxaliplatin")]),  # flare window
    case(
        "marker_rise",
        False,
        [*markers(90, 90, 90, 300, 300, code="CA19_9AG"), (day(42), "BILI", 5), (day(56), "BILI", 5)],
    ),
    case("ca199_muted", True, [(D, "CA19_9AG", 90), (day(14), "BILI", 2.0)]),
    case("ca199_muted", False, [(D, "CA19_9AG", 90), (day(14), "BILI", 1.9)]),
    case("ca199_muted", False, [(D, "CA19_9AG", 90), (day(15), "BILI", 2.0)]),
    case("marker_flare", True, [(day(-20), "CEA", 21), (day(-1), "CEA", 20), (day(42), "CEA", 30)], LINE),
    case("marker_flare", False, [(day(-20), "CEA", 21), (day(-1), "CEA", 20), (day(43), "CEA", 30)], LINE),
    case("marker_flare", False, [(day(-20), "CEA", 21), (day(-1), "CEA", 20), (day(42), "CEA", 29.9)], LINE),
    case("marker_flare", False, [(day(-1), "CEA", 20), (day(42), "CEA", 30)], LINE),  # slope before it not known
    case("marker_flare", False, [(day(-20), "CEA", 10), (day(-1), "CEA", 20), (day(42), "CEA", 30)], LINE),  # rising
    case("marker_response", True, [(day(-1), "CEA", 20), (day(30), "CEA", 10), (day(44), "CEA", 10)], LINE),
    case("marker_response", False, [(day(-1), "CEA", 20), (day(30), "CEA", 10.1), (day(44), "CEA", 10)], LINE),
    case("marker_response", False, [(day(-1), "CEA", 5), (day(30), "CEA", 2), (day(44), "CEA", 2)], LINE),  # not raised
    case("marker_discordance", True, markers(20, 20, 20, 60, 60), (), [(day(56), "CT", "SD")]),
    case("marker_discordance", False, markers(20, 20, 20, 60, 60), (), [(day(56), "CT", "PD")]),
    # imaging
    case("recist_progression", True, [(D, "ALT", 20)], (), [(D, "CT", None, 50.0), (day(60), "CT", "SD", 60.0)]),
    case("recist_progression", False, [(D, "ALT", 20)], (), [(D, "CT", None, 50.0), (day(60), "CT", "SD", 59.9)]),
    case("recist_progression", True, [(D, "ALT", 20)], (), [(D, "CT", None, 50.0), (day(60), "CT", "SD", 50.0, True)]),
    case("recist_response", True, [(D, "ALT", 20)], (), [(D, "CT", None, 100.0), (day(60), "CT", "SD", 70.0)]),
    case("recist_response", False, [(D, "ALT", 20)], (), [(D, "CT", None, 100.0), (day(60), "CT", "SD", 70.1)]),
    # reserve, labels, follow-up
    case("apri_before_resection", True, [(day(-5), "PLAT", 200), (day(-5), "AST", 29.2)], CUT),  # 100 x 0.73 / 200
    case("apri_before_resection", False, [(day(-5), "PLAT", 200), (day(-5), "AST", 29.1)], CUT),
    case(
        "sinusoidal_pattern",
        True,
        [(day(-2), "PLAT", 200), (day(-2), "AST", 40), (day(60), "PLAT", 120), (day(60), "AST", 48)],
        LINE,
    ),
    case(
        "sinusoidal_pattern",
        False,
        [(day(-2), "PLAT", 200), (day(-2), "AST", 40), (day(60), "PLAT", 121), (day(60), "AST", 60)],
        LINE,
    ),
    case(
        "albi_decline",
        True,
        [
            (day(-2), "ALB", 4.0),
            (day(-2), "BILI", 1.0),
            *[(day(n), c, x) for n in (20, 40) for c, x in (("ALB", 3.4), ("BILI", 1.0))],
        ],
        LINE,
    ),  # 0.085 x 6 = 0.51
    case(
        "albi_decline",
        False,
        [
            (day(-2), "ALB", 4.0),
            (day(-2), "BILI", 1.0),
            *[(day(n), c, x) for n in (20, 40) for c, x in (("ALB", 3.5), ("BILI", 1.0))],
        ],
        LINE,
    ),
    case("label_limits", True, [(day(20), "BILI", 2.1)], IRI),
    case("label_limits", False, [(day(20), "BILI", 2.0)], IRI),
    case("label_limits", True, [(day(20), "ALT", 201)], IRI),
    case("label_limits", False, [(day(20), "BILI", 2.1)], LINE),  # no threshold of oxaliplatin
    case("missing_partner", True, [(D, "ALT", 120)]),
    case("missing_partner", False, [(D, "ALT", 120), (day(7), "BILI", 1.0), (day(-7), "ALP", 90)]),
    case("missing_partner", True, [(D, "ALT", 120), (day(8), "BILI", 1.0), (day(-7), "ALP", 90)]),
    case("isolated_alp", True, [(D, "ALP", 181), (D, "GGT", 60)]),
    case("isolated_alp", False, [(D, "ALP", 180), (D, "GGT", 60)]),
    case("isolated_alp", False, [(D, "ALP", 181), (D, "GGT", 61)]),
    case("overdue_panel", True, [(D, "ALT", 20), (day(22), "CEA", 3)], LINE),
    case("overdue_panel", False, [(D, "ALT", 20), (day(21), "CEA", 3)], LINE),
    case("overdue_panel", False, [(D, "ALT", 20), (day(22), "CEA", 3)]),
    case("overdue_panel", True, [(D, "ALT", 20)], LINE, [(day(22), "CT", "SD")]),  # an image is a contact
    case("overdue_panel", False, [(D, "ALT", 20)], LINE, (), as_of=day(200)),  # others were seen, this patient not
    # changes, pattern, recovery, sample
    case("changed", True, [(day(-2), "ALT", 40), (day(9), "ALT", 81)], LINE),
    case("changed", False, [(day(-2), "ALT", 40), (day(9), "ALT", 80)], LINE),
    case("changed", False, [(day(9), "ALT", 300)], LINE),  # no baseline: may have been so all along
    case("changed", True, [(day(9), "BILI", 1.9)], LINE),  # jaundice is a change by itself
    case("injury_pattern", True, [(D, "ALT", 120), (D, "ALP", 60)]),
    case("injury_pattern", False, [(D, "ALT", 119), (D, "ALP", 60)]),
    case("injury_recovery", True, [(day(50), "ALT", 200), (day(60), "ALT", 100)], [(D, "systemic", "A", day(50))]),
    case("injury_recovery", False, [(day(50), "ALT", 200), (day(60), "ALT", 101)], [(D, "systemic", "A", day(50))]),
    case("injury_recovery", True, [(day(36), "ALT", 200), (day(60), "ALT", 100)], [(D, "systemic", "A", day(50))]),
    case("injury_recovery", False, [(day(35), "ALT", 200), (day(60), "ALT", 100)], [(D, "systemic", "A", day(50))]),
    case("injury_recovery", False, [(day(50), "ALT", 120), (day(60), "ALT", 50)], [(D, "systemic", "A", day(50))]),
]


@pytest.mark.parametrize(("rule", "holds", "labs", "events", "imaging", "patient"), CASES)
def test_the_edge(rule, holds, labs, events, imaging, patient):
    analysis = analyse(panel_of(labs, events, imaging, **patient))
    assert (rule in set(analysis.findings["rule"])) == holds
    if not holds:
        says = analysis.near[analysis.near["rule"] == rule]["says"].iloc[0]
        assert says and "nan" not in says


def test_hepatic_progression_needs_the_liver():
    def rules_of(detail):
        panel = panel_of([(D, "ALT", 20)], (), [(day(60), "CT", "PD")])
        imaging = panel.imaging.assign(detail=detail)
        found = Panel.of(panel.labs, None, imaging, panel.patients)
        return set(analyse(found).findings["rule"])

    assert "hepatic_progression" in rules_of("new lesion in segment 7")
    assert "hepatic_progression" not in rules_of("new lung nodule")


def test_dilated_ducts_that_are_denied_do_not_count():
    def says(detail):
        panel = panel_of([(D, "BILI", 3.0), (D, "CRP", 20)], (), [(D, "US", None)])
        found = analyse(Panel.of(panel.labs, None, panel.imaging.assign(detail=detail), panel.patients)).findings
        return found[found["rule"] == "cholangitis_labs"]["says"].iloc[0]

    assert "criteria A, B and C" in says("intrahepatic bile ducts dilated")
    assert "criteria A and B for" in says("no dilatation of bile ducts")
    assert "stent or drain in place: meets" in says("stent in place, ducts not dilated")


def test_held_results_are_told_with_their_reason():
    panel = panel_of([(D, "ALT", 20)])
    held = pd.DataFrame(
        [
            {
                "quarantine_id": 1,
                "file": "labs.csv",
                "line": 7,
                "reason_code": "UNIT_MISSING",
                "message": "no unit",
                "patient_id": "P1",
                "analyte": "BILI",
                "collected_at": pd.Timestamp("2024-02-27"),
                "resolution": "",
            }
        ]
    )
    found = analyse(Panel.of(panel.labs, None, None, panel.patients, held=held)).findings
    row = found[found["rule"] == "held_results"].iloc[0]
    assert (
        row["says"].startswith("1 quarantined result is excluded from all rules")
        and "including bilirubin on 2024-02-27" in row["says"]
    )
    done = held.assign(resolution="corrected at the source")
    found = analyse(Panel.of(panel.labs, None, None, panel.patients, held=done)).findings
    assert "held_results" not in set(found["rule"])


def test_a_haemolysed_sample_is_named_and_a_change_of_limits_is_listed():
    usual = [(day(n), c, v) for n in (0, 20, 40) for c, v in (("K", 4.0), ("LDH", 200), ("AST", 30), ("ALT", 30))]
    bad = [(day(60), "K", 5.2), (day(60), "LDH", 400), (day(60), "AST", 70), (day(60), "ALT", 30)]
    assert "haemolysed_sample" in set(analyse(panel_of(usual + bad)).findings["rule"])
    less = [(d, c, 5.1 if c == "K" else v) for d, c, v in bad]
    assert "haemolysed_sample" not in set(analyse(panel_of(usual + less)).findings["rule"])
    panel = panel_of(usual)
    assert "limits_changed" not in set(analyse(panel).findings["rule"])
    panel.labs.loc[(panel.labs["analyte"] == "ALT") & (panel.labs["collected_at"] > "2024-03-30"), "uln"] = 35.0
    found = analyse(panel).findings
    assert "Upper limit changed" in found[found["rule"] == "limits_changed"]["says"].iloc[0]


def test_limits_that_move_at_birthdays_are_limits_by_age():
    limits = {"2022-03-01": 120, "2022-07-01": 126, "2023-03-01": 126, "2023-07-01": 133, "2024-03-01": 133}

    def found(born):
        panel = panel_of([(when, "ALP", 90) for when in limits], birth_date=pd.Timestamp(born))
        panel.labs["uln"] = [float(limit) for limit in limits.values()]
        return set(analyse(panel).findings["rule"])

    assert "limits_changed" not in found("1960-05-05")
    assert "limits_changed" in found("1960-09-09")


def test_migration_is_told_of_people_under_systemic_therapy_only():
    labs = [(day(-3), "ALT", 30), (day(-3), "BILI", 0.6), (day(40), "ALT", 300), (day(40), "BILI", 4.0)]
    assert "edish_migration" in set(analyse(panel_of(labs, LINE)).findings["rule"])
    assert "edish_migration" not in set(analyse(panel_of(labs)).findings["rule"])


def _without_old_limits(rows, events):
    """A panel whose results before 1 March have no upper limits, as of a laboratory that prints none."""
    panel = panel_of(rows, events)
    labs = panel.labs.copy()
    labs.loc[labs["collected_at"] < "2024-03-01", "uln"] = np.nan
    return Panel.of(labs, panel.events)


def test_a_baseline_without_a_limit_is_read_by_the_limit_of_the_result_itself():
    line = [("2024-02-20", "systemic", "FOLFOX")]
    before = [
        (day, code, value) for day in ("2024-02-01", "2024-02-15") for code, value in (("ALT", 130), ("BILI", 3.4))
    ]
    same = [("2024-04-01", "ALT", 140), ("2024-04-01", "BILI", 3.5), ("2024-04-01", "INR", 1.6)]
    found = analyse(_without_old_limits(before + same, line)).findings
    assert not {"temple", "hys_law", "cholestatic_jaundice"} & set(found["rule"])
    assert "hepatic_decompensation" not in set(found["rule"])
    risen = [("2024-04-01", "ALT", 290), ("2024-04-01", "BILI", 0.8)]
    found = analyse(_without_old_limits(before[::2] + risen, line)).findings
    assert set(found[found["rule"] == "temple"]["level"]) == {"attention"}
