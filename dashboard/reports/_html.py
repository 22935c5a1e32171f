"""A report as one HTML file that asks for nothing: strict CSP, still SVG first, scripts only to make it interactive."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import re
import string
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard import theme
from dashboard.components.purpose import PURPOSE
from dashboard.figures import sparkline
from dashboard.reports._blocks import Block, Cell, Column, Content, Drawn, Picture, Places, Strip, Table
from dashboard.reports._text import cell_text
from dashboard.svg import to_svg
from dashboard.theme import LEVEL_GLYPHS

Assets = Literal["inline", "shared", "none"]
"""Plotly.js inside the file, in a folder beside it, or no scripts at all."""

SHARED_FOLDER = "assets"
_SHORT = dict(
    zip(theme.variables(), (f"--{sign}" for sign in itertools.chain(string.ascii_letters, range(100))), strict=False)
)
_LONG = {short: name for name, short in _SHORT.items()}
"""Variables of the theme as a report writes them: they stand in it hundreds of times, and nobody reads them there."""
_NAMED = re.compile(r"--[\w-]+(?=[:)])")


def _shortened(sheet: str) -> str:
    """A style sheet, or a part of one, with the short names of variables."""
    return _NAMED.sub(lambda name: _SHORT.get(name[0], name[0]), sheet)


_VARIABLES = {colour: _shortened(variable) for colour, variable in theme.variable_of_colour().items()}
_LETTERS = string.ascii_lowercase
_HERE = Path(__file__).parent
_STYLE_HERE = "/* the style sheet */"
_PAINTED = re.compile(r"var\((--[\w-]+)\)")
_STROKE = re.compile(r'stroke="(#\w+)"')
_CLASS = re.compile(r' class="[a-z]"(?=[^<>]*>)')
_QUOTED = re.compile(r"""(?<=[\w-]=)"([^\s"'=<>`/]+)"(?=(?: [^<>]*)?>)""")
"""A word in quotes within a tag: what follows it ends a tag before another begins, which is true of no text."""
_COLUMN = re.compile(r"(?<=[,}])\.([nqwx])(?=[,{])")
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
    # what is the same for all figures is told once, in the script
    same = {"config": dict(theme.GRAPH_CONFIG), "dark": theme.dark_of_light(), "layout": theme.figure_layout("light")}
    house = orjson.dumps(same, option=orjson.OPT_SORT_KEYS).decode()
    out = []
    for path in (_BUNDLE, _HERE / "enhance.js"):
        # line ends are normalised so that the text in the file has the hash that was told
        text = path.read_text("utf-8").replace("\r\n", "\n").replace('"$house"', house)
        digest = hashlib.sha256(text.encode())
        name = f"{path.name.split('.')[0]}-{digest.hexdigest()[:8]}.js"
        out.append(Script(name, text, f"sha256-{base64.b64encode(digest.digest()).decode()}"))
    return out[0], out[1]


def shared_files() -> dict[str, str]:
    """Files of the folder beside reports with ``--assets shared``, by path below the reports' folder."""
    return {f"{SHARED_FOLDER}/{s.name}": s.text for s in scripts()}


@lru_cache(maxsize=256)
def style(looks: frozenset[tuple[str, int]], painted: frozenset[str]) -> str:
    """The style sheet: colours of the theme, then the look of a report.

    Args:
        looks: columns of the report's tables that look like ``n``, ``q``, ``w`` or ``x`` of the style sheet.
        painted: short names of the variables that the report's pictures use.
    """

    def columns(match: re.Match[str]) -> str:
        places = sorted(i for kind, i in looks if kind == match[1])
        return ",".join(f".{match[1]}{i} tr>:nth-child({i})" for i in places) or match[0]

    sheet = "".join(line.strip() for line in (_HERE / "report.css").read_text("utf-8").splitlines())
    used = {_LONG.get(name, name) for name in painted} | set(_PAINTED.findall(sheet))
    return _shortened(theme.still_css(used) + _COLUMN.sub(columns, sheet))


