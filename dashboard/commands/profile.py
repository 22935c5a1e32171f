"""``hepatrend profile``: list, show, check and draft the profiles of sources."""

from __future__ import annotations

import click


@click.group()
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Profiles say what a source's files mean where they do not say it themselves."""


@COMMAND.command("list")
def list_() -> None:
    """Names of the profiles that come with hepatrend."""
    from analytics.ingest.profile import built_in, load

    for name in built_in():
        click.echo(f"{name:14} {load(name).says}")


@COMMAND.command()
@click.argument("name")
def show(name: str) -> None:
    """The text of a profile."""
    from analytics.ingest.profile import text_of

    click.echo(text_of(name), nl=False)


@COMMAND.command()
@click.argument("profile")
@click.argument("path", required=False)
@click.option("--encoding", default=None)
def check(profile: str, path: str | None, encoding: str | None) -> None:
    """Load a profile; with a file, say what its first rows become. Exit 1 where the file would be refused."""
    from analytics.ingest.preview import as_text, preview
    from analytics.ingest.profile import load

    said = load(profile)
    click.echo(f"{said.name}: {said.says} (clock: {said.clock})")
    if path:
        seen = preview(path, said, encoding=encoding)
        click.echo(as_text(seen))
        if seen.refused:
            raise SystemExit(1)


@COMMAND.command()
@click.argument("path")
@click.option("--out", type=click.Path(dir_okay=False), default=None, help="Write the draft here.")
def suggest(path: str, out: str | None) -> None:
    """Draft a profile from a file: what it saw, and as questions what it must not decide."""
    from pathlib import Path

    from analytics.ingest.profile_draft import suggest as draft
    from analytics.store.admin.outgoing import write_out

    text = draft(path).text
    if out:
        write_out(Path(out), text.encode())
        click.echo(f"wrote {out}; look through it before use")
    else:
        click.echo(text, nl=False)
