"""``hepatrend schedule``: reports that arrive by themselves."""

from __future__ import annotations

import click

from dashboard.commands._options import WholeLines, json_option, store_option, tell

_LISTS = (
    "all, a site's name, file:PATH of patient ids, question:PATH or cohort:NAME (whom a question of a file, or a saved "
    "one, holds for at the time)."
)
_RUNS = [
    {
        "schedule": "text", "slot_utc": "time", "state": "text", "file": "text", "message": "text", "warnings": "list",
    }
]  # fmt: skip


@click.group(cls=WholeLines)
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Manage scheduled reports."""


@COMMAND.command()
@click.argument("name")
@store_option
@click.option("--report", required=True, help="Which report: patient, digest or cohort.")
@click.option("--list", "listed", default="all", show_default=True, help=_LISTS)
@click.option("--every", required=True, help="'Mon 06:00', 'Mon,Thu 06:00', 'daily 06:00', 'monthly 1 06:00'.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone of --every, for example Europe/Zurich.")
@click.option("--to", "targets", multiple=True, help="folder:PATH, mailto:ADDRESS or s3://...; may be repeated.")
@click.option("--form", type=click.Choice(["html", "text", "pdf"]), default="html", show_default=True)
@click.option("--assets", type=click.Choice(["inline", "shared", "none"]), default="inline", show_default=True)
@click.option(
    "--identified",
    is_flag=True,
    help="Allow patient ids and true dates in the report and in mails; else pseudonymised.",
)
@click.option("--catch-up", type=click.Choice(["latest", "all", "none"]), default="latest", show_default=True)
@click.option("--tries", type=click.IntRange(1, 10), default=3, show_default=True)
@json_option({"name": "text", "first_run": "text"})
def add(store_url: str | None, as_json: bool, **request: object) -> None:
    """Keep a new schedule."""
    from dashboard.reporting.schedule_commands import add_schedule

    first = add_schedule(store_url, request)
    tell({"name": request["name"], "first_run": first}, f"{request['name']}: first run {first}", as_json)


@COMMAND.command("list")
@store_option
@json_option(
    [
        {
            "name": "text",
            "report": "text",
            "list": "text",
            "every": "text",
            "zone": "text",
            "to": "list",
            "next": "text",
            "identified": "yes/no",
        }
    ]
)
def list_(store_url: str | None, as_json: bool) -> None:
    """Every schedule with its next run."""
    from dashboard.reporting.schedule_commands import listed

    click.echo(listed(store_url, as_json=as_json))


@COMMAND.command()
@click.argument("name")
@store_option
@json_option(_RUNS)
def run(name: str, store_url: str | None, as_json: bool) -> None:
    """Run a schedule now."""
    from dashboard.reporting.schedule_commands import run_now

    raise SystemExit(run_now(store_url, name, click.echo, as_json=as_json))


@COMMAND.command("run-due")
@store_option
@json_option(_RUNS)
def run_due(store_url: str | None, as_json: bool) -> None:
    """Make every scheduled report that is due; for the system's own timer.

    Exit status: 0 all published or nothing due; 3 published with a warning; 1 something failed.
    """
    from dashboard.reporting.schedule_commands import run_all_due

    raise SystemExit(run_all_due(store_url, click.echo, as_json=as_json))


@COMMAND.command()
@click.argument("name", required=False)
@store_option
@json_option(
    [
        {
            "schedule": "text",
            "slot_utc": "time",
            "asked": "yes/no",
            "state": "text",
            "attempt": "integer",
            "worker": "text or null",
            "lease_utc": "time or null",
            "next_utc": "time or null",
            "started_utc": "time or null",
            "finished_utc": "time or null",
            "file": "text or null",
            "size": "integer or null",
            "generation": "integer or null",
            "counts": "object",
            "message": "text or null",
        }
    ]
)
def history(name: str | None, store_url: str | None, as_json: bool) -> None:
    """Runs with their time and result."""
    from dashboard.reporting.schedule_commands import told

    click.echo(told(store_url, name, as_json=as_json))


def _change(verb: str, says: str) -> click.Command:
    @click.command(verb, help=says)
    @click.argument("name")
    @store_option
    @json_option({"name": "text", "state": "text"})
    def command(name: str, store_url: str | None, as_json: bool) -> None:
        from dashboard.reporting.schedule_commands import change

        done = change(store_url, verb, name)
        tell({"name": name, "state": done}, f"{name}: {done}", as_json)

    return command


COMMAND.add_command(_change("pause", "Stop a schedule until it is resumed."))
COMMAND.add_command(_change("resume", "Go on with a paused schedule; runs that passed meanwhile were never due."))
COMMAND.add_command(_change("remove", "Forget a schedule; the history of its runs stays."))


@COMMAND.command()
@store_option
@click.option("--every-seconds", type=click.IntRange(5, 3600), default=30, show_default=True, help="How often to look.")
def daemon(store_url: str | None, every_seconds: int) -> None:
    """Make due reports until stopped (extra scheduler)."""
    from dashboard.reporting.schedule_commands import keep_running

    raise SystemExit(keep_running(store_url, every_seconds, click.echo))
