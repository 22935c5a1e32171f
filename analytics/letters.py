"""Letters, digits and blanks that programs write in another form and that mean the same: full-width, Arabic-Indic,
no-break, invisible. What has two meanings stays as it is."""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
_SAME: dict[int, str | None] = {
    **{ord(sign): None for sign in _HIDDEN + "\u2066\u2067\u2068\u2069\ufeff"},
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **{ord(blank): " " for blank in "\u00a0\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))},
    **{ord(dash): "-" for dash in "\u2010\u2011\u2212\ufe63"},
    0x066B: ".",
}
"""Invisible signs go; full-width signs of ASCII, blanks, hyphens, minus and the Arabic decimal sign become plain."""
_FIRM_BLANKS = "\u00a0\u202f\u2009\u066c"
_LOST = re.compile(rf"\d[{_HIDDEN}]+\d")
_GROUPED = re.compile(
    rf"([<>≤≥＜＞=]*[ {_FIRM_BLANKS}]*[+\-\u2212]?\d{{1,3}})((?:[{_FIRM_BLANKS}]\d{{3}})+)(.*)",
    re.DOTALL,
)
"""Three digits behind a blank that does not break, or behind the Arabic sign for it, are thousands and nothing else."""


def plain(text: str) -> str:
    """A text in plain signs: ``４５`` and ``٤٥`` are ``45``, ``Ｕ／Ｌ`` is ``U/L``. Powers (``10⁹``) are no digits."""
    if text.isascii():
        return text
    known = text.translate(_SAME)
    if known.isascii():
        return known
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in known)


def number(text: str) -> str:
    """As :func:`plain`, for what may be a number: blanks that do not break between groups of three digits go too.

    An invisible sign between two digits may stand for one that was lost, so such a text stays as it is.
    """
    if text.isascii() or _LOST.search(text):
        return text
    match = _GROUPED.fullmatch(text)
    if match and not match[3][:1].isdecimal() and len({c for c in match[2] if not c.isdecimal()}) == 1:
        text = match[1] + "".join(c for c in match[2] if c.isdecimal()) + match[3]
    return plain(text)
