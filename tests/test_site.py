"""The documentation site: strict, complete, nothing from elsewhere; and no page or command in it that is not there."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from dashboard.cli import group
from dashboard.figures._figure import figures
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import gallery
import site_pages

GENERATED = ("commands.md", "methods.md", "benchmarks.md")
DOCS = sorted(p for p in (ROOT / "docs").rglob("*.md") if p.name not in GENERATED)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
FOUR_PARTS = ("Tutorials", "How-to", "Reference", "Explanation")


def build(docs: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(docs / "mkdocs.yml"), "-d", str(out)],
        cwd=docs, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = build(ROOT, out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_site_has_its_four_parts_and_loads_nothing_from_elsewhere(site):
    start = (site / "index.html").read_text("utf-8")
    assert all(part in start for part in FOUR_PARTS)
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^\"]*", text)
        assert not loaded, f"{page.name}: {loaded}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text("utf-8")), sheet.name


def test_no_page_of_the_root_takes_the_place_of_a_page_of_docs(site):
    own = {p.relative_to(ROOT / "docs").as_posix() for p in DOCS}
    assert own.isdisjoint(site_pages.FROM_ROOT)
    for path in (ROOT / "docs").glob("*.md"):
        title = re.search(r"^# (.+)$", path.read_text("utf-8"), re.M)
        page = html.unescape((site / f"{path.stem}.html").read_text("utf-8"))
        assert title and re.search(rf"<h1[^>]*>{re.escape(title[1])}", page), path.name


def test_the_search_index_knows_the_words_of_every_part(site):
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    text = html.unescape(" ".join(entry["title"] + entry["text"] for entry in index["docs"]))
    assert all(word in text for word in ("theil_sen", "bilirubin doubled", "HEPATREND_AUTH", "exit status", "digest"))
    assert (site / "search" / "search_index.js").is_file()


def test_the_reference_shows_the_public_functions_with_their_examples(site):
    page = html.unescape(re.sub(r"<[^>]+>", "", (site / "api" / "hepatrend.html").read_text("utf-8")))
    assert all(f"{name}(" in page for name in ("read", "analyse", "figure", "report"))
    kernels = html.unescape(re.sub(r"<[^>]+>", "", (site / "api" / "kernels.html").read_text("utf-8")))
    assert kernels.count(">>> ") > 40


def test_the_gallery_shows_every_figure_from_the_sample_data_as_a_picture_that_loads_nothing(site):
    page = (site / "gallery.html").read_text("utf-8")
    every = [f for name in ("patient", "cohort") for f in figures(name).values()]
    assert len(every) == len(re.findall(r'<img[^>]* src="gallery/', page))
    for figure in every:
        assert f'src="gallery/{figure.page}-{figure.code}.svg"' in page, f"the gallery lacks {figure.code}"
        svg = (site / "gallery" / f"{figure.page}-{figure.code}.svg").read_text("utf-8")
        assert svg.startswith("<svg") and len(svg) > 2_000 and not re.search(r"<script|(href|src)=", svg)


def test_a_figure_that_the_gallery_cannot_draw_stops_the_site():
    first = next(iter(figures("patient").values()))
    strange = replace(first, draw=lambda analysis, choice, colour: first.draw(analysis, choice))
    with pytest.raises(LookupError, match="asks for colour"):
        gallery._of_patient(None, strange)


def test_a_link_to_nowhere_and_a_page_of_the_menu_that_is_not_there_fail_the_build(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("docs", "sample_data"):
        shutil.copytree(ROOT / name, tree / name)
    for path in [*ROOT.glob("*.md"), ROOT / "mkdocs.yml"]:
        shutil.copy(path, tree)
    for package in ("analytics", "hepatrend", "dashboard"):
        (tree / package).symlink_to(ROOT / package)
    (tree / "docs" / "gallery.py").write_text("page, shown = lambda: '# Gallery\\n', tuple\n")  # drawn in `site` above
    page = tree / "docs" / "glossary.md"
    page.write_text(page.read_text("utf-8") + "\n[x](nowhere.md) [y](trends.md#no-such-part)\n", "utf-8")
    (tree / "docs" / "tutorials" / "reader.md").unlink()
    done = build(tree, tmp_path / "out")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert all(part in said for part in ("nowhere.md", "no-such-part", "tutorials/reader.md"))


def commands_of(page: Path) -> Iterator[list[str]]:
    """Every command line that begins with hepatrend, in blocks and in running text."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    found = re.findall(r"(?:^|`)hepatrend ([a-z-][^`\n#]*)", text, re.M)
    for line in found:
        first = re.split(r"\s(?:\|\||&&|>|\|)\s", line)[0]
        try:
            yield shlex.split(first)
        except ValueError:
            yield first.split()


def fault(words: list[str]) -> str:
    """What is not there in a command line; empty where all is."""
    command: click.Command = group
    context = click.Context(group)
    known = {o for p in group.params for o in p.opts}
    for word in words:
        if word.startswith("-"):
            known |= {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
            if word.split("=")[0] not in known | {"--help", "-h"} and word != "-":
                return f"{' '.join(words)}: no option {word}"
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word):
            found = command.get_command(context, word)
            if found is None:
                return f"{' '.join(words)}: no command {word}"
            command = found
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_and_option_that_a_page_names_is_there(page):
    assert not [said for words in commands_of(page) if (said := fault(words))]


def test_a_command_or_option_that_is_not_there_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```\nhepatrend exprot labs\n```\nand `hepatrend cohort rnu FILE`, `hepatrend import x --profil y`\n"
    )
    assert [bool(fault(words)) for words in commands_of(page)] == [True, True, True]
    page.write_text("`hepatrend import x --profile y` and `hepatrend schedule add NAME --every daily`\n")
    assert [fault(words) for words in commands_of(page)] == ["", ""]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_target_of_make_and_every_file_that_a_page_names_is_there(page):
    text = page.read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    if page.parent.name == "decisions":
        return  # as things were then
    made_here = set(re.findall(r"title=\"([^\"]+)\"", text))
    ours = r"`((?:analytics|dashboard|docs|tests|hepatrend)/[\w./-]+\.(?:py|md|toml|js|css|csv|timer|cron))`"
    for name in re.findall(ours, text):
        assert (ROOT / name).exists() or name in made_here, f"{page.name} names {name}"


def test_every_built_in_profile_that_a_page_names_is_there():
    built_in = {p.stem for p in (ROOT / "analytics" / "ingest" / "profiles").glob("*.toml")}
    if "epic" not in built_in:
        pytest.skip("the profiles of hospitals are not in this checkout yet")
    named = {n for page in PAGES for n in re.findall(r"--profile ([a-z_]+)(?![\w.])", page.read_text("utf-8"))}
    assert named <= built_in


def test_every_tutorial_and_how_to_page_has_a_place_in_the_menu():
    named = set(re.findall(r"[\w/.-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8")))
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs" / "tutorials").glob("*.md")}
    pages |= {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs" / "how-to").glob("*.md")}
    assert pages <= named
