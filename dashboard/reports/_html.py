"""A report as one HTML file that asks for nothing: strict CSP, still SVG first, scripts only to make it interactive."""

from __future__ import annotations

import base64
import hashlib
import html
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard import theme
from dashboard.components.purpose import PURPOSE
from dashboard.reports._blocks import Block, Cell, Column, Content, Drawn, Picture, Table
from dashboard.svg import to_svg
from dashboard.theme import LEVEL_GLYPHS

Assets = Literal["inline", "shared", "none"]
"""Plotly.js inside the file, in a folder beside it, or no scripts at all."""

SHARED_FOLDER = "assets"
_VARIABLES = theme.variable_of_colour()
_HERE = Path(__file__).parent
_BUNDLE = _HERE.parent / "assets" / "vendor" / "plotly-basic.min.js"


@dataclass(frozen=True)
class Script:
    """A script file with its name and the hash that the CSP asks for."""

    name: str
    text: str
    sha256: str


@lru_cache(maxsize=1)
def scripts() -> tuple[Script, Script]:
    """Plotly.js and the script that replaces the still pictures; names carry a hash, so that versions do not mix."""
    out = []
    for path in (_BUNDLE, _HERE / "enhance.js"):
        # line ends are normalised so that the text in the file has the hash that was told
        text = path.read_text("utf-8").replace("\r\n", "\n")
        digest = hashlib.sha256(text.encode())
        name = f"{path.name.split('.')[0]}-{digest.hexdigest()[:8]}.js"
        out.append(Script(name, text, f"sha256-{base64.b64encode(digest.digest()).decode()}"))
    return out[0], out[1]


def shared_files() -> dict[str, str]:
    """Files of the folder beside reports with ``--assets shared``, by path below the reports' folder."""
    return {f"{SHARED_FOLDER}/{s.name}": s.text for s in scripts()}


@lru_cache(maxsize=1)
def style() -> str:
    """The style sheet: colours of the theme, then the look of a report."""
    return theme.still_css() + "\n" + (_HERE / "report.css").read_text("utf-8")


def to_html(content: Content, assets: Assets = "inline", *, fixed: bool = False) -> str:
    """The whole file.

    Args:
        content: the report.
        assets: where the scripts are; ``none`` gives a file without scripts.
        fixed: colours of the light scheme instead of variables, for what makes PDF and knows no variables in SVG.
    """
    live = [p for p in content.pictures() if p.live] if assets != "none" else []
    where: Assets = assets if live else "none"
    return _template().render(
        content=content,
        csp=_csp(where),
        draw=_still_fixed if fixed else picture_html,
        style=Markup(style()),  # noqa: S704  our own file
        scripts=_script_tags(where),
        data=_figures(content) if live else "",
        purpose=PURPOSE,
        glyphs=LEVEL_GLYPHS,
    )


def _csp(assets: Assets) -> str:
    allowed = " ".join(f"'{s.sha256}'" for s in scripts())
    # a page opened from a folder has no origin of its own: Chromium then asks for the scheme
    source = {"none": "'none'", "inline": allowed, "shared": f"'self' file: {allowed}"}[assets]
    return (
        f"default-src 'none'; script-src {source}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _script_tags(assets: Assets) -> Markup:
    if assets == "none":
        return Markup("")
    if assets == "shared":
        return Markup("".join(f'<script src="{SHARED_FOLDER}/{s.name}"></script>' for s in scripts()))  # noqa: S704
    return Markup("".join(f"<script>{s.text}</script>" for s in scripts()))  # noqa: S704  our own files


def _figures(content: Content) -> Markup:
    figures = {
        f"figure-{i}": {"data": p.figure["data"], "layout": _fluid(p.figure["layout"])}
        for i, p in enumerate(content.pictures())
        if p.live
    }
    whole = {"figures": figures, "config": dict(theme.GRAPH_CONFIG), "dark": theme.dark_of_light()}
    # deflated: a third of the bytes of a report would else be figures that most readers never touch
    packed = zlib.compress(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS), 6)
    return Markup(base64.b64encode(packed).decode("ascii"))  # noqa: S704  base64 holds no markup


def _fluid(layout: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in layout.items() if k != "width"} | {"autosize": True}


def table_html(table: Table) -> Markup:
    """A table; written here rather than in the template because it is most of a report's bytes and time.

    End tags that HTML allows to leave out are left out: they would be a fifth of a report.
    """
    classes = [_cell_class(c) for c in table.columns]
    head = "".join(f"<th scope=col{k}>{html.escape(c.title)}" for k, c in zip(classes, table.columns, strict=True))
    opens = [f"<th scope=row{classes[0]}>", *(f"<td{k}>" for k in classes[1:])] if classes else []
    rows = []
    for number, row in enumerate(table.rows):
        cells = "".join([o + _cell(v) for o, v in zip(opens, row, strict=True)])
        rows.append(f"<tr{' class=mark' if number in table.marks else ''}>{cells}")
    return Markup(  # noqa: S704  every text went through escape
        f"<table><caption>{html.escape(table.caption)}</caption><thead><tr>{head}<tbody>{''.join(rows)}</table>"
    )


def _cell_class(column: Column) -> str:
    names = [n for n, on in (("n", column.numeric), ("q", column.quiet), ("w", column.whole), ("x", column.wide)) if on]
    if len(names) == 1:
        return f" class={names[0]}"
    return f' class="{" ".join(names)}"' if names else ""


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return html.escape(value, quote=False)
    return (
        value.svg if isinstance(value, Drawn) else f'<a href="{html.escape(value.file)}">{html.escape(value.text)}</a>'
    )


def picture_html(picture: Picture, number: int) -> Markup:
    """The still picture in the reader's own scheme."""
    return _still(picture, number, _VARIABLES)


def _still_fixed(picture: Picture, number: int) -> Markup:
    return _still(picture, number, None)


def _still(picture: Picture, number: int, palette: Mapping[str, str] | None) -> Markup:
    svg = to_svg(picture.figure, ident=f"c{number}", palette=palette, description=picture.says)
    return Markup(svg)  # noqa: S704  the drawer escapes every text


def _kind(block: Block) -> str:
    return type(block).__name__


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(kind=_kind, table=table_html)
    return environment.get_template("report.html.j2")
