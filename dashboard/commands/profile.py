"""``hepatrend profile``: list, show, check and draft the profiles of sources."""

from __future__ import annotations

import click

from dashboard.commands._options import WholeLines, json_option, tell


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Profiles say what a source's files mean where they do not say it themselves."""


@COMMAND.command("list")
@json_option([{"name": "text", "says": "text"}])
def list_(as_json: bool) -> None:
    """Names of the profiles that come with hepatrend."""
    from analytics.ingest.profile import built_in, load

    rows = [{"name": name, "says": load(name).says} for name in built_in()]
    tell(rows, "\n".join("{name:14} {says}".format(**row) for row in rows), as_json)


@COMMAND.command()
@click.argument("name")
@json_option({"name": "text", "profile": "object"})
def show(name: str, as_json: bool) -> None:
    """The text of a profile: TOML, or its keys as JSON."""
    import tomllib

    from analytics.ingest.profile import load, text_of

    text = text_of(name)
    tell({"name": load(name).name, "profile": tomllib.loads(text)}, text.removesuffix("\n"), as_json)


@COMMAND.command()
@click.argument("profile")
@click.argument("path", required=False)
@click.option("--encoding", default=None, help="Encoding of a file that is not UTF-8.")
@json_option({"name": "text", "says": "text", "clock": "text", "file": "object or null"})
def check(profile: str, path: str | None, encoding: str | None, as_json: bool) -> None:
    """Load a profile; with a file, say what its first rows become. Exit 1 where the file would be refused."""
    from analytics.ingest.preview import as_plain, as_text, preview
    from analytics.ingest.profile import load

    said = load(profile)
    seen = preview(path, said, encoding=encoding) if path else None
    document = {"name": said.name, "says": said.says, "clock": said.clock, "file": as_plain(seen) if seen else None}
    text = f"{said.name}: {said.says} (clock: {said.clock})"
    tell(document, f"{text}\n{as_text(seen)}" if seen else text, as_json)
    if seen and seen.refused:
        raise SystemExit(1)


@COMMAND.command()
@click.argument("path")
@click.option("--out", type=click.Path(dir_okay=False), default=None, help="Write the draft here.")
@json_option({"profile": "text", "questions": "list", "file": "text or null"})
def suggest(path: str, out: str | None, as_json: bool) -> None:
    """Draft a profile from a file: what it saw, and as questions what it must not decide."""
    from pathlib import Path

    from analytics.ingest.profile_draft import suggest as draft
    from analytics.store.admin.outgoing import write_out

    made = draft(path)
    if out:
        write_out(Path(out), made.text.encode())
    asked = "".join(f"\n? {question}" for question in made.questions)
    text = f"wrote {out}; look through it before use{asked}" if out else made.text.removesuffix("\n")
    tell({"profile": made.text, "questions": list(made.questions), "file": out}, text, as_json)
