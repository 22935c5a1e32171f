"""Every colour, glyph and graph option of the product. No other file has a colour.

Family colours keep at least 3:1 contrast against the ground, differ by 4 or more in lightness (so they differ in grey
and in print) and stay apart under the three common colour-vision deficiencies; tests/dashboard/test_theme.py checks
it. Colour is never the only sign: analytes of one family differ by symbol and dash, levels by glyph and word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from analytics.analytes import ANALYTES

Scheme = Literal["light", "dark"]

FONT = (
    '"Inter var", Inter, "Segoe UI", system-ui, -apple-system, "Helvetica Neue", "Liberation Sans", Arial, sans-serif'
)
MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace'

GRAPH_CONFIG: Mapping[str, Any] = MappingProxyType(
    {
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "displaylogo": False,
        "responsive": True,
        "displayModeBar": "hover",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    }
)
"""For every graph on a page and in a report: without it plotly offers to upload the data."""


def graph_config() -> Any:
    """``GRAPH_CONFIG`` as ``dcc.Graph(config=...)`` takes it."""
    return dict(GRAPH_CONFIG)


@dataclass(frozen=True)
class Palette:
    """Colours of one scheme. ``ground`` is the page, ``surface`` a card, ``sunken`` a table head or a lane."""

    ground: str
    surface: str
    sunken: str
    line: str
    line_strong: str
    ink: str
    ink_soft: str
    ink_faint: str
    accent: str
    accent_soft: str
    on_accent: str
    focus: str
    band: str
    """Fill of a normal range or interval; transparent enough to lie under points."""
    guide: str
    """Vertical event lines."""
    family: Mapping[str, str]
    lane: Mapping[str, str]
    level: Mapping[str, str]
    level_soft: Mapping[str, str]
    response: Mapping[str, str]


LIGHT = Palette(
    ground="#F6F7F8",
    surface="#FFFFFF",
    sunken="#EEF1F3",
    line="#DDE2E6",
    line_strong="#8A949E",
    ink="#16202A",
    ink_soft="#45525F",
    ink_faint="#5E6B78",
    accent="#0B5C73",
    accent_soft="#E2F0F4",
    on_accent="#FFFFFF",
    focus="#0B5C73",
    band="rgba(11,92,115,0.09)",
    guide="rgba(22,32,42,0.28)",
    family=MappingProxyType(
        {
            "hepatocellular": "#D1500B",
            "cholestatic": "#7A4A00",
            "synthesis": "#0A6B62",
            "blood": "#A8478F",
            "tumour_marker": "#2E0F4A",
            "kidney": "#123C7C",
            "nutrition": "#1E3C00",
            "other": "#7C8794",
        }
    ),
    lane=MappingProxyType(
        {
            "systemic": "#3E6C9E",
            "radiation": "#8A6A00",
            "surgery": "#7B3F61",
            "local": "#B4531F",
            "stent": "#1E7A5A",
            "imaging": "#3B4754",
            "symptom": "#8C3B3B",
            "other": "#6B7784",
        }
    ),
    level=MappingProxyType({"urgent": "#8F1D2C", "attention": "#7A4A00", "information": "#29527A", "good": "#1C6048"}),
    level_soft=MappingProxyType(
        {"urgent": "#FAECEE", "attention": "#FBF2DF", "information": "#EAF1F8", "good": "#E6F3EC"}
    ),
    response=MappingProxyType(
        {"CR": "#1C6048", "PR": "#2F7F8C", "SD": "#6B7784", "PD": "#8F1D2C", "NE": "#A3ACB5", "": "#6B7784"}
    ),
)

DARK = Palette(
    ground="#11161B",
    surface="#182027",
    sunken="#202A33",
    line="#2C3842",
    line_strong="#75828E",
    ink="#E8EDF1",
    ink_soft="#B9C4CD",
    ink_faint="#98A5B0",
    accent="#6CC3D9",
    accent_soft="#17343E",
    on_accent="#08222A",
    focus="#8FD8EA",
    band="rgba(108,195,217,0.13)",
    guide="rgba(232,237,241,0.32)",
    family=MappingProxyType(
        {
            "hepatocellular": "#F07F3C",
            "cholestatic": "#F4D35E",
            "synthesis": "#3FC0A6",
            "blood": "#C765AE",
            "tumour_marker": "#C5B4F7",
            "kidney": "#4F78D0",
            "nutrition": "#4B785A",
            "other": "#E6E9ED",
        }
    ),
    lane=MappingProxyType(
        {
            "systemic": "#7FA9D6",
            "radiation": "#D9B84A",
            "surgery": "#CB8FB2",
            "local": "#E59268",
            "stent": "#5FBF9A",
            "imaging": "#B9C4CD",
            "symptom": "#DC8C8C",
            "other": "#98A5B0",
        }
    ),
    level=MappingProxyType({"urgent": "#F2A3AD", "attention": "#F0C66B", "information": "#9CC4EC", "good": "#7FD1AE"}),
    level_soft=MappingProxyType(
        {"urgent": "#3A1D22", "attention": "#35290F", "information": "#1B2D3F", "good": "#17322A"}
    ),
    response=MappingProxyType(
        {"CR": "#7FD1AE", "PR": "#6CC3D9", "SD": "#98A5B0", "PD": "#F2A3AD", "NE": "#75828E", "": "#98A5B0"}
    ),
)

PALETTES: Mapping[str, Palette] = MappingProxyType({"light": LIGHT, "dark": DARK})

LEVEL_GLYPHS: Mapping[str, str] = MappingProxyType({"urgent": "◆", "attention": "▲", "information": "●", "good": "○"})
"""The sign beside the word; they differ in shape, so that grey and colour-blind eyes tell them apart."""

TONE_GLYPHS: Mapping[str, str] = MappingProxyType(
    {"major": "◆", "moderate": "▲", "information": "●", "favourable": "○", "rest": "–", "unknown": "?"}
)
"""The same for the tone of an answer (analytics.answer_states)."""

VERDICT_GLYPHS: Mapping[str, str] = MappingProxyType(
    {"rising": "↗", "falling": "↘", "stable": "→", "unclear": "∿", "not_enough_data": "…"}
)
"""Beside the verdict's word (analytics.tables.VERDICTS), never instead of it."""

