"""The sample files in plain pandas: what a question means, computed without the product (no grammar, no store).

Days are calendar days; blood of the day of an event was taken before it, so "after" begins on the next day. Values are
in U/L, mg/dL (bilirubin, creatinine), g/dL (albumin), 10*9/L, ng/mL, U/mL, mg/L, mmol/L.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

SAMPLE = Path(__file__).resolve().parents[4] / "sample_data"
NAMES = {
    "ALT": "ALT|SGPT|ALAT",
    "AST": "AST|SGOT|ASAT",
    "ALP": "ALP|Alk Phos",
    "GGT": "GGT|Gamma GT",
    "BILI": "Bilirubin|Bilirubin total|Total bilirubin",
    "BILDIR": "Conjugated bilirubin|Direct bilirubin",
    "ALB": "Albumin|Serum albumin",
    "PLAT": "PLT|Platelets",
    "CREAT": "Creatinine|Serum creatinine",
    "INR": "INR|PT-INR|Prothrombin INR",
    "LDH": "LDH|LD",
    "SODIUM": "Sodium",
    "K": "Potassium",
    "WBC": "WBC",
    "CRP": "CRP",
    "CEA": "CEA",
    "CA199": "CA 19-9",
    "CA153": "CA 15-3",
    "CGA": "Chromogranin A",
}
FACTORS = {
    ("ukat/L", ""): 60.0,
    ("umol/L", "BILI"): 1 / 17.104,
    ("umol/L", "BILDIR"): 1 / 17.104,
    ("umol/L", "CREAT"): 1 / 88.42,
    ("g/L", "ALB"): 0.1,
}
LONG = 100_000


def _rounded(column: pd.Series) -> pd.Series:
    """Ten significant digits, so that 3.3 / 1.1 is 3."""
    return column.map(lambda v: float(f"{v:.10g}") if pd.notna(v) else v)


class Plain:
    """Tables and the few operations that questions are made of; every one gives rows with ``patient`` and ``day``."""

    @cached_property
    def labs(self) -> pd.DataFrame:
        """All results once: analyte by code, value and limits in the units of above."""
        code = {name: c for c, names in NAMES.items() for name in names.split("|")}
        t = pd.read_csv(SAMPLE / "labs.csv", dtype=str)
        t["code"] = t["analyte"].map(code)
        t = t.drop_duplicates(["patient_id", "code", "collected_at", "value"])
        corrected = t.loc[t["status"] == "corrected", ["patient_id", "code", "collected_at"]].assign(gone=True)
        t = t.merge(corrected, how="left", on=["patient_id", "code", "collected_at"])
        t = t[~((t["status"] == "preliminary") & t["gone"].notna())]
        at = pd.to_datetime(t["collected_at"])
        factor = [FACTORS.get((u, c), FACTORS.get((u, ""), 1.0)) for u, c in zip(t["unit"], t["code"], strict=True)]
        number = t["value"].str.lstrip("<").astype(float)
        return pd.DataFrame(
            {
                "patient": t["patient_id"],
                "code": t["code"],
                "at": at,
                "day": at.dt.normalize(),
                "value": number * factor,
                "below": t["value"].str.startswith("<"),
                "lln": t["lln"].astype(float) * factor,
                "uln": t["uln"].astype(float) * factor,
            }
        ).sort_values(["patient", "code", "at"], ignore_index=True)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Events with their first day as ``day`` and ``end``; a regimen is the detail without the number of a cycle."""
        t = pd.read_csv(SAMPLE / "events.csv", dtype=str)
        return pd.DataFrame(
            {
                "patient": t["patient_id"],
                "kind": t["kind"],
                "name": t["name"],
                "day": pd.to_datetime(t["start_date"]),
                "end": pd.to_datetime(t["end_date"]),
                "line": t["line"].astype(float),
                "regimen": t["detail"].str.replace(r" cycle \d+$", "", regex=True).fillna(""),
                "cycle": t["detail"].str.extract(r" cycle (\d+)$")[0].astype(float),
            }
        )

    @cached_property
    def scans(self) -> pd.DataFrame:
        """Imaging reports."""
        t = pd.read_csv(SAMPLE / "imaging.csv", dtype=str)
        return pd.DataFrame({"patient": t["patient_id"], "day": pd.to_datetime(t["date"]), "response": t["response"]})

    @cached_property
    def people(self) -> pd.DataFrame:
        """Patients; age in years at the first treatment."""
        t = pd.read_csv(SAMPLE / "patients.csv", dtype=str).set_index("patient_id")
        first = self.dose().groupby("patient")["day"].min().reindex(t.index)
        born = pd.to_datetime(t["birth_date"])
        before = (first.dt.month * 100 + first.dt.day) < (born.dt.month * 100 + born.dt.day)
        return t.assign(age=first.dt.year - born.dt.year - before)

    @property
    def everybody(self) -> set[str]:
        """All patients."""
        return set(self.people.index)

    # results -------------------------------------------------------------------------------------------------------

    def lab(self, *codes: str) -> pd.DataFrame:
        """Results of analytes."""
        return self.labs[self.labs["code"].isin(codes)]

    def over(self, codes: str, k: float, of: str = "", *, least: bool = False) -> pd.DataFrame:
        """Results above k (at least k), as multiples of "uln", "lln" or in the unit of the analyte."""
        t = self.lab(*codes.split())
        v = _rounded(t["value"] / t[of] if of else t["value"])
        return t[((v >= k) if least else (v > k)) & ~t["below"]]

    def under(self, codes: str, k: float, of: str = "", *, most: bool = False) -> pd.DataFrame:
        """Results below k (at most k)."""
        t = self.lab(*codes.split())
        v = _rounded(t["value"] / t[of] if of else t["value"])
        return t[(v <= k) if most else (v < k)]

    # events --------------------------------------------------------------------------------------------------------

    def event(self, kind: str) -> pd.DataFrame:
        """Events of a kind."""
        return self.events[self.events["kind"] == kind]

    def named(self, name: str) -> pd.DataFrame:
        """Events of a name: drugs, symptoms."""
        return self.events[self.events["name"] == name]

    def regimen(self, name: str, cycle: int = 0) -> pd.DataFrame:
        """Systemic events of a regimen."""
        t = self.events[(self.events["regimen"] == name) & (self.events["kind"] == "systemic")]
        return t[t["cycle"] == cycle] if cycle else t

    def dose(self) -> pd.DataFrame:
        """All systemic treatment, the first dose of each patient."""
        t = self.event("systemic").sort_values("day")
        return t.drop_duplicates("patient")

    def scan(self, response: str) -> pd.DataFrame:
        """Imaging with a response."""
        return self.scans[self.scans["response"] == response]

    @staticmethod
    def first(rows: pd.DataFrame) -> pd.DataFrame:
        """The earliest row of each patient."""
        return rows.sort_values("day").drop_duplicates("patient")

    @staticmethod
    def last(rows: pd.DataFrame) -> pd.DataFrame:
        """The latest row of each patient."""
        return rows.sort_values("at" if "at" in rows else "day").drop_duplicates("patient", keep="last")

    # time ----------------------------------------------------------------------------------------------------------

    @staticmethod
    def pairs(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
        """Every row beside every row of the same patient in the other table, with ``gap`` in days."""
        both = rows.merge(others, on="patient", suffixes=("", "_other"))
        both["gap"] = (both["day"] - both["day_other"]).dt.days
        return both

    def after(self, rows: pd.DataFrame, others: pd.DataFrame, to: int = LONG, since: int = 1) -> pd.DataFrame:
        """Rows from ``since`` to ``to`` days after any of the others."""
        both = self.pairs(rows, others)
        return both[both["gap"].between(since, to)]

    def before(self, rows: pd.DataFrame, others: pd.DataFrame, to: int = LONG, since: int = 0) -> pd.DataFrame:
        """Rows from ``since`` to ``to`` days before any of the others; the day itself is before."""
        both = self.pairs(rows, others)
        return both[(-both["gap"]).between(since, to)]

    def on(self, rows: pd.DataFrame, drug: pd.DataFrame) -> pd.DataFrame:
        """Rows while on a drug: from the day after its first start to its end, at least 14 days from its last."""
        t = drug.assign(until=drug["end"].fillna(pd.Timestamp.max.normalize()))
        t["until"] = t["until"].where(t["until"] >= t["day"] + pd.Timedelta(days=14), t["day"] + pd.Timedelta(days=14))
        stay = t.groupby("patient").agg(begin=("day", "min"), until=("until", "max")).reset_index()
        both = rows.merge(stay, on="patient")
        return both[(both["day"] > both["begin"]) & (both["day"] <= both["until"])]

    def in_line(self, rows: pd.DataFrame, number: int) -> pd.DataFrame:
        """Rows from the day after a line began to the day on which the next one begins."""
        begins = self.event("systemic").groupby(["patient", "line"])["day"].min().unstack()
        begins = begins.reindex(columns=[1.0, 2.0, 3.0]).astype("datetime64[us]")
        begin, until = rows["patient"].map(begins[number]), rows["patient"].map(begins[number + 1])
        return rows[(rows["day"] > begin) & ((rows["day"] <= until) | until.isna())]

    @staticmethod
    def same_day(*tables: pd.DataFrame) -> pd.DataFrame:
        """Days on which all hold."""
        keys = [t[["patient", "day"]].drop_duplicates() for t in tables]
        found = keys[0]
        for other in keys[1:]:
            found = found.merge(other)
        return found

    def then(self, first: pd.DataFrame, second: pd.DataFrame, to: int = LONG, since: int = 0) -> set[str]:
        """Patients with a row of the second so long after one of the first, never the same result."""
        both = self.pairs(second.reset_index(names="one"), first.reset_index(names="two"))
        if "code" in first and "code" in second:
            both = both[(both["one"] != both["two"]) & (both["at"] >= both["at_other"])]
        return set(both.loc[both["gap"].between(since, to), "patient"])

    def around(self, rows: pd.DataFrame, others: pd.DataFrame, days: int) -> set[str]:
        """Patients with both at most so many days apart."""
        both = self.pairs(rows, others)
        return set(both.loc[both["gap"].abs() <= days, "patient"])

    # compared ------------------------------------------------------------------------------------------------------

    def change(self, code: str, factor: float, events: pd.DataFrame, to: int = LONG) -> set[str]:
        """Patients with a value after an event at ``factor`` times (at least, below 1 at most) the last at most 28 days
        before it."""
        t, found = self.lab(code), set()
        for patient, day in events[["patient", "day"]].itertuples(index=False):
            mine = t[t["patient"] == patient]
            gap = (mine["day"] - day).dt.days
            old = mine[gap.between(-28, 0)]
            if old.empty or old["below"].iloc[-1]:
                continue
            new = mine[gap.between(1, to)]
            ratio = _rounded(new["value"] / old["value"].iloc[-1])
            if ((ratio >= factor) & ~new["below"]).any() if factor > 1 else (ratio <= factor).any():
                found.add(patient)
        return found

    def from_extreme(self, code: str, factor: float) -> set[str]:
        """Patients with a value at least ``factor`` times their lowest before (below 1: at most, of their highest)."""
        t = self.lab(code)
        sizes = t.groupby("patient")["value"]
        extreme = (sizes.cummin() if factor > 1 else sizes.cummax()).groupby(t["patient"]).shift()
        ratio = _rounded(t["value"] / extreme)
        hit = t[((ratio >= factor) & ~t["below"]) if factor > 1 else (ratio <= factor)]
        return set(hit["patient"])

    def steps(self, code: str, factor: float) -> set[str]:
        """Patients with a result at least (at most) ``factor`` times the one of the day before it."""
        t = self.lab(code).drop_duplicates(["patient", "day"], keep="last")
        ratio = _rounded(t["value"] / t.groupby("patient")["value"].shift())
        return set(t.loc[(ratio >= factor) & ~t["below"] if factor > 1 else ratio <= factor, "patient"])

    def runs(self, hit: pd.DataFrame, days: int = 0, results: int = 1, *, more: bool = False) -> set[str]:
        """Patients with successive results that all hit, first and last so far apart, or so many days of them."""
        found = set()
        for (patient, _), mine in self.labs[self.labs["code"].isin(hit["code"])].groupby(["patient", "code"]):
            ok = mine.assign(ok=mine.index.isin(hit.index)).groupby("day")["ok"].max()
            block = (ok != ok.shift()).cumsum()
            for _, part in ok.groupby(block):
                long = (part.index[-1] - part.index[0]).days
                if part.iloc[0] and len(part) >= results and (long > days if more else long >= days):
                    found.add(patient)
        return found

    def start_value(self, rows: pd.DataFrame, code: str) -> pd.Series:
        """Baseline of each row: geometric mean of the last three results at most 28 days before its line began."""
        begins = self.event("systemic").groupby(["patient", "line"])["day"].min().reset_index()
        t = self.before(self.lab(code), begins, 28).sort_values("at").groupby(["patient", "line"]).tail(3)
        means = np.exp(np.log(t["value"]).groupby([t["patient"], t["line"]]).mean())
        second = begins[begins["line"] == 2].set_index("patient")["day"]
        line = np.where(rows["day"] > rows["patient"].map(second), 2.0, 1.0)
        return pd.Series(pd.MultiIndex.from_arrays([rows["patient"], line]).map(means), index=rows.index, dtype=float)

    def fold(self, code: str, low: float, rows: pd.DataFrame | None = None, *, most: bool = False) -> set[str]:
        """Patients with a value after the first dose at least (at most) so many times their start value."""
        t = self.after(self.lab(code), self.dose()) if rows is None else rows
        ratio = _rounded(t["value"] / self.start_value(t, code))
        return set(t.loc[(ratio <= low) if most else (ratio >= low) & ~t["below"], "patient"])

    def peak(self, code: str, of: str = "uln") -> pd.Series:
        """Highest value of each patient."""
        t = self.lab(code)
        return (t["value"] / t[of] if of else t["value"]).groupby(t["patient"]).max()

    def r_value(self) -> pd.DataFrame:
        """R of each day: (ALT / ULN) / (ALP / ULN)."""
        alt, alp = (self.lab(c).assign(x=lambda t: t["value"] / t["uln"]) for c in ("ALT", "ALP"))
        both = alt.merge(alp, on=["patient", "day"], suffixes=("", "_other"))
        return both.assign(r=both["x"] / both["x_other"])

    def ratio(self, code: str, other: str, k: float) -> pd.DataFrame:
        """Days on which one analyte is above k times another."""
        both = self.lab(code).merge(self.lab(other), on=["patient", "day"], suffixes=("", "_other"))
        return both[_rounded(both["value"] / both["value_other"]) > k]

    def multiple(self, code: str, k: float) -> pd.DataFrame:
        """Results at least k times the start value."""
        t = self.lab(code)
        return t[_rounded(t["value"] / self.start_value(t, code)) >= k]

    def between(self, code: str, low: float, high: float, of: str = "") -> pd.DataFrame:
        """Results from low to high."""
        t = self.over(code, low, of, least=True)
        return t[t.index.isin(self.under(code, high, of, most=True).index)]

    @staticmethod
    def ends(events: pd.DataFrame) -> pd.DataFrame:
        """The days on which events ended."""
        return events.dropna(subset="end").assign(day=lambda t: t["end"])

    @staticmethod
    def twice(events: pd.DataFrame) -> set[str]:
        """Patients with events on two days or more."""
        days = events.groupby("patient")["day"].nunique()
        return set(days.index[days > 1])

    @staticmethod
    def none(rows: pd.DataFrame, events: pd.DataFrame) -> set[str]:
        """Patients with an event that has no such row; ``rows`` are what ``after`` gave for these events."""
        had = set(zip(rows["patient"], rows["day_other"], strict=True))
        return {p for p, day in events[["patient", "day"]].itertuples(index=False) if (p, day) not in had}

    def halved(self, code: str, events: pd.DataFrame, to: int) -> pd.DataFrame:
        """Results after events at half or less of the last value at most 28 days before."""
        t = self.before(self.lab(code), events, 28).sort_values("at")
        old = t.drop_duplicates(["patient", "day_other"], keep="last").set_index(["patient", "day_other"])["value"]
        new = self.after(self.lab(code), events, to)
        return new[new["value"] <= 0.5 * new.set_index(["patient", "day_other"]).index.map(old).to_numpy()]

    def albi(self, grade: int) -> set[str]:
        """Patients with an ALBI grade of a day that is at least so high."""
        both = self.lab("BILI").merge(self.lab("ALB"), on=["patient", "day"], suffixes=("", "_alb"))
        score = 0.66 * np.log10(both["value"] * 17.104) - 0.085 * both["value_alb"] * 10
        return set(both.loc[score > {2: -2.6, 3: -1.39}[grade], "patient"])

    def summary_over(self, code: str, k: float, how: str, rows: pd.DataFrame | None = None) -> set[str]:
        """Patients whose mean or median in multiples of ULN is above k."""
        t = self.lab(code) if rows is None else rows
        one = (t["value"] / t["uln"]).groupby(t["patient"]).agg(how)
        return set(one.index[one > k])

    def graded(self, code: str, grade: int, rows: pd.DataFrame | None = None) -> set[str]:
        """Patients with a grade of CTCAE 5.0: of ULN, of the start value where that is above it."""
        t = self.after(self.lab(code), self.dose()) if rows is None else rows
        cut = {"ALT": {3: 5.0}, "BILI": {2: 1.5, 3: 3.0}}[code][grade]
        start = self.start_value(t, code)
        reference = start.where(start > t["uln"], t["uln"])
        return set(t.loc[_rounded(t["value"] / reference) > cut, "patient"])

    def unseen(self, days: int, code: str = "") -> set[str]:
        """Patients without a result in so many days before the end of the data."""
        t = self.lab(code) if code else self.labs
        end = max(self.labs["day"].max(), self.scans["day"].max(), self.events["day"].max())
        return self.everybody - set(t.loc[(end - t["day"]).dt.days <= days, "patient"])

    def fewer(self, code: str, n: int) -> set[str]:
        """Patients with fewer results than n."""
        count = self.lab(code).groupby("patient").size().reindex(sorted(self.everybody), fill_value=0)
        return set(count.index[count < n])

    def double(self, code: str) -> set[str]:
        """Patients with two results of a day."""
        t = self.lab(code)
        return set(t.loc[t.duplicated(["patient", "day"]), "patient"])

    def meld(self, k: float) -> set[str]:
        """Patients with a MELD of a day above k: all at least 1, creatinine at most 4."""
        both = self.lab("INR")[["patient", "day", "value"]].rename(columns={"value": "INR"})
        for code in ("BILI", "CREAT"):
            one = self.lab(code).groupby(["patient", "day"])["value"].max().rename(code).reset_index()
            both = both.merge(one, on=["patient", "day"])
        inr, bili, creat = (np.log(both[c].clip(1, 4 if c == "CREAT" else None)) for c in ("INR", "BILI", "CREAT"))
        score = (11.2 * inr + 3.78 * bili + 9.57 * creat + 6.43).round()
        return set(both.loc[score > k, "patient"])

    # people --------------------------------------------------------------------------------------------------------

    def who(self, **wanted: object) -> set[str]:
        """People with these columns."""
        t = self.people
        for column, value in wanted.items():
            t = t[t[column] == value]
        return set(t.index)

    def aged(self, low: float = 0, high: float = 200) -> set[str]:
        """People whose age is from ``low`` to ``high``."""
        return set(self.people.index[self.people["age"].between(low, high)])


def ids(rows: pd.DataFrame) -> set[str]:
    """Patients of rows."""
    return set(rows["patient"])
