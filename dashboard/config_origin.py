"""Where each option of a site came from: command, environment, file or default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from dashboard.config import Config
from dashboard.wording import ABSENT


@dataclass(frozen=True)
class Setting:
    """One option: its name (groups with a dot), its value as text, where it came from."""

    name: str
    value: str
    origin: str


def settings_of(config: Config, given: Collection[str] = ()) -> list[Setting]:
    """Every option of a configuration that was read in this environment and folder.

    Args:
        config: as it holds.
        given: names of options that the command itself gave.
    """
    file = Path(os.environ.get("HEPATREND_CONFIG", "hepatrend.toml"))
    written = set(_leaves(tomllib.loads(file.read_text("utf-8")))) if file.is_file() else set()
    variables = {name.upper() for name in os.environ}
    return [
        Setting(name, _shown(value), _origin(name, given, variables, written, file)) for name, value in _options(config)
    ]


def _origin(name: str, given: Collection[str], variables: set[str], written: set[str], file: Path) -> str:
    group = name.split(".")[0]
    for variable in (f"HEPATREND_{name.replace('.', '__').upper()}", f"HEPATREND_{group.upper()}"):
        if variable in variables and name not in given:
            return f"environment {variable}"
    if name in given:
        return "command"
    return f"file {file}" if name in written else "default"


def _options(model: BaseModel, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every option with its value; those of a group one by one."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _options(value, f"{before}{name}.")
        else:
            yield before + name, value


def _leaves(table: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Every key of a file and of its groups."""
    for name, value in table.items():
        yield before + name
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{before}{name}.")


def _shown(value: Any) -> str:
    """The value as text; of a secret only whether there is one."""
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ABSENT
    if isinstance(value, list | tuple | dict):
        return ", ".join(map(str, value)) or ABSENT
    return ABSENT if value is None or value == "" else str(value)