NOW_GLYPHS: Mapping[str, str] = MappingProxyType(
    {"rising": "↗", "falling": "↘", "steady": "→", "higher": "↥", "lower": "↧", "unclear": "∿", "one_result": "…"}
)
"""Beside the words of what the last results do (analytics.tables.NOWS), never instead of them."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon", "x")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px", "2px,2px")


def palette(scheme: str) -> Palette:
    """The colours of a scheme; ``light`` for print and reports."""
    return PALETTES.get(scheme, LIGHT)


def colour_of(analyte: str, scheme: str = "light") -> str:
    """Colour of an analyte: that of its family."""
    return palette(scheme).family[ANALYTES[analyte].family]


def _place(analyte: str) -> int:
    family = ANALYTES[analyte].family
    return [code for code, a in ANALYTES.items() if a.family == family].index(analyte)


def symbol_of(analyte: str) -> str:
    """Marker symbol: tells analytes of one family apart."""
    return SYMBOLS[_place(analyte) % len(SYMBOLS)]


def dash_of(analyte: str) -> str:
    """Line dash: tells analytes of one family apart."""
    return DASHES[_place(analyte) % len(DASHES)]


def figure_layout(scheme: str = "light") -> dict[str, Any]:
    """What every figure's layout begins with: fonts, grounds, hover box, axes come from :func:`axis`."""
    p = palette(scheme)
    return {
        "font": {"family": FONT, "size": 12, "color": p.ink},
        "paper_bgcolor": p.surface,
        "plot_bgcolor": p.surface,
        "title": {"font": {"size": 14, "color": p.ink}, "x": 0, "xref": "paper", "xanchor": "left"},
        "hoverlabel": {"bgcolor": p.surface, "bordercolor": p.line_strong, "font": {"color": p.ink, "family": FONT}},
        "legend": {"font": {"size": 12, "color": p.ink_soft}, "bgcolor": "rgba(0,0,0,0)"},
        "margin": {"l": 64, "r": 16, "t": 40, "b": 40},
        "colorway": list(p.family.values()),
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": p.ink_faint, "activecolor": p.accent},
    }


