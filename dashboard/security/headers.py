"""Response headers: nothing from elsewhere, nothing kept, nothing framed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Flask, Response, request

from dashboard.config import Config

_YEAR = 31_536_000

PLAIN = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy(hashes: Sequence[str]) -> str:
    """Content-Security-Policy: own scripts plus these inline ones; style 'unsafe-inline' is what Mantine needs."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(hashes)}".strip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "object-src 'none'",
        )
    )


def install(server: Flask, config: Config, hashes: Callable[[], Sequence[str]]) -> None:
    """Add the headers to every answer, errors included.

    Args:
        server: the Flask application, before Dash is built on it.
        config: says whether TLS is used.
        hashes: hashes of Dash's inline scripts, asked once at the first answer, when all callbacks are registered.
    """
    known: list[str] = []

    @server.after_request
    def _headers(response: Response) -> Response:
        if not known:
            known.append(policy(hashes()))
        response.headers["Content-Security-Policy"] = known[0]
        for name, value in PLAIN.items():
            response.headers[name] = value
        if config.tls:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
        response.headers.pop("Server-Timing", None)
        response.headers["Cache-Control"] = _cache() if response.status_code in (200, 304) else "no-store"
        return response


def _cache() -> str:
    """Scripts that carry their own version in the address may be kept; nothing else."""
    versioned = request.path.startswith("/_dash-component-suites/") and ".v" in request.path
    fingerprinted = request.path.startswith("/assets/") and "m" in request.args
    return f"private, max-age={_YEAR}, immutable" if versioned or fingerprinted else "no-store"
