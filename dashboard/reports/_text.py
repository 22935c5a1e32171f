"""A report as plain text: for a mail's body, a screen reader, a terminal. It says the same as the HTML."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.components.purpose import PURPOSE
from dashboard.reports._blocks import (
    Block,
    Cell,
    Content,
    Drawn,
    Facts,
    Item,
    Items,
    Picture,
    Places,
    Say,
    Strip,
    Table,
)


def to_text(content: Content, *, pages: int | None = None) -> str:
    """The report as text.

    Args:
        content: the report.
        pages: only sections up to this page; None for all.
    """
    lines = [content.title, "=" * len(content.title), content.subtitle, content.run, ""]
    lines += [f"WARNING: {w}" for w in content.warnings]
    for section in content.sections:
        if pages is None or section.page <= pages:
            lines += ["", section.title, "-" * len(section.title)]
            for block in section.blocks:
                lines += block_text(block)
    lines += ["", "--", *(f"{name}: {value}" for name, value in content.footer), PURPOSE]
    return "\n".join(lines).rstrip() + "\n"


def block_text(block: Block) -> list[str]:
    """The lines of one block."""
    if isinstance(block, Say):
        return [block.text]
    if isinstance(block, Facts):
        return [f"{name}: {value}" for name, value in block.pairs]
    if isinstance(block, Strip):
        return _strip(block)
    if isinstance(block, Picture):
        return [f"[chart] {block.says}"]
    if isinstance(block, Items):
        return [line for item in block.items for line in _item(item)] or [block.empty]
    return list(_table(block))


def _strip(strip: Strip) -> list[str]:
    """What is words in one line, then a line for each value with a picture."""
    told = [(f"{name}: ", values, any(isinstance(v, Drawn) for v in values)) for name, values in strip.pairs]
    lines = [name + "; ".join(map(cell_text, values)) for name, values, drawn in told if drawn]
    words = [name + " ".join(map(cell_text, values)) for name, values, drawn in told if not drawn]
    return [" · ".join(words), *lines]


def _item(item: Item) -> list[str]:
    head = " · ".join(part for part in (item.word, item.state, item.tag, item.head) if part)
    return [f"* {head}: {item.says}"] + ([f"  {item.source}"] if item.source else [])


def cell_text(cell: Cell) -> str:
    """A cell in words, with plain blanks."""
    if isinstance(cell, str):
        return cell.replace("\u00a0", " ")
    if isinstance(cell, Places):
        return ", ".join(text for text, _ in cell.links)
    return cell.says if isinstance(cell, Drawn) else cell.text


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield f"{table.caption}: {table.empty}"
        return
    yield table.caption
    rows = [[c.title for c in table.columns], *([cell_text(v) for v in row] for row in table.rows)]
    widths = [min(40, max(len(row[i]) for row in rows)) for i in range(len(table.columns))]
    for row in rows:
        cells = [v.rjust(w) if c.numeric else v.ljust(w) for v, w, c in zip(row, widths, table.columns, strict=True)]
        yield "  ".join(cells).rstrip()
