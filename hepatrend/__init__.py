"""hepatrend for notebooks and scripts: liver labs over time in people treated for liver metastases.

Everything here is done by ``analytics`` and ``dashboard``; this is only where to begin.

>>> import pandas as pd
>>> import hepatrend
>>> frame = pd.DataFrame({"patient_id": "P1", "analyte": ["ALT", "ALT", "BILI"], "value": ["31", "64", "<5"],
...                       "unit": ["U/L", "U/L", "umol/L"], "uln": [40, 40, 21],
...                       "collected_at": ["2026-01-05", "2026-02-02", "2026-02-02"]})
>>> panel = hepatrend.read(frame)
>>> panel.labs[["analyte", "comparator", "value", "unit"]].to_dict("records")[-1]
{'analyte': 'BILI', 'comparator': '<', 'value': 0.292329279701, 'unit': 'mg/dL'}
>>> analysis = hepatrend.analyse(panel)
>>> len(analysis.series)
2
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import analytics
import dashboard

for _package in (analytics, dashboard):
    if getattr(_package, "PART_OF", "") != "hepatrend":
        raise ImportError(
            f"the package {_package.__name__!r} in {Path(str(_package.__file__)).parent} is not hepatrend's: another "
            "distribution has overwritten it (analytics-python does). Install hepatrend in an environment of its own: "
            "pipx install hepatrend"
        )

from analytics.analysis import Analysis, analyse  # noqa: E402  only once it is known to be ours
from analytics.errors import RefusedFile  # noqa: E402
from analytics.panel import Panel  # noqa: E402
from analytics.settings import Settings  # noqa: E402
from analytics.store import open_store  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

try:
    __version__ = version("hepatrend")
except PackageNotFoundError:  # used from a checkout that is not installed
    __version__ = "0"


def read(*sources: str | Path | pd.DataFrame, profile: str | None = None) -> Panel:
    """Files or DataFrames as one Panel, by the very code of ``hepatrend import``.

    Units are converted, ``<5`` stays "below 5", duplicates count once and corrections replace what they correct. What
    was not accepted is in ``Panel.held``, with the reason.

    Args:
        sources: files of any format that an import knows, or DataFrames with such columns.
        profile: what the sources do not say by themselves: a name of a built-in profile, or a TOML file.

    Raises:
        RefusedFile: a source cannot be read at all; the message says why.
    """
    from analytics.ingest.importer import Options, import_one

    with (
        TemporaryDirectory(prefix="hepatrend-") as folder,
        closing(open_store(str(Path(folder) / "store"))) as store,
    ):
        for number, source in enumerate(sources, 1):
            path = source if isinstance(source, str | Path) else Path(folder) / f"table-{number}.csv"
            if not isinstance(source, str | Path):
                source.to_csv(path, index=False)
            outcome = import_one(Path(path), store, Options(profile=profile))
            if outcome.refused:
                raise RefusedFile(outcome.refused)
        return store.panel()


def figure(analysis: Analysis, code: str = "lab_timeline", patient_id: str | None = None, **choice: Any) -> Any:
    """One picture of one patient as a plain Plotly figure: ``plotly.graph_objects.Figure(figure(analysis))`` shows it.

    Args:
        analysis: of one or more patients.
        code: ``lab_timeline``, ``marker_kinetics`` or another file of ``dashboard.figures`` that draws a patient.
        patient_id: whose; the first patient's where None.
        choice: fields of ``dashboard.figures.choice.Choice``, such as ``scale="x_baseline"``; and what a picture asks
            for besides: ``event=0`` (place in the panel's events) for ``event_course``, ``pair=(1, 2)`` (lines) for
            ``line_compare``.

    Raises:
        SettingsError: there is no such figure or scale; the message lists what there is.
        UnknownPatient: the analysis has no such patient.
    """
    from dashboard.figures._figure import picture_of_patient
    from dashboard.figures.choice import Choice

    besides = {name: choice.pop(name) for name in [*choice] if name not in Choice.__dataclass_fields__}
    return picture_of_patient(code)(_only(analysis, patient_id), Choice(**choice), **besides)


def report(
    analysis: Analysis, name: str = "patient", patient_id: str | None = None, form: Literal["html", "text"] = "html"
) -> str:
    """A report as one text: HTML that needs nothing else, or plain text.

    Args:
        analysis: of one or more patients; a report of one patient takes ``patient_id``, or the first.
        name: ``patient``, ``cohort``, or ``digest`` (as a first one: there is nothing that it could be compared with).
        patient_id: whose.
        form: ``html`` or ``text``.

    Raises:
        SettingsError: there is no such report; the message lists what there is.
        UnknownPatient: the analysis has no such patient.
    """
    from analytics.report_changes import compare
    from dashboard.reporting.formats import render
    from dashboard.reports import report as report_named
    from dashboard.reports._report_input import ReportInput, versions_of_rules

    kind = report_named(name)
    chosen = _only(analysis, patient_id) if kind.of == "patient" else analysis
    ids = chosen.panel.patient_ids.tolist()
    first = compare(None, chosen, versions_of_rules())
    names = {p: p for p in ids}
    report_input = ReportInput(chosen, names, datetime.now(UTC), [], identified=True, changes=first)
    return render(kind.build(report_input), form).decode("utf-8")


def _only(analysis: Analysis, patient_id: str | None) -> Analysis:
    """The analysis of one patient: with the thresholds that it had."""
    ids = analysis.panel.patient_ids
    if len(ids) == 1 and patient_id in (None, ids[0]):
        return analysis
    return analyse(analysis.panel.select([ids[0] if patient_id is None else patient_id]), analysis.settings)


__all__ = ["Analysis", "Panel", "Settings", "__version__", "analyse", "figure", "open_store", "read", "report"]
