"""What became of files that a page imports: how far they are, then one summary that counts every result once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from analytics.store.working_state.jobs import Job as Analysing
from analytics.tables import REASONS
from dashboard.components.notices import banner, card
from dashboard.components.table import Head, table
from dashboard.importing.progress import Job
from dashboard.web.attributes import wild
from dashboard.wording import ABSENT, count_of, number, whole

_SUMS = ("results_in", "stored", "quarantined", "duplicate", "superseded", "ignored")
_WORDS = ("results", "stored", "quarantined", "duplicate", "superseded", "ignored")
_SHOWN = 12


def progress_of(jobs: Sequence[Job], analysis: Analysing | None = None) -> Any:
    """How far imports are; their summary when all are over, and how far the analysis is."""
    if not jobs:
        return banner("This import is not known here any more; see the imports on Data quality.")
    going = [job for job in jobs if not job.over]
    if going:
        return _going(jobs, going)
    done = summary(jobs)
    return [_analysed(analysis), *done] if analysis else done


def _going(jobs: Sequence[Job], going: Sequence[Job]) -> Any:
    now = max(going, key=lambda job: job.share)
    before = f"{len(jobs) - len(going)} of {count_of(len(jobs), 'file')} done. " if len(jobs) > 1 else ""
    share = sum(1 if job.over else job.share for job in jobs) / len(jobs)
    said = f"Import of {now.what}" if len(jobs) == 1 else "Import of the files"
    return card(
        html.P(f"{before}{now.what}: {now.stage}"),
        html.Progress(value=str(round(share * 100)), max="100", **wild({"aria-label": said})),
        html.P("The import continues after you leave this page.", className="soft"),
    )


def _analysed(job: Analysing) -> Any:
    """How far the analysis of what came in is; pages show results meanwhile, and findings as they are ready."""
    if job.state == "done":
        return html.P("The findings of all patients are up to date.")
    if job.over:
        said = job.result or job.state
        return banner("Import complete; analysis failed: ", said, " The results are stored.", level="attention")
    return card(
        html.P(f"Import complete. Analysis is running in the background: {job.stage}. You can leave this page."),
        html.Progress(value=str(round(job.share * 100)), max="100", **wild({"aria-label": "Analysis"})),
    )


def summary(jobs: Sequence[Job]) -> list[Any]:
    """What became of every file: of one its receipt; of several their sums, and a row for each."""
    told = [(job, job.result) for job in jobs]
    taken = [d for _, d in told if _is_taken(d)]
    left = [_left(job, d) for job, d in told if not _is_taken(d)]
    return [*left, *([_sums(jobs, taken)] if taken else [])]


def _is_taken(document: Mapping[str, Any]) -> bool:
    return bool(document) and not document.get("refused") and not document.get("already")


def _left(job: Job, document: Mapping[str, Any]) -> Any:
    """A file of which nothing was added, and why."""
    if document.get("already"):
        return banner(html.B(f"{job.what}: "), "already imported with the same bytes and profile; nothing added.")
    why = job.failed or str(document.get("refused", ""))
    named = [] if why.startswith(job.what) else [f"{job.what}: "]
    end = "" if why.endswith(".") else "."
    return banner(html.B("Not imported: "), *named, f"{why}{end} Nothing of it was stored.", level="attention")


def _sums(jobs: Sequence[Job], taken: Sequence[Mapping[str, Any]]) -> Any:
    totals = {name: sum(int(d[name]) for d in taken) for name in _SUMS}
    is_reconciled = totals["results_in"] == sum(n for name, n in totals.items() if name != "results_in")
    title = f"{taken[0]['file']} was imported" if len(jobs) == 1 else f"{len(taken)} of {len(jobs)} files imported"
    return card(
        *[banner(f"{d['file']} is in, but {t}.", level="attention") for d in taken for t in d.get("trouble", ())],
        html.Dl(
            [html.Div([html.Dt(w), html.Dd(whole(totals[n]))]) for n, w in zip(_SUMS, _WORDS, strict=True)],
            className="figures",
        ),
        html.P(
            "Totals reconciled: every result is counted once."
            if is_reconciled
            else "Totals not reconciled: run hepatrend verify.",
            className="soft",
        ),
        _reasons(taken),
        *([_by_file(taken)] if len(jobs) > 1 else []),
        *_how_read(taken),
        html.Div(
            [
                dcc.Link("To the worklist", href="/", className="button"),
                dcc.Link("What was quarantined", href="/quality", className="button"),
            ],
            className="actions",
        ),
        title=title,
    )


def _reasons(taken: Sequence[Mapping[str, Any]]) -> Any:
    """Why results are quarantined, and why others are ignored."""
    held, ignored = Counter[str](), Counter[str]()
    for document in taken:
        held.update(dict(document.get("reasons") or {}))
        ignored.update(dict(document.get("ignored_why") or {}))
    items = [
        *(html.Li(["quarantined ", whole(n), ": ", html.Code(c), f" {REASONS.get(c, '')}"]) for c, n in _most(held)),
        *(html.Li(["ignored ", whole(n), f": {why}"]) for why, n in _most(ignored)),
    ]
    return html.Ul(items, className="reasons") if items else None


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return [(word, n) for word, n in counts.most_common() if n]


def _by_file(taken: Sequence[Mapping[str, Any]]) -> Any:
    heads = [Head("File"), *(Head(word, numeric=True) for word in _WORDS), Head("Read as", wide=True)]
    rows = [[d["file"], *(whole(d[name]) for name in _SUMS), _format(d)] for d in taken]
    return table(heads, rows, caption="What became of each file", class_name="stacked")


def _format(document: Mapping[str, Any]) -> str:
    """What a file was read as, without its columns."""
    return str(document.get("taken_as") or "").partition(":")[0] or ABSENT


def _how_read(taken: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Times, generation and hash of each file; what is to be said of it as a whole."""
    if len(taken) == 1:
        notes = [html.Li(note) for note in list(taken[0].get("notes") or ())[:_SHOWN]]
        return [*([html.Ul(notes, className="reasons")] if notes else []), _proof(taken[0])]
    items = [
        html.Li(
            [
                html.B(d["file"]),
                html.Div(d.get("taken_as") or ABSENT),
                *(html.Div(note) for note in list(d.get("notes") or ())[:_SHOWN]),
                _proof(d),
            ]
        )
        for d in taken
    ]
    return [html.Details([html.Summary("How the files were read"), html.Ul(items, className="reasons")])]


def _proof(document: Mapping[str, Any]) -> Any:
    return html.P(
        f"{count_of(int(document['rows_in']), 'row')} in {number(document['seconds'])} s, "
        f"generation {whole(document['generation'])}, sha256 {document['sha256'][:12]}",
        className="soft",
    )
