"""Every threshold that a site may change, with its default, unit and source. One place, one spelling.

A group is a frozen dataclass; a threshold is a field made by :func:`threshold`. Code reads ``settings.trend.alpha``;
docs and reports list all of them with :func:`describe`. A site overrides by TOML::

    [trend]
    alpha = 0.01
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from analytics.analytes import UMOL_PER_MG_DL
from analytics.errors import SettingsError


def threshold(default: Any, says: str, *, unit: str = "", source: str = "house") -> Any:
    """A field that carries its meaning, unit and source beside its default."""
    return field(default=default, metadata={"says": says, "unit": unit, "source": source})


_TABLE_2 = "hepatrend methods: honest limits by number of days"


@dataclass(frozen=True)
class BaselineSettings:
    """How the baseline of a treatment line is had."""

    window_days: int = threshold(28, "days before the start of a line in which results count", unit="d")
    second_window_days: int = threshold(90, "where there is none: this many days before", unit="d")
    third_window_days: int = threshold(180, "where there is none either: this many days before", unit="d")
    spike: float = threshold(
        2.0, "a value at least this multiple of the median of the time before it is no steady one", unit="x median"
    )
    spike_median_days: int = threshold(90, "days before a value whose median it is compared with", unit="d")
    spike_days: int = threshold(14, "results this close to such a value do not count", unit="d")
    obstruction_bili: float = threshold(2.0, "an obstruction begins with bilirubin above this", unit="x ULN")
    obstruction_enzyme: float = threshold(1.5, "and ALP or GGT above this", unit="x ULN")
    obstruction_over_usual: float = threshold(
        1.5, "and, where older values are known, at least this multiple of their median", unit="x usual"
    )
    obstruction_end: float = threshold(1.5, "it is over with bilirubin at most this", unit="x ULN")
    obstruction_steady: float = threshold(1.25, "or where bilirubin has stayed within this factor", unit="x")
    obstruction_steady_days: int = threshold(28, "for this long: what stays is the new steady state", unit="d")
    count_from_days: int = threshold(5, "platelets and leucocytes do not count from this day after a dose", unit="d")
    count_to_days: int = threshold(21, "to this day after it", unit="d")
    admission_days: int = threshold(14, "untreated: the first days, which may be one acute admission", unit="d")
    admission_results: int = threshold(4, "it is one with results on at least this many of them", unit="days")
    steady_from_days: int = threshold(28, "raised from the start and steady: two results from this day on", unit="d")
    steady_within: float = threshold(1.4, "their median within this factor of the first result", unit="x")
    steady_most: float = threshold(2.0, "and none beyond this factor of it", unit="x")
    same_day_hour: float = threshold(
        12.0, "a result of the day of a procedure without a time counts as after it from this hour", unit="h"
    )
    most: int = threshold(
        3,
        "at most this many of the last results (geometric mean)",
        source="IQ-DILI, Drug Saf 2021;44:133 asks for the mean of two or more",
    )


@dataclass(frozen=True)
class TrendSettings:
    """When a direction may be called."""

    alpha: float = threshold(0.05, "two-sided level of the exact trend test")
    min_days_slope: int = threshold(3, "distinct days before a slope is described", unit="days")
    min_days_call: int = threshold(
        5,
        "distinct days before rising or falling may be called; with 4 the smallest possible exact p is 0.083",
        unit="days",
    )
    alone_alpha: float = threshold(
        0.01,
        "level of the reference change value of a series beyond which the exact test is told though neither the "
        "running sum nor the last two results say the same (house)",
    )
    confidence: float = threshold(0.95, "coverage of the slope interval")
    gap_days: float = threshold(120.0, "a segment ends at a gap longer than this", unit="d")
    gap_times: float = threshold(
        6.0, "and longer than this multiple of the middle gap between the days of the series", unit="x"
    )
    fit_most: float = threshold(
        1.25, "no fitted change is told beyond this multiple of the range of the results", unit="x"
    )
    dense_times: float = threshold(
        7.0, "days this much closer than the gap that half of the time has are a dense stretch", unit="x"
    )
    widen: float = threshold(1.5, "reference change values are widened by this factor under treatment")
    noise_prior: float = threshold(
        2.0, "results that the variation table is worth beside the patient's own scatter", unit="results"
    )
    z_one_sided: float = threshold(
        1.645, "normal quantile where the question has a direction", source="Fokkema et al., Clin Chem 2006;52:1602"
    )
    z_two_sided: float = threshold(1.960, "normal quantile where it has none", source="Fraser, 2012")


_FDA_2009 = "FDA guidance on drug-induced liver injury, 2009"
_TOKYO = "TOKYO criteria 2014"
_LATE_STENT = "PMID 18404695, n=156"
_ISGLS = "Rahbari et al., 2011 (ISGLS)"
_IQ = "Fettiplace et al., Aliment Pharmacol Ther 2024;60:1293 (secondary, to be confirmed)"
_TG18 = "Tokyo Guidelines 2018 (TG18)"
_RECALLED = "product information, from memory, to be confirmed"
_TESFALDET = "FDA composite plot (Tesfaldet et al., 2024)"
_LIN = "Lin, 2012, as in the safety.viz hepatic guide"
_PARKS = "Parks, 2013; by metastases as in the safety.viz hepatic guide"
_BALZAN = "Balzan, 50-50 criteria, as in PMC9681670, table 1"
_MULLEN = "Mullen et al., 2007 (citation recalled, to be confirmed)"
_ASCO = "ASCO 2006 (recalled, to be confirmed)"
_RECIST = "Eisenhauer et al., RECIST 1.1, 2009 (text recalled, to be confirmed)"


@dataclass(frozen=True)
class FindingSettings:
    """What makes moments one episode, and an episode new."""

    rejoin_days: int = threshold(14, "runs of moments that hold this close together are one episode", unit="d")
    new_days: int = threshold(28, "an episode that began this close to the data cut-off can be new", unit="d")
    fall_share: float = threshold(
        0.9, "resolved: a value at most this share of the one at the last moment that met the rule"
    )
    unseen_days: int = threshold(42, "not seen since: no result of its leading analyte for longer than this", unit="d")


@dataclass(frozen=True)
class InjurySettings:
    """Aminotransferases and bilirubin together."""

    hys_at: float = threshold(3.0, "ALT or AST at least this", unit="x ULN", source=_FDA_2009)
    hys_bili: float = threshold(2.0, "bilirubin above this", unit="x ULN", source=_FDA_2009)
    hys_alp: float = threshold(2.0, "ALP at most this when the aminotransferase rose", unit="x ULN", source=_FDA_2009)
    hys_window_days: int = threshold(
        28, "bilirubin this many days after the aminotransferase, or on the same day", unit="d"
    )
    hys_short_days: int = threshold(
        14, "the shorter window, also told", unit="d", source="pharmaverse admiral, hys_law"
    )
    hys_alp_days: int = threshold(7, "an ALP this close to the aminotransferase speaks for its day", unit="d")
    edish_alt: float = threshold(3.0, "line of ALT, above", unit="x ULN", source=_TESFALDET)
    edish_bili: float = threshold(2.0, "line of bilirubin, above", unit="x ULN", source=_TESFALDET)
    mdish_alt: float = threshold(3.8, "line of ALT, above", unit="x baseline", source=_LIN)
    mdish_bili: float = threshold(4.8, "line of bilirubin, above", unit="x baseline", source=_LIN)
    parks_alt: float = threshold(5.5, "line of ALT with liver metastases, above", unit="x ULN", source=_PARKS)
    parks_bili: float = threshold(
        3.0,
        "line of bilirubin with liver metastases, above",
        unit="x ULN",
        source=_PARKS,
    )
    parks_alt_baseline: float = threshold(6.9, "line of ALT, above", unit="x baseline", source=_PARKS)
    parks_bili_baseline: float = threshold(6.5, "line of bilirubin, above", unit="x baseline", source=_PARKS)
    r_hepatocellular: float = threshold(
        5.0, "R at least this: hepatocellular", source="Robles-Diaz et al., 2014 (recalled)"
    )
    r_cholestatic: float = threshold(2.0, "R at most this: cholestatic", source="Robles-Diaz et al., 2014 (recalled)")
    r_from_x_uln: float = threshold(2.0, "the pattern is told from this ALP, or from an ALT of its own", unit="x ULN")
    grade: int = threshold(3, "CTCAE grade from which a result is told")
    grade_version: str = threshold("5.0", "version of CTCAE that decides the level of a finding")
    new_injury_x_baseline: float = threshold(
        2.0, "a rise of this much over an abnormal baseline counts as new", unit="x baseline"
    )
    inr_before: float = threshold(1.2, "an INR before above this explains a raised one", unit="INR")
    inr_rise: float = threshold(1.3, "unless INR is at least this multiple of it", unit="x before")
    heparin_days: int = threshold(
        28, "a heparin without an end on record counts as an anticoagulant for this long", unit="d"
    )
    direct_days: int = threshold(3, "a direct bilirubin this close speaks for the day", unit="d")
    direct_low: float = threshold(
        0.20, "direct share below this: unconjugated", source="StatPearls; Gilbert below 0.20 to 0.30 (secondary)"
    )
    direct_high: float = threshold(0.35, "direct share at least this: conjugated", source="secondary")
    direct_inr: float = threshold(1.5, "INR above this counts in spite of a low direct share", unit="INR")
    direct_bili: float = threshold(5.0, "so does bilirubin above this", unit="mg/dL")
    ducts_before_days: int = threshold(14, "a report of dilated ducts this long before competes", unit="d")
    ducts_after_days: int = threshold(28, "and this long after", unit="d")
    stent_days: int = threshold(14, "a stent or drain this close competes", unit="d")
    growth_days: int = threshold(42, "progression in the liver this close competes", unit="d")
    hys_over_baseline: float = threshold(1.5, "raised baseline: ALT or AST at least this", unit="x baseline")
    hys_multiple: float = threshold(
        2.0,
        "raised baseline: at least this, or hys_absolute, whichever is lower",
        unit="x baseline",
        source="IQ-DILI, Drug Saf 2021;44:133 (multiple of baseline or absolute, whichever first)",
    )
    hys_absolute: float = threshold(8.0, "raised baseline: at least this, whichever is lower", unit="x ULN")
    hys_bili_over_baseline: float = threshold(2.0, "raised bilirubin before: at least this", unit="x baseline")
    hys_nr: float = threshold(2.0, "nR at least this", source=_FDA_2009)
    hys_nr_high: float = threshold(
        5.0, "nR at least this: a raised ALP does not count", source="Robles-Diaz et al., 2014"
    )
    hys_alp_chronic: float = threshold(1.5, "a raised ALP that stays below this does not count", unit="x baseline")
    hys_ggt_normal: float = threshold(1.5, "nor does one with GGT at most this (bone)", unit="x ULN")
    hys_falling: float = threshold(0.9, "no moment begins below this share of the highest of the 28 days before")
    lesser_rise: float = threshold(3.8, "a lesser rise, in two results: at least this", unit="x baseline", source=_LIN)
    lesser_x_uln: float = threshold(1.5, "and above this", unit="x ULN")
    lesser_days: int = threshold(7, "the two results are at least this far apart", unit="d")
    after_dose_days: int = threshold(28, "an agent stays suspect this long after its last dose", unit="d")
    immune_days: int = threshold(90, "a checkpoint inhibitor stays suspect this long after its last dose", unit="d")
    half_life_alt: float = threshold(
        47.0, "half-life of ALT in blood; after an injury ends ALT halves about every two days", unit="h"
    )
    half_life_ast: float = threshold(17.0, "half-life of AST in blood", unit="h")
    fda_high: float = threshold(8.0, "ALT or AST above this", unit="x ULN", source=_FDA_2009)
    fda_long: float = threshold(5.0, "ALT or AST above this for long", unit="x ULN", source=_FDA_2009)
    fda_long_days: int = threshold(14, "how long is long, more than", unit="d", source=_FDA_2009)
    fda_inr: float = threshold(1.5, "INR above this beside a raised aminotransferase", source=_FDA_2009)
    isolated_alp: float = threshold(1.5, "ALP above this without GGT", unit="x ULN")
    peak_before_stop: int = threshold(
        14, "a fall counts as after a stop where the peak is this close before it", unit="d"
    )
    recovery_days: int = threshold(30, "after a stop: the fall of ALT is told within this time", unit="d")
    iq_low_to: float = threshold(1.5, "baseline ALT below this", unit="x ULN", source=_IQ)
    iq_low_watch: float = threshold(3.0, "first level, above", unit="x ULN", source=_IQ)
    iq_low_hold: float = threshold(5.0, "second level, above", unit="x ULN", source=_IQ)
    iq_mid_to: float = threshold(3.0, "baseline ALT below this", unit="x ULN", source=_IQ)
    iq_mid_watch: float = threshold(4.0, "first level, above", unit="x ULN", source=_IQ)
    iq_mid_hold: float = threshold(6.0, "second level, above", unit="x ULN", source=_IQ)
    iq_high_to: float = threshold(5.0, "baseline ALT at most this", unit="x ULN", source=_IQ)
    iq_high_watch: float = threshold(6.0, "first level, above", unit="x ULN", source=_IQ)
    iq_high_hold: float = threshold(8.0, "second level, above", unit="x ULN", source=_IQ)
    iq_bili: float = threshold(2.0, "bilirubin at least this", unit="x ULN", source=_IQ)
    iq_bili_raised: float = threshold(3.0, "bilirubin at least this, raised baseline", unit="x ULN", source=_IQ)
    ici_over_baseline: float = threshold(
        1.5, "checkpoint inhibitors: ALT, AST and a raised bilirubin at least this", unit="x baseline"
    )


@dataclass(frozen=True)
class StentSettings:
    """Bilirubin after a biliary stent or drainage."""

    jaundice: float = threshold(2.0, "bilirubin above this before the stent: the course can be judged", unit="mg/dL")
    before_days: int = threshold(14, "the last bilirubin at most this long before the stent", unit="d")
    fall_share: float = threshold(0.5, "bilirubin at most this share of the value before", source=_TOKYO)
    fall_days: int = threshold(14, "within this many days", unit="d", source=_TOKYO)
    target: float = threshold(2.0, "bilirubin at most this", unit="mg/dL", source=_LATE_STENT)
    high_before: float = threshold(
        10.0, "a value before of at least this has the longer time", unit="mg/dL", source=_LATE_STENT
    )
    target_days: int = threshold(21, "expected within this time", unit="d", source=_LATE_STENT)
    target_days_high: int = threshold(42, "expected within this time from a high value", unit="d", source=_LATE_STENT)
    rise_share: float = threshold(2.0, "bilirubin at least this multiple of its lowest value after the stent")
    alp_ggt_rise: float = threshold(1.3, "ALP or GGT at least this multiple of its lowest value after the stent")
    confirm_days: int = threshold(7, "a second bilirubin within this many days confirms", unit="d")
    early_from_days: int = threshold(3, "bilirubin may still rise before this day", unit="d")
    early_rise: float = threshold(1.5, "bilirubin at least this multiple of the value before the stent")


@dataclass(frozen=True)
class SurgerySettings:
    """After a liver resection."""

    mask_days: int = threshold(
        10, "a rise of aminotransferases is the expected effect of a resection this long", unit="d"
    )
    function_days: int = threshold(
        4, "a rise of bilirubin or INR is the expected effect of a resection this long", unit="d"
    )
    cholestatic_days: int = threshold(
        84,
        "a rise of ALP or GGT is the expected effect of a resection this long",
        unit="d",
        source="cohorts, abstracts",
    )
    isgls_day: int = threshold(5, "INR and bilirubin count from this day after", unit="d", source=_ISGLS)
    watch_days: int = threshold(30, "rules of the time after a resection look this far", unit="d")
    pt_percent: float = threshold(50.0, "prothrombin activity below this", unit="%", source=_BALZAN)
    bili_50: float = threshold(50 / UMOL_PER_MG_DL, "bilirubin above this (50 umol/L)", unit="mg/dL", source=_BALZAN)
    peak_days: int = threshold(90, "the peak is looked for this long", unit="d", source=_MULLEN)
    peak_bili: float = threshold(7.0, "peak bilirubin above this", unit="mg/dL", source=_MULLEN)
    course_bili_day: int = threshold(7, "bilirubin is expected to be falling by this day", unit="d")
    course_share: float = threshold(1.0, "below this multiple of its highest on days 0 to 3: on course")
    isgls_bili_alone: float = threshold(
        3.0, "bilirubin from this: highest level; above it: told where INR is not assessable", unit="mg/dL"
    )
    isgls_inr_urgent: float = threshold(1.5, "INR from this: highest level", unit="INR")
    departure_bili: float = threshold(2.0, "a rise departs from the course above this", unit="x ULN")
    departure_share: float = threshold(1.5, "and at least this multiple of the result before", unit="x")
    departure_from_days: int = threshold(2, "the result before is at least this old", unit="d")
    departure_to_days: int = threshold(7, "and at most this old", unit="d")
    pod1_ast: float = threshold(260.0, "AST above this on day 1", unit="U/L", source="single centre, 31 events")
    pod1_alt: float = threshold(270.0, "ALT above this on day 1", unit="U/L", source="single centre, 31 events")


@dataclass(frozen=True)
class LocalSettings:
    """After ablation, embolisation, radioembolisation and radiation."""

    mask_days: int = threshold(14, "a rise of aminotransferases is the expected effect this long", unit="d")
    lift_from_days: int = threshold(4, "aminotransferases after this day can lift the mask", unit="d")
    lift_over_first: float = threshold(1.2, "above this multiple of their highest on days 1 to 3", unit="x")
    lift_at: float = threshold(10.0, "above this, unless falling", unit="x ULN")
    lift_bili: float = threshold(2.0, "bilirubin above this lifts the mask", unit="x ULN")
    lift_bili_over_before: float = threshold(1.5, "and at least this multiple of its value before", unit="x before")
    lift_inr: float = threshold(1.5, "INR above this lifts the mask", unit="INR")
    embolisation_bili: float = threshold(1.5, "after embolisation a rise up to this does not", unit="mg/dL")
    embolisation_bili_days: int = threshold(7, "in this time", unit="d")
    electroporation_days: int = threshold(
        28, "the same after irreversible electroporation", unit="d", source="Froud et al. (a third above 20 x ULN)"
    )
    reild_from_days: int = threshold(14, "from this day after radioembolisation", unit="d", source="Braat et al., 2017")
    reild_to_days: int = threshold(120, "to this day", unit="d", source="Braat et al., 2017")
    reild_bili: float = threshold(3.0, "bilirubin above this", unit="mg/dL", source="Sangro et al., 2008 (recalled)")
    reild_bili_over_before: float = threshold(2.0, "and at least this where it was raised before", unit="x before")
    reild_albumin_share: float = threshold(0.9, "albumin at most this multiple of its value before")
    rild_from_days: int = threshold(14, "from this day after radiation", unit="d")
    rild_to_days: int = threshold(120, "to this day", unit="d")
    rild_alp: float = threshold(2.0, "ALP above this (classic)", unit="x ULN")
    rild_alp_over_baseline: float = threshold(2.0, "and at least this over a raised baseline", unit="x baseline")
    rild_near_normal: float = threshold(2.0, "with aminotransferases at most this (classic, recalled)", unit="x ULN")
    rild_bili: float = threshold(2.0, "and bilirubin at most this (classic)", unit="mg/dL")
    rild_at: float = threshold(5.0, "ALT or AST above this (non-classic)", unit="x ULN")
    rild_child_pugh: int = threshold(
        2, "or Child-Pugh at least this much above its value before (non-classic)", unit="points",
        source="Korean J Intern Med, 2018, a series of hepatocellular carcinoma",
    )  # fmt: skip
    rild_child_pugh_days: int = threshold(90, "up to this day (3 months)", unit="d")
    child_pugh_before_days: int = threshold(42, "points before an event count this long", unit="d")


@dataclass(frozen=True)
class CholangitisSettings:
    """Laboratory parts of acute cholangitis."""

    crp: float = threshold(10.0, "CRP at least this (part A)", unit="mg/L", source=_TG18)
    wbc_low: float = threshold(4.0, "leucocytes below this (part A)", unit="10*9/L", source=_TG18)
    wbc_high: float = threshold(10.0, "leucocytes above this (part A)", unit="10*9/L", source=_TG18)
    bili: float = threshold(2.0, "bilirubin at least this (part B)", unit="mg/dL", source=_TG18)
    enzyme: float = threshold(1.5, "ALP, GGT, AST or ALT above this (part B)", unit="x ULN", source=_TG18)
    near_days: int = threshold(2, "signs and results this close belong together", unit="d")
    image_days: int = threshold(14, "a report this close speaks for part C", unit="d")
    fever: float = threshold(38.0, "a temperature above this (part A)", unit="°C", source=_TG18)
    high_fever: float = threshold(39.0, "a temperature of at least this (grade II)", unit="°C", source=_TG18)
    own_from_days: int = threshold(28, "own CRP and leucocytes: from this long before", unit="d")
    own_to_days: int = threshold(180, "to this long before", unit="d")
    crp_rise: float = threshold(2.0, "CRP without fever also at least this", unit="x own median")
    wbc_rise: float = threshold(1.5, "leucocytes without fever also at least this", unit="x own median")
    stable_days: int = threshold(90, "the own stable value is of this long before", unit="d")
    stable_results: int = threshold(3, "median of so many last results")
    stable_rise: float = threshold(1.5, "part B without fever also at least this", unit="x own stable value")
    chemotherapy_days: int = threshold(28, "low leucocytes do not count this long after systemic therapy", unit="d")
    procedure_days: int = threshold(7, "after ablation, embolisation or resection only fever is part A", unit="d")
    ends_days: int = threshold(14, "ends where part A is absent this long", unit="d")
    creatinine: float = threshold(2.0, "creatinine above this (grade III)", unit="mg/dL", source=_TG18)
    inr: float = threshold(1.5, "INR above this (grade III)", source=_TG18)
    platelets: float = threshold(100.0, "platelets below this, and not before (grade III)", unit="10*9/L", source=_TG18)
    wbc_grade: float = threshold(12.0, "leucocytes above this (grade II)", unit="10*9/L", source=_TG18)
    age: float = threshold(75.0, "age of at least this (grade II)", unit="years", source=_TG18)
    bili_grade: float = threshold(5.0, "bilirubin at least this (grade II)", unit="mg/dL", source=_TG18)
    albumin_share: float = threshold(0.7, "albumin below this share of its lower limit (grade II)", source=_TG18)


_MEASURED = "house, chosen on one half of 746 people with CEA and imaging and checked on the other"
_FLARES = "Sorbye, 2004; Ailawadhi, 2006 (10.1159/000091184)"


@dataclass(frozen=True)
class TumourSettings:
    """Tumour markers and imaging."""

    rise: float = threshold(1.5, "marker at least this multiple of its comparison", source="PMC5784620 (CEA classes)")
    fall: float = threshold(0.5, "marker at most this multiple of its comparison", source="PMC5784620 (CEA classes)")
    flare_days: int = threshold(
        42,
        "a rise in the first weeks of a line may be a flare",
        unit="d",
        source=_ASCO,
    )
    rise_twice: float = threshold(
        1.25, "marker rise: two results in a row at least this multiple of the lowest earlier one", source=_MEASURED
    )
    rise_least_uln: float = threshold(
        0.4, "and above it by at least this part of the limit", unit="x ULN", source=_MEASURED
    )
    rise_once: float = threshold(
        1.5, "marker rise by one result: at least this multiple of the lowest earlier one", source=_MEASURED
    )
    rise_once_uln: float = threshold(2.0, "and above this", unit="x ULN", source=_MEASURED)
    rise_beyond: float = threshold(
        1.96,
        "and, where three or more earlier results are as low as the lowest, both beyond their mean by this multiple of "
        "the patient's own scatter; one alone by the square root of two times as much",
        unit="SD",
        source="Fokkema et al., Clin Chem 2006;52:1602 (reference change value)",
    )
    rise_variation: float = threshold(
        20.0,
        "variation of one result in people under treatment, worth trend.noise_prior results beside the patient's own "
        "scatter",
        unit="%",
        source="EuBIVAS 2022: CEA about 12 % within a person (recalled), half as much analytical, times trend.widen",
    )
    back: float = threshold(1.1, "a rise is over where two results in a row are below this multiple of the lowest")
    lowest_anew_days: int = threshold(
        28, "the lowest result is counted anew from this day after resection, ablation or jaundice", unit="d"
    )
    flare_known_days: int = threshold(
        42, "a flare needs two results before the line that do not rise, the last at most this old", unit="d"
    )
    flare_back: float = threshold(0.8, "was a flare: later at most this multiple of the value before the line")
    flare_back_days: int = threshold(84, "within this time of the begin of the line", unit="d", source=_FLARES)
    confirm: int = threshold(2, "this many results in a row confirm a rise")
    jaundice: float = threshold(2.0, "CA 19-9 is not read while bilirubin is at least this", unit="mg/dL")
    jaundice_days: int = threshold(14, "a bilirubin this close speaks for the day of the marker", unit="d")
    imaging_days: int = threshold(42, "a marker this close to a scan is compared with it", unit="d")
    pr_share: float = threshold(0.30, "sum of target lesions at least this much below baseline", source=_RECIST)
    pd_share: float = threshold(0.20, "sum at least this much above the lowest so far", source=_RECIST)
    pd_mm: float = threshold(5.0, "and at least this much in absolute terms", unit="mm", source=_RECIST)
    confirm_days: int = threshold(28, "a response is confirmed this much later", unit="d", source=_RECIST)
    min_sd_days: int = threshold(42, "stable disease needs this long from the start", unit="d", source=_RECIST)


@dataclass(frozen=True)
class ReserveSettings:
    """Scores and what they are made of."""

    inputs_days: int = threshold(7, "inputs of a score at most this far from its day", unit="d")
    before_surgery_days: int = threshold(42, "values before a resection are at most this old", unit="d")
    after_oxaliplatin_days: int = threshold(60, "oxaliplatin counts this long after its last dose", unit="d")
    albi_rise: float = threshold(0.5, "ALBI higher than at baseline by at least this")
    decompensation_inr: float = threshold(
        1.5, "a failing liver: usable INR at least this", source="acute liver failure; Aithal et al., 2011 (PMC8807695)"
    )
    decompensation_bili: float = threshold(3.0, "bilirubin above this", unit="mg/dL")
    decompensation_bili_over: float = threshold(1.5, "and at least this over a raised baseline", unit="x baseline")
    decompensation_alb: float = threshold(2.8, "albumin below this", unit="g/dL")
    decompensation_alb_share: float = threshold(0.85, "and at most this share of its baseline", unit="x baseline")
    decompensation_alb_alone: float = threshold(3.0, "albumin alone, in two results: below this", unit="g/dL")
    decompensation_alb_alone_share: float = threshold(0.75, "and at most this share of its baseline", unit="x baseline")
    decompensation_days: int = threshold(7, "two results are at least this far apart", unit="d")
    decompensation_sign_days: int = threshold(14, "a clinical sign is new this long", unit="d")
    decompensation_ascites_days: int = threshold(
        90, "ascites that was recorded in this time before is not new", unit="d"
    )
    decompensation_crp: float = threshold(50.0, "CRP from which inflammation may explain a low albumin", unit="mg/L")
    albumin_low: float = threshold(3.5, "albumin below this is low, where its row has no lower limit", unit="g/dL")
    platelets_low: float = threshold(
        150.0, "platelets below this are low, where their row has no lower limit", unit="10*9/L"
    )
    apri: float = threshold(0.365, "APRI at least this", source="NSQIP, PMID 34981310, n=2,374")
    plat_share: float = threshold(0.6, "platelets at most this multiple of baseline under oxaliplatin")
    apri_share: float = threshold(2.0, "APRI at least this multiple of its baseline under oxaliplatin")


@dataclass(frozen=True)
class JaundiceSettings:
    """Raised bilirubin with and without cholestatic enzymes."""

    bili_rise: float = threshold(1.5, "bilirubin also at least this multiple of the baseline", unit="x baseline")
    alp: float = threshold(2.0, "ALP at least this", unit="x ULN", source="World J Hepatol, 2023 (entry of DILI)")
    alp_low: float = threshold(1.5, "or ALP at least this, and as much over its baseline", unit="x")
    ggt: float = threshold(3.0, "or GGT at least this", unit="x ULN")
    pattern_alt: float = threshold(3.0, "the pattern is told from this ALT", unit="x ULN", source=_RECALLED)
    isolated: float = threshold(1.5, "isolated: bilirubin above this", unit="x ULN")
    isolated_others: float = threshold(1.5, "with enzymes at most this multiple of ULN or of their baseline", unit="x")
    conjugated: float = threshold(2.0, "conjugated: bilirubin above this", unit="x ULN")


@dataclass(frozen=True)
class PlateletSettings:
    """Platelets that fall alone, under and after oxaliplatin and trastuzumab emtansine."""

    low: float = threshold(100.0, "platelets below this", unit="10*9/L")
    share: float = threshold(0.6, "and at most this multiple of the baseline", unit="x baseline")
    apart_days: int = threshold(7, "in two results at least this far apart", unit="d")
    pair_days: int = threshold(90, "and at most this far apart", unit="d")
    after_days: int = threshold(60, "on the drug or this long after it", unit="d")
    late_days: int = threshold(730, "late: to this long after oxaliplatin", unit="d")
    marrow_days: int = threshold(28, "late: no other drug that reaches the marrow in this time", unit="d")
    very_low: float = threshold(75.0, "under any drug: one result below this", unit="10*9/L")
    new_share: float = threshold(
        0.75, "late, or one result: also at most this multiple of a baseline that is known", unit="x baseline"
    )


@dataclass(frozen=True)
class PumpSettings:
    """Floxuridine by the hepatic artery; the dose table itself stands in the rule, with its source."""

    reference_days: int = threshold(28, "the reference is the last value of this time before a full dose", unit="d")
    alp: float = threshold(2.0, "ALP at least this multiple of its reference", unit="x reference")
    alp_with_ggt: float = threshold(1.5, "ALP at least this where GGT rose too", unit="x reference")
    ggt: float = threshold(1.5, "GGT rose: at least this multiple of its reference", unit="x reference")
    bili: float = threshold(1.5, "bilirubin at least this multiple of its reference, above ULN", unit="x reference")
    urgent_bili: float = threshold(3.0, "bilirubin above this", unit="mg/dL")
    apart_days: int = threshold(14, "two results at least this far apart", unit="d")
    pair_days: int = threshold(180, "and at most this far apart", unit="d")
    after_days: int = threshold(180, "looked at on the drug and this long after it", unit="d")


@dataclass(frozen=True)
class ReadinessSettings:
    """Last values before radioembolisation, resection and a pump."""

    within_days: int = threshold(28, "the last value is at most this old", unit="d")
    sirt_bili: float = threshold(2.0, "radioembolisation: bilirubin above this", unit="mg/dL", source="seekhealthz")
    sirt_albumin: float = threshold(3.0, "radioembolisation: albumin below this", unit="g/dL")
    sirt_albumin_low: float = threshold(
        3.5, "radioembolisation: albumin below this", unit="g/dL", source="predicted decompensation, HCC, 2024"
    )
    sirt_inr: float = threshold(1.2, "radioembolisation: INR above this", source="predicted decompensation, HCC, 2024")
    resection_bili: float = threshold(3.0, "resection: bilirubin above this", unit="mg/dL")
    resection_platelets: float = threshold(100.0, "resection: platelets below this", unit="10*9/L")
    resection_inr: float = threshold(1.5, "resection: INR above this")
    pump_bili: float = threshold(1.5, "pump: bilirubin at least this", unit="mg/dL", source="interaoncology")


_GLIM = "Cederholm et al., GLIM, 2019 (recalled)"


@dataclass(frozen=True)
class NutritionSettings:
    """Body weight over time, for information."""

    short_days: int = threshold(91, "loss is also told over this time", unit="d")
    half_year_days: int = threshold(183, "within this time", unit="d", source=_GLIM)
    long_days: int = threshold(730, "beyond it, up to this time", unit="d")
    loss: float = threshold(0.05, "loss above this share within half a year", source=_GLIM)
    loss_long: float = threshold(0.10, "loss above this share beyond half a year", source=_GLIM)
    severe: float = threshold(0.10, "stage 2: above this share within half a year", source=_GLIM)
    severe_long: float = threshold(0.20, "stage 2: above this share beyond half a year", source=_GLIM)


@dataclass(frozen=True)
class DisturbanceSettings:
    """When liver tests count as changed: multiples of both ULN and baseline, above."""

    aminotransferase: float = threshold(2.0, "ALT or AST", unit="x")
    alp: float = threshold(1.5, "ALP", unit="x")
    ggt: float = threshold(2.0, "GGT", unit="x")
    bilirubin: float = threshold(1.5, "bilirubin", unit="x")


@dataclass(frozen=True)
class ReadingSettings:
    """When facts fit one reading of an episode."""

    enough: int = threshold(2, "weights of the facts for a reading, less those against, at least this")
    lead: int = threshold(1, "and this much more than the next reading")


@dataclass(frozen=True)
class SampleSettings:
    """When one sample looks haemolysed: multiples of the patient's usual level."""

    haemolysis_k: float = threshold(1.3, "potassium at least this", unit="x usual")
    haemolysis_k_first: float = threshold(
        1.1, "a potassium without an earlier one: at least this (1.3 x the middle of 3.5 to 5.0)", unit="x ULN"
    )
    haemolysis_ldh: float = threshold(2.0, "LDH at least this", unit="x usual")
    haemolysis_alt: float = threshold(1.5, "ALT below this", unit="x usual")
    birthday_days: int = threshold(
        366, "limits that move at a birthday with results this close around it are limits by age", unit="d"
    )
    limit_change: float = threshold(0.02, "an upper limit that moves by less is rounding of a unit")


