"""Ways in which one cell comes broken, or well in an unusual way; each says what must become of its results.

A kind is a function (rng, page) that changes the page and its truth. Those of a value, a patient and a date run on long
and on wide files.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.fuzz.page import KEPT, NOTHING, UNITS, Line, Page

Kind = Callable[[random.Random, Page], None]
LONG: dict[str, Kind] = {}
WIDE: dict[str, Kind] = {}


def _cell(rng: random.Random, page: Page, analyte: str | None = None) -> tuple[Line, str]:
    """A row and the key of one of its values; of a given analyte, which a long row is then made to be."""
    line = rng.choice(page.rows)
    if "value" not in line.truths:
        return line, analyte or rng.choice(list(line.truths))
    if analyte and line.truth.analyte != analyte:
        line.cells |= {"analyte": analyte, "unit": UNITS[analyte], "lln": "", "uln": ""}
        line.truth.analyte, line.truth.uln = analyte, None
    return line, "value"


def value(
    name: str, text: str, outcome: str, analyte: str | None = None, number: float | None = None, sign: str = ""
) -> None:
    """Put ``text`` in a value; ``outcome`` is KEPT with ``number`` and ``sign``, NOTHING, or a reason."""

    def change(rng: random.Random, page: Page) -> None:
        line, key = _cell(rng, page, analyte)
        line.cells[key] = text
        truth = line.truths[key]
        truth.outcome, truth.value, truth.comparator = outcome, number, sign
        if outcome == "CONTROL_CHAR":
            line.all_held(outcome)

    LONG[f"value_{name}"] = WIDE[f"value_{name}"] = change


for _name, _text in {
    "decimal_comma": "1,5",
    "decimal_comma_censored": "<0,2",
    "decimal_comma_negative": "-1,5",
    "decimal_comma_zero": "0,75",
}.items():
    value(_name, _text, "VALUE_DECIMAL_COMMA")
for _name, _text in {
    "thousands": "1,234",
    "thousands_two": "1,234,567",
    "thousands_point": "1.234.567",
    "german": "1.204,5",
    "apostrophe": "1'234",
    "space_thousands": "1 234",
}.items():
    value(_name, _text, "VALUE_SEPARATOR")
for _name, _text in {
    "underscore": "1_000",
    "infinity": "inf",
    "minus_infinity": "-Infinity",
    "overflow": "1e400",
    "hex": "0x2D",
    "leading_dot": ".5",
    "trailing_dot": "5.",
    "two_dots": "1..2",
    "blank_inside": "4 5",
    "with_unit": "45 U/L",
    "star": "45*",
    "flag_h": "45 H",
    "two_signs": "--5",
    "sign_behind": "5-",
    "fraction": "5/2",
    "letter_o": "O.5",
    "letter_l": "l5",
    "empty_exponent": "1e",
    "exponent_text": "1e5e",
    "percent": "45%",
    "zero_width": "4\u200b5",
    "ratio": "1:40",
    "formula": "=1+1",
    "script": "<script>alert(1)</script>",
    "approx": "~45",
    "range": "40-50",
    "words": "see letter of Monday",
    "date_in_value": "2024-03-05",
    "boolean": "TRUE",
    "superscript": "4⁵",
    "double_censored": "<<5",
    "censored_text": "<low",
    "plus_minus": "45±2",
    "euro": "45€",
    "brackets": "(45)",
    "quote_marks": '4"5',
    "json": '{"v":45}',
    "many_digits": "4" * 60,
}.items():
    value(_name, _text, "VALUE_TEXT")
for _name, _text, _number in (
    ("exponent", "4.5e1", 45.0),
    ("plus", "+45", 45.0),
    ("zeros_behind", "45.000", 45.0),
    ("zeros_before", "045", 45.0),
    ("blanks_around", "  45 ", 45.0),
    ("nbsp_around", "\u00a045\u00a0", 45.0),
    ("capital_e", "4.5E+1", 45.0),
    ("many_zeros", "45." + "0" * 60, 45.0),
    ("tab_before", "\t45", 45.0),
    ("long_fraction", "45.123456789012", 45.123456789012),
    ("narrow_space", "1\u202f234", 1234.0),
    ("full_width", "４５", 45.0),
    ("arabic_digits", "٤٥", 45.0),
):
    value(_name, _text, KEPT, "ALT", _number)
for _name, _text, _number, _sign in (
    ("below", "<5", 5.0, "<"),
    ("above", ">1000", 1000.0, ">"),
    ("at_most", "<=5", 5.0, "<"),
    ("at_least", ">=5", 5.0, ">"),
    ("below_blank", "< 5", 5.0, "<"),
    ("at_most_sign", "≤5", 5.0, "<"),
    ("above_exponent", ">1e3", 1000.0, ">"),
):
    value(_name, _text, KEPT, "ALT", _number, _sign)
for _name, _text in {
    "hemolyzed": "hemolyzed",
    "tnp": "TNP",
    "not_done": "Not done",
    "qns": "QNS",
    "clotted": "CLOTTED",
}.items():
    value(_name, _text, KEPT)
for _name, _text in {
    "blank": "",
    "na": "NA",
    "null": "NULL",
    "dash": "-",
    "dot": ".",
    "excel_na": "#N/A",
}.items():
    value(_name, _text, NOTHING)
for _name, _text, _analyte in (
    ("negative", "-5", "ALT"),
    ("huge", "999999", "ALT"),
    ("zero_bilirubin", "0", "BILI"),
    ("huge_exponent", "1e99", "ALT"),
    ("zero_albumin", "0", "ALB"),
    ("platelets_raw", "3001", "PLAT"),
):
    value(_name, _text, "VALUE_IMPLAUSIBLE", _analyte)
for _name, _text in {
    "nul": "4\x005",
    "escape": "4\x1b5",
    "delete": "4\x7f5",
    "c1": "4\x855",
    "line_separator": "4\u20285",
}.items():
    value(_name, _text, "CONTROL_CHAR")
value("zero_alt", "0", KEPT, "ALT", 0.0)
value("suspect_si_albumin", "38", "UNIT_SUSPECT", "ALB")


def _lost(rng: random.Random, page: Page) -> None:
    line, key = _cell(rng, page)
    line.cells[key] = "4\ufffd5"
    line.all_held("ENC_INVALID")


LONG["value_lost_character"] = WIDE["value_lost_character"] = _lost


def column(name: str, key: str, text: str, outcome: str, **truth: object) -> None:
    """Put ``text`` in a column other than the value; every result of the row has the outcome, or the new truth."""

    def change(rng: random.Random, page: Page) -> None:
        line = rng.choice([r for r in page.rows if any(t.outcome == KEPT for t in r.truths.values())])
        line.cells[key] = text
        for t in line.truths.values():
            t.outcome = outcome
            for field, new in truth.items():
                setattr(t, field, new)

    LONG[name] = change
    if key in ("patient_id", "collected_at"):
        WIDE[name] = change


for _name, _text in {
    "blank": "",
    "na": "NA",
    "null": "null",
    "none": "None",
    "exponent": "1.2E+11",
    "float": "45.0",
    "too_long": "P" * 65,
    "script": "<script>",
    "traversal": "../../etc/passwd",
    "space": "P 1",
    "cyrillic": "Р-001",
    "sql": "P1';--",
    "nan": "nan",
    "semicolon": "P;1",
    "formula": "=P1",
    "at": "@P1",
    "plus": "+P1",
    "newline_word": "P\\n1",
    "html": "P&amp;1",
    "full_width": "Ｐ１",
    "blanks_only": "   ",
    "zero_width": "P\u200b1",
}.items():
    column(f"id_{_name}", "patient_id", _text, "PATIENT_FORMAT")
for _name, _text, _id in (
    ("zeros", "00123", "00123"),
    ("long_digits", "12345678901234567890", "12345678901234567890"),
    ("lower", "p-001", "p-001"),
    ("blanks_around", " P-001 ", "P-001"),
    ("nbsp", "P-001\u00a0", "P-001"),
    ("digits", "123", "123"),
    ("slash", "A/12", "A/12"),
    ("dots", "1.2.3", "1.2.3"),
    ("max", "P" * 64, "P" * 64),
):
    column(f"id_{_name}", "patient_id", _text, KEPT, patient=_id)
for _name, _text in {
    "excel_serial": "45356",
    "compact": "20240305",
    "month_only": "2024-03",
    "year_only": "2024",
    "words": "March 5, 2024",
    "day_13": "13/02/2024",
    "german_13": "13.02.2024",
    "feb_30": "2024-02-30",
    "feb_29": "2023-02-29",
    "month_13": "2024-13-01",
    "hour_25": "2024-03-05T25:00",
    "minute_of_24": "2024-03-05T24:01",
    "minute_60": "2024-03-05T10:60",
    "one_digit": "2024-3-5",
    "slashes_iso": "2024/03/05",
    "year_0": "0000-01-01",
    "trailing": "2024-03-05x",
    "week": "2024-W10-2",
    "epoch": "1709596800",
    "apostrophe": "'2024-03-05",
    "am_pm": "2024-03-05 08:30 PM",
    "offset_odd": "2024-03-05T08:30+99:00",
    "dashes": "2024--03-05",
}.items():
    column(f"date_{_name}", "collected_at", _text, "DATE_FORMAT")
for _name, _text in {
    "ambiguous": "02/03/2024",
    "ambiguous_dots": "02.03.2024",
    "ambiguous_time": "2/3/2024 08:30",
}.items():
    column(f"date_{_name}", "collected_at", _text, "DATE_AMBIGUOUS")
for _name, _text in {
    "two_digits": "02/03/24",
    "two_digits_dots": "13.02.24",
    "two_digits_words": "05-Mar-24",
}.items():
    column(f"date_{_name}", "collected_at", _text, "DATE_2DIGIT")
for _name, _text in {
    "sentinel": "1900-01-01",
    "sentinel_late": "9999-12-31",
    "future": "2999-01-01",
    "before": "1989-12-31",
}.items():
    column(f"date_{_name}", "collected_at", _text, "DATE_RANGE")
for _name, _text in {
    "blank": "",
    "na": "NA",
    "null": "NULL",
}.items():
    column(f"date_{_name}", "collected_at", _text, "DATE_MISSING")
for _name, _text, _at in (
    ("zulu", "2024-03-05T08:30Z", "2024-03-05 08:30:00"),
    ("offset", "2024-03-05T08:30+01:00", "2024-03-05 08:30:00"),
    ("seconds", "2024-03-05 08:30:15", "2024-03-05 08:30:15"),
    ("fraction", "2024-03-05T08:30:15.250", "2024-03-05 08:30:15.250000"),
    ("leap_day", "2024-02-29", "2024-02-29 00:00:00"),
    ("dst_gap", "2024-03-31T02:30", "2024-03-31 02:30:00"),
    ("dst_twice", "2024-10-27T02:30", "2024-10-27 02:30:00"),
    ("midnight", "2024-03-05T00:00", "2024-03-05 00:00:00"),
    ("first_believed", "1990-01-01", "1990-01-01 00:00:00"),
    ("blanks", " 2024-03-05 ", "2024-03-05 00:00:00"),
    ("full_width", "２０２４-03-05", "2024-03-05 00:00:00"),
    ("hour_24", "2024-03-05T24:00", "2024-03-06 00:00:00"),
):
    column(f"date_{_name}", "collected_at", _text, KEPT, at=_at)
for _name, _text in {
    "unknown": "furlong",
    "missing": "",
    "missing_na": "NA",
    "of_another": "mm[Hg]",
    "payload": "<b>U/L</b>",
}.items():
    column(f"unit_{_name}", "unit", _text, "UNIT_MISSING" if _name.startswith("missing") else "UNIT_UNKNOWN")
for _name, _text in {
    "unknown": "Zirkonase",
    "blank": "",
    "na": "NA",
    "payload": "ALT<script>",
    "two": "ALT/AST ratio",
}.items():
    column(f"analyte_{_name}", "analyte", _text, "ANALYTE_UNKNOWN")
for _name, _text in {
    "zero": "0",
    "negative": "-40",
    "text": "abc",
    "blank": "",
    "below_lln": "0.01",
    "infinite": "inf",
}.items():
    column(f"uln_{_name}", "uln", _text, KEPT, uln=None)


def converted(name: str, analyte: str, unit: str, text: str, number: float, uln: float | None = None) -> None:
    """A value in another unit or spelling of a unit."""

    def change(rng: random.Random, page: Page) -> None:
        line, key = _cell(rng, page, analyte)
        line.cells |= {key: text, "unit": unit, "lln": "", "uln": ""}
        line.truth.value, line.truth.uln = number, uln

    LONG[f"unit_{name}"] = change


converted("ukat", "ALT", "µkat/L", "0.75", 45.0)
converted("ukat_other_mu", "ALT", "μkat/l", "0.75", 45.0)
converted("si_bilirubin", "BILI", "umol/L", "171.04", 10.0)
converted("si_albumin", "ALB", "g/L", "38", 3.8)
converted("iu", "AST", "IU/L", "45", 45.0)
converted("units_lower", "AST", "units/l", "45", 45.0)
converted("platelets_k", "PLAT", "K/uL", "210", 210.0)
converted("platelets_thou", "PLAT", "THOU/UL", "210", 210.0)
converted("platelets_raw", "PLAT", "/uL", "210000", 210.0)
converted("platelets_ten", "PLAT", "10", "210", 210.0)
converted("bilirubin_capital", "BILI", "MG/DL", "1.4", 1.4)


def held_pair(name: str, analyte: str, unit: str, text: str, reason: str) -> None:
    """A value that does not fit its unit."""

    def change(rng: random.Random, page: Page) -> None:
        line, key = _cell(rng, page, analyte)
        line.cells |= {key: text, "unit": unit, "lln": "", "uln": ""}
        line.truth.held(reason)

    LONG[f"unit_{name}"] = change


held_pair("suspect_bilirubin", "BILI", "umol/L", "0.8", "UNIT_SUSPECT")
held_pair("suspect_albumin_g_l", "ALB", "g/L", "3.8", "UNIT_SUSPECT")
held_pair("suspect_platelets", "PLAT", "10*9/L", "210000", "UNIT_SUSPECT")
held_pair("mass_for_enzyme", "ALT", "mg/dL", "45", "UNIT_UNKNOWN")
held_pair("platelets_ten_for_alt", "ALT", "10", "45", "UNIT_UNKNOWN")
