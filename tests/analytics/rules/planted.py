"""What each planted journey of the sample data must give: rules, reading, and nothing loud where nothing is planted."""

from __future__ import annotations

import csv
import json
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analytics.analysis import Analysis, analyse
from analytics.rules._vectors import Vector, run
from analytics.synthetic.burden import SETTLING_DAYS, findings_per_year, late_findings
from analytics.synthetic.many import PLANTED, make
from analytics.synthetic.steady_people import kind_of, make_steady
from analytics.tables import READING_LABELS
from tests.stores import sample_store_in

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "sample_data"
BEFORE_DAYS, AFTER_DAYS = 45, 65
"""How far from the planted window a finding may lie: visits are up to five weeks apart, and some rules ask for two
results."""


@dataclass(frozen=True)
class Expected:
    """Rules that must find the journey within its window, and the reading of its main episode ("" where none)."""

    rules: tuple[str, ...]
    reading: str = ""
    calm: bool = False
    """True where nothing of level attention or urgent may be found at any time."""


EXPECTED = {
    "drug injury with jaundice": Expected(("hys_law", "parks", "injury_pattern", "injury_recovery"), "injury"),
    "mild drug injury": Expected(("temple", "injury_recovery"), "injury"),
    "immune-related hepatitis": Expected(("checkpoint_label", "temple", "injury_recovery"), "injury"),
    "sinusoidal injury": Expected(("sinusoidal_pattern",), "injury"),
    "stent, recovery": Expected(("cholestatic_jaundice", "stent_response"), "obstruction"),
    "stent, recovery, re-occlusion": Expected(("recurrent_obstruction",), "obstruction"),
    "early stent failure": Expected(("stent_early_rise",), "obstruction"),
    "hepatectomy, recovery": Expected(("postoperative_course", "procedure_effect"), "procedure"),
    "hepatectomy, liver failure": Expected(("isgls", "postoperative_departure", "peak_bilirubin"), "procedure"),
    "ablation spike": Expected(("procedure_effect",), "procedure"),
    "radioembolisation injury": Expected(("reild",), "procedure"),
    "response then regrowth": Expected(("marker_rise", "hepatic_progression"), "tumour"),
    # one of them has two results above 1.25 x the lowest late in follow-up: a rise by the rule of markers
    "marker flare": Expected(()),
    "haemolysed sample": Expected(("haemolysed_sample",), calm=True),
    "upper limit change": Expected(("limits_changed",), calm=True),
    "laboratory change": Expected(("limits_changed",), calm=True),
    "overdue on treatment": Expected(("overdue_panel",), calm=True),
    "quiet": Expected((), calm=True),
    "abnormal and stable": Expected((), calm=True),
    "corrected results": Expected((), calm=True),
    "sparse follow-up": Expected((), calm=True),
}


@dataclass(frozen=True)
class Truth:
    """One planted journey."""

    patient_id: str
    journey: str
    begin: pd.Timestamp
    end: pd.Timestamp


def truths(as_of: pd.Timestamp) -> list[Truth]:
    """Rows of the truth file; an open end is the end of the data."""
    with (SAMPLE / "truth.csv").open(newline="", encoding="utf-8") as file:
        return [
            Truth(
                row["patient_id"],
                row["journey"],
                pd.Timestamp(row["date"]),
                pd.Timestamp(row["until"]) if row["until"] else as_of,
            )
            for row in csv.DictReader(file)
        ]


def sample_analysis(store: Path) -> Analysis:
    """The committed sample, imported as a user would and analysed."""
    return analyse(sample_store_in(store).panel())


