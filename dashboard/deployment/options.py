"""Every option of a site: what it means, by the schema itself, and where its value came from."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from dashboard.config import Config

PREFIX = "HEPATREND_"
FLAG, ENVIRONMENT, DEFAULT = "flag", "environment", "default"
_HIDDEN = "(set, not shown)"
_COLUMNS = "| key | variable | default | means |\n| --- | --- | --- | --- |\n"
_HEAD = """# Configuration

Precedence: flag of the command, variable of the environment, file `hepatrend.toml` (or what `HEPATREND_CONFIG` names),
default. `hepatrend config show` prints where each value came from; `hepatrend config check` says whether they fit. A
list is written as JSON in a variable, `["one", "two"]`. Thresholds of the science are in [thresholds](thresholds.md).
"""


@dataclass(frozen=True)
class Option:
    """One option as the schema has it; ``name`` has a point between a group and its key."""

    name: str
    default: Any
    says: str

    @property
    def variable(self) -> str:
        """Its variable of the environment."""
        return PREFIX + self.name.replace(".", "__").upper()


@dataclass(frozen=True)
class Shown:
    """One option as it is now: its value as text, secrets hidden, and where it came from."""

    name: str
    value: str
    origin: str


def options(model: type[BaseModel] = Config, before: str = "") -> Iterator[Option]:
    """Every option, groups after what stands alone."""
    groups = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            groups.append((kind, f"{before}{name}."))
        else:
            yield Option(before + name, field.get_default(call_default_factory=True), field.description or "")
    for kind, prefix in groups:
        yield from options(kind, prefix)


def shown(config: Config, file: Path, flags: Mapping[str, Any]) -> list[Shown]:
    """Every option of a site with its value and origin.

    Args:
        config: the options.
        file: the file that they were read from; it need not exist.
        flags: options that the command line gave.
    """
    in_file = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    out = []
    for option in options():
        origin = _origin(option, in_file, file, flags)
        out.append(Shown(option.name, _text(option.name, _value(config, option.name)), origin))
    return out


def _origin(option: Option, in_file: Mapping[str, Any], file: Path, flags: Mapping[str, Any]) -> str:
    """Precedence of the sources, as dashboard.config has it."""
    if flags.get(option.name) is not None:
        return FLAG
    if _in_environment(option):
        return ENVIRONMENT
    return f"file {file}" if _has(in_file, option.name) else DEFAULT


def _in_environment(option: Option) -> bool:
    """True where a variable says it: its own, one of an entry of it, or the JSON of its group."""
    here = {name.upper(): value for name, value in os.environ.items()}
    if option.variable in here or any(name.startswith(f"{option.variable}__") for name in here):
        return True
    group, _, key = option.name.rpartition(".")
    if not group:
        return False
    try:
        said = json.loads(here.get(PREFIX + group.upper(), "{}"))
    except ValueError:
        return False
    return isinstance(said, dict) and key in said


def _has(table: Any, name: str) -> bool:
    for part in name.split("."):
        if not isinstance(table, Mapping) or part not in table:
            return False
        table = table[part]
    return True


def _value(config: BaseModel, name: str) -> Any:
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _text(name: str, value: Any) -> str:
    if isinstance(value, SecretStr):
        return _HIDDEN if value.get_secret_value() else ""
    if name == "store" and "://" in value:
        from sqlalchemy.engine import make_url  # late: most stores are folders, and `config` starts without a database

        return make_url(value).render_as_string(hide_password=True)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def render() -> str:
    """The page docs/configuration.md, as Markdown."""
    parts = [_HEAD]
    group: str | None = None
    for option in options():
        own, _, key = option.name.rpartition(".")
        if own != group:
            group = own
            says = Config.model_fields[own].description if own else "What stands at the top of the file."
            parts.append(f"\n## {f'[{own}]' if own else 'Top'}\n\n{says}\n\n{_COLUMNS}")
        default = _text(option.name, option.default)
        parts.append(f"| {key} | `{option.variable}` | {f'`{default}`' if default else '–'} | {_cell(option.says)} |\n")
    return "".join(parts)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("``", "`").split())
