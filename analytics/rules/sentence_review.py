"""Title and sentence of every rule, with and without its optional parts, for a clinician to check in one file.

The page docs/sentences.md is made from here. Fields stand as ‹name›, so that no value is made up; the sentences with
values are those that the test vectors give.
"""

from __future__ import annotations

from collections.abc import Iterator

from analytics.rules._discover import rules
from analytics.rules._rule import Rule
from analytics.rules._sentences import parts_of, sentence
from analytics.rules.review import answers_of

_HEAD = """# Sentences of the rules

What every rule says, for a clinician to check: its title, its sentence with all optional parts, without any, and with
each left out alone. A field stands as ‹name›; a part that stands with no value goes. The sentences with values are
those of the rule's test vectors, with when the criteria were met and the latest values. Criteria and sources are in
[Clinical review](clinical-review.md).
"""


class _Named:
    """A field that reads as its own name in any format."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __format__(self, spec: str) -> str:
        return f"‹{self.name}›"


def variants_of(rule: Rule) -> Iterator[tuple[str, str]]:
    """What differs and the sentence: all parts, each optional part left out alone, none; no sentence twice."""
    parts = parts_of(rule.template)
    always = {name for _, names, optional in parts if not optional for name in names}
    facts = {name: _Named(name) for _, names, _ in parts for name in names}
    groups = [tuple(n for n in names if n not in always) for _, names, optional in parts if optional]
    gone = dict.fromkeys(group for group in groups if group)
    every = tuple(name for group in gone for name in group)
    shown: set[str] = set()
    for label, names in (
        ("all parts", ()),
        *((f"without {', '.join(group)}", group) for group in gone),
        ("without any optional part", every),
    ):
        text = sentence(rule.template, {**facts, **dict.fromkeys(names)})
        if text not in shown:
            shown.add(text)
            yield label, text


def examples_of(code: str) -> tuple[str, ...]:
    """Sentences with values: of the vectors that ask for this rule alone, each once."""
    alone = (answer for answer in answers_of(code) if not {" ", ";"} & set(answer.found))
    return tuple(dict.fromkeys(text for answer in alone for text in answer.says))


def page() -> str:
    """docs/sentences.md."""
    parts = [_HEAD]
    for code, rule in rules().items():
        parts.append(f"\n## {rule.title}\n\nRule `{code}`\n\n")
        parts += [f"- *{label}:* {text}\n" for label, text in variants_of(rule)]
        examples = examples_of(code)
        if examples:
            parts.append("\nWith values:\n\n")
            parts += [f"- {text}\n" for text in examples]
    return "".join(parts)
