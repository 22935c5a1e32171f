"""Whether this tree gives the results that an earlier commit gave: ``python -m tests.same_results COMMIT``.

Both trees import the sample data, each data set of the shared folder where it is there, and 1,000 made files (the
broken ones of the fuzz tests), and write a digest of every table of every source; 1,000 made-up patients are analysed
in both, each result table for itself. What differs is printed, by source and table; exit code 1 where anything does.
Only the command, the made files and the one pipeline are used, so that the trees may differ in every other module.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
TABLES = (
    "labs",
    "events",
    "imaging",
    "patients",
    "quarantine",
    "points",
    "series",
    "responses",
    "scores",
    "findings",
    "near",
    "answers",
)
CHANGES_EACH_TIME = ("imported_at", "import_id", "utc", "quarantined_at", "created_utc")
MADE = 1000
MANY = 1000
"""Made-up patients that are analysed without a store."""

SOURCES: dict[str, list[list[str]]] = {
    "sample": [[str(ROOT / "sample_data" / f"{name}.csv") for name in ("patients", "labs", "events", "imaging")]],
    "cdiscpilot": [
        [
            str(SHARED / "cdiscpilot" / f"{n}.csv")
            for n in ("dm", "lb", "ex", "ae", "rs_onco_recist", "tr_onco_recist", "tu_onco_recist")
        ]
    ],
    "pbcseq": [[str(SHARED / "pbcseq" / "pbcseq.csv"), "--profile", "pbcseq"]],
    "eicu": [[str(SHARED / "eicu_demo_subset" / f"{n}.csv") for n in ("patient", "lab", "treatment")]],
    "hcc": [[str(SHARED / "hcc_sysucc" / "DTSDHCC.csv")]],
}


def digests(tree: Path) -> dict[str, str]:
    """Digest of every table of every source, as the code of one tree gives it; run in a process of that tree."""
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    found: dict[str, str] = {}
    for name, calls in SOURCES.items():
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "store"
            for call in calls:
                paths = [word for word in call if not word.endswith(".csv") or Path(word).is_file()]
                if any(word.endswith(".csv") for word in paths):
                    found[f"{name} exit"] = str(_run(env, tree, "import", *paths, "--store", str(store)))
            if not store.exists():
                continue
            _run(env, tree, "analyse", "--store", str(store))
            for table in TABLES:
                out = Path(folder) / f"{table}.csv"
                code = _run(env, tree, "export", table, "--format", "csv", "--out", str(out), "--store", str(store))
                found[f"{name} {table}"] = _digest(out) if code == 0 else f"exit {code}"
    code = "from tests.same_results import made, many; import json, sys; json.dump(made() | many(), sys.stdout)"
    script = [sys.executable, "-c", code]
    done = subprocess.run(script, env=env, cwd=tree, capture_output=True, text=True, check=False)
    return {**found, **json.loads(done.stdout or json.dumps({"made files": done.stderr[-300:]}))}


def made() -> dict[str, str]:
    """Digests of what each made file becomes, in the tree of this process."""
    from analytics.errors import RefusedFile
    from tests.fuzz import kinds
    from tests.fuzz.test_broken_files import read_page

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(MADE):
            page = kinds.make(number)[1]
            try:
                ingest = read_page(page, Path(folder))
                text = (
                    ingest.labs.to_csv() + ingest.quarantine.drop(columns=["quarantined_at"], errors="ignore").to_csv()
                )
            except RefusedFile as refused:
                text = f"refused: {refused}"
            found[f"made {number}"] = hashlib.sha256(text.encode()).hexdigest()
    return found


def many() -> dict[str, str]:
    """Digests of the result tables of made-up patients, each asked for first, in the tree of this process."""
    from analytics.analysis import PARTS, analyse
    from analytics.synthetic.many import make

    panel = make(MANY)[0]
    return {
        f"many {part}": hashlib.sha256(getattr(analyse(panel), part).to_csv(index=False).encode()).hexdigest()
        for part in PARTS
    }


def _run(env: dict[str, str], tree: Path, *words: str) -> int:
    command = [sys.executable, "-m", "dashboard", *words]
    return subprocess.run(command, env=env, cwd=tree, capture_output=True, check=False).returncode


def _digest(path: Path) -> str:
    frame = pd.read_csv(path, dtype="str", keep_default_na=False, comment=None)
    frame = frame.drop(columns=[c for c in CHANGES_EACH_TIME if c in frame])
    rows = sorted("\x1f".join(map(str, row)) for row in frame.itertuples(index=False))
    return hashlib.sha256("\n".join([",".join(frame.columns), *rows]).encode()).hexdigest()


def main(commit: str) -> int:
    """Compare with a commit; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder) / "old"
        subprocess.run(["git", "worktree", "add", "--detach", str(old), commit], cwd=ROOT, check=True)
        try:
            (old / "tests" / "same_results.py").write_bytes(Path(__file__).read_bytes())
            before = digests(old)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(old)], cwd=ROOT, check=True)
    after = digests(ROOT)
    differ = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    for name in differ:
        print(f"differs: {name}: {before.get(name, 'absent')[:60]} / {after.get(name, 'absent')[:60]}")
    print(f"{len(before)} compared, {len(differ)} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
