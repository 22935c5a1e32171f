"""A file as its maker knows it: rows with the truth of each result, written out in many ways."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

KEPT, NOTHING = "kept", "nothing"
COLUMNS = ("patient_id", "analyte", "collected_at", "value", "unit", "lln", "uln", "lab")
UNITS = {"ALT": "U/L", "AST": "U/L", "ALP": "U/L", "BILI": "mg/dL", "ALB": "g/dL", "PLAT": "10*9/L"}
RANGES = {
    "ALT": (8, 300), "AST": (8, 300), "ALP": (40, 600), "BILI": (0.3, 20), "ALB": (2, 5), "PLAT": (40, 500),
}  # fmt: skip
LIMITS = {"ALT": (5, 40), "AST": (5, 40), "ALP": (35, 120), "BILI": (0.2, 1.2), "ALB": (3.5, 5), "PLAT": (150, 400)}


@dataclass
class Truth:
    """What must come out of one result: kept with these values, held for a reason, or nothing."""

    patient: str
    analyte: str
    at: str
    value: float | None
    comparator: str = ""
    uln: float | None = None
    outcome: str = KEPT

    def held(self, reason: str) -> None:
        self.outcome = reason


@dataclass
class Line:
    """One line: the cells of a row with the truth of its results, or a raw line with one outcome."""

    cells: dict[str, str] = field(default_factory=dict)
    truths: dict[str, Truth] = field(default_factory=dict)
    raw: str | None = None
    outcome: str = KEPT

    @property
    def truth(self) -> Truth:
        """The only result of a long row."""
        return next(iter(self.truths.values()))

    def all_held(self, reason: str) -> None:
        """The whole line is quarantined, as one."""
        self.truths, self.outcome = {}, reason


@dataclass
class Page:
    """A file before it is bytes.

    Attributes:
        columns: header names by key of the cells.
        lines: rows and raw lines.
        delimiter, eol, encoding, bom, quote_all, final_eol: how it is written.
        before: lines before the header.
        titles: how many of them are titles that reading passes over and counts.
        refused: the whole file must be refused.
        profile: TOML text of a profile, empty for none.
        data: bytes that replace everything.
    """

    columns: dict[str, str]
    lines: list[Line]
    delimiter: str = ","
    eol: str = "\n"
    encoding: str = "utf-8"
    bom: bytes = b""
    quote_all: bool = False
    final_eol: bool = True
    before: list[str] = field(default_factory=list)
    titles: int = 0
    refused: bool = False
    profile: str = ""
    declared: str = ""
    data: bytes | None = None

    @property
    def rows(self) -> list[Line]:
        """Lines that are rows."""
        return [line for line in self.lines if line.raw is None]

    def written(self) -> bytes:
        """The bytes of the file."""
        if self.data is not None:
            return self.data
        texts = [*self.before, self._joined(self.columns.values())]
        texts += [line.raw if line.raw is not None else self._joined(self._cells(line)) for line in self.lines]
        text = self.eol.join(texts) + (self.eol if self.final_eol else "")
        return self.bom + text.encode(self.encoding, "surrogateescape")

    def _cells(self, line: Line) -> list[str]:
        return [line.cells.get(key, "") for key in self.columns]

    def _joined(self, cells: object) -> str:
        return self.delimiter.join(self._quoted(str(c)) for c in cells)  # type: ignore[attr-defined]

    def _quoted(self, cell: str) -> str:
        if self.quote_all or any(s in cell for s in (self.delimiter, '"', "\n")):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def expected(self) -> tuple[list[tuple[object, ...]], list[tuple[int, str]], int]:
        """Kept results, (line, reason) of what is held, and how many results hold nothing, titles among them."""
        kept, held, nothing = [], [], self.titles
        number = len(self.before) + 1
        for line in self.lines:
            number += 1
            if line.outcome == NOTHING:
                nothing += 1
            elif line.outcome != KEPT:
                held.append((number, line.outcome))
            for t in line.truths.values():
                if t.outcome == KEPT:
                    kept.append((t.patient, t.analyte, t.at, t.value, t.comparator, t.uln))
                elif t.outcome == NOTHING:
                    nothing += 1
                else:
                    held.append((number, t.outcome))
            number += (line.raw or "").count("\n") + sum(c.count("\n") for c in line.cells.values())
        return kept, held, nothing


def long_page(rng: random.Random, rows: int = 14) -> Page:
    """A clean long file."""
    lines = []
    for i in range(rows):
        analyte = rng.choice(list(UNITS))
        value, at, patient = _value(rng, analyte), _date(rng, i), f"P-{rng.randint(1, 4):03d}"
        low, high = LIMITS[analyte]
        cells = {
            "patient_id": patient, "analyte": analyte, "collected_at": at, "value": f"{value:g}",
            "unit": UNITS[analyte], "lln": f"{low:g}", "uln": f"{high:g}", "lab": "Northgate",
        }  # fmt: skip
        lines.append(Line(cells, {"value": Truth(patient, analyte, _full(at), value, "", high)}))
    return Page({c: c for c in COLUMNS}, lines)


def wide_page(rng: random.Random, rows: int = 8) -> Page:
    """A clean wide file: units in the header, no limits."""
    lines = []
    for i in range(rows):
        at, patient = _date(rng, i), f"P-{rng.randint(1, 4):03d}"
        values = {a: _value(rng, a) for a in UNITS}
        cells = {"patient_id": patient, "collected_at": at, **{a: f"{v:g}" for a, v in values.items()}, "lab": "East"}
        lines.append(Line(cells, {a: Truth(patient, a, _full(at), v) for a, v in values.items()}))
    return Page(
        {
            "patient_id": "patient_id",
            "collected_at": "date",
            **{a: f"{a} ({u})" for a, u in UNITS.items()},
            "lab": "lab",
        },
        lines,
    )


def _value(rng: random.Random, analyte: str) -> float:
    low, high = RANGES[analyte]
    return round(rng.uniform(low, high), 1 if analyte in ("BILI", "ALB") else 0)


def _date(rng: random.Random, i: int) -> str:
    day = f"20{rng.randint(18, 24)}-{1 + i % 12:02d}-{rng.randint(1, 28):02d}"
    return day if rng.random() < 0.5 else f"{day}T{rng.randint(6, 19):02d}:{rng.randint(0, 59):02d}"


def _full(at: str) -> str:
    return at.replace("T", " ") + ":00" if "T" in at else f"{at} 00:00:00"


def twin(line: Line) -> Line:
    """An independent copy of a row."""
    return Line(dict(line.cells), {k: replace(t) for k, t in line.truths.items()}, line.raw, line.outcome)
