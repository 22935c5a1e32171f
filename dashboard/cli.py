"""The command ``hepatrend``: finds one file per command in dashboard/commands and turns our errors into exit codes."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module

import click

import dashboard.commands
from analytics.errors import HepatrendError, InputError, RefusedStart

USAGE = 2
REFUSED = 1


class _Folder(click.Group):
    """A group whose commands are the modules of dashboard/commands; a trailing underscore is not part of the name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        modules = pkgutil.iter_modules(dashboard.commands.__path__)
        return sorted(m.name.rstrip("_") for m in modules if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = f"dashboard.commands.{cmd_name}{'_' if cmd_name == 'import' else ''}"
        return import_module(module).COMMAND


@click.command(cls=_Folder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hepatrend")
def group() -> None:
    """Liver labs over time, next to treatment and imaging. For review by professionals, never for alarms."""


def main() -> None:
    """Entry point: exit 0 done, 1 refused, 2 usage, 3 accepted with some held back."""
    try:
        group.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.Abort:
        sys.exit("stopped")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RefusedStart as error:
        click.echo(f"hepatrend: {error}", err=True)
        sys.exit(USAGE)
    except (InputError, HepatrendError) as error:
        click.echo(f"hepatrend: {error}", err=True)
        sys.exit(REFUSED)
