"""The forms that a report can take: HTML, plain text, PDF, and the files that it is delivered as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from analytics.errors import MissingExtra
from dashboard.reports import Content
from dashboard.reports._csv import attachments
from dashboard.reports._html import Assets, to_html
from dashboard.reports._text import to_text

Form = Literal["html", "text", "pdf"]
SUFFIX: Mapping[Form, str] = {"html": "html", "text": "txt", "pdf": "pdf"}


@dataclass(frozen=True)
class Made:
    """A report that is ready to go out.

    Attributes:
        files: name -> bytes; the first one is the report itself.
        headline: subject of a mail; identifies nobody.
        text: the report as text without identified data.
        counts: numbers for the history.
        warnings: what is wrong with the input.
        memory: what the next run compares with.
        generation: generation of the store that was read.
    """

    files: Mapping[str, bytes]
    headline: str
    text: str
    counts: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    memory: bytes | None = None
    generation: int = 0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(body) for body in self.files.values())


def stem(report: str, key: str, made_at: datetime) -> str:
    """File name without suffix: report, opaque key, UTC time; never a patient's id or a list's name."""
    return f"{report}-{key}-{made_at:%Y%m%dT%H%M%SZ}"


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
