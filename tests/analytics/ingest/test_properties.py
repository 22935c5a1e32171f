"""What must hold for any file: the order of rows, the way it is written and how it is cut change nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest import Ingest, read
from analytics.ingest.versions import DUPLICATE, STORED, SUPERSEDED, settle
from analytics.safe_csv import csv_text
from analytics.tables import LABS

few = settings(max_examples=25)
"""Each example reads files; HYPOTHESIS_PROFILE and -p can ask for more."""
COLUMNS = ("patient_id", "analyte", "collected_at", "value", "unit", "uln", "status", "specimen_id", "lab")
row = st.fixed_dictionaries(
    {
        "patient_id": st.sampled_from(["P1", "P2", "007", "7", "NA", ""]),
        "analyte": st.sampled_from(["ALT", "SGPT", "Bilirubin", "Zirkonase"]),
        "collected_at": st.sampled_from(["2024-03-05", "2024-03-05T08:30", "2024-03-05T08:30+01:00", "03/05/24", ""]),
        "value": st.sampled_from(["45", "45.0", "46", "<5", "TNP", "1,5", "", "0.7", "-1"]),
        "unit": st.sampled_from(["U/L", "mg/dL", "umol/L", "", "µkat/L"]),
        "uln": st.sampled_from(["40", "", "0", "abc"]),
        "status": st.sampled_from(["", "final", "preliminary", "corrected", "X", "weird"]),
        "specimen_id": st.sampled_from(["", "S1"]),
        "lab": st.sampled_from(["", "Nord, Süd", 'the "old" one', "=1+1"]),
    }
)
rows = st.lists(row, min_size=1, max_size=12)


def write(records: list[dict[str, str]], *, delimiter: str = ",", eol: str = "\n", quote: bool = False) -> str:
    def cell(text: str) -> str:
        needs = quote or any(s in text for s in (delimiter, '"'))
        return '"' + text.replace('"', '""') + '"' if needs else text

    lines = [delimiter.join(cell(c) for c in COLUMNS)]
    lines += [delimiter.join(cell(r[c]) for c in COLUMNS) for r in records]
    return eol.join(lines) + eol


def taken(text: str | bytes) -> Ingest:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labs.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(path)


def content(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Rows without their place in the file, sorted."""
    plain = frame.drop(columns=["source_line", "source_file", "result_id"]).astype(object)
    return sorted(tuple("" if pd.isna(v) else str(v) for v in r) for r in plain.to_numpy())


def shown(labs: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The view after settling: what a store would show."""
    decided = settle(labs)
    view = labs[decided.current].assign(replaced=decided.replaced[decided.current])
    plain = view.drop(columns=["source_line", "source_file", "result_id", "raw_value", "raw_unit", "uln", "lab"])
    return sorted(map(tuple, plain.astype(str).to_numpy()))


def outcome(ingest: Ingest) -> Any:
    return content(ingest.labs), sorted(ingest.quarantine["reason_code"]), ingest.ignored_why, ingest.results_in


@few
@given(rows)
def test_every_result_is_accounted_for(records):
    got = taken(write(records))
    assert got.adds_up
    assert got.results_in == got.rows_in == len(records)


@few
@given(rows.flatmap(lambda r: st.tuples(st.just(r), st.permutations(r), st.permutations(COLUMNS))))
def test_the_order_of_rows_and_columns_changes_nothing(triple):
    records, shuffled, columns = triple
    first = taken(write(records))
    second = taken(write(shuffled))
    assert outcome(first) == outcome(second)
    assert shown(first.labs) == shown(second.labs)
    frame = pd.DataFrame(records)[list(columns)]
    assert outcome(taken(frame.to_csv(index=False))) == outcome(first)


@few
@given(rows, st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le-bom", "utf-32"]))
def test_the_encoding_changes_nothing(records, encoding):
    text = write(records)
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding.endswith("bom") else text.encode(encoding)
    assert outcome(taken(data)) == outcome(taken(text))


@few
@given(rows, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_delimiters_line_ends_and_quotes_change_nothing(records, delimiter, eol, quote):
    assert outcome(taken(write(records, delimiter=delimiter, eol=eol, quote=quote))) == outcome(taken(write(records)))


@few
@given(rows, st.integers(0, 12))
def test_two_halves_are_the_whole(records, cut):
    whole, parts = taken(write(records)), [taken(write(p)) for p in (records[:cut], records[cut:]) if p]
    assert content(whole.labs) == sorted(r for p in parts for r in content(p.labs))
    assert sum(len(p.quarantine) for p in parts) == len(whole.quarantine)


@few
@given(rows)
def test_the_same_file_again_adds_nothing(records):
    labs = taken(write(records)).labs
    first = settle(labs)
    kept = labs[pd.Series(first.outcome).isin([STORED, SUPERSEDED]).to_numpy()]
    again = settle(kept, kept)
    assert set(again.outcome) <= {DUPLICATE}


@few
@given(rows)
def test_our_own_export_comes_back_as_it_was(records):
    labs = taken(write(records)).labs
    back = taken(csv_text(labs, raw=True))
    assert back.rows_in == len(labs)
    assert content(back.labs) == content(labs)
    LABS.check(back.labs)
