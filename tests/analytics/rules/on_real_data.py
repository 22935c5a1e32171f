"""Findings on real public data by rule and level: one version of the product, or two of them side by side.

    python -m tests.analytics.rules.on_real_data DATA --json OUT       counts of this version
    python -m tests.analytics.rules.on_real_data --table BEFORE AFTER  both as a table in Markdown

DATA is a folder with the sets that the tests of real data read; nothing of it is copied, only counts are written. The
first form runs with any version of the product first on the path.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from analytics.analysis import analyse
from analytics.ingest import read
from analytics.panel import Panel
from analytics.store import open_store

SETS = {
    "trial": ("cdiscpilot", ("lb.csv", "ex.csv", "dm.csv", "ae.csv"), None),
    "intensive care": ("eicu_demo_subset", ("lab.csv",), "eicu"),
    "liver disease": ("pbcseq", ("pbcseq.csv",), "pbcseq"),
    "liver cancer": ("hcc_sysucc", ("DTSDHCC.csv",), "hcc_sysucc"),
}
"""What a set is called in the table, its folder, its files and their profile."""
LEVELS = ("urgent", "attention", "information", "good")


def counted(folder: Path) -> dict[str, dict[str, int]]:
    """Findings by ``rule level`` of each set that is there."""
    found = {}
    for name, panel in _panels(folder):
        findings = analyse(panel).findings
        counts = findings.groupby(["rule", "level"]).size()
        found[name] = {f"{rule} {level}": int(n) for (rule, level), n in counts.items()} | {"people": len(panel)}
        print(name, len(panel), "people,", len(findings), "findings", file=sys.stderr)
    return found


def rates(folder: Path) -> str:
    """How often each rule fires, per patient-year and per 100 people, by set, as a section in Markdown."""
    years, people, found = {}, {}, {}
    for name, panel in _panels(folder):
        labs = panel.labs.groupby("patient_id")["collected_at"].agg(["min", "max"])
        years[name] = float(((labs["max"] - labs["min"]) / pd.Timedelta(days=365.25)).sum())
        people[name] = len(panel)
        found[name] = analyse(panel).findings.groupby(["rule", "level"]).size()
    lines = [_RATES.format(sets="; ".join(f"{n}: {people[n]:,} people, {years[n]:,.1f} years" for n in years))]
    lines.append("| rule | level | " + " | ".join(years) + " |")
    lines.append("|---|---|" + "---:|" * len(years))
    rows = sorted({key for counts in found.values() for key in counts.index}, key=lambda k: (k[0], LEVELS.index(k[1])))
    for key in rows:
        cells = [_rate(int(found[name].get(key, 0)), years[name], people[name]) for name in years]
        lines.append(f"| `{key[0]}` | {key[1]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _rate(count: int, years: float, people: int) -> str:
    """Findings a patient-year; a 100 people where the stays are of days."""
    if not count:
        return ""
    return f"{100 * count / people:.1f} %" if years < people / 20 else f"{count / years:.3f}"


_RATES = """## How often each rule fires on real data

Written by `python -m tests.analytics.rules.confusion` where the public sets are there (they are not part of the
product); else the last table stays. Findings per patient-year between the first and the last result of each person; for
sets whose people are followed for days, findings per 100 people (%). It is not known which findings are right: the
table shows what a clinic like these would see, not how true it is.

{sets}.
"""


def _panels(folder: Path) -> Iterator[tuple[str, Panel]]:
    """Each set that is there as a panel."""
    for name, (place, files, profile) in SETS.items():
        paths = [folder / place / file for file in files if (folder / place / file).is_file()]
        if not paths:
            continue
        with tempfile.TemporaryDirectory() as work:
            store = open_store(str(Path(work) / "store"), create=True)
            store.publish([read(path, profile) for path in paths], by="test")
            yield name, store.panel()


def table(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> str:
    """Both as a table: rows are rules and levels, a pair of columns a set; rows that did not change are left out."""
    sets = [name for name in SETS if name in before and name in after]
    rows = sorted({key for counts in (*before.values(), *after.values()) for key in counts} - {"people"})
    rows.sort(key=lambda key: (key.split()[0], LEVELS.index(key.split()[1])))
    lines = [
        "| rule | level | " + " | ".join(f"{name}: before | after" for name in sets) + " |",
        "|---|---|" + "---:|---:|" * len(sets),
    ]
    for key in rows:
        cells = [(before[name].get(key, 0), after[name].get(key, 0)) for name in sets]
        if any(a != b for a, b in cells):
            rule, level = key.split()
            numbers = " | ".join(f"{a or ''} | {b or ''}" for a, b in cells)
            lines.append(f"| `{rule}` | {level} | {numbers} |")
    for level in LEVELS:
        sums = [
            tuple(sum(n for k, n in w[name].items() if k.endswith(f" {level}")) for w in (before, after))
            for name in sets
        ]
        lines.append(f"| all | {level} | " + " | ".join(f"{a} | {b}" for a, b in sums) + " |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    """One of the two forms above."""
    if arguments[0] == "--table":
        before, after = (json.loads(Path(name).read_text("utf-8")) for name in arguments[1:3])
        print(table(before, after), end="")
        return
    Path(arguments[2]).write_text(json.dumps(counted(Path(arguments[0])), indent=1, sort_keys=True), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