@dataclass(frozen=True)
class LabelSettings:
    """Thresholds in product information; information only. What is marked recalled is to be confirmed."""

    region: str = threshold("US", "whose product information: US or EU")
    irinotecan_bili: float = threshold(2.0, "irinotecan: bilirubin above this", unit="mg/dL", source=_RECALLED)
    irinotecan_at: float = threshold(
        5.0, "irinotecan: ALT or AST above this with liver metastases", unit="x ULN", source="product information"
    )
    docetaxel_bili: float = threshold(
        1.0, "docetaxel: bilirubin above this", unit="x ULN", source="product information"
    )
    docetaxel_at: float = threshold(1.5, "docetaxel: ALT or AST above this", unit="x ULN", source="product information")
    docetaxel_alp: float = threshold(2.5, "docetaxel: with ALP above this", unit="x ULN", source="product information")
    doxorubicin_bili: float = threshold(1.2, "doxorubicin: bilirubin above this", unit="mg/dL", source=_RECALLED)
    gemcitabine_bili: float = threshold(1.6, "gemcitabine: bilirubin above this", unit="mg/dL", source=_RECALLED)
    nab_paclitaxel_bili: float = threshold(1.5, "nab-paclitaxel: bilirubin above this", unit="x ULN", source=_RECALLED)
    trifluridine_bili: float = threshold(
        1.5, "trifluridine/tipiracil: bilirubin above this", unit="x ULN", source=_RECALLED
    )
    again_share: float = threshold(
        0.9, "a limit is reached again where a result between was at most this part of it", unit="x limit"
    )
    eu_baseline_rise: float = threshold(
        1.5, "EU, pembrolizumab, baseline above 3 to 5: ALT or AST at least this", unit="x baseline",
        source="product information",
    )  # fmt: skip
    eu_baseline_days: int = threshold(7, "for this long", unit="d", source="product information")


