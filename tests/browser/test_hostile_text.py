"""Text that tries to run: in every field of every table, toured in a browser; nothing runs, calls out or links out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser

from analytics.ingest import Ingest
from analytics.store import open_store
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS, QUARANTINE
from dashboard.config import Config
from tests.browser.conftest import calm, watch
from tests.browser.serving import Site, serve
from tests.builders import labs_of
from tests.pace import milliseconds

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<script>window.__pwn=1</script>",
    "<img src=x onerror=window.__pwn=1>",
    "\"><svg onload=window.__pwn=1>",
    "<a href='javascript:window.__pwn=1'>click</a>",
    "<a href='https://evil.example/x'>out</a>",
    "<iframe src='https://evil.example/'></iframe>",
    "![x](https://evil.example/p.png)",
    "[x](javascript:window.__pwn=1)",
    "{{constructor.constructor('window.__pwn=1')()}}",
    "${window.__pwn=1}",
    "<style>@import 'https://evil.example/s.css'</style>",
    "<b onmouseover=window.__pwn=1>hover</b>",
    "&lt;script&gt;window.__pwn=1&lt;/script&gt;",
    "<details open ontoggle=window.__pwn=1>",
    "</title><script>window.__pwn=1</script>",
)  # fmt: skip


def text_of(i: int) -> str:
    """One payload; all of them in turn."""
    return PAYLOADS[i % len(PAYLOADS)]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of one patient whose every free text is a payload."""
    folder = tmp_path_factory.mktemp("hostile") / "store"
    store = open_store(str(folder))
    days = pd.date_range("2024-01-01", periods=12, freq="7D")
    rows = [(day, code, 30 + 25 * i) for i, day in enumerate(days) for code in ("ALT", "AST", "CEA")]
    n = len(rows)
    labs = labs_of(rows).drop(columns="result_id")
    for k, name in enumerate(("lab", "specimen_id", "raw_value", "raw_unit", "source_file", "method")):
        labs[name] = [text_of(i + k) for i in range(n)]
    kinds = ["systemic", "biliary_stent", "symptom", "adverse_event", "other", "ablation"] * 3
    events = pd.DataFrame(
        {
            "patient_id": "P1",
            "kind": kinds,
            "name": [text_of(i) for i in range(len(kinds))],
            "detail": [text_of(i + 5) for i in range(len(kinds))],
            "start_date": pd.date_range("2024-01-03", periods=len(kinds), freq="4D"),
        }
    )
    imaging = pd.DataFrame(
        {"patient_id": "P1", "date": days[:3], "modality": "CT", "response": "PD", "detail": PAYLOADS[:3]}
    )
    people = pd.DataFrame(
        {"patient_id": ["P1"], "clock": ["date"], "sex": ["F"], "primary_site": [text_of(1)], "site": [text_of(0)]}
    )
    held = pd.DataFrame(
        {
            "file": PAYLOADS,
            "line": range(1, len(PAYLOADS) + 1),
            "column": PAYLOADS,
            "raw_cell": PAYLOADS,
            "raw_line": PAYLOADS,
            "reason_code": "VALUE_TEXT",
            "message": PAYLOADS,
            "hint": PAYLOADS,
        }
    )
    parts = (
        ("labs", {"labs": LABS.conform(labs), "quarantine": QUARANTINE.conform(held)}, n + len(held)),
        ("events", {"events": EVENTS.conform(events)}, len(events)),
        ("imaging", {"imaging": IMAGING.conform(imaging)}, len(imaging)),
        ("patients", {"patients": PATIENTS.conform(people)}, 1),
    )
    for i, (table, frames, count) in enumerate(parts):
        store.publish(
            Ingest(
                **frames, rows_in=count, results_in=count, file=text_of(i), sha256=f"{i:064d}",
                profile=text_of(i + 1), profile_digest="0", table=table,
            ),
            by=text_of(2),
        )  # fmt: skip
    store.audit("import", user=text_of(0), role=text_of(1), key=text_of(2), detail=text_of(3))
    yield from serve(store, Config(store=str(folder)))


@pytest.mark.parametrize("path", ["/", "/quality", "/imports", "/methods", "/audit", "/patient", "/<script>"])
def test_hostile_text_stays_text(browser: Browser, hostile: Site, path: str):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = watch(page, hostile.address)
    seen.allowed.append("404")
    target = f"/patient/{hostile.store.key_of('P1')}" if path == "/patient" else path
    page.goto(hostile.address + target)
    page.wait_for_selector("main h1")
    calm(page, seen)
    for details in page.locator("details > summary").all()[:20]:
        details.click(timeout=milliseconds(20))
    for spot in page.locator("main td, main .chip, main b").all()[:40]:
        if spot.is_visible():
            spot.hover(timeout=milliseconds(20), force=True)
    page.emulate_media(media="print")
    assert page.evaluate("window.__pwn === undefined")
    assert not seen.complaints()
    outward = "e => e.map(a => a.href.baseVal || a.href).filter(h => h && !h.startsWith(location.origin))"
    assert page.eval_on_selector_all("a", outward) == []
    assert page.locator("main script, main iframe, main img[src^=http]").count() == 0


def test_downloads_of_hostile_text_hold_no_formula(hostile: Site, tmp_path: Path):
    from dashboard.components.downloads import csv_text

    frame = pd.DataFrame(
        {"=x": ["=1+1", "+A1", "-A1()", "@a", "\t=1", "|calc", "＝1", " =1", "plain"], "n": [-3.2] * 9}
    )
    lines = csv_text(frame).split("\r\n")
    assert lines[0] == "'=x,n"
    assert all(line.lstrip('"').startswith("'") for line in lines[1:9])
    assert all(line.endswith(",-3.2") for line in lines[1:10])
