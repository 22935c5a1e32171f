"""What mkdocs asks while it builds the site: pages from the root, notebooks and the gallery as
pages, and a place for every page."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import gallery

FROM_ROOT = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "reporting-security.md": "SECURITY.md",
    "conduct.md": "CODE_OF_CONDUCT.md",
    "sample-data.md": "sample_data/README.md",
}
UNPLACED = "Explanation"
"""Where a page stands that mkdocs.yml does not name."""


def on_config(config: Any) -> Any:
    """Pages that have no place, notebooks and the pages of the root find a place."""
    docs, nav = Path(config.docs_dir), config.nav
    named = set(re.findall(r"[\w/.-]+\.md", json.dumps(nav)))
    decisions = [f"decisions/{p.name}" for p in sorted((docs / "decisions").glob("0*.md"))]
    free = [p.name for p in sorted(docs.glob("*.md")) if p.name not in named]
    _section(nav, UNPLACED).extend([*free, {"Decisions, one by one": decisions}])
    notebooks = [f"notebooks/{p.stem}.md" for p in sorted((docs / "notebooks").glob("*.ipynb"))]
    nav[-1] = {"Notebooks": ["notebooks/README.md", *notebooks]}
    nav.append({"Project": list(FROM_ROOT)})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add what does not lie in docs/ as Markdown."""
    for name, source in FROM_ROOT.items():
        text = (ROOT / source).read_text("utf-8")
        text = text.replace("](docs/", "](").replace("](sample_data/README", "](sample-data")
        files.append(File.generated(config, name, content=text))
    files.append(File.generated(config, "gallery.md", content=gallery.page()))
    for one in gallery.shown():
        files.append(File.generated(config, one.file, content=one.svg))
    for path in sorted((Path(config.docs_dir) / "notebooks").glob("*.ipynb")):
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=_of_notebook(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links to files of the root lead to their pages."""
    for name, source in FROM_ROOT.items():
        markdown = markdown.replace(f"](../../{source}", f"](../{name}").replace(f"](../{source}", f"]({name}")
    return markdown


def _section(nav: list[Any], title: str) -> list[Any]:
    return next(entry[title] for entry in nav if isinstance(entry, dict) and title in entry)


def _of_notebook(path: Path) -> str:
    """Text and code of a notebook in order; what the cells print is seen by running it."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    parts = [
        "".join(cell["source"]) if cell["cell_type"] == "markdown" else f"```python\n{''.join(cell['source'])}\n```"
        for cell in cells
    ]
    return "\n\n".join([parts[0], f"[The notebook]({path.name}) runs as it is.", *parts[1:], ""])
