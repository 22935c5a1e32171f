"""The command ``hepatrend``: finds one file per command in dashboard/commands and turns our errors into exit codes."""

from __future__ import annotations

import contextlib
import os
import pkgutil
import sys
import traceback
from importlib import import_module
from pathlib import Path

import click

import dashboard.commands
from analytics.errors import HepatrendError, RefusedStart
from dashboard.commands._options import WholeLines
from dashboard.exit_codes import DONE, FAULT, REFUSED, USAGE

TRACE = "HEPATREND_TRACE"
"""Variable of the environment that lets an error that no one foresaw through with its trace."""


class _Folder(WholeLines):
    """A group whose commands are the modules of dashboard/commands; a trailing underscore is not part of the name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        modules = pkgutil.iter_modules(dashboard.commands.__path__)
        return sorted(m.name.rstrip("_") for m in modules if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = f"dashboard.commands.{cmd_name}{'_' if cmd_name == 'import' else ''}"
        command: click.Command = import_module(module).COMMAND
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; of a name that is nearly one, the name that it may be."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=names, ctx=ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=_Folder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hepatrend")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only; the exit status says the rest.")
def group(quiet: bool) -> None:
    """Liver test trends with treatment and imaging, for professional review; not an alarm."""
    if quiet:
        context = click.get_current_context()
        nowhere = context.with_resource(open(os.devnull, "w", encoding="utf-8"))
        context.with_resource(contextlib.redirect_stdout(nowhere))


def main() -> None:
    """Entry point: exit 0 done, 1 refused, 2 usage, 3 accepted with some quarantined, 70 a fault of ours."""
    try:
        status = group.main(standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads our output has enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(REFUSED)
    except click.exceptions.Abort:
        sys.exit("stopped")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RefusedStart as error:
        click.echo(f"hepatrend: {error}", err=True)
        sys.exit(USAGE)
    except HepatrendError as error:
        click.echo(f"hepatrend: {error}", err=True)
        sys.exit(REFUSED)
    except Exception as error:
        if os.environ.get(TRACE):
            raise
        if said := _of_disk(error) if isinstance(error, OSError) else _of_database(error):
            click.echo(f"hepatrend: {said}", err=True)
            sys.exit(REFUSED)
        what = f"{error.__class__.__name__} in {_place_of(error)}"
        click.echo(f"hepatrend: internal error ({what}). Rerun with {TRACE}=1 and report it", err=True)
        sys.exit(FAULT)
    sys.exit(status if isinstance(status, int) else DONE)  # click returns what a command gave to Exit


def _of_database(error: Exception) -> str:
    """What a database says, in one sentence; empty for an error of another kind. Nothing heavy is read for it."""
    if not any(kind.__module__.startswith(("sqlalchemy", "sqlite3")) for kind in type(error).__mro__):
        return ""
    from analytics.store.database.database_errors import of_database

    return str(of_database(error) or "")


def _of_disk(error: OSError) -> str:
    """That the disk is full, where it is; empty for what else the system may refuse, which is for a command to say."""
    from analytics.store.database.database_errors import is_full, reason

    return f"{reason(error)}; what was being written is not whole" if is_full(error) else ""


def _place_of(error: BaseException) -> str:
    """Module of ours and line in which a foreign error arose; never its message, which may quote the data."""
    ours = Path(__file__).parent.parent
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(ours)]
    return f"{Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else "?"
