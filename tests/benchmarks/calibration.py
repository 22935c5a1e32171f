"""How often the product calls a change that is not there, and how soon one that is, beside what people use today.

Simulated patients, one panel of eight analytes a visit, visits 10 to 31 days apart, one year. Every method is asked
anew at every visit, as a person would, and knows only what is known then. ``python -m tests.benchmarks.calibration``
writes docs/calibration.md, part by part; with names of parts (``usual``, ``beside``, ``findings``) it makes these anew
and leaves the others, so that a run that was broken off goes on where it was. ``make benchmark`` calls it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import ruptures

from analytics.analytes import ANALYTES, INDEX, PANEL
from analytics.arrays import Floats, Ints
from analytics.grades import Inputs, grade
from analytics.settings import Settings
from analytics.trends.calls_as_of import called
from analytics.trends.daily import Daily
from analytics.trends.ragged import stretched
from analytics.trends.theil_sen import theil_sen
from analytics.trends.variation import SIGMA

PAGE = Path(__file__).resolve().parents[2] / "docs" / "calibration.md"
ULN = {
    "CEA": 5.0,
    "ALT": 40.0,
    "AST": 40.0,
    "ALP": 120.0,
    "GGT": 60.0,
    "BILI": 1.2,
    "ALB": 5.0,
    "INR": 1.2,
    "PLAT": 400.0,
}
USUAL = {
    "CEA": 6.0,
    "ALT": 24.0,
    "AST": 24.0,
    "ALP": 75.0,
    "GGT": 30.0,
    "BILI": 0.6,
    "ALB": 4.1,
    "INR": 1.05,
    "PLAT": 240.0,
}
LIMIT = 0.3
"""Bilirubin below this is reported as below it, in a third of the patients."""


@dataclass(frozen=True)
class Sample:
    """Series of equal length, one a row: shape (r, n) each, and (r,) for analyte, cv and onset."""

    day: Floats
    value: Floats
    side: Ints
    analyte: Ints
    baseline: Floats
    cv: Floats
    onset: Floats

    def daily(self) -> Daily:
        """As the product sees them, each row a series of its own."""
        rows, n = self.day.shape
        every = np.arange(rows)
        flat = self.value.ravel()
        is_log = np.array([a.scale == "log" for a in ANALYTES.values()])[np.repeat(self.analyte, n)]
        y = np.where(is_log, np.log(flat), flat)
        starts = np.arange(0, rows * n + 1, n)
        return Daily(
            starts,
            self.day.ravel(),
            flat,
            y,
            self.side.ravel(),
            np.arange(rows * n + 1),
            every,
            self.analyte,
            every * 0,
        )


Course = Callable[[Floats], Floats]
"""Change of ln(value) by days since its onset (negative before)."""


def simulate(
    rng: np.random.Generator,
    patients: int,
    *,
    only: tuple[str, ...] = PANEL,
    cv: tuple[float, float] = (0.05, 0.30),
    course: Course | None = None,
    is_met: bool = True,
    gap: tuple[int, int] = (10, 32),
    visits: int = 17,
) -> Sample:
    """Patients with one course from an onset on; stable where there is none.

    Args:
        rng: source of chance.
        patients: how many; each has every analyte of ``only`` at every visit.
        only: analytes.
        cv: range of the coefficient of variation of one result, each series its own.
        course: planted change.
        is_met: whether no series varies more than 3.5 times its published variation (albumin 10 %, INR 13 %, ALP
            21 %); else every analyte may reach the upper end of ``cv``, more than is met in people.
        gap: least days between visits, and one more than the most.
        visits: how many.
    """
    days = np.cumsum(rng.integers(*gap, (patients, visits)), axis=1).astype(float)
    rows = patients * len(only)
    day = np.repeat(days, len(only), axis=0)
    analyte = np.tile([INDEX[a] for a in only], patients)
    sigma = SIGMA[analyte]
    top = np.maximum(np.minimum(cv[1], 3.5 * sigma), cv[0] * 1.5) if is_met else np.full(rows, cv[1])
    spread = cv[0] + (top - cv[0]) * rng.random(rows)
    usual = np.tile([USUAL[a] for a in only], patients)
    raised = np.where(rng.random(rows) < 0.5, np.exp(rng.uniform(0.3, 1.6, rows)), 1.0)
    level = usual * np.where(np.isin(analyte, [INDEX["ALB"], INDEX["INR"], INDEX["PLAT"]]), 1.0, raised)
    onset = rng.uniform(110, 190, rows)
    log = np.log(level)[:, None] + spread[:, None] * rng.normal(size=day.shape)
    if course is not None:
        log = log + course(day - onset[:, None])
    digits = np.array([ANALYTES[a].decimals for a in only])
    value = np.exp(log)
    for k, d in enumerate(digits):
        value[k :: len(only)] = np.maximum(np.round(value[k :: len(only)], d), 10.0**-d)
    is_limited = (analyte == INDEX["BILI"]) & (rng.random(rows) < 1 / 3)
    side = np.where(is_limited[:, None] & (value < LIMIT), -1, 0)
    value = np.where(side < 0, LIMIT, value)
    return Sample(day, value, side, analyte, level, spread, onset)


Method = Callable[[Sample], Floats]
"""Direction called at each visit: positive up, negative down, zero none; shape (r, n)."""


def ours(sample: Sample, settings: Settings | None = None) -> dict[str, Floats]:
    """What the product calls at each visit, by kind of call."""
    found = called(sample.daily(), settings or Settings())
    return {kind: values.reshape(sample.day.shape) for kind, values in found.items()}


def product(sample: Sample) -> Floats:
    """Any call of the product, but movements that are told as to be confirmed; the first kind gives the direction."""
    out = np.zeros(sample.day.shape)
    for kind, values in ours(sample).items():
        out = out if kind == "now, to be confirmed" else np.where(out == 0, values, out)
    return out


def fixed_rule(factor: float) -> Method:
    """Value at least ``factor`` times the mean of the first three, or at most one over it."""

    def method(sample: Sample) -> Floats:
        base = np.exp(np.log(sample.value[:, :3]).mean(axis=1))[:, None]
        out = (sample.value >= factor * base) * 1.0 - (sample.value <= base / factor)
        out[:, :3] = 0
        return out

    return method


def successive_rcv(z: float) -> Method:
    """Two results in a row that differ by more than the log-normal reference change value of the table."""

    def method(sample: Sample) -> Floats:
        limit = z * np.sqrt(2) * SIGMA[sample.analyte][:, None]
        step = np.diff(np.log(sample.value), axis=1)
        out = np.zeros(sample.day.shape)
        out[:, 1:] = (step > limit) * 1.0 - (step < -limit)
        return out

    return method


def mann_kendall(alpha: float) -> Method:
    """Mann-Kendall alone, exact, from five days on."""

    def method(sample: Sample) -> Floats:
        t, y, starts = prefixes(sample)
        fit = theil_sen(t, y, starts)
        out = np.where((fit.p < alpha) & (np.diff(starts) >= 5), np.sign(fit.s), 0.0)
        return out.reshape(sample.day.shape)

    return method


def grade_change(sample: Sample) -> Floats:
    """A CTCAE 5.0 grade other than that of the mean of the first three results."""
    shape = sample.day.shape
    out = np.zeros(shape)
    base = np.exp(np.log(sample.value[:, :3]).mean(axis=1))
    for code in PANEL:
        rows = np.flatnonzero(sample.analyte == INDEX[code])
        if not len(rows):
            continue
        now, then = (_grade(code, values, base[rows]) for values in (sample.value[rows], base[rows, None]))
        change = np.where((now >= 0) & (then >= 0), now - then, 0)
        out[rows] = np.where(ANALYTES[code].bad == "low", -change, change)
    out[:, :3] = 0
    return out


def _grade(code: str, value: Floats, base: Floats) -> Ints:
    flat = value.ravel()
    every = np.broadcast_to(base[:, None], value.shape).ravel()
    lln = {"ALB": 3.5, "PLAT": 150.0}.get(code, np.nan)
    uln = np.full(len(flat), ULN[code])
    low = np.full(len(flat), lln)
    inputs = Inputs(flat, flat / uln, flat / low, flat / every, every / uln, every / low, np.zeros(len(flat), bool))
    return grade("5.0", code, inputs).astype(np.int64).reshape(value.shape)


def pelt(factor: float) -> Method:
    """ruptures PELT, least squares, jump 1, at least two results a side, penalty 3 sigma² ln n times ``factor``."""

    def method(sample: Sample) -> Floats:
        out = np.zeros(sample.day.shape)
        log = np.log(sample.value)
        for row, y in enumerate(log):
            for k in range(5, len(y) + 1):
                part = y[:k]
                sigma = np.median(np.abs(np.diff(part))) * 1.4826 / np.sqrt(2)
                if sigma <= 0:
                    continue
                model = ruptures.Pelt(model="l2", min_size=2, jump=1).fit(part[:, None])
                ends = model.predict(pen=3 * factor * sigma**2 * np.log(k))
                if len(ends) > 1:
                    begin = ends[-3] if len(ends) > 2 else 0
                    out[row, k - 1] = np.sign(part[ends[-2] :].mean() - part[begin : ends[-2]].mean())
        return out

    return method


def prefixes(sample: Sample) -> tuple[Floats, Floats, Ints]:
    """Every series as known at each of its visits: times, logarithms and offsets."""
    rows, n = sample.day.shape
    at, starts = stretched(np.repeat(np.arange(rows) * n, n), np.tile(np.arange(1, n + 1), rows))
    return sample.day.ravel()[at], np.log(sample.value).ravel()[at], starts


def false_rate(calls: Floats, per_patient: int) -> float:
    """Share of patient-years with any call over the panel."""
    return float((calls != 0).any(axis=1).reshape(-1, per_patient).any(axis=1).mean())


def detection(calls: Floats, sample: Sample, direction: float) -> tuple[float, float]:
    """Share of planted changes called in their direction after the onset, and median days (of those called)."""
    late = sample.day - sample.onset[:, None]
    hit = (np.sign(calls) == direction) & (late >= 0)
    found = hit.any(axis=1)
    first = late[np.arange(len(late)), hit.argmax(axis=1)]
    return float(found.mean()), float(np.median(np.where(found, first, np.inf)))


def step(factor: float) -> Course:
    """Level times ``factor`` from the onset on."""
    return lambda late: np.where(late >= 0, np.log(factor), 0.0)


def ramp(per_week: float) -> Course:
    """So much a week from the onset on."""
    return lambda late: np.maximum(late, 0.0) / 7 * np.log1p(per_week)


def spike(factor: float) -> Course:
    """Level times ``factor`` for three weeks."""
    return lambda late: np.where((late >= 0) & (late < 21), np.log(factor), 0.0)


def rebound(fall: float, rise: float) -> Course:
    """Falling until the onset, rising after it."""
    return lambda late: np.where(late < 0, np.log1p(-fall), np.log1p(rise)) * late / 7


PLANTED: tuple[tuple[str, Course], ...] = (
    ("step x1.5", step(1.5)),
    ("step x2", step(2.0)),
    ("step x3", step(3.0)),
    ("ramp 3 %/week", ramp(0.03)),
    ("ramp 5 %/week", ramp(0.05)),
    ("ramp 10 %/week", ramp(0.10)),
    ("spike x3, 3 weeks", spike(3.0)),
    ("fall 5 %/week, then rise 5 %/week", rebound(0.05, 0.05)),
    ("fall 5 %/week, then rise 10 %/week", rebound(0.05, 0.10)),
)

RATE = 0.10
"""False calls a patient-year that the product aims at, and to which the others are tuned beside their usual form."""


def tuned(make: Callable[[float], Method], grid: list[float], stable: Sample) -> tuple[float, float]:
    """First threshold of a grid whose rate of false calls is at most RATE, and that rate."""
    for threshold in grid:
        rate = false_rate(make(threshold)(stable), len(PANEL))
        if rate <= RATE:
            return threshold, rate
    return float("nan"), float("nan")


def usual_methods() -> dict[str, Method]:
    """What people use today."""
    return {
        "fixed rule: 2 x baseline": fixed_rule(2.0),
        "CTCAE 5.0 grade change": grade_change,
        "successive reference change value": successive_rcv(1.96),
        "Mann-Kendall at 0.05": mann_kendall(0.05),
    }


Part = Callable[[], list[str]]


def parts() -> dict[str, tuple[str, Part]]:
    """The parts of the page in order: how the first line of each begins, and what makes it."""
    from tests.benchmarks.rules_of_thumb import section
    from tests.benchmarks.stable_findings import section as stable_findings

    return {
        "usual": ("# Calibration", usual_section),
        "beside": ("## Beside the rules of thumb", section),
        "findings": ("## Findings of stable people", stable_findings),
    }


def main(names: list[str] | None = None, page: Path = PAGE, made: dict[str, tuple[str, Part]] | None = None) -> str:
    """Make some parts anew, all where none is named, and write each into the page as soon as it is there.

    Returns:
        The page.

    Raises:
        KeyError: no such part.
    """
    made = made or parts()
    names = names or list(made)
    makers = [made[name][1] for name in names]
    told = split(page.read_text("utf-8"), made) if page.is_file() else dict.fromkeys(made, "")
    for name, make in zip(names, makers, strict=True):
        told[name] = "\n".join(make()).strip("\n")
        page.write_text("\n\n".join(text for text in told.values() if text) + "\n", "utf-8")
    return page.read_text("utf-8")


def split(page: str, made: dict[str, tuple[str, Part]]) -> dict[str, str]:
    """The text of each part of a page; empty where it has none."""
    begins = {name: f"\n{page}".find(f"\n{head}") for name, (head, _) in made.items()}
    ends = sorted([*(at for at in begins.values() if at >= 0), len(page)])
    return {name: page[at : ends[ends.index(at) + 1]].strip("\n") if at >= 0 else "" for name, at in begins.items()}


def usual_section(patients: int = 1500, planted: int = 200) -> list[str]:
    """The head, and the tables beside what people use today."""
    rng = np.random.default_rng(20260101)
    stable, wild = simulate(rng, patients), simulate(rng, patients // 3, is_met=False)
    few = simulate(rng, 60)
    names = {**usual_methods(), "ruptures PELT": pelt(1.0)}
    matched = {
        "fixed rule": (fixed_rule, [x / 10 for x in range(15, 60)]),
        "successive reference change value": (successive_rcv, [2 + 0.5 * x for x in range(60)]),
        "Mann-Kendall": (mann_kendall, [0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 2e-4, 1e-4]),
    }
    lines = [HEAD.format(patients=patients, planted=planted)]
    kinds = ours(stable)
    lines += [
        "",
        "## Stable patients: share of patient-years with any false call",
        "",
        "| method | false |",
        "|---|---|",
    ]
    lines += [f"| **hepatrend, any call** | **{false_rate(product(stable), 8):.3f}** |"]
    lines += [f"| hepatrend, {kind} | {false_rate(calls, 8):.3f} |" for kind, calls in kinds.items()]
    lines += [f"| {name} | {false_rate(m(few if 'PELT' in name else stable), 8):.3f} |" for name, m in names.items()]
    for name, (make, grid) in matched.items():
        threshold, rate = tuned(make, grid, stable)
        names[f"{name}, tuned to {RATE}: {threshold:g}"] = make(threshold)
        lines += [f"| {name}, tuned to at most {RATE}: threshold {threshold:g} | {rate:.3f} |"]
    lines += [
        "",
        f"Stress: every analyte may vary up to 30 %, albumin and INR too, which is not met in stable people: hepatrend "
        f"{false_rate(product(wild), 8):.3f}, fixed 2 x rule {false_rate(fixed_rule(2.0)(wild), 8):.3f}.",
    ]
    spreads = [(0.05, 0.10), (0.10, 0.20), (0.20, 0.30)]
    free = ("ALT", "AST", "GGT", "BILI")
    rates = [false_rate(product(simulate(rng, patients // 4, only=free, cv=cv)), len(free)) for cv in spreads]
    parts = [f"{100 * a:.0f}-{100 * b:.0f} %: {rate:.3f}" for (a, b), rate in zip(spreads, rates, strict=True)]
    lines += ["", "By coefficient of variation (ALT, AST, GGT and bilirubin only): " + ", ".join(parts) + "."]
    lines += ["", "## Planted changes: share called by the end of the year, and median days to the call", ""]
    lines += ["| change | " + " | ".join(["**hepatrend**", *names]) + " |", "|---" * (len(names) + 2) + "|"]
    for name, course in PLANTED:
        sample = simulate(rng, planted, only=("ALT", "ALP", "BILI", "GGT"), cv=(0.10, 0.20), course=course)
        small = Sample(**{k: v[:120] for k, v in vars(sample).items()})
        cells = [_cell(product(sample), sample)]
        cells += [_cell(m(small), small) if "PELT" in key else _cell(m(sample), sample) for key, m in names.items()]
        lines += [f"| {name} | " + " | ".join(cells) + " |"]
    return lines


def _cell(calls: Floats, sample: Sample) -> str:
    share, days = detection(calls, sample, 1.0)
    return f"{100 * share:.0f} %, {days:.0f} d" if np.isfinite(days) else f"{100 * share:.0f} %, –"


HEAD = """# Calibration

Written by `python -m tests.benchmarks.calibration` (parts by name: `usual`, `beside`, `findings`), never by hand.

{patients} simulated patients over one year: eight analytes at each of 17 visits, 10 to 31 days apart; half of the
series start above normal; each series has its own coefficient of variation between 5 and 30 % (never more than 3.5
times the published one: albumin 10 %, INR 13 %, ALP 21 %); values are rounded as laboratories print them, and
bilirubin below {limit} is reported as such in a third. Every method is asked anew at each visit and sees only what is
known then. A call of hepatrend is any of: an *unexpected* result, the *alarm* that runs along, the *verdict* rising or
falling, a *change* of level. {planted} x 4 planted changes of each kind (ALT, ALP, bilirubin, GGT; variation 10 to
20 %) begin between day 110 and 190; only calls upwards count. A median of "–" means that fewer than half were called.

Simulated people are simpler than real ones: noise is independent from visit to visit and nothing else happens. Read
the table as a comparison of methods, not as a promise for a clinic.

The product's weights and limits were chosen on this simulation (other seeds); the others' tuned thresholds on the very
patients shown. PELT is slow and was run on 60 stable patients and 120 changed series of each kind.""".replace(
    "{limit}", f"{LIMIT} mg/dL"
)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