@dataclass(frozen=True)
class FollowSettings:
    """What was to be measured and was not."""

    overdue_days: int = threshold(21, "no liver panel this long while on treatment", unit="d")
    lost_days: int = threshold(365, "no result at all this long: not listed as overdue any more", unit="d")


_CALIBRATED = "house, chosen by simulation (docs/calibration.md)"


@dataclass(frozen=True)
class ChangeSettings:
    """Unknown changes of level, alarms that run along, what the last results do, and personal limits."""

    least_days: int = threshold(8, "distinct days before a change of level is looked for", unit="days")
    second_least_days: int = threshold(
        12, "distinct days before two changes of level are looked for", unit="days", source=_TABLE_2
    )
    alpha: float = threshold(
        0.01, "level of the test of one change, and of two; each size must also be beyond the reference change"
    )
    alarm_slack: float = threshold(
        0.5, "what a result may deviate without counting", unit="SD", source="Page, 1954 (recalled)"
    )
    alarm_limit: float = threshold(5.9, "sum of deviations above which the alarm is on", unit="SD", source=_CALIBRATED)
    alarm_single: float = threshold(
        4.0,
        "deviation of one result that sets it off alone",
        unit="SD",
        source="Lucas, 1982 (recalled); " + _CALIBRATED,
    )
    alarm_factor: float = threshold(
        2.25,
        "multiple of the mean of all results before it (or the same part of it) at which one result sets it off, if it "
        "also deviates by alarm_factor_sd",
        source=_CALIBRATED,
    )
    alarm_factor_sd: float = threshold(3.0, "deviation that such a multiple must have", unit="SD", source=_CALIBRATED)
    alarm_factor_days: int = threshold(3, "distinct days before it that such a result needs", unit="days")
    now_alpha: float = threshold(
        0.01,
        "level of a movement of the last results between any two of them, over as many comparisons as there are",
        source=_CALIBRATED,
    )
    confirmed_a_year: float = threshold(
        0.0125,
        "how often a year the last two results of a test that stands still may both be beyond all before: 0.10 over "
        "the eight tests of a panel (house)",
        unit="1/year",
    )
    shared_part: float = threshold(
        0.5,
        "part of a stable patient's own variance that results next to one another share (house); movements are "
        "confirmed and sums are told as if it were so",
    )
    shared_days: float = threshold(
        14.0, "time over which that part falls to a third (exponential correlation; house)", unit="d"
    )
    outlier_share: float = threshold(
        0.01,
        "share of single results that are far off for no reason of the patient (haemolysis, a mistaken sample; house): "
        "one of them and a neighbour that is on its side by chance are no confirmed movement",
    )
    marker_times: float = threshold(
        2.0,
        "a change of a tumour marker between two results counts from this multiple (or part) at the latest, as its "
        "published variation is disputed",
        unit="x",
        source="PMC5784620 (CEA classes: a fall of 50 %)",
    )
    steady_doubling_days: float = threshold(
        183.0, "a test is not steady while its fitted slope doubles or halves it within this time", unit="d"
    )
    personal_least: int = threshold(3, "stable days before personal limits are told", unit="days")
    personal_away_days: int = threshold(14, "results this close to an event do not count for them", unit="d")


