"""The preview says what the import would do with results that are there more than once."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ingest import importer
from analytics.ingest.preview import as_text, preview
from analytics.store import open_store
from dashboard.components import importing
from dashboard.importing.shapes import look
from dashboard.wording import count_of

HEAD = "patient_id,analyte,collected_at,value,unit,status\n"
ROWS = (
    "P1,ALT,2026-01-05,40,U/L,final",
    "P1,ALT,2026-01-05,40.0,U/L,final",
    "P1,AST,2026-01-05,50,U/L,final",
    "P1,AST,2026-01-05,55,U/L,corrected",
    "P2,ALT,2026-01-05,60,U/L,final",
    "P2,ALT,2026-01-05,61,U/L,final",
    "P3,ALT,2026-01-05,70,U/L,final",
)
FOUND = [
    ("3", "P1", "40.0 U/L", "40 U/L", "2", "the same result; counted once"),
    ("4", "P1", "50 U/L", "55 U/L", "5", "replaced by a version of higher status"),
    ("7", "P2", "61 U/L", "60 U/L", "6", "another value; would be quarantined"),
]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "labs.csv"
    path.write_text(HEAD + "\n".join(ROWS) + "\n")
    return path


def test_each_version_stands_beside_the_one_that_is_kept(path):
    seen = preview(path)
    told = seen.versions[["line", "patient_id", "value", "kept", "kept_line", "becomes"]]
    assert [tuple(row) for row in told.to_numpy().tolist()] == FOUND
    assert seen.version_counts == {"duplicate": 1, "superseded": 1, "conflict": 1}
    assert seen.rows_seen == 7


def test_the_import_does_what_the_preview_says(path, tmp_path):
    seen = preview(path)
    made = importer.import_one(path, open_store(str(tmp_path / "store")), importer.Options()).document
    assert (made["duplicate"], made["superseded"], made["reasons"]) == (1, 1, {"CONFLICT": 1})
    assert seen.version_counts == {"duplicate": 1, "superseded": 1, "conflict": 1}


def test_the_page_and_the_command_say_it(path):
    seen = preview(path)
    page = on_the_page(path)
    for words in ("Several versions of one result", "61 U/L", "60 U/L", "first 7 rows of this file", FOUND[2][5]):
        assert words in page
    assert "line 7 P2 ALT 2026-01-05: 61 U/L beside 60 U/L of line 6: another value; would be quarantined" in as_text(
        seen
    )


def on_the_page(path: Path) -> str:
    """What page Import says of a file before it is imported."""
    return str(importing.seen(look(path, None), {}, (), sure=True, identify=lambda *_: "id"))


def test_nothing_twice_is_said_as_such(tmp_path):
    path = tmp_path / "once.csv"
    path.write_text(HEAD + ROWS[0] + "\n")
    assert preview(path).version_counts == {}
    assert "Each result is there once." in on_the_page(path)


def test_only_the_rows_that_were_looked_at_are_spoken_of(tmp_path):
    path = tmp_path / "long.csv"
    rows = [f"P{i},ALT,2026-01-05,40,U/L,final" for i in range(3000)]
    path.write_text(HEAD + "\n".join([*rows, rows[0]]) + "\n")
    seen = preview(path)
    assert seen.version_counts == {}
    assert seen.rows_seen < 3000
    said = importing._versions(seen)[-1].children
    assert f"the first {count_of(seen.rows_seen, 'row')} of this file" in said


def test_a_format_that_understands_whole_scans_shows_them_in_the_preview(tmp_path):
    path = tmp_path / "rs.csv"
    rows = [
        "STUDYID,DOMAIN,USUBJID,RSSEQ,RSTESTCD,RSTEST,RSORRES,RSSTRESC,RSEVAL,RSDTC",
        "S,RS,P1,1,OVRLRESP,Overall Response,PR,PR,INVESTIGATOR,2026-01-05",
        "S,RS,P1,2,OVRLRESP,Overall Response,PD,PD,INVESTIGATOR,2026-03-05",
    ]
    path.write_text("\n".join(rows) + "\n")
    seen = preview(path)
    assert (seen.accepted, seen.looked_at) == (2, 2)
    assert seen.rows is not None and seen.rows["response"].tolist() == ["PR", "PD"]
