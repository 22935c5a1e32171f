"""A treatment whose name no rule can use is said on the patient's page and on Data quality."""

from __future__ import annotations

from analytics.ingest import importer
from analytics.store import open_store
from dashboard.components import held
from dashboard.components.patient_head import notes
from dashboard.security.pseudonymised import PseudonymisedStore
from tests.dashboard.reports.making import NAMES


def test_an_unknown_agent_stands_on_the_patients_page_and_in_data_quality(tmp_path):
    store = open_store(str(tmp_path / "store"))
    (tmp_path / "events.csv").write_text(
        "patient_id,kind,name,start_date\nP1,systemic,XYZ-123 400 mg,2024-01-01\nP1,systemic,FOLFOX,2024-01-01\n"
    )
    assert not importer.import_one(tmp_path / "events.csv", store, importer.Options()).refused
    assert "XYZ-123 400 mg: agent not recognised" in str(notes(store.analysis(["P1"])))
    assert store.unrecognised()["name"].tolist() == ["XYZ-123 400 mg"]
    view = PseudonymisedStore(store, NAMES)  # a name that only few have may tell who they are
    assert view.unrecognised()["name"].tolist() == []
    assert "XYZ-123 400 mg" in str(held.agents_table(store.unrecognised()))
