"""The report of one patient as a download from the page: the same report as ``hepatrend report patient``, made now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask, Response

from dashboard.reporting.formats import render
from dashboard.reporting.report_input import Order, report_input
from dashboard.reports import report
from dashboard.security import trail
from dashboard.security.who import needs

if TYPE_CHECKING:
    from dashboard.web.context import Context


def routes(server: Flask, context: Context) -> None:
    """``/patient/<key>/report.html``: one self-contained file, named by the opaque key."""

    @server.route("/patient/<key>/report.html")
    @needs("export")
    def _patient_report(key: str) -> Response:
        store = context.store
        patient_id = store.patient_of(key)
        order = Order(
            patients=[patient_id],
            identified=context.user.sees == "identified",
            stale_days=context.config.stale_days,
        )
        trail.record(context, "report", key)
        now = datetime.now(UTC)
        made = report_input(store, order, now, since=False)  # type: ignore[arg-type]  # the view has the store's interface
        body = render(report("patient").build(next(made.each())), "html", "inline")
        name = f"hepatrend-patient-{key}-{now:%Y%m%dT%H%M%SZ}.html"
        return Response(body, mimetype="text/html", headers={"Content-Disposition": f'attachment; filename="{name}"'})
