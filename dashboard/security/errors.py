"""The edge: what an exception becomes for the one who asked. Never a traceback, never a value."""

from __future__ import annotations

import logging
import secrets
import sqlite3

import sqlalchemy as sa
from dash.exceptions import DashException, PreventUpdate
from flask import Flask, Response, jsonify, request
from jinja2 import Environment, StrictUndefined
from werkzeug.exceptions import HTTPException

from analytics.errors import BusyStore, HepatrendError, InputError, StoreError, UnknownPatient
from analytics.store.database.database_errors import is_full, of_database, of_disk

log = logging.getLogger(__name__)
_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Not available · hepatrend</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/login.css"></head>
<body><main><h1>hepatrend</h1><p role="alert">Not available: {{ says }}.</p></main></body></html>
"""
)


def install(server: Flask) -> None:
    """Register the handlers."""
    _of_storage(server)

    @server.errorhandler(HTTPException)
    def _http(error: HTTPException) -> tuple[Response, int]:
        return _say(error.name, error.code or 500)

    @server.errorhandler(HepatrendError)
    def _ours(error: HepatrendError) -> tuple[Response, int]:
        if isinstance(error, UnknownPatient):
            return _say("not found", 404)
        if isinstance(error, StoreError):
            log.log(logging.WARNING if isinstance(error, BusyStore) else logging.ERROR, "store: %s", error)
            return _say(str(error), 503)
        return _say(str(error), 400 if isinstance(error, InputError) else 409)

    @server.errorhandler(DashException)
    def _dash(error: DashException) -> tuple[Response, int] | tuple[str, int]:
        if isinstance(error, PreventUpdate):
            return "", 204
        log.error("callback answered out of form: %s", type(error).__name__)
        return _say("bad request", 400)

    @server.errorhandler(Exception)
    def _any(error: Exception) -> tuple[Response, int]:
        return _unexpected(error)


def _of_storage(server: Flask) -> None:
    """A database that is away and a disk that is full are 503 with a sentence, whatever was being written."""

    @server.errorhandler(sa.exc.DBAPIError)
    def _database(error: sa.exc.DBAPIError) -> tuple[Response, int]:
        said = of_database(error)
        log.error("database: %s", said, exc_info=True)
        return _say(str(said), 503)

    @server.errorhandler(sqlite3.DatabaseError)
    def _accounts(error: sqlite3.DatabaseError) -> tuple[Response, int]:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return _unexpected(error)
        said = of_database(error)
        log.error("accounts: %s", said)
        return _say(str(said), 503)

    @server.errorhandler(OSError)
    def _disk(error: OSError) -> tuple[Response, int]:
        if not is_full(error):
            return _unexpected(error)
        log.error("disk: full")
        return _say(str(of_disk(error)), 503)


def _unexpected(error: Exception) -> tuple[Response, int]:
    number = secrets.token_hex(4)
    log.error("error %s at %s", number, request.endpoint, exc_info=error)
    return _say(f"internal error {number}; the server's log has the details", 500)


def _say(what: str, status: int) -> tuple[Response, int]:
    """JSON; a reader who opens a page while the store cannot be used reads a sentence."""
    if status == 503 and "text/html" in request.headers.get("Accept", ""):
        return Response(_PAGE.render(says=what), headers={"Retry-After": "10"}), status
    return jsonify(error=what), status
