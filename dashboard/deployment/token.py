"""Whether who asks for numbers of the server may have them."""

from __future__ import annotations

from hmac import compare_digest

from flask import Request

from dashboard.config import Config


def has_token(request: Request, config: Config) -> bool:
    """True where the request carries the token of ``health.token``; without one, where there is no sign-in at all."""
    wanted = config.health.token.get_secret_value()
    if not wanted:
        return config.auth == "none"
    return compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {wanted}".encode())