def within(frame: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Rows of this patient that hold in the planted window, with its slack."""
    own = frame[frame["patient_id"] == truth.patient_id]
    begin, end = truth.begin - pd.Timedelta(days=BEFORE_DAYS), truth.end + pd.Timedelta(days=AFTER_DAYS)
    return own[(own["last_seen"] >= begin) & (own["onset"] <= end)]


def main_reading(analysis: Analysis, truth: Truth) -> str:
    """Reading of most episodes in the window; "none" where no episode was found."""
    fits = within(analysis.readings[analysis.readings["fits"]], truth)
    if fits.empty:
        return "none"
    return Counter(fits["reading"]).most_common(1)[0][0]


def confusion_page(analysis: Analysis) -> str:
    """docs/confusion.md: planted journeys against what was read and found."""
    found = [(truth, main_reading(analysis, truth)) for truth in truths(analysis.panel.as_of)]
    columns = [*READING_LABELS, "none"]
    lines = [_HEAD, "| planted | people | " + " | ".join(c.replace("_", " ") for c in columns) + " |"]
    lines.append("|---|---|" + "---|" * len(columns))
    for journey, expected in EXPECTED.items():
        counts = Counter(reading for truth, reading in found if truth.journey == journey)
        cells = [f"**{counts[c]}**" if c == (expected.reading or "none") else str(counts[c] or "") for c in columns]
        lines.append(f"| {journey} | {sum(counts.values())} | " + " | ".join(cells) + " |")
    lines += ["", _FOUND, "| planted | rule that must find it | people found |", "|---|---|---|"]
    for journey, expected in EXPECTED.items():
        own = [truth for truth, _ in found if truth.journey == journey]
        for rule in expected.rules:
            hits = sum(rule in set(within(analysis.findings, truth)["rule"]) for truth in own)
            lines.append(f"| {journey} | `{rule}` | {hits} of {len(own)} |")
        if expected.calm:
            loud = sum(bool(len(loud_findings(analysis, truth))) for truth in own)
            lines.append(f"| {journey} | nothing of level attention or urgent | {len(own) - loud} of {len(own)} |")
    return "\n".join([*lines, *_many(), *_steady(), *_unsteady(), "", _RATES, "", _REAL]) + "\n"


def _many(people: int = 400, seed: int = 11) -> list[str]:
    """The same counts for people made in one go: four journeys in turn, eight analytes, 25 visits."""
    panel, truth = make(people, seed)
    analysis = analyse(panel)
    journey = truth.set_index("patient_id")["journey"]
    findings = analysis.findings.assign(journey=analysis.findings["patient_id"].map(journey))
    loud = findings[findings["level"].isin(["attention", "urgent"])].groupby("journey")["patient_id"].nunique()
    hys = findings[findings["rule"] == "hys_law"].groupby("journey")["patient_id"].nunique()
    fits = analysis.readings[analysis.readings["fits"]]
    read_as = fits.assign(journey=fits["patient_id"].map(journey)).groupby("journey")["reading"]
    lines = ["", _MANY.format(people=people, seed=seed), "| planted | people | level attention or urgent | `hys_law` | "
             "readings of episodes |", "|---|---|---|---|---|"]  # fmt: skip
    for name in PLANTED:
        own = read_as.get_group(name).value_counts() if name in read_as.groups else pd.Series(dtype=int)
        told = ", ".join(f"{reading.replace('_', ' ')} {n}" for reading, n in sorted(own.items())) or "none"
        total = int((journey == name).sum())
        lines.append(f"| {name} | {total} | {loud.get(name, 0)} | {hys.get(name, 0)} | {told} |")
    return lines


def _steady(people: int = 400, seed: int = 3) -> list[str]:
    """Findings per patient-year of people whose tests are abnormal and stay so."""
    rates = findings_per_year(analyse(make_steady(people, seed)), kind_of)
    lines = ["", _STEADY.format(people=people, seed=seed, days=SETTLING_DAYS)]
    lines += ["| baseline | people | years | urgent | attention | information |", "|---|---|---|---|---|---|"]
    for row in rates.to_dict("records"):
        numbers = " | ".join(f"{row[level]:.2f}" for level in ("urgent", "attention", "information"))
        lines.append(f"| {row['group']} | {row['patients']} | {row['years']:.0f} | {numbers} |")
    return lines


def _unsteady(people: int = 160, seed: int = 3) -> list[str]:
    """The same people with more noise and mistaken samples, and what the emergencies say."""
    lines = ["", _UNSTEADY, "| scatter | mistaken samples | attention or urgent | urgent | rules most often |"]
    lines.append("|---|---|---|---|---|")
    for noise, outliers in ((1.0, 0.0), (1.3, 0.0), (1.0, 0.01), (1.3, 0.01)):
        analysis = analyse(make_steady(people, seed, noise=noise, outliers=outliers))
        rates, late = findings_per_year(analysis).iloc[0], late_findings(analysis)
        loud = late[late["level"].isin(["attention", "urgent"])]
        told = ", ".join(f"`{rule}` {n}" for rule, n in Counter(loud["rule"]).most_common(4)) or "none"
        share = f"{100 * outliers:.0f} %" if outliers else "none"
        lines.append(f"| {noise:g} × | {share} | {rates['attention_or_above']:.2f} | {rates['urgent']:.3f} | {told} |")
    found = sum(run(emergency).met for emergency in emergencies())
    return [*lines, "", _EMERGENCIES.format(found=found, all=len(emergencies()))]


def emergencies() -> list[Vector]:
    """Planted emergencies, most of them over abnormal baselines."""
    rows = tomllib.loads(_EMERGENCY_FILE.read_text("utf-8"))["vector"]
    return [Vector("emergency", number, **row) for number, row in enumerate(rows)]


_EMERGENCY_FILE = ROOT / "analytics" / "synthetic" / "emergencies.toml"


def loud_findings(analysis: Analysis, truth: Truth) -> pd.DataFrame:
    """Findings of level attention or urgent of one person, at any time."""
    own = analysis.findings[analysis.findings["patient_id"] == truth.patient_id]
    return own[own["level"].isin(["attention", "urgent"])]


def evidence_ids(row: pd.Series) -> list[int]:
    """result_id of the evidence of a finding."""
    return list(json.loads(row["evidence"]))


_HEAD = f"""# Planted truth against findings

Written by `python -m tests.analytics.rules.confusion`; a test fails when it is out of date. The 63 people of
`sample_data` have one journey planted each (`sample_data/truth.csv`). The table counts people by the reading of most
of their episodes of change in the planted window (from {BEFORE_DAYS} days before to {AFTER_DAYS} days after it, as
visits are up to five weeks apart and some rules ask for two results). The expected cell is bold; "none" means
that no episode of change was found. These are made people: the table shows that the rules do what they say, not how
they do in a clinic.
"""

_MANY = """## Made in one go

{people} people of `analytics.synthetic.many.make({people}, seed={seed})`. In "drug injury with jaundice" low set points
of some keep bilirubin or ALT under the limits of Hy's law; "drift upwards" is a slow rise of ALP, GGT and bilirubin
without any event, for which no reading has facts enough.
"""

_UNSTEADY = """### With more scatter, and with mistaken samples

Findings per patient-year of 160 of these people whose results scatter more, or of whom some single results are 1.5 to 3
times too high or too low. A single result of CTCAE grade 3 under a drug, or ALT at twice a raised baseline, is told
when it comes: what the next result takes back could have been an injury. So 0.10 a year is not to be had where results
are mistaken, unless single results no longer count.
"""

_EMERGENCIES = """Of the planted emergencies of `analytics/synthetic/emergencies.toml`, most of them over an abnormal
baseline, {found} of {all} are found at their level."""

_RATES = (Path(__file__).parent / "on_real_data_rates.md").read_text("utf-8").rstrip()
"""Written by tests.analytics.rules.confusion where the public data are there."""

_REAL = (Path(__file__).parent / "on_real_data.md").read_text("utf-8").rstrip()
"""Written by hand around the table of tests.analytics.rules.on_real_data."""

_STEADY = """## People with abnormal baselines to whom nothing happens

Findings per patient-year of {people} people of `analytics.synthetic.steady_people.make_steady({people}, seed={seed})`,
from day {days} after the first result. A test keeps attention and above at 0.10 a year at most, urgent at 0.005.
"""

_FOUND = """## Rules

A rule counts as found where a finding of it holds in the same window.
"""