def to_html(content: Content, assets: Assets = "inline", *, fixed: bool = False) -> str:
    """The whole file.

    Args:
        content: the report.
        assets: where the scripts are; ``none`` gives a file without scripts.
        fixed: colours of the light scheme instead of variables, for what makes PDF and knows no variables in SVG.
    """
    live = [p for p in content.pictures() if p.live] if assets != "none" else []
    where: Assets = assets if live else "none"
    looks = frozenset().union(*map(_looks, content.all_tables()))
    made: str = _template().render(
        content=content,
        csp=_csp(where),
        draw=_still_fixed if fixed else picture_html,
        fixed=fixed,
        scripts=_script_tags(where),
        data=_figures(content) if live else "",
        purpose=PURPOSE,
        glyphs=LEVEL_GLYPHS,
    )
    # colours come last: only those that something is painted with
    return made.replace(_STYLE_HERE, style(looks, frozenset(_PAINTED.findall(made))), 1)


def css_text(text: str) -> str:
    """A text as a string of a style sheet; every sign but letters, digits and blanks is escaped."""
    return '"' + "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):x} " for c in text) + '"'


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
    # deflated: a third of the bytes of a report would else be figures that most readers never touch
    packed = zlib.compress(orjson.dumps(figures, option=orjson.OPT_SORT_KEYS), 9)
    return Markup(base64.b64encode(packed).decode("ascii"))  # noqa: S704  base64 holds no markup


def _fluid(layout: Mapping[str, Any]) -> dict[str, Any]:
    """The layout without its width, and without what the script knows of every figure."""
    house = theme.figure_layout("light")
    return {k: v for k, v in layout.items() if k != "width" and house.get(k) != v} | {"autosize": True}


def table_html(table: Table, number: int, *, fixed: bool = False) -> Markup:
    """A table; written here rather than in the template because it is most of a report's bytes and time.

    End tags that HTML allows to leave out are left out, and how a column looks is said once, by the table's classes:
    both would be a fifth of a report. A heading cell that begins a row of data is the row's heading by itself.

    Args:
        table: the table.
        number: distinguishes it from others on the page.
        fixed: small pictures keep their own look instead of that of the style sheet.
    """
    looks = " ".join(sorted(f"{kind}{i}" for kind, i in _looks(table)))
    table, notes = _noted(_joined(table))
    # a title may break into lines, but not between the sign and its word
    head = "".join(f"<th scope=col>{html.escape(c.title).replace('× ', '×&nbsp;')}" for c in _columns(table))
    parts = "".join(f"<tbody>{told}{_body(part, fixed)}" for told, part in _parts(table))
    caption = f"<caption id=t{number}>{html.escape('; '.join([table.caption, *notes]))}</caption>"
    labels = _labels(table, number) if table.cards and not fixed else ""
    looks = f"{looks} cards".strip() if labels else looks
    return Markup(f'<table class="{looks}">{caption}<thead><tr>{head}{parts}</table>{labels}')  # noqa: S704  all is escaped


def _labels(table: Table, number: int) -> str:
    """The heads of the columns for small screens, where each cell stands in a line of its own."""
    rules = "".join(
        f"#t{number}~tbody td:nth-child({i}):before{{content:{css_text(c.title)}}}"
        for i, c in enumerate(_columns(table), start=1)
        if i > 1
    )
    return f"<style>@media screen and (max-width:46rem){{{rules}}}</style>"


def strip_html(strip: Strip, *, fixed: bool = False) -> Markup:
    """Names and values side by side."""
    pairs = (
        f"<div><dt>{html.escape(name)}<dd>{' '.join(_cell(v, fixed) for v in values)}</div>"
        for name, values in strip.pairs
    )
    return Markup(f"<dl class=facts>{''.join(pairs)}</dl>")  # noqa: S704  all is escaped


def _joined(table: Table) -> Table:
    """The table with its joined columns behind the first one."""
    at = [i for i, c in enumerate(table.columns) if c.joined]
    if not at:
        return table
    keep = [i for i in range(1, len(table.columns)) if i not in at]
    rows = []
    for row in table.rows:
        behind = " ".join(text for i in at if (text := cell_text(row[i])))
        rows.append([f"{cell_text(row[0])} {behind}".strip(), *(row[i] for i in keep)])
    return replace(table, columns=[table.columns[0], *(table.columns[i] for i in keep)], rows=rows)


def _noted(table: Table) -> tuple[Table, list[str]]:
    """The table with a letter in place of each reason of its noted columns, and what the letters mean."""
    noted = [i for i, c in enumerate(table.columns) if c.noted]
    if not noted:
        return table, []
    letters: dict[str, str] = {}
    rows = [list(row) for row in table.rows]
    for row in rows:
        for i in noted:
            word, colon, reason = cell_text(row[i]).partition(": ")
            if colon and (reason in letters or len(letters) < len(_LETTERS)):
                letter = letters.setdefault(reason, _LETTERS[len(letters)])
                row[i] = f"{word} ({letter})"
    return replace(table, rows=rows), [f"({letter}) {reason}" for reason, letter in letters.items()]


