"""The page for ``man``: made of the commands themselves, so that it cannot say anything else than ``--help``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import click


def page(root: click.Group, name: str, version: str, exit_codes: Mapping[int, str]) -> str:
    """One page of section 1 with every command, in the macros of man(7).

    Args:
        root: the group of all commands.
        name: how it is called.
        version: what stands at the foot.
        exit_codes: status -> what it says.
    """
    context = click.Context(root, info_name=name, **root.context_settings)
    says = _sentences(root.help)[0].rstrip(".")
    lines = [f'.TH {name.upper()} 1 "" "{name} {version}" "User Commands"']
    lines += [".SH NAME", f"{name} \\- {_text(says)}"]
    lines += [".SH SYNOPSIS", *_usage(root, context), ".SH DESCRIPTION", *_paragraphs(root.help), ".SH OPTIONS"]
    lines += [*_parameters(root, context), ".SH COMMANDS"]
    for command, own in commands(root, context):
        lines += [f".SS {_text(own.command_path)}", *_usage(command, own), *_paragraphs(command.help)]
        lines += _parameters(command, own)
    lines.append(".SH EXIT STATUS")
    for status, meaning in exit_codes.items():
        lines += [".TP", f".B {status}", _text(meaning.replace("`", ""))]
    return "\n".join(lines) + "\n"


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Every command below a group, a group before what it holds."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        own = click.Context(command, info_name=name, parent=context)
        yield command, own
        if isinstance(command, click.Group):
            yield from commands(command, own)


def _usage(command: click.Command, context: click.Context) -> list[str]:
    return [f".B {_text(context.command_path)}", _text(" ".join(command.collect_usage_pieces(context)))]


def _parameters(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.params if context.parent else command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            yield from (".TP", f".B {_text(record[0])}", _text(record[1]))


def _paragraphs(help_text: str | None) -> Iterator[str]:
    """Paragraphs as click has them; one that begins with the sign for it keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", (help_text or "").strip()):
        kept = paragraph.lstrip().startswith("\b")
        lines = [_text(line.strip()) for line in paragraph.lstrip(" \b\n").splitlines()]
        yield from (".PP", *([".nf", *lines, ".fi"] if kept else [" ".join(lines)]))


def _sentences(help_text: str | None) -> list[str]:
    return re.split(r"(?<=\.)\s+", " ".join((help_text or "").split()))


def _text(words: str) -> str:
    """Text that troff takes as it is: no escapes, no request at the beginning of a line, hyphens that can be copied."""
    plain = " ".join(words.split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain
