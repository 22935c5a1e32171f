"""A small hospital on the disk, made by the installed command alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from analytics.store import open_store
from tests.installed import Installed

PEOPLE = """patient_id,sex,birth_date,primary_site,metastases_date,site,on_anticoagulant
P1,F,1950-05-17,colorectal,2023-11-02,Harbour,false
P2,M,1961-11-03,breast,2023-12-11,Valley,false
"""
LABS = """patient_id,analyte,collected_at,value,unit,lln,uln,lab,status,specimen_id
P1,ALT,2024-01-01 08:00,30,U/L,5,40,Northgate,final,A1
P1,ALT,2024-01-15 08:00,35,U/L,5,40,Northgate,final,A2
P1,ALT,2024-02-01 08:00,160,U/L,5,40,Northgate,final,A3
P2,ALT,2024-01-02 08:00,31,U/L,5,40,Northgate,final,B1
P2,ALT,2024-01-16 08:00,33,U/L,5,40,Northgate,final,B2
"""
HELD = """patient_id,analyte,collected_at,value,unit,lln,uln,lab,status,specimen_id
P2,ALT,2024-03-02 08:00,31,U/L,5,40,Northgate,final,C1
P2,ALT,2024-03-16 08:00,hemolysed today,U/L,5,40,Northgate,final,C2
"""
QUESTION = "name: risen\nfind ALT above 3 x ULN\n"


def world(folder: Path) -> None:
    """Make it: what tests.moulds.made_once takes.

    In the folder are the files of above, ``store`` (two people, one value quarantined, a schedule, an account),
    ``damaged`` (the same with one byte of the snapshot changed), ``kept`` with one backup, ``empty`` (a folder).
    """
    folder.mkdir()
    hepatrend = Installed(folder)
    for name, text in {
        "people.csv": PEOPLE,
        "labs.csv": LABS,
        "held.csv": HELD,
        "ask.txt": QUESTION,
        "refused.csv": "this,is,no\nlab,file,at all\n",
        "run.txt": "not a kept run",
    }.items():
        (folder / name).write_text(text)
    for name in ("sample", "empty", "arriving"):
        (folder / name).mkdir()
    (folder / "sample" / "labs.csv").write_text(LABS)

    def do(*words: object, stdin: str = "") -> None:
        done = hepatrend(*words, "--store", "store", cwd=folder, stdin=stdin)
        assert done.status in (0, 3), (words, done)

    do("import", "people.csv", "labs.csv", "held.csv")
    do("analyse")
    do("user", "add", "ann", "--role", "clinician", "--password-stdin", stdin="a long and secret sentence\n")
    do("schedule", "add", "weekly", "--report", "digest", "--every", "Mon 06:00")
    do("cohort", "run", "ask.txt", "--keep", "kept.json")
    do("backup", "--to", "kept")
    shutil.copytree(folder / "store", folder / "damaged")
    path = newest_file(folder / "damaged")
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def newest_file(folder: Path) -> Path:
    """A file of results that the newest generation consists of."""
    store = open_store(str(folder))
    return store.place.snapshot / next(b.files["labs"] for b in store.manifest.buckets if "labs" in b.files)
