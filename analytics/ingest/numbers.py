"""One number grammar: sign, digits, point, digits, exponent of at most two digits; ASCII; finite. Nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analytics import letters

GRAMMAR = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$"
MAX_LENGTH = 40
_COMPARED = r"^(<=|>=|<|>|≤|≥)?[ ]*(.*)$"
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED = re.compile(
    r"[+-]?\d{1,3}((,\d{3})+(\.\d+)?|(\.\d{3}){2,}(,\d+)?|\.\d{3}(\.\d{3})*,\d+|"
    "(['\u2019 \u00a0\u202f\u2009]\\d{3})+([.,]\\d+)?)",
    re.ASCII,
)
CERTAIN = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+", re.ASCII)
"""Commas that group thousands for certain: a point behind them is the decimal sign."""
_POINTED = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+", re.ASCII)
"""Groups of three digits where the comma is decimal, so that a point can only stand between thousands."""

NUMBER, EMPTY, MARK, TEXT, COMMA, SEPARATOR = range(6)
"""What a result is: a number, nothing, a known word (not a number), or something that is quarantined."""

MARKS = frozenset(
    w.casefold()
    for w in (
        "hemolyzed", "hemolysed", "haemolysed", "haemolyzed", "hemolysis", "haemolysis", "hemolytic", "haemolytic",
        "TNP", "test not performed", "not performed", "not done", "ND", "not measured", "not tested", "QNS",
        "quantity not sufficient", "insufficient", "insufficient sample", "clotted", "lipemic", "lipaemic", "icteric",
        "cancelled", "canceled", "pending", "see comment", "see note", "unable to report", "contaminated",
        "sample lost", "no sample", "not detected", "not available", "invalid", "refused", "not reported",
        "hämolytisch", "hämolyse", "haemolytisch", "lipämisch", "ikterisch", "folgt", "nicht durchgeführt",
        "hémolysé", "hémolyse", "non fait", "non réalisé", "en cours", "hemolizada", "hemolizado", "hemólisis",
        "no realizado", "pendiente", "emolizzato", "emolisi", "non eseguito", "in corso", "gehemolyseerd",
    )
)  # fmt: skip
"""Results that say that there is no number, and why; kept as marks on the time axis."""


@dataclass(frozen=True)
class Numbers:
    """Shape (n words,) each: the number (missing where none), its comparator and what the word is."""

    value: npt.NDArray[np.float64]
    comparator: npt.NDArray[np.int8]
    kind: npt.NDArray[np.int8]


COMPARATORS = ("", "<", ">")


def numbers(
    words: pa.Array, null_words: frozenset[str], decimal: str = ".", marks: frozenset[str] = MARKS, thousands: str = ""
) -> Numbers:
    """Read every word.

    Args:
        words: trimmed texts.
        null_words: exact texts that mean nothing was entered.
        decimal: the sign that the source's profile declares.
        marks: casefolded texts that are kept although they are no numbers.
        thousands: the sign between groups of three digits, where the profile declares one.
    """
    n = len(words)
    value, comparator, kind = np.full(n, np.nan), np.zeros(n, np.int8), np.full(n, TEXT, np.int8)
    plain = _plain(words, decimal)
    fits = pc.match_substring_regex(plain, GRAMMAR).to_numpy(zero_copy_only=False).astype(bool)
    if fits.any():
        value[fits] = pc.cast(plain.filter(pa.array(fits)), pa.float64()).to_numpy(zero_copy_only=False)
        kind[fits] = NUMBER
    for i in np.flatnonzero(~fits | (pc.utf8_length(words).to_numpy(zero_copy_only=False) > MAX_LENGTH)):
        value[i], comparator[i], kind[i] = _odd(
            _ungrouped(letters.number(str(words[i].as_py())), decimal, thousands), null_words, decimal, marks
        )
    endless = (kind == NUMBER) & ~np.isfinite(value)
    value[endless], kind[endless] = np.nan, TEXT
    return Numbers(value, comparator, kind)


_GROUPS = re.compile("\\d([. \u00a0\u202f\u2009'\u2019])\\d{3}")


def _ungrouped(text: str, decimal: str, thousands: str) -> str:
    """A number without its declared signs of thousands; where the comma is decimal, ``1.234,0`` is read in one way."""
    if thousands and thousands in text:
        grouped = rf"([<>≤≥=\s]*[+-]?\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)({re.escape(decimal)}\d+)?"
    elif decimal == "," and "," in text and (found := _GROUPS.search(text)):
        thousands = found[1]
        grouped = rf"([<>≤≥=\s]*[+-]?\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)(,\d+)"
    else:
        return text
    match = re.fullmatch(grouped, text, re.ASCII)
    return match[1].replace(thousands, "") + (match[2] or "") if match else text


def _plain(words: pa.Array, decimal: str) -> pa.Array:
    """The words with the declared decimal comma as a point; a point is then no part of a number."""
    if decimal != ",":
        return words
    return pc.replace_substring(pc.replace_substring(words, ".", "?"), ",", ".")


_LESS = (
    "less than or equal to|less than|lower than|below|under|kleiner als|kleiner|unter|inférieur à|inferieur a|"
    "menor de|menor que|inferior a|minore di|inferiore a"
)
_MORE = (
    "greater than or equal to|greater than|more than|higher than|above|over|größer als|groesser als|größer|über|"
    "supérieur à|superieur a|mayor de|mayor que|superior a|maggiore di|superiore a"
)
_IN_WORDS = re.compile(rf"(?:(?P<less>{_LESS})|(?P<more>{_MORE}))\s+(?P<rest>[\d.,]+)", re.IGNORECASE)
"""A comparator in words before a number."""


def _signed(text: str) -> str:
    """A text with a sign where it has the words for it: ``less than 5`` is ``<5``."""
    match = _IN_WORDS.fullmatch(text)
    return f"{'<' if match['less'] else '>'}{match['rest']}" if match else text


def _odd(text: str, null_words: frozenset[str], decimal: str, marks: frozenset[str]) -> tuple[float, int, int]:
    """One word that is not simply a number."""
    if text in null_words:
        return np.nan, 0, EMPTY
    if text.casefold() in marks:
        return np.nan, 0, MARK
    match = re.match(_COMPARED, _signed(text), re.DOTALL)
    sign, rest = match.groups() if match else (None, text)
    rest = rest.replace(",", "") if decimal == "." and CERTAIN.fullmatch(rest) else rest
    code = 0 if not sign else (1 if sign in ("<", "<=", "≤") else 2)
    plain = rest.replace(".", "?").replace(",", ".") if decimal == "," else rest
    if re.match(GRAMMAR[:-1] + r"\Z", plain):
        short = plain.rstrip("0") if "." in plain and "e" not in plain.casefold() else plain
        if len(short) <= MAX_LENGTH and np.isfinite(float(plain)):
            return float(plain), code, NUMBER
    elif decimal == "." and _COMMA.fullmatch(rest) and not _GROUPED.fullmatch(rest):
        return np.nan, 0, COMMA
    elif _GROUPED.fullmatch(rest) or (decimal == "," and _POINTED.fullmatch(rest)):
        return np.nan, 0, SEPARATOR
    return np.nan, 0, TEXT
