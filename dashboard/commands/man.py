"""``hepatrend man``: the page for man."""

from __future__ import annotations

import click


@click.command()
def COMMAND() -> None:  # noqa: N802  the name that cli.py looks for
    """Print the page for man. An installation puts it under share/man of its environment.

    \b
    hepatrend man > ~/.local/share/man/man1/hepatrend.1   (then: man hepatrend)
    hepatrend man | man -l -                              (read it at once)
    """
    from importlib.metadata import version

    from dashboard.exit_codes import EXIT_CODES
    from dashboard.man_page import page

    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group)
    click.echo(page(root, "hepatrend", version("hepatrend"), EXIT_CODES), nl=False)
