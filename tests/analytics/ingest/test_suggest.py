"""A draft of a profile finds the header, decides what is certain and asks what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ingest.suggest import suggest

ROWS = "A001;02.03.2024;45,5;13,7\nA001;16.03.2024;<5;205\n"


@pytest.mark.parametrize("before", ["Zentrallabor\nGedruckt\n", "Zentrallabor;;;\nGedruckt am 01.06.2024;;;\n"])
def test_the_header_is_found_below_lines_that_an_export_puts_before_it(tmp_path: Path, before: str):
    path = tmp_path / "labs.csv"
    path.write_text(before + "Patient;Datum;GPT (U/l);Bilirubin (umol/l)\n" + ROWS)
    text = suggest(path).text
    assert "skip_lines = 2" in text
    assert 'decimal = ","' in text
    assert '"GPT (U/l)" = "ALT"' in text


def test_a_column_that_cannot_be_placed_is_asked_for_with_an_example(tmp_path: Path):
    path = tmp_path / "labs.csv"
    path.write_text("wer;wann;GPT (U/l);Bilirubin (umol/l)\n" + ROWS)
    asked = suggest(path).questions
    assert any(q.startswith("patient_id") and "'wer' (such as 'A001')" in q for q in asked)
    assert next(q for q in asked if q.startswith("collected_at")).endswith("one of 'wann' (such as '02.03.2024')")
