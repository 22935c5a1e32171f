"""The house keeps its own rules: where the packages are, what a file may hold, what every command offers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import analytics
import dashboard
from dashboard.cli import group
from tests.installed import environment

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(p for folder in ("analytics", "dashboard") for p in (ROOT / folder).rglob("*.py"))
LONGEST_FILE = 450
LONG_BY_NATURE = {"analytes.py", "settings.py", "tables.py"}  # tables of facts, one row a fact
LONGEST_FUNCTION = 60


def test_the_packages_are_those_of_this_checkout():
    assert Path(analytics.__file__).parent == ROOT / "analytics"
    assert Path(dashboard.__file__).parent == ROOT / "dashboard"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_opens_with_what_it_is_and_stays_of_readable_size(path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "no module docstring"
    assert path.name in LONG_BY_NATURE or text.count("\n") <= LONGEST_FILE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            assert (node.end_lineno or 0) - first.lineno + 1 <= LONGEST_FUNCTION, node.name


def test_no_file_is_called_utils_helpers_common_or_manager():
    assert not [p for p in SOURCES if re.search(r"(util|helper|common|manager|misc)", p.stem)]


def test_every_colour_stands_in_the_theme_or_its_style_sheets():
    strays = [
        f"{p.relative_to(ROOT)}: {m}"
        for p in SOURCES
        if p.name != "theme.py"
        for m in re.findall(r"[\"'](#[0-9a-fA-F]{3,8})[\"']", p.read_text("utf-8"))
    ]
    assert not strays


def test_nothing_is_read_with_a_parser_that_runs_or_fetches_what_it_reads():
    for path in SOURCES:
        text = path.read_text("utf-8")
        assert not re.search(r"read_pickle|pickle\.load|\beval\(|yaml\.load\(|pd\.read_excel", text), path


def test_every_command_explains_itself():
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        assert command is not None and command.help, name


def test_what_reads_no_results_does_not_load_the_heavy_libraries(tmp_path):
    code = (
        "import sys; from dashboard.cli import group\n"
        "asked = [['--version'], ['--help'], ['config', 'check'], ['config', 'show']]\n"
        "asked += [[name, '--help'] for name in group.list_commands(None)]\n"
        "heavy = ('pandas', 'pyarrow', 'scipy', 'sqlalchemy', 'flask', 'dash', 'plotly')\n"
        "for words in asked:\n"
        "    group.main(words, standalone_mode=False)\n"
        "    loaded = [m for m in heavy if m in sys.modules]\n"
        "    if loaded: sys.exit(f'loaded for {words}: {loaded}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_file_names_a_place_of_one_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".html", ".css", ".js", ""}
            and "vendor" not in name
            and path.is_file()
        ):
            found = re.search(r"/(work|root|home)/[a-z]", path.read_text("utf-8", errors="ignore"))
            assert not found, f"{name}: {found.group(0)}"