def axis(scheme: str = "light", **more: Any) -> dict[str, Any]:
    """What every axis begins with."""
    p = palette(scheme)
    return {
        "gridcolor": p.line,
        "linecolor": p.line_strong,
        "tickcolor": p.line_strong,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickfont": {"color": p.ink_soft, "size": 11},
        "title": {"font": {"color": p.ink_soft, "size": 12}},
        **more,
    }


def css() -> str:
    """The colours as CSS variables, ``--ink`` and so on; put into the page once, so that assets name no colour."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f":root{{--font:{FONT};--mono:{MONO};{light}color-scheme:light}}"
        f':root[data-scheme="dark"]{{{dark}color-scheme:dark}}'
        f"@media (prefers-color-scheme:dark){{:root:not([data-scheme]){{{dark}color-scheme:dark}}}}"  # before scripts
        f"@media print{{:root,:root[data-scheme],:root:not([data-scheme]){{{light}color-scheme:light}}}}"
    )


def still_css(used: Collection[str]) -> str:
    """The same for a file without scripts: the reader's own setting chooses, paper is always light.

    Args:
        used: names of the variables that the file uses; the others are left out.
    """
    light, dark = _variables(LIGHT, used), _variables(DARK, used)
    return (
        f":root{{--font:{FONT};{light}color-scheme:light dark}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def variable_of_colour() -> dict[str, str]:
    """Colour of the light scheme -> the CSS variable that is it in light, and its counterpart in dark."""
    return {colour: f"var({name})" for name, colour in reversed(_named(LIGHT))}


def variables() -> list[str]:
    """Names of all CSS variables of colours."""
    return [name for name, _ in _named(LIGHT)]


def dark_of_light() -> dict[str, str]:
    """Colour of the light scheme -> its counterpart in dark, for figures that are drawn by a script."""
    dark = dict(_named(DARK))
    return {colour: dark[name] for name, colour in reversed(_named(LIGHT))}


def _variables(p: Palette, used: Collection[str] | None = None) -> str:
    return "".join(f"{name}:{colour};" for name, colour in _named(p) if used is None or name in used)


def _named(p: Palette) -> list[tuple[str, str]]:
    """Every colour with the name of its CSS variable; where two share a colour the first name stands for it."""
    plain = {name: value for name, value in vars(p).items() if isinstance(value, str)}
    grouped = {
        f"{group}-{name or 'none'}": value
        for group in ("family", "lane", "level", "level_soft", "response")
        for name, value in getattr(p, group).items()
    }
    return [(f"--{name.replace('_', '-')}", value) for name, value in (plain | grouped).items()]


MANTINE: Mapping[str, Any] = MappingProxyType(
    {
        "fontFamily": FONT,
        "fontFamilyMonospace": MONO,
        "primaryColor": "house",
        "primaryShade": {"light": 8, "dark": 3},
        "defaultRadius": "sm",
        "colors": {
            "house": [
                "#E2F0F4", "#C3DFE7", "#A3D3E0", "#6CC3D9", "#3FA5BF",
                "#2489A4", "#16738C", "#0F667E", "#0B5C73", "#084556",
            ]
        },
        "autoContrast": True,
        "luminanceThreshold": 0.35,
    }
)  # fmt: skip
"""Theme of dash-mantine-components: the accent in ten shades; shade 8 keeps 4.5:1 against white."""

UNSET_LINE, UNSET_GRID = "#444", "#eee"
"""What plotly.js itself draws where a figure names no colour; the still drawing must do the same."""
