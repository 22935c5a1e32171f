"""Files that are no text with columns, broken at random: refused in words, or read with sums that add up."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from analytics.errors import HepatrendError
from analytics.ingest import preview, read
from tests.analytics.ingest.reading.expected import CASES

EACH = int(os.environ.get("HEPATREND_FUZZ_STRUCTURES", "40"))
"""Broken files of each sort."""
FRAME = pd.DataFrame(
    {
        "patient_id": [f"P{i}" for i in range(50)],
        "test": ["ALT", "BILI"] * 25,
        "date": pd.to_datetime(["2024-03-05"] * 50),
        "result": [45.5, 0.7] * 25,
        "unit": ["U/L", "mg/dL"] * 25,
    }
)


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(FRAME), out)
    return out.getvalue()


def _feather() -> bytes:
    out = io.BytesIO()
    feather.write_feather(FRAME, out)
    return out.getvalue()


def _workbook() -> bytes:
    out = io.BytesIO()
    FRAME.to_excel(out, index=False)
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labs.csv", FRAME.to_csv(index=False))
        archive.writestr("more.json", (CASES / "field_02" / "bundle_pretty.json").read_bytes())
    return out.getvalue()


def _dataset() -> bytes:
    columns = [{"name": n, "dataType": "string"} for n in FRAME.columns]
    rows = FRAME.astype(str).to_numpy().tolist()
    return json.dumps({"datasetJSONVersion": "1.1.0", "records": 50, "columns": columns, "rows": rows}).encode()


SORTS = {
    "bundle": lambda: (CASES / "15_fhir_bundle_pretty" / "bundle.json").read_bytes(),
    "ndjson": lambda: (CASES / "field_03" / "obs.ndjson").read_bytes(),
    "hl7": lambda: (CASES / "17_hl7_oru" / "oru.hl7").read_bytes(),
    "xpt": lambda: (CASES / "13_sdtm_lb_xpt" / "lb.xpt").read_bytes(),
    "gzip": lambda: gzip.compress(FRAME.to_csv(index=False).encode()),
    "zip": _zip,
    "workbook": _workbook,
    "parquet": _parquet,
    "feather": _feather,
    "dataset": _dataset,
}


def broken(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four faults."""
    letters = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(letters) or 1)
        fault = rng.choice(("flip", "cut", "drop", "twice", "noise"))
        if fault == "flip" and letters:
            letters[at] = rng.randrange(256)
        elif fault == "cut" and rng.random() < 0.3:
            del letters[at:]
        elif fault == "drop":
            del letters[at : at + rng.randint(1, 40)]
        elif fault == "twice":
            letters[at:at] = letters[at : at + rng.randint(1, 400)]
        else:
            letters[at:at] = rng.randbytes(rng.randint(1, 8))
    return bytes(letters)


@pytest.mark.parametrize("sort", SORTS)
def test_a_broken_file_is_refused_in_words_or_its_sums_add_up(tmp_path: Path, sort: str):
    for module in {"xpt": ["pyreadstat"], "hl7": ["hl7"], "workbook": ["openpyxl", "python_calamine"]}.get(sort, ()):
        pytest.importorskip(module)
    whole = SORTS[sort]()
    path = tmp_path / "file"
    path.write_bytes(whole)
    assert read(path).accepted, "the whole file is read"
    for seed in range(EACH):
        path.write_bytes(broken(whole, random.Random(f"{sort} {seed}")))
        try:
            got = read(path)
        except HepatrendError as error:
            assert str(error).startswith("file") or "extra" in str(error)
        else:
            assert got.adds_up and got.sha256, seed
        preview(path)
