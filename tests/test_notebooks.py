"""Every notebook runs from top to bottom, and is kept without outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.demo import write_files
from tests.conftest import ROOT
from tests.installed import command_line

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
LISTED = (ROOT / "docs" / "notebooks" / "README.md").read_text("utf-8")
NEEDS = {"compare-libraries": ("pymannkendall", "ruptures")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the notebooks read, and a kernel that is forked of what has read the libraries."""
    made = tmp_path_factory.mktemp("notebooks")
    write_files(made / "exports")
    argv = [*command_line(ROOT / "tests" / "kernel.py"), "-f", "{connection_file}"]
    kernel = made / "jupyter" / "kernels" / "forked" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": argv, "display_name": "forked", "language": "python"}))
    return made


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch):
    import nbformat  # here: its schemas take two seconds, and every worker reads this file
    from nbclient import NotebookClient

    for library in NEEDS.get(path.stem, ()):
        pytest.importorskip(library)
    monkeypatch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="forked", resources={"metadata": {"path": str(folder)}}).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert shown and not [o for o in shown if o.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_valid_listed_and_kept_without_outputs(path: Path):
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not [c for c in notebook.cells if c.cell_type == "code" and (c.outputs or c.execution_count)]
    assert f"({path.name})" in LISTED
