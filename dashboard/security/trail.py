"""What the audit log is told: pages opened, patients looked at, exports, sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import has_request_context, request

if TYPE_CHECKING:
    from dashboard.context import Context
    from dashboard.router import Page


def record(context: Context, action: str, subject: str = "", rows: int | None = None) -> None:
    """One entry. Subject is an opaque key or a file name, never an identified patient.

    Raises:
        StoreError: the log cannot be written; then nothing may be shown (answered by 503).
    """
    user = context.user
    write = getattr(context.whole_store, "audit", None)
    if write is None:
        return
    write(
        action,
        user=user.name,
        role=user.role,
        subject=subject,
        rows=rows,
        address=request.remote_addr if has_request_context() else "",
    )


def page_opened(context: Context, page: Page, params: dict[str, Any]) -> None:
    """A page of one patient is written down before it is shown."""
    if "key" in params:
        record(context, "view patient", str(params["key"]))
