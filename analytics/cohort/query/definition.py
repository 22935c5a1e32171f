"""A cohort as a small readable text, or the same as JSON::

    name: Bilirubin doubled after a stent
    where primary site is pancreatic or colorectal
    where no hepatectomy
    find bilirubin doubled within 14 days after a biliary stent
    align on first biliary_stent
    group by primary_site

Lines that begin with # are remarks. A text of one line without a keyword is a question.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analytics.answer_states import QUESTIONS
from analytics.cohort.query.filters import parse_filter
from analytics.cohort.query.one_filter import Filter
from analytics.cohort.query.parser import anchor, parse_question
from analytics.cohort.query.question import Anchor, Question
from analytics.cohort.query.tokens import Reader
from analytics.errors import QuestionError

KEYWORDS = ("name:", "where", "find", "align on", "group by")
_KEYS = ("name", "where", "find", "align_on", "group_by")
GROUPINGS = ("none", "primary_site", "sex", "site", "regimen", "line", *QUESTIONS)
"""What patients can be grouped by; the last ones are answers."""


@dataclass(frozen=True)
class Definition:
    """What a cohort is: nothing of it depends on data."""

    name: str = ""
    filters: tuple[Filter, ...] = ()
    question: Question | None = None
    align: Anchor = field(default_factory=lambda: Anchor("first dose"))
    group_by: str = "none"

    @property
    def text(self) -> str:
        """In canonical spelling; parsing it gives the same definition."""
        lines = [f"name: {self.name}"] if self.name else []
        lines += [f"where {f.text}" for f in self.filters]
        lines += [f"find {self.question.text}"] if self.question else []
        lines += [f"align on {self.align.text}"] if self.align != Anchor("first dose") else []
        lines += [f"group by {self.group_by}"] if self.group_by != "none" else []
        return "".join(f"{line}\n" for line in lines)

    @property
    def digest(self) -> str:
        """Version of what is asked, whatever its name: the same question has the same digest."""
        asked = "\n".join(line for line in self.text.splitlines() if not line.startswith("name:"))
        return hashlib.sha256(asked.encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "where": [f.text for f in self.filters],
            "find": self.question.text if self.question else None,
            "align_on": self.align.text,
            "group_by": self.group_by,
            "digest": self.digest,
        }


ALL_PATIENTS = "all patients"
"""The sentence of a definition without filters and without a question."""
LONGEST = 20_000
"""Signs of a definition: far more than a person writes, few enough to be read at once (house choice)."""


def parse(text: str) -> Definition:
    """Read a definition from its text.

    Raises:
        QuestionError: names the line, the position in it and what is accepted.
    """
    if len(text) > LONGEST:
        raise QuestionError(f"a question has at most {LONGEST} signs, this has {len(text)}")
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), start=1)]
    lines = [(i, line) for i, line in lines if line and not line.startswith("#") and line.casefold() != ALL_PATIENTS]
    if len(lines) == 1 and not any(lines[0][1].casefold().startswith(k) for k in KEYWORDS):
        lines = [(lines[0][0], f"find {lines[0][1]}")]
    parts: dict[str, Any] = {"filters": []}
    for number, line in lines:
        try:
            _take(line, parts)
        except QuestionError as error:
            message = f"line {number}: {error}" if len(lines) > 1 else str(error)
            refused = QuestionError(message)
            refused.text, refused.position, refused.accepted = error.text, error.position, error.accepted
            raise refused from error
    return Definition(**{**parts, "filters": tuple(parts["filters"])})


def _take(line: str, parts: dict[str, Any]) -> None:
    """Read one line into the parts."""
    keyword = next((k for k in KEYWORDS if line.casefold().startswith(k)), None)
    rest = line[len(keyword) :].strip() if keyword else ""
    if keyword == "name:":
        parts["name"] = rest
    elif keyword == "where":
        parts["filters"].append(parse_filter(rest))
    elif keyword == "find":
        if "question" in parts:
            raise QuestionError("a second question; join the two with and", text=line)
        parts["question"] = parse_question(rest)
    elif keyword == "align on":
        reader = Reader(rest)
        parts["align"] = anchor(reader)
        if parts["align"].kind == "it":
            reader.at = 0
            reader.refuse(("first dose", "first biliary_stent", "line 2"))
        if not reader.done:
            reader.refuse(("the end of the line",))
    elif keyword == "group by":
        group = rest.casefold().replace(" ", "_")
        if group not in GROUPINGS:
            raise QuestionError(f"no grouping {rest!r}", text=line, position=len(line) - len(rest), accepted=GROUPINGS)
        parts["group_by"] = group
    else:
        raise QuestionError("no keyword", text=line, position=0, accepted=KEYWORDS)


def from_json(data: Mapping[str, Any]) -> Definition:
    """Read a definition from its JSON form."""
    unknown = sorted(set(data) - {"name", "where", "find", "align_on", "group_by", "digest"})
    if unknown:
        raise QuestionError(
            f"no such key: {', '.join(unknown)}", accepted=("name", "where", "find", "align_on", "group_by")
        )
    lines = [f"name: {data['name']}"] if data.get("name") else []
    lines += [f"where {w}" for w in data.get("where") or []]
    lines += [f"find {data['find']}"] if data.get("find") else []
    lines += [f"align on {data['align_on']}"] if data.get("align_on") else []
    lines += [f"group by {data['group_by']}"] if data.get("group_by") else []
    return parse("\n".join(lines))


def without_ids(definition: Definition, *, masked: bool) -> str:
    """A definition's text; where ``masked`` without the names of patients."""
    text = definition.text
    return re.sub(r"^where id is .*$", "where id is one of a list", text, flags=re.MULTILINE) if masked else text
