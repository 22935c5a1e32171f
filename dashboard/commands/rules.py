"""hepatrend rules: what a rule asks, word for word, and its test vectors, to be checked without reading code."""

from __future__ import annotations

import click


@click.group("rules")
def _group() -> None:
    """Show a rule or run its test vectors."""


def _rule(code: str) -> str:
    from analytics.rules import rules

    if code not in rules():
        raise click.UsageError(f"Unknown rule '{code}'. Available: {', '.join(rules())}")
    return code


@_group.command()
@click.argument("code")
def show(code: str) -> None:
    """Question, criteria, what lifts or ends it, levels, source and vectors of the rule CODE."""
    from analytics.rules.review import text_of

    click.echo(text_of(_rule(code)))


@_group.command()
@click.argument("code")
@click.pass_context
def test(ctx: click.Context, code: str) -> None:
    """Run the test vectors of the rule CODE; exit 1 where one has another outcome."""
    from analytics.rules.review import answers_of

    answers = answers_of(_rule(code))
    for answer in answers:
        v = answer.vector
        click.echo(
            f"{'ok' if answer.met else 'NOT MET':8}{v.number:3}  {v.given}: expected {v.outcome}; found {answer.found}"
        )
    missed = sum(not answer.met for answer in answers)
    click.echo(f"{len(answers)} vectors, {missed} with another outcome." if answers else "No vectors for this rule.")
    ctx.exit(int(missed > 0))


COMMAND = _group
