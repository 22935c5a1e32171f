"""Reports of many patients rest on one analysis of all of them."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.analysis import Analysis
from analytics.store import Store
from dashboard.reports import report
from dashboard.reports._text import to_text
from tests.dashboard.reports.making import edition_of


@pytest.mark.parametrize("identified", [True, False])
def test_what_was_computed_for_all_is_computed_for_no_patient_again(sample_store: Store, monkeypatch, identified: bool):
    alone = list(edition_of(sample_store, sample_store.patient_ids[:12], identified=identified).each())
    again: list[str] = []
    part = Analysis._part

    def seen(self: Analysis, name: str) -> pd.DataFrame:
        again.extend([name] if name not in self.given else [])
        return part(self, name)

    monkeypatch.setattr(Analysis, "_part", seen)
    pages = [to_text(report("patient").build(one)) for one in alone]
    assert any("tumour markers and imaging" in page.lower() for page in pages)
    assert again == []
