"""The forms that a report can take: HTML, plain text, PDF, and the files that it is delivered as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from analytics.errors import MissingExtra
from dashboard.reports import Content
from dashboard.reports._csv import attachments
from dashboard.reports._html import Assets, to_html
from dashboard.reports._text import to_text

Form = Literal["html", "text", "pdf"]
SUFFIX: Mapping[str, str] = {"html": "html", "text": "txt", "pdf": "pdf"}


def render(content: Content, form: Form = "html", assets: Assets = "inline") -> bytes:
    """The report in one form.

    Raises:
        MissingExtra: PDF without the extra.
    """
    if form == "text":
        return to_text(content).encode()
    if form == "pdf":
        return _pdf(to_html(content, "none", fixed=True))
    return to_html(content, assets).encode()


def _pdf(html: str) -> bytes:
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise MissingExtra("pdf", "a report as PDF") from error

    def nothing(url: str) -> None:
        raise ValueError(f"a report asks for nothing outside itself: {url}")

    return bytes(HTML(string=html, url_fetcher=nothing).write_pdf())


def with_tables(content: Content, name: str, form: Form = "html", assets: Assets = "inline") -> dict[str, bytes]:
    """The report and its tables as CSV, by file name."""
    files = {f"{name}.{SUFFIX[form]}": render(content, form, assets)}
    return files | {f"{name}-{table}": text.encode("utf-8-sig") for table, text in attachments(content).items()}
