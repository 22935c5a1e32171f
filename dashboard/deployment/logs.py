"""Logs of server, worker and scheduler: one line an event, as text or JSON, with the request's id, no data of patients.

What an exception says can quote the data, so of an exception only its class and the places in the code are written. Of
other packages' lines only their fixed text and numbers are.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import g, has_request_context

from analytics.errors import SettingsError
from dashboard.config import Config

_OURS = ("analytics", "dashboard", "hepatrend")
_MOST_PLACES = 12
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up(config: Config) -> None:
    """Send what this process logs where the options say.

    Raises:
        SettingsError: the file cannot be opened.
    """
    handler = _file(config.log.file) if config.log.file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(as_json=config.log.form == "json"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # else a line for each request while all threads work
    for name in _OURS:
        logging.getLogger(name).setLevel(config.log.level.upper())


def _file(path: Path) -> logging.Handler:
    """A file for its owner alone, that log rotation may move away."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"HEPATREND_LOG__FILE: {path}: {error.strerror}") from error


class Lines(logging.Formatter):
    """One line a record.

    Args:
        as_json: a JSON object instead of text.
    """

    def __init__(self, *, as_json: bool):
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        fields = fields_of(record)
        if self._as_json:
            return json.dumps(fields, ensure_ascii=False, default=str)
        time, level, logger, message = (str(fields.pop(name)) for name in ("time", "level", "logger", "message"))
        more = " ".join(f"{name}={_one(value)}" for name, value in fields.items())
        return f"{time} {level} {logger}: {message} {more}".rstrip()


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a line holds: time, level, logger, message; then the request's id, an error's class and its places."""
    out: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
    }
    if has_request_context() and (number := g.get("request_id")):
        out["request_id"] = number
    out |= getattr(record, "fields", {})
    if record.exc_info and record.exc_info[0]:
        out |= _error(record.exc_info)
    return out


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in _OURS:
        return " ".join(record.getMessage().split())
    arguments = record.args if isinstance(record.args, tuple) else ()
    shown = tuple(a if isinstance(a, int | float) else "…" for a in arguments)
    try:
        return " ".join((str(record.msg) % shown if shown else str(record.msg)).split())
    except (TypeError, ValueError):
        return str(record.msg)


def _error(about: _ExcInfo) -> dict[str, Any]:
    kinds: list[str] = []
    error = about[1]
    while error is not None and len(kinds) < _MOST_PLACES:
        kinds.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    frames = traceback.extract_tb(about[2])[-_MOST_PLACES:]
    return {"error": kinds, "where": [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]}


def _one(value: object) -> str:
    return ",".join(str(v).replace(" ", ":") for v in value) if isinstance(value, list) else str(value)
