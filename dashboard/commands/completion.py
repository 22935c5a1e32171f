"""``hepatrend completion SHELL``: what lets a shell complete commands, options and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def COMMAND(shell: str) -> None:  # noqa: N802  the name that cli.py looks for
    """Print what lets a shell complete commands and options.

    \b
    bash: hepatrend completion bash > ~/.local/share/bash-completion/completions/hepatrend
    zsh:  hepatrend completion zsh > ~/.zfunc/_hepatrend   (a folder of fpath, before compinit)
    fish: hepatrend completion fish > ~/.config/fish/completions/hepatrend.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell
    complete = kind(click.get_current_context().find_root().command, {}, "hepatrend", "_HEPATREND_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
