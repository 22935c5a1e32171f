"""What is required, which tests hold it, and the figure that was measured last: rows of docs/evidence.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Evidence:
    """One requirement.

    Attributes:
        says: the requirement.
        tests: files and folders of tests that hold it.
        page: page with the figure, or nothing.
        pattern: where the figure stands in that page; its groups are put into ``figure``.
        figure: the figure in words.
    """

    says: str
    tests: tuple[str, ...]
    page: str = ""
    pattern: str = ""
    figure: str = ""

    def measured(self) -> str | None:
        """The figure as the page has it; None where the page has none."""
        if not self.page:
            return "–"
        text = (HERE / self.page).read_text("utf-8")
        found = re.search(self.pattern, text, re.MULTILINE)
        if found is None:
            return None
        return f"{self.figure.format(*found.groups())} ([{self.page.removesuffix('.md')}]({self.page}))"


EVIDENCE = (
    Evidence("Every row in is stored, quarantined, duplicate, superseded or ignored; the sums are checked",
             ("tests/analytics/ingest", "tests/analytics/store", "tests/test_main_job.py")),
    Evidence("No unit, decimal sign or order of a date is guessed", ("tests/analytics/ingest",)),
    Evidence("A broken or hostile file, or a kill at any moment, leaves the store whole", ("tests/fuzz",)),
    Evidence("A large file comes in at 100,000 rows a second or more", ("tests/benchmarks/bench_ingest.py",),
             "benchmarks.md", r"from file to a new store \(median of \d+\): [\d.]+ s, ([\d,]+) rows/s", "{} rows/s"),
    Evidence("Stable people are left alone: at most one in ten patient-years with any false call",
             ("tests/analytics/trends/test_calibration.py",),
             "calibration.md", r"\*\*hepatrend, any call\*\* \| \*\*([\d.]+)\*\*", "{} of patient-years"),
    Evidence("The same on the same people: twice the baseline as a fixed rule", ("tests/benchmarks/calibration.py",),
             "calibration.md", r"^\| fixed rule: 2 x baseline \| ([\d.]+)", "{} of patient-years"),
    Evidence("The same: Mann-Kendall at 0.05, asked at every visit", ("tests/benchmarks/calibration.py",),
             "calibration.md", r"^\| Mann-Kendall at 0.05 \| ([\d.]+)", "{} of patient-years"),
    Evidence("Slopes, intervals and p equal scipy, bit for bit where scipy is exact", ("tests/analytics/trends",),
             "benchmarks.md", r"loop: scipy theilslopes \+ kendalltau +[\d,]+ +(\d+ x)", "equal, and {} as fast"),
    Evidence("Rules meet their published criteria, with near misses on both sides", ("tests/analytics/rules",)),
    Evidence("Planted drug injuries with jaundice are found", ("tests/analytics/rules/test_planted.py",),
             "confusion.md", r"^\| drug injury with jaundice \| `hys_law` \| (\d+ of \d+)", "{}"),
    Evidence("Quiet people get nothing urgent and nothing that asks for attention",
             ("tests/analytics/rules/test_planted.py",),
             "confusion.md", r"^\| quiet \| nothing of level attention or urgent \| (\d+ of \d+)", "{} without"),
    Evidence("Grades, RECIST and scores agree with published tables", ("tests/analytics/grades",
             "tests/analytics/scores", "tests/analytics/test_recist.py")),
    Evidence("Real public data give the numbers that others computed", ("tests/test_main_job.py",
             "tests/analytics/rules/test_real_data.py")),
    Evidence("The server writes the page of a patient whom nobody has looked at; the aim is 100 ms",
             ("tests/benchmarks/bench_patient.py",),
             "benchmarks.md", r"first patient p95 ms +([\d.]+)", "{} ms (95th percentile)"),
    Evidence("Fifty viewers at once each see a page within half a second", ("tests/benchmarks/bench_viewers.py",),
             "benchmarks.md", r"50 viewers +whole view n +\d+ +p50 +[\d.]+ +p95 +([\d.]+)",
             "{} ms (95th percentile)"),
    Evidence("Pages work by keyboard, in dark mode, at 200 % and for screen readers",
             ("tests/browser/test_accessibility.py",)),
    Evidence("Nothing is loaded from or sent to elsewhere", ("tests/browser", "tests/test_site.py")),
    Evidence("No one sees what the role may not see; each look is in the audit log before the patient is shown",
             ("tests/dashboard/test_signin.py", "tests/dashboard/test_every_page_for_every_role.py",
              "tests/dashboard/test_pseudonymised.py")),
    Evidence("Exactly one report a scheduled run; a failure is told, never an old report sent",
             ("tests/dashboard/reporting",)),
    Evidence("Reports by the thousand, without a browser", ("tests/benchmarks/bench_reports.py",),
             "benchmarks.md", r"patient report, none, with analysis +([\d,]+)", "{} a minute and core"),
    Evidence("What the documentation says is done: commands, examples, notebooks, links",
             ("tests/test_tutorials.py", "tests/test_notebooks.py", "tests/test_examples.py", "tests/test_site.py")),
    Evidence("What is installed is what was tried", ("tests/test_wheel.py",)),
)  # fmt: skip
