"""Every page for every role: it comes, or it is not found; it never fails."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.store import Store
from dashboard.application import signin
from dashboard.application.app import PAGES, create_app
from dashboard.config import Config
from dashboard.security.keys import pseudonyms_of
from dashboard.security.roles import ROLES, User
from dashboard.web.router import paths_of
from tests.dashboard.application.test_app import navigate


@pytest.fixture(scope="module", params=list(ROLES))
def visitor(request: pytest.FixtureRequest, sample_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A client that is let in with a role, the role, and the key of a patient in its addresses."""
    patch = pytest.MonkeyPatch()
    patch.setattr(signin.Open, "identify", staticmethod(lambda: User("vera", request.param, "s")))
    config = Config(store=str(tmp_path_factory.mktemp(request.param) / "store"))
    app, role = create_app(sample_store, config), ROLES[request.param]
    named = pseudonyms_of(config).name("HT-032") if role.sees == "pseudonymised" else sample_store.key_of("HT-032")
    yield app.server.test_client(), role, named
    patch.undo()


def addresses(key: str) -> dict[str, str]:
    """An address of every page, by the permission it needs; that of a patient by what the visitor calls the patient."""
    from importlib import import_module

    pages = [import_module(f"dashboard.pages.{name}") for name in PAGES]
    return {
        path.replace("<key>", key).replace("<other>", key): page.NEEDS
        for page in pages
        for path in paths_of(page)
        if "<" not in path or "<key>" in path
    }


def test_a_page_comes_where_the_role_has_it_and_is_not_found_elsewhere(visitor, sample_store):
    client, role, key = visitor
    for path, needs in addresses(key).items():
        answer = client.post("/_dash-update-component", json=navigate(path))
        assert answer.status_code == 200, path
        assert "could not be made" not in answer.text, path
        is_there = needs in role.may or path == "/"  # at the start each role comes to a page of its own
        assert ("Page not found" not in answer.text) == is_there, path


def test_a_role_without_clinical_data_gets_none_of_it_from_any_page(visitor, sample_store):
    client, role, key = visitor
    ids = sample_store.patient_ids
    for path in addresses(key):
        text = client.post("/_dash-update-component", json=navigate(path)).text
        if role.sees != "identified":
            assert not [p for p in ids if p in text], path
