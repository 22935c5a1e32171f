"""Pages that were written before an import: what of them is used again is what would be written anew."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.ingest.reader import stream
from analytics.store import open_store
from dashboard.application.app import create_app
from dashboard.config import Config
from tests.dashboard.application.test_app import navigate
from tests.stores import small_store


def shown(store, key: str, app=None) -> bytes:
    app = app or create_app(store, Config(store=str(store.place.folder)))
    answer = app.server.test_client().post("/_dash-update-component", json=navigate(f"/patient/{key}"))
    assert answer.status_code == 200
    return answer.data


@pytest.mark.parametrize("brings", ["results of others", "a later cut-off", "results of the patient"])
def test_a_page_after_an_import_is_the_page_of_a_server_that_has_just_started(tmp_path, brings):
    store = open_store(str(small_store(tmp_path / "store").place.folder))
    app, key = create_app(store, Config(store=str(store.place.folder))), store.key_of("MRN-1")
    before = shown(store, key, app)
    who = "MRN-1" if brings == "results of the patient" else "OTHER"
    day = store.as_of + pd.Timedelta(days=90 if brings == "a later cut-off" else -40)
    (tmp_path / "new.csv").write_text(
        f"patient_id,analyte,collected_at,value,unit,uln\n{who},ALT,{day.date()},4711,U/L,40\n"
    )
    store.publish([stream(tmp_path / "new.csv")])
    after = shown(store, key, app)
    assert after != before, "the worklist is longer, at least"
    assert after == shown(open_store(str(store.place.folder)), key)
    assert (b"4711" in after) == (who == "MRN-1")
