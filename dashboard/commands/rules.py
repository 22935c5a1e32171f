"""hepatrend rules: what a rule asks, word for word, and its test vectors, to be checked without reading code."""

from __future__ import annotations

import click

from dashboard.commands._options import WholeLines, json_option, tell


@click.group("rules", cls=WholeLines)
def _group() -> None:
    """Show a rule or run its test vectors."""


def _rule(code: str) -> str:
    from analytics.rules import rules

    if code not in rules():
        raise click.UsageError(f"Unknown rule '{code}'. Available: {', '.join(rules())}")
    return code


@_group.command()
@click.argument("code")
@json_option({"code": "text", "title": "text", "facts": "object", "vectors": "list"})
def show(code: str, as_json: bool) -> None:
    """Question, criteria, what lifts or ends it, levels, source and vectors of the rule CODE."""
    from analytics.rules.review import document_of, text_of

    tell(document_of(_rule(code)), text_of(code), as_json)


@_group.command()
@click.argument("code")
@json_option({"code": "text", "vectors": "list", "unmet": "integer"})
@click.pass_context
def test(ctx: click.Context, code: str, as_json: bool) -> None:
    """Run the test vectors of the rule CODE; exit 1 where one has another outcome."""
    from analytics.rules import review

    answers = review.answers_of(_rule(code))
    missed = sum(not answer.met for answer in answers)
    lines = [
        f"{'ok' if a.met else 'NOT MET':8}{a.vector.number:3}  {a.vector.given}: "
        f"expected {a.vector.outcome}; found {a.found}"
        for a in answers
    ]
    end = f"{len(answers)} vectors, {missed} with another outcome." if answers else "No vectors for this rule."
    said = {"code": code, "vectors": review.vectors_of(code), "unmet": missed}
    tell(said, "\n".join([*lines, end]), as_json)
    ctx.exit(int(missed > 0))


COMMAND = _group
