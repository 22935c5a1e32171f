"""Reports for readers who only ever see the file. One file each, found by folder, offering ``REPORT``.

A report turns an :class:`~dashboard.reports._report_input.ReportInput` into
:class:`~dashboard.reports._blocks.Content`; the form (HTML, text, CSV) is the same for all. Adding a report is adding
one file here.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Literal

from analytics.errors import SettingsError
from dashboard.reports._blocks import Content
from dashboard.reports._report_input import ReportInput


@dataclass(frozen=True)
class Report:
    """One kind of report.

    Attributes:
        name: its name on the command line and in schedules; equals the file's name.
        title: its name for people.
        says: the question that it answers.
        of: ``patient`` for one file a patient, ``list`` for one file for a whole list.
        build: the report from its input.
        of_nobody: whether it is made of an empty list or an empty store too, which it then says at its top.
    """

    name: str
    title: str
    says: str
    of: Literal["patient", "list"]
    build: Callable[[ReportInput], Content]
    of_nobody: bool = False


@cache
def reports() -> Mapping[str, Report]:
    """Every report by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    found = {name: import_module(f"{__name__}.{name}").REPORT for name in names}
    for name, report in found.items():
        assert report.name == name, f"{name}.py offers a report named {report.name}"
    return found


def report(name: str) -> Report:
    """The report of this name.

    Raises:
        SettingsError: there is none.
    """
    known = reports()
    if name not in known:
        raise SettingsError(f"unknown report {name!r}. Available: {', '.join(known)}")
    return known[name]


__all__ = ["Content", "Report", "ReportInput", "report", "reports"]
