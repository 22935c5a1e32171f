"""What the import page shows of a file: how it was understood, what is undecided, what would be quarantined."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import html

from analytics.ingest.preview import Preview
from analytics.ingest.profile import Profile
from analytics.ingest.repeated import BECOMES
from analytics.tables import REASONS
from dashboard.components.import_words import Drawn, Homes, questions
from dashboard.components.notices import banner, card, empty
from dashboard.components.redrawn import mark, part
from dashboard.components.table import Head, table
from dashboard.importing import choices
from dashboard.importing.choices import MOST_LINES, NOT_SAID, ROLES, Choice
from dashboard.importing.profiles import IGNORED, RESULT
from dashboard.importing.shapes import Looked
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, bytes_of, count_of, text, whole

_ROLES = [{"value": value, "label": label} for value, label in ROLES.items()]


_NOWHERE = Homes()


def seen(
    looked: Looked,
    roles: Mapping[str, str],
    words: Sequence[Choice],
    homes: Homes = _NOWHERE,
    *,
    sure: bool,
    identify: Callable[..., Any],
) -> list[Any]:
    """Everything about one file before it is imported; what an answer changes is in boxes of :mod:`.redrawn`.

    Args:
        looked: the file as the profile makes of it.
        roles: what each of its columns is read as, from :func:`roles_of`.
        words: what is asked of, and said of, single words.
        homes: where each of them stands.
        sure: somebody has said that the profile holds; else what it says is to be confirmed.
        identify: id maker of the page; each control is ``identify("set", key)``.
    """
    preview = looked.preview
    refused = [banner(html.B("This file cannot be imported: "), preview.refused, level="attention")]
    return [
        part("refused", refused if preview.refused else [], identify),
        card(
            part("verdict", [_verdict(preview), *[html.P(n, className="soft") for n in preview.notes]], identify),
            title=preview.file,
        ),
        *questions(words, homes, identify),
        card(_columns(looked, roles, sure, identify), *_first_lines(looked.lines), title="Columns"),
        part("understood", [] if preview.refused else _understood(preview), identify),
    ]


def frames(
    looked: Looked, profile: Profile | None, known: Drawn, *, files: int, sure: bool, identify: Callable[..., Any]
) -> tuple[dict[str, Any], dict[str, str], Drawn]:
    """What the two places of the page hold, what each control shows, and where each question stands.

    Args:
        looked: the first file of the shape as the profile makes of it.
        profile: what is declared.
        known: what is on the page.
        files: how many are of this shape.
        sure: somebody has said that the profile holds.
        identify: id maker of the page.
    """
    said = profile or Profile()
    roles = roles_of(looked, profile)
    words = choices.of_words(looked.quarantine, said, looked.columns)
    of_file = choices.of_file(looked.quarantine, said, looked.sheets, one_person=looked.one_person and files == 1)

    def preview(homes: Homes) -> list[Any]:
        return seen(looked, roles, words, homes, sure=sure, identify=identify)

    homes = known.homes.settled(words)
    drawn = preview(homes)
    if mark(drawn) != known.marks.get("preview"):  # all is drawn anew, so each question has its first place
        homes = Homes().settled(words)
        drawn = preview(homes)
    shown = {f"role|{name}": role for name, role in roles.items()} | choices.shown_by([*words, *of_file])
    return {"preview": drawn, "options": options(of_file, identify)}, shown, known.at(homes)


def options(of_file: Sequence[Choice], identify: Callable[..., Any]) -> list[Any]:
    """What is said of the whole file, each control with the cells that wait for it."""
    return [
        html.Div(
            [
                part(choice.key, _field(choice, identify), identify),
                part(f"rows|{choice.key}", _waits(choice), identify),
            ],
            className="option",
        )
        for choice in of_file
    ]


def _waits(choice: Choice) -> str:
    return f"{count_of(choice.rows, 'result')} quarantined: {', '.join(choice.examples)}" if choice.rows else ""


def _field(choice: Choice, identify: Callable[..., Any]) -> Any:
    common = {"id": identify("set", choice.key), "label": choice.label, "size": "sm", "w": 210, "debounce": 600}
    if choice.options:
        del common["debounce"]
        return dmc.Select(data=_data(choice), value=choice.value, allowDeselect=False, **common)
    if choice.kind == "skip_lines":
        value = int(choice.value) if choice.value else ""
        return dmc.NumberInput(
            value=value, min=1, max=MOST_LINES, allowDecimal=False, placeholder="found by itself", **common
        )
    return dmc.TextInput(value=choice.value, placeholder="no patient named", **common)


def _data(choice: Choice) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in choice.options]


def _first_lines(lines: Sequence[str]) -> list[Any]:
    """The first lines of a text with their numbers, so that one sees in which the columns are named."""
    if not lines:
        return []
    shown = "\n".join(f"{n:>3}  {line}" for n, line in enumerate(lines, start=1))
    return [html.Details([html.Summary("First lines of the file"), html.Pre(shown, className="lines")])]


def _understood(preview: Preview) -> list[Any]:
    """Rows that were understood and rows that were not; a file that is refused as a whole has neither."""
    return [
        card(_rows(preview.rows), title="First rows as understood"),
        card(_held(preview), title="Would be quarantined"),
        *([card(_versions(preview), title="Several versions of one result")] if preview.table == "labs" else []),
    ]


def _verdict(preview: Preview) -> Any:
    facts = [
        ("recognised as", preview.says or preview.format or ABSENT),
        ("holds", preview.table or ABSENT),
        ("profile", preview.profile or "none"),
        ("size", bytes_of(preview.size) if preview.size else ABSENT),
        ("accepted", f"{whole(preview.accepted)} of the first {whole(preview.looked_at)}"),
    ]
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="figures small-figures"
    )


def roles_of(looked: Looked, profile: Profile | None) -> dict[str, str]:
    """What each column is read as: a value of ROLES. Of a file that is refused, what the profile says of it."""
    known = {c.name: c.role.split(", ")[0] for c in looked.preview.columns if c.role}
    if profile is not None:
        said = {column: field for field, column in profile.columns.items()}
        said |= {column: RESULT + code for column, code in profile.analytes.items()}
        known = said | dict.fromkeys(profile.ignore, IGNORED) | known
    return {name: known[name] if known.get(name) in ROLES else NOT_SAID for name in looked.columns}


def _columns(looked: Looked, roles: Mapping[str, str], sure: bool, identify: Callable[..., Any]) -> Any:
    known = {c.name: c.says for c in looked.preview.columns}
    rows = [
        [
            html.Code(name),
            html.Span(", ".join(looked.columns[name]), className="examples"),
            part(f"says|{name}", _decided(known.get(name, ""), role, sure), identify),
            part(f"role|{name}", _role(name, role, identify), identify),
        ]
        for name, role in roles.items()
    ]
    heads = [Head("Column"), Head("For example", wide=True), Head("Decision"), Head("Read as")]
    return table(heads, rows, caption="Columns of the file and what is made of them", class_name="stacked questions")


def _role(name: str, role: str, identify: Callable[..., Any]) -> Any:
    return dmc.Select(
        id=identify("set", f"role|{name}"), data=_ROLES, value=role, size="xs", w=200, maw="100%", searchable=True,
        allowDeselect=False, **wild({"aria-label": f"Column {name} is read as"}),
    )  # fmt: skip


def _decided(says: str, role: str, sure: bool) -> Any:
    """What is made of a column; what nobody has confirmed is marked."""
    if role in (NOT_SAID, IGNORED):
        return ROLES[role]
    said = says if says and says != ROLES[NOT_SAID] else f"read as {ROLES[role]}"
    return said if sure else html.Span([said, html.Span(" · to confirm", className="soft")])


def _rows(rows: pd.DataFrame | None) -> Any:
    if rows is None or rows.empty:
        return empty("No row could be understood yet.")
    said = rows.head(8).loc[:, (rows.head(8) != ABSENT).any()]
    heads = [Head(str(name).replace("_", " ")) for name in said.columns]
    return table(heads, said.values.tolist(), caption="First rows as understood", class_name="stacked")


def _held(preview: Preview) -> Any:
    if preview.held is None or preview.held.empty:
        return empty("Nothing in the part that was looked at.")
    reasons = [
        html.Li([html.Code(code), f" {whole(n)} · {REASONS.get(code, '')}"])
        for code, n in sorted((preview.reasons or {}).items(), key=lambda pair: -pair[1])
    ]
    heads = [
        Head("Line"),
        Head("Column"),
        Head("Cell"),
        Head("Problem", wide=True),
        Head("Fix", wide=True),
    ]
    body = [
        [whole(r["line"]), text(r["column"]), html.Code(text(r["raw_cell"])[:60]), text(r["message"]), text(r["hint"])]
        for r in preview.held.head(12).to_dict("records")
    ]
    return [
        html.Ul(reasons, className="reasons"),
        table(heads, body, caption="Rows that would be quarantined", class_name="stacked"),
    ]


def _versions(preview: Preview) -> Any:
    """What the import would do with results that are there more than once, as far as these rows tell."""
    scope = (
        f"Looked at: the first {count_of(preview.rows_seen, 'row')} of this file. Versions further down and in files "
        "imported before are found by the import; nothing is averaged, and what is not kept is listed."
    )
    if preview.versions is None or preview.versions.empty:
        return [empty("Each result is there once."), html.P(scope, className="soft")]
    counts = [html.Li(f"{whole(n)} · {BECOMES[o]}") for o, n in sorted((preview.version_counts or {}).items())]
    names = ("line", "patient_id", "analyte", "collected_at", "value", "kept", "kept_line", "becomes")
    heads = [
        *(Head("Line"), Head("Patient"), Head("Test"), Head("Collected"), Head("Value"), Head("Kept beside it")),
        *(Head("Of line"), Head("What becomes of it", wide=True)),
    ]
    body = [[text(row[name]) for name in names] for row in preview.versions.head(12).to_dict("records")]
    return [
        html.Ul(counts, className="reasons"),
        table(heads, body, caption="Results that are there more than once in the rows looked at", class_name="stacked"),
        html.P(scope, className="soft"),
    ]