def _columns(table: Table) -> list[Column]:
    return [c for c in table.columns if not c.once and not c.joined]


def _parts(table: Table) -> Iterator[tuple[str, Table]]:
    """Stretches of rows that share what is told once, each with that line; a table without such columns is one."""
    once = [i for i, c in enumerate(table.columns) if c.once]
    if not once:
        yield "", table
        return
    titles = ["", *(f"{table.columns[i].title.lower()} " for i in once[1:])]
    keep, columns = [i for i, c in enumerate(table.columns) if not c.once], _columns(table)
    for shared, numbered in groupby(enumerate(table.rows), lambda row: [row[1][i] for i in once]):
        told = " · ".join(f"{t}{_cell(v, False)}" for t, v in zip(titles, shared, strict=True))
        rows = list(numbered)
        marks = frozenset(k for k, (number, _) in enumerate(rows) if number in table.marks)
        part = replace(table, columns=columns, rows=[[row[i] for i in keep] for _, row in rows], marks=marks)
        yield f"<tr class=once><th scope=rowgroup colspan={len(keep)}>{told}" if told else "", part


def _looks(table: Table) -> set[tuple[str, int]]:
    """How columns look, as (letter of the style sheet, number of the column from 1)."""
    return {
        (kind, i)
        for i, c in enumerate(_columns(table), start=1)
        for kind, on in (("n", c.numeric), ("q", c.quiet), ("w", c.whole), ("x", c.wide))
        if on
    }


def _body(table: Table, fixed: bool) -> str:
    """The rows: text is escaped all at once where no cell is a picture or a link, and no row stands out."""
    if not table.marks and all(type(cell) is str for row in table.rows for cell in row):
        whole = "\x01".join(["\x00".join(row) for row in table.rows])  # type: ignore[arg-type]  # each is text
        if whole.count("\x00") == len(table.rows) * (len(table.columns) - 1) and whole.count("\x01") < len(table.rows):
            parted = html.escape(whole, quote=False).replace("\x00", "<td>").replace("\x01", "<tr><th>")
            return f"<tr><th>{parted}" if table.rows else ""
    return "".join(
        f"<tr{' class=mark' if number in table.marks else ''}><th>{'<td>'.join([_cell(v, fixed) for v in row])}"
        for number, row in enumerate(table.rows)
    )


def _cell(value: Cell, fixed: bool) -> str:
    if isinstance(value, str):
        return html.escape(value, quote=False)
    if isinstance(value, Drawn):
        return value.svg if fixed else _leaning(value.svg)
    if isinstance(value, Places):
        return ", ".join(f"<a href=#{ident}>{html.escape(text)}</a>" for text, ident in value.links)
    return f'<a href="{html.escape(value.file)}">{html.escape(value.text)}</a>'


def _leaning(svg: str) -> str:
    """A small picture without what the style sheet says of it, in the reader's own scheme."""
    for told in (sparkline.LOOK, sparkline.DISC, sparkline.limit_look(theme.LIGHT)):
        svg = svg.replace(told, "")
    return _STROKE.sub(lambda colour: f'stroke="{_VARIABLES.get(colour[1], colour[1])}"', svg)


def picture_html(picture: Picture, number: int) -> Markup:
    """The still picture in the reader's own scheme."""
    return _still(picture, number, _VARIABLES)


def _still_fixed(picture: Picture, number: int) -> Markup:
    return _still(picture, number, None)


def _still(picture: Picture, number: int, palette: Mapping[str, str] | None) -> Markup:
    # what the picture says stands under it, for all readers
    svg = to_svg(picture.figure, ident=f"c{number}", palette=palette)
    return Markup(_bare(svg))  # noqa: S704  the drawer escapes every text


def _bare(svg: str) -> str:
    """A picture as HTML needs it: no classes that nothing asks for, no quotes around words. Texts stay as they are."""
    return _QUOTED.sub(r"\1", _CLASS.sub("", svg))


def _kind(block: Block) -> str:
    return type(block).__name__


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(kind=_kind, table=table_html, strip=strip_html, css_text=css_text)
    return environment.get_template("report.html.j2")