@dataclass(frozen=True)
class SmoothSettings:
    """The smoothed curve and what counts as an unexpected result."""

    band_z: float = threshold(1.960, "half width of the band around the smoothed curve", unit="SD")
    surprise: float = threshold(
        3.8, "a result farther than this from what all before it foretold is unexpected", unit="SD"
    )


@dataclass(frozen=True)
class CohortSettings:
    """Questions and lists over many patients."""

    before_days: int = threshold(
        28,
        "the value before an event is the last one within this many days before it; the event's day is before",
        unit="d",
    )
    small_cell: int = threshold(
        5, "counts below this are not shown in coordinator tables", source="common disclosure rule"
    )
    band_least: int = threshold(10, "other patients that a window of the population band needs")
    band_window_days: int = threshold(28, "width of a window of the population band", unit="d")
    false_discovery: float = threshold(
        0.05,
        "share of false claims accepted in comparisons of groups",
        source="Benjamini, Hochberg, 1995 (recalled)",
    )


@dataclass(frozen=True)
class ResponseSettings:
    """Before and after of treatment events."""

    before_days: int = threshold(28, "days before systemic therapy or radiation in which results count", unit="d")
    before_days_procedure: int = threshold(14, "the same before a procedure", unit="d")
    before_most: int = threshold(3, "at most this many of the last results before (median)")
    after_days: int = threshold(180, "days after the event that belong to it, unless another one ends them", unit="d")
    washout_days: int = threshold(7, "days after a procedure that do not count for the level after", unit="d")
    lines_days: int = threshold(180, "days before the event that count for the line before", unit="d")
    lines_least: int = threshold(4, "days on each side before lines are fitted", unit="days")
    hepatectomy_bilirubin_days: int = threshold(14, "bilirubin normal by then", unit="d", source="cohorts, abstracts")
    hepatectomy_clotting_days: int = threshold(7, "clotting and platelets back by then", unit="d", source="cohorts")
    hepatectomy_cholestatic_days: int = threshold(84, "ALP and GGT back by then", unit="d", source="cohorts, abstracts")


