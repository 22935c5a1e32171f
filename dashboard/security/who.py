"""Who is asking, and what a callback or route needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import abort, g
from pydantic import BaseModel, ConfigDict, ValidationError, validate_call

from dashboard.security.roles import PERMISSIONS, User

F = TypeVar("F", bound=Callable[..., Any])


class Sent(BaseModel):
    """Values that a callback is sent together, of the types that are named; of any other type :func:`needs` answers
    400."""

    model_config = ConfigDict(strict=True, frozen=True)


def who() -> User:
    """The user that the gate let in; 401 where it has not run."""
    user = g.get("user")
    if user is None:
        abort(401)
    assert isinstance(user, User)
    return user


def needs(permission: str) -> Callable[[F], F]:
    """Only for users with this permission; arguments must be of the annotated types.

    Stands directly above the function of every callback and route, below ``@app.callback`` or ``@server.route``.
    A wrong type answers 400, a missing permission 403. ``PERMISSIONS`` lists what can be asked for.
    """
    if permission not in PERMISSIONS:
        raise KeyError(f"unknown permission {permission!r}. Available: {', '.join(PERMISSIONS)}")

    def decorate(function: F) -> F:
        strict = ConfigDict(strict=True, arbitrary_types_allowed=True)
        checked = validate_call(config=strict)(function)

        @wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not who().may(permission):
                abort(403)
            try:
                return checked(*args, **kwargs)
            except ValidationError as error:
                if error.title != function.__qualname__:  # raised further in: not the network's fault
                    raise
                abort(400)

        guarded.__needs__ = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def needed_by(function: Any) -> str | None:
    """The permission that a callback or view asks for, through any wrapping; None where it asks for none."""
    while function is not None:
        if permission := getattr(function, "__needs__", None):
            return str(permission)
        function = getattr(function, "__wrapped__", None)
    return None
