"""Whether this tree reads files as an earlier commit did: ``python -m tests.same_ingest COMMIT``.

Both trees read every file of the shared folders ``data`` and ``cases`` and of the sample data by each built-in profile
that takes it, and some hundred made files of laboratory results: with repeats, corrections, withdrawals, words, odd
lines, limits as text, in order and shuffled, some of them in several pieces that are settled against the pieces before.
What is compared: every table that comes out (row by row, in order), notes and counts, and every decision on every row.
What differs is printed by file and part; exit code 1 where anything does. :mod:`tests.same_results` compares what a
store then shows.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from analytics.errors import HepatrendError
from analytics.ingest import read
from analytics.ingest.outcome import Ingest
from analytics.ingest.versions import settle

ROOT = Path(__file__).resolve().parent.parent
SHARED = (ROOT.parent / "shared" / "data", ROOT.parent / "shared" / "cases", ROOT / "sample_data")
PROFILES = (None, *sorted(p.stem for p in (ROOT / "analytics" / "ingest" / "profiles").glob("*.toml")))
TAKEN = (".csv", ".txt", ".tsv", ".ndjson", ".json", ".hl7", ".xpt", ".gz", ".zip", ".xlsx")
MADE, NOW = 400, datetime(2026, 1, 1)
TABLES = ("labs", "events", "imaging", "patients", "quarantine")
TOLD = ("rows_in", "results_in", "ignored", "ignored_why", "uncounted", "table", "format", "notes", "sha256")
WORDS = ("", "neg", "n/a", "haemolysed", "<5", ">1000", "1,5", "12.34", "1.234,5", "7", "0.8", "4.1", "220", "30", "90")
TESTS = (
    *("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT", "Alanine aminotransferase", "Bilirubin total"),
    *("CRP", "?", "ALT", "BILI"),
)
UNITS = ("U/L", "U/L", "U/L", "U/L", "mg/dL", "g/dL", "", "10*9/L", "umol/L", "g/L", "ukat/L", "furlong")
TIMES = ("%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%Y-%m-%dT%H:%M+02:00", "%d/%m/%y", "%Y-%m")


def pieces(number: int) -> list[str]:
    """A made file in one to three pieces, the same for one number on every machine."""
    rng = random.Random(number)
    columns = ["patient_id", "analyte", "collected_at", "value", "unit"]
    columns += [c for c in ("lln", "uln", "status", "specimen_id", "version", "issued_at", "lab") if rng.random() < 0.5]
    few = rng.random() < 0.3
    lines = [_line(rng, columns, few=few) for _ in range(rng.choice((3, 40, 300, 300, 2000)))]
    lines += rng.choices(lines, k=int(len(lines) * rng.choice((0, 0, 0.02, 0.3))))
    lines += [_again(rng, line, columns) for line in rng.choices(lines, k=int(len(lines) * rng.choice((0, 0.02, 0.3))))]
    way = rng.choice(("shuffled", "sorted", "sorted", "as made"))
    if way == "shuffled":
        rng.shuffle(lines)
    elif way == "sorted":
        lines.sort()
    texts = [_written(rng, line) for line in lines]
    if rng.random() < 0.3:
        for _ in range(3):
            texts.insert(
                rng.randrange(len(texts) + 1), rng.choice(("", "#x", "a,b", '"open', ",".join(columns), "ü,1"))
            )
    parts = rng.choice((1, 1, 2, 3))
    return ["\n".join([",".join(columns), *texts[i::parts]]) + rng.choice(("\n", "")) for i in range(parts)]


def _line(rng: random.Random, columns: list[str], *, few: bool) -> list[str]:
    test = rng.randrange(8) if few or rng.random() < 0.95 else rng.randrange(len(TESTS))
    day = datetime(2020, 1, 1) + timedelta(days=rng.randrange(4 if few else 900), minutes=rng.randrange(600))
    form = TIMES[0] if rng.random() < 0.9 else rng.choice(TIMES)
    plain, dated = rng.random() < 0.9, rng.random() < 0.99
    made = {
        "patient_id": f"P{rng.randrange(3 if few else 60):03d}",
        "analyte": TESTS[test],
        "collected_at": day.strftime(form) if dated else rng.choice(("", "soon", "2031-01-01", "2020-13-01")),
        "value": f"{rng.lognormvariate(0, 0.5) * (30, 30, 90, 40, 0.8, 4, 1.1, 220)[test % 8]:.1f}",
        "unit": UNITS[test % 8] if plain else rng.choice(UNITS),
        "lln": rng.choice(("5", "5", "", "x")),
        "uln": rng.choice(("40", "40", "40", "", "40 U/L", "up to 40")),
        "status": rng.choice(("final", "final", "", "corrected", "preliminary", "cancelled")),
        "specimen_id": rng.choice(("", "", "S1", "S2")),
        "version": rng.choice(("1", "1", "2", "", "b")),
        "issued_at": day.strftime("%Y-%m-%dT%H:%M") if plain else "",
        "lab": rng.choice(("", "north", "süd")),
    }
    made["value"] = made["value"] if rng.random() < 0.95 else rng.choice(WORDS)
    return [made[c] for c in columns]


def _again(rng: random.Random, line: list[str], columns: list[str]) -> list[str]:
    """The same result once more, saying something else."""
    other = list(line)
    at = rng.choice([columns.index(c) for c in ("value", "status", "version", "issued_at", "unit") if c in columns])
    other[at] = {"status": "corrected", "version": "3", "issued_at": "2024-01-01T10:00"}.get(columns[at], "31")
    return other


def _written(rng: random.Random, line: list[str]) -> str:
    marked = rng.random() < 0.02
    return ",".join(f'"{cell}"' if marked or "," in cell else cell for cell in line)


def outcomes(folder: Path) -> Iterator[tuple[str, str]]:
    """Name of each part of each outcome, and its digest."""
    for room in SHARED:
        for path in sorted(p for p in room.rglob("*") if p.name.lower().endswith(TAKEN)):
            for profile in PROFILES:
                yield from _outcome(f"{path.relative_to(room)} by {profile}", [path], profile)
    for number in range(MADE):
        paths = []
        for i, text in enumerate(pieces(number)):
            paths.append(folder / f"made-{number}-{i}.csv")
            paths[-1].write_text(text, encoding="utf-8")
        yield from _outcome(f"made {number}", paths, None)


def _outcome(name: str, paths: list[Path], profile: str | None) -> Iterator[tuple[str, str]]:
    before: pd.DataFrame | None = None
    for i, path in enumerate(paths):
        try:
            whole = read(path, profile, now=NOW)
        except HepatrendError as refused:
            yield f"{name} [{i}] refused", str(refused)
            continue
        for part, text in _parts(whole, before):
            yield f"{name} [{i}] {part}", hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        before = whole.labs if before is None else pd.concat([before, whole.labs], ignore_index=True)


def _parts(whole: Ingest, before: pd.DataFrame | None) -> Iterator[tuple[str, str]]:
    for table in TABLES:
        frame = getattr(whole, table).drop(columns=["quarantined_at"], errors="ignore")
        yield table, f"{frame.dtypes.to_dict()}" + frame.to_csv(float_format="%.17g")
    yield "coded", str(whole.coded_labs.schema)
    yield "told", json.dumps({name: getattr(whole, name) for name in TOLD}, default=str, sort_keys=True)
    for way, labs in (("codes", whole.coded_labs), ("frame", whole.labs)):
        yield f"decisions of {way}", _decisions(settle(labs, before))


def _decisions(made: Any) -> str:
    names = ("codes", "current", "unseated", "existing_replaced", "close", "versions", "groups", "replaced")
    told = {name: getattr(made, name).tolist() for name in names}
    return json.dumps([told, {str(k): v for k, v in sorted(made.corrections.items())}])


def digests(tree: Path) -> dict[str, str]:
    """All outcomes as the code of one tree gives them, in a process of that tree."""
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    code = (
        "import importlib.util as u, json, sys, tempfile; from pathlib import Path; "
        "s = u.spec_from_file_location('same_ingest', sys.argv[1]); m = u.module_from_spec(s); "
        "s.loader.exec_module(m); json.dump(dict(m.outcomes(Path(tempfile.mkdtemp(dir=sys.argv[2])))), sys.stdout)"
    )
    with tempfile.TemporaryDirectory() as folder:
        script = [sys.executable, "-c", code, __file__, folder]
        done = subprocess.run(script, env=env, cwd=tree, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def main(commit: str) -> int:
    """Compare with a commit; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / "old"
        subprocess.run(["git", "worktree", "add", "--detach", str(old), commit], cwd=ROOT, check=True)
        try:
            before = digests(old)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(old)], cwd=ROOT, check=True)
    after = digests(ROOT)
    differ = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    for name in differ[:100]:
        print(f"differs: {name}: {before.get(name, 'absent')[:80]} / {after.get(name, 'absent')[:80]}")
    files = {name.rsplit(" [", 1)[0] for name in before}
    refused = sum(name.endswith(" refused") for name in before)
    print(f"{len(files):,} files by profile, {len(before):,} parts ({refused} refusals) compared, {len(differ)} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