@dataclass(frozen=True)
class RoundSettings:
    """Cycle by cycle: whether a test came back before the next dose."""

    before_days: int = threshold(28, "the result before a start is at most this old", unit="d")
    back_under: float = threshold(1.5, "back: below this multiple of the value before the start", unit="x before")


@dataclass(frozen=True)
class AnswerSettings:
    """The five answers: what is recent, raised, steady. All house choices."""

    blood_days: int = threshold(42, "a result is recent for this long under systemic therapy", unit="d")
    blood_days_untreated: int = threshold(84, "and for this long without it", unit="d")
    imaging_days: int = threshold(120, "imaging is recent for this long; on treatment, overdue after it", unit="d")
    marker_days: int = threshold(60, "a followed marker is overdue after this long on treatment", unit="d")
    due_days: int = threshold(7, "due from so many days before a limit", unit="d")
    marker_after_resection_days: int = threshold(28, "a marker is not used this soon after a resection", unit="d")
    raised: float = threshold(1.5, "a liver test is raised above this", unit="x ULN")
    steady: float = threshold(1.5, "a raised test is steady up to this multiple of its baseline", unit="x baseline")
    recovering_share: float = threshold(0.8, "recovering: at most this share of the peak, and falling", unit="x peak")
    inr: float = threshold(1.3, "INR above this, without an anticoagulant, is reduced function")
    headline: int = threshold(160, "characters of a headline at most")


