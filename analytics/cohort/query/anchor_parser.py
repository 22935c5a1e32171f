"""Reads what happened and what a window is counted from."""

from __future__ import annotations

from dataclasses import replace

from analytics.cohort.query.lexer import analyte_phrases, event_phrases, response_phrases
from analytics.cohort.query.question import Anchor, Which
from analytics.cohort.query.tokens import Reader
from analytics.drug_classes import DRUG_CLASSES
from analytics.event_kinds import EVENT_KINDS

EVENTS_BY_WORD = (*EVENT_KINDS, 'agent "name"', 'regimen "name"', 'cycle 3 of "name"', 'class "name"', "progression")


def event_named(reader: Reader) -> Anchor | None:
    """An event kind, an agent, regimen, cycle or class, or an imaging response, with first or last before it.

    None and nothing read otherwise.
    """
    at = reader.at
    which: Which = "each"
    if word := reader.take("each", "every", "first", "last"):
        which = "each" if word == "every" else word  # type: ignore[assignment]
    if named := _named(reader, which):
        return named
    reader.take("imaging", "scan with")
    for kind, phrases in (("imaging", response_phrases()), ("event", event_phrases())):
        if (code := reader.phrase(phrases)) is not None:
            return Anchor(kind, code, which)  # type: ignore[arg-type]
    reader.at = at
    return None


def _named(reader: Reader, which: Which) -> Anchor | None:
    """What is asked by its name."""
    if reader.take("agent", "drug"):
        return Anchor("agent", _name(reader, 'the agent\'s name, for example "oxaliplatin"'), which)
    if reader.take("regimen"):
        return Anchor("regimen", _name(reader, 'the regimen\'s name, for example "FOLFOX"'), which)
    if reader.take("cycle"):
        number = f"{reader.number(after='cycle'):g}"
        reader.need("of")
        return Anchor("cycle", f"{number} of {_name(reader, 'the name of a regimen')}", which)
    if reader.take("class"):
        known = {name.casefold(): name for name in DRUG_CLASSES}
        token = reader.peek()
        if token is None or token.low not in known:
            reader.refuse(tuple(f'"{name}"' for name in DRUG_CLASSES))
        reader.at += 1
        return Anchor("class", known[token.low], which)
    return None


def _name(reader: Reader, accepted: str) -> str:
    token = reader.peek()
    if token is None or not token.low.strip():
        reader.refuse((accepted,))
    reader.at += 1
    return token.low.strip()


def anchor(reader: Reader) -> Anchor:
    """What a window is counted from."""
    if reader.take("it", "that", "this"):
        return reader.reference or Anchor("it")
    if reader.take("first dose", "first treatment", "treatment start"):
        return Anchor("first dose")
    if reader.take("metastases", "metastases date"):
        return Anchor("metastases")
    if reader.take("end of"):
        ended = event_named(reader) or reader.refuse(EVENTS_BY_WORD)
        return replace(ended, ends=True)
    if reader.take("end", "cut-off", "cutoff"):
        return Anchor("end")
    if reader.take("first abnormal"):
        return Anchor("abnormal", reader.phrase(analyte_phrases()) or reader.refuse(("an analyte",)))
    at = reader.at
    reader.take("start of")
    if reader.take("line"):
        return Anchor("line", f"{reader.number(after='line'):g}")
    reader.at = at
    accepted = ("it", "first dose", "line 2", "metastases", "the end", *EVENTS_BY_WORD)
    return event_named(reader) or reader.refuse(accepted)
