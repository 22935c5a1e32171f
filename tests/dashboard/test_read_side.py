"""What pages and reports hold of the store cannot change or destroy results, and mypy says so."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

from analytics.errors import UnknownPatient
from analytics.store import Admin, ReadStore, Store, UserStore
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.security.view import StoreView
from dashboard.web import context

ROOT = Path(__file__).resolve().parents[2]
DESTRUCTIVE = ("publish", "purge", "backup", "rebuild", "merge", "unmerge")
SIDES = [ROOT / "dashboard" / room for room in ("pages", "components", "figures", "reports")]
WRITERS = {"Admin", "open_store", "open_study", "bind"}

PAGE = """
from dashboard.web.context import Request

def layout(request: Request) -> None:
    request.store.summary()
    request.context.whole_store.audit("command")
    request.store.purge("MRN-1", "asked for")
    request.store.publish([])
    request.context.whole_store.purge("MRN-1", "asked for")
    request.context.whole_store.publish([])
"""


@pytest.mark.slow
def test_mypy_refuses_a_page_that_would_publish_or_purge(tmp_path: Path):
    page = tmp_path / "page_that_purges.py"
    page.write_text(PAGE)
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--cache-dir", ".mypy_cache", str(page)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    refused = [int(line.split(":")[1]) for line in said.splitlines() if "attr-defined" in line]
    assert refused == [7, 8, 9, 10], said


@pytest.mark.parametrize("name", DESTRUCTIVE)
def test_only_an_admin_has_what_changes_or_destroys(name):
    assert hasattr(Admin, name)
    assert not [kind for kind in (Store, StoreView, PseudonymisedStore, ReadStore, UserStore) if hasattr(kind, name)]


def test_a_context_gives_out_nothing_but_views_and_a_store_that_is_read():
    hints = {"Store": Store}
    assert get_type_hints(context.Context, vars(context) | hints)["whole_store"] is Store
    for kind in (context.Context, context.Request):
        assert get_type_hints(kind.store.fget, vars(context) | hints)["return"] is StoreView


def test_no_page_component_figure_or_report_opens_a_store_of_its_own():
    found = {
        f"{path.relative_to(ROOT)}: {alias.name}"
        for side in SIDES
        for path in side.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in WRITERS
    }
    assert found == set()


@pytest.mark.parametrize("name", sorted(name for name in vars(ReadStore) | vars(UserStore) if not name.startswith("_")))
def test_every_view_names_what_it_lets_through(name):
    assert name in vars(StoreView)
    assert name in vars(PseudonymisedStore)


def test_a_view_of_nothing_answers_nothing_and_passes_nothing_on(shared_store):
    nothing = StoreView(None, lambda key: None)
    with pytest.raises(UnknownPatient):
        nothing.summary()
    with pytest.raises(UnknownPatient):
        nothing.patient_ids  # noqa: B018
    seeing = StoreView(shared_store, lambda key: None)
    assert not [
        name for name in ("_secret", "place", "log", "working_state", "publish", "purge") if hasattr(seeing, name)
    ]