@dataclass(frozen=True)
class Settings:
    """All thresholds. Two equal Settings give equal results on equal data."""

    baseline: BaselineSettings = field(default_factory=BaselineSettings)
    trend: TrendSettings = field(default_factory=TrendSettings)
    change: ChangeSettings = field(default_factory=ChangeSettings)
    smooth: SmoothSettings = field(default_factory=SmoothSettings)
    findings: FindingSettings = field(default_factory=FindingSettings)
    injury: InjurySettings = field(default_factory=InjurySettings)
    stent: StentSettings = field(default_factory=StentSettings)
    surgery: SurgerySettings = field(default_factory=SurgerySettings)
    local: LocalSettings = field(default_factory=LocalSettings)
    cholangitis: CholangitisSettings = field(default_factory=CholangitisSettings)
    tumour: TumourSettings = field(default_factory=TumourSettings)
    reserve: ReserveSettings = field(default_factory=ReserveSettings)
    jaundice: JaundiceSettings = field(default_factory=JaundiceSettings)
    platelets: PlateletSettings = field(default_factory=PlateletSettings)
    pump: PumpSettings = field(default_factory=PumpSettings)
    readiness: ReadinessSettings = field(default_factory=ReadinessSettings)
    nutrition: NutritionSettings = field(default_factory=NutritionSettings)
    disturbance: DisturbanceSettings = field(default_factory=DisturbanceSettings)
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    sample: SampleSettings = field(default_factory=SampleSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    follow: FollowSettings = field(default_factory=FollowSettings)
    cohort: CohortSettings = field(default_factory=CohortSettings)
    response: ResponseSettings = field(default_factory=ResponseSettings)
    rounds: RoundSettings = field(default_factory=RoundSettings)
    answers: AnswerSettings = field(default_factory=AnswerSettings)

    @cached_property
    def digest(self) -> str:
        """Short hash of all values; part of the name of a stored analysis."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    def changed(self, overrides: Mapping[str, Mapping[str, Any]]) -> Settings:
        """A copy with other values.

        Raises:
            SettingsError: no such group or threshold, or a value of another type.
        """
        groups = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, values in overrides.items():
            if name not in groups:
                raise SettingsError(f"no group of settings {name!r}; known: {', '.join(groups)}")
            groups[name] = _changed_group(name, groups[name], values)
        return replace(self, **groups)


def _changed_group(name: str, group: Any, values: Mapping[str, Any]) -> Any:
    known = {f.name: f for f in fields(group)}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(f"no setting {name}.{key}; known: {', '.join(known)}")
        default = getattr(group, key)
        fits = isinstance(value, (int, float)) if isinstance(default, float) else type(value) is type(default)
        if not fits or (isinstance(value, bool) and not isinstance(default, bool)):
            raise SettingsError(
                f"{name}.{key} is {value!r}; accepted: {type(default).__name__}, for example {default!r}"
            )
    return replace(group, **values)


def load(path: Path) -> Settings:
    """Settings of a TOML file over the defaults."""
    try:
        return Settings().changed(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name}: {error}") from error


def changed_from_default(settings: Settings) -> Iterator[tuple[str, Any, Any, str]]:
    """Each threshold that a site changed, as (name, value, default, unit)."""
    usual = {name: value for name, value, *_ in describe(Settings())}
    for name, value, unit, *_ in describe(settings):
        if value != usual[name]:
            yield name, value, usual[name], unit


def describe(settings: Settings) -> Iterator[tuple[str, Any, str, str, str]]:
    """Each threshold as (name, value, unit, meaning, source)."""
    for group in fields(settings):
        values = getattr(settings, group.name)
        for f in fields(values):
            yield (
                f"{group.name}.{f.name}",
                getattr(values, f.name),
                f.metadata.get("unit", ""),
                f.metadata.get("says", ""),
                f.metadata.get("source", ""),
            )
