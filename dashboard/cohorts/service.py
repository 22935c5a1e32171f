"""What the cohort page keeps between requests: runs by text and generation, and what a selection means."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.answer_states import QUESTIONS
from analytics.arrays import Bools
from analytics.cohort.change import changes
from analytics.cohort.edish import QUADRANTS, quadrants
from analytics.cohort.patient_table import people
from analytics.cohort.query.definition import Definition, parse
from analytics.cohort.query.interpreter import Interpretation, interpret
from analytics.cohort.query.run import Result, run
from analytics.cohort.scattered import ScatteredAnalysis, is_scattered
from analytics.cohort.shift import behind, shift_rows
from analytics.cohort.small_cells import is_small, withheld
from analytics.errors import NotRead, QuestionError
from analytics.store.behind import ANALYSES, QUICK
from analytics.store.working_state import jobs
from analytics.tables import TABLES
from dashboard.cohorts import worker
from dashboard.cohorts.beside import Beside
from dashboard.figures import cohort_composite, cohort_migration
from dashboard.figures.cohort_edish import frame_of
from dashboard.figures.cohort_view import CohortView
from dashboard.wording import count_of

if TYPE_CHECKING:
    from dashboard.web.context import Context

Selection = Mapping[str, Any]
"""How patients were selected, never who: the browser holds only this, the server finds them again."""

BEING_READ = (
    "New data came in, and the results of all patients are being read again, so that everything on this page is of the "
    "same data. This can take a minute or more. Every other page can be used meanwhile."
)
"""What a page that was left open says after an import."""

ASKED_IN_PARTS = (
    "There are more results than are held in memory (option results_in_memory), so that all patients are asked part by "
    "part."
)
"""What a page says while a store is asked a bucket at a time."""

UNANSWERED = "unanswered: "
"""What stands before a text that was asked and not answered: no view, list or export shows anything for it."""

MOST_KEYS = 500
_SIZE = 24
_BYTES = 384 * 2**20
"""What kept tables may take together; of a hundred thousand patients one takes twenty million bytes or more."""


class Kept:
    """The last few results. A key names viewer's eyes, generation, thresholds and text, so nothing is ever stale or
    shown to another role. What is of an earlier generation goes before anything new is made, with all that it holds."""

    def __init__(self) -> None:
        self._things: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """The thing, made where it is not there."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
            for old in [old for old in self._things if old[1] < key[1]]:
                del self._things[old]
        made = make()
        with self._lock:
            self._things[key] = made
            while len(self._things) > 1 and (len(self._things) > _SIZE or self._weight() > _BYTES):
                self._things.popitem(last=False)
        return made

    def _weight(self) -> int:
        return sum(_bytes_of(thing) for thing in self._things.values())


def _bytes_of(thing: Any) -> int:
    """What a kept table takes, texts by their place alone."""
    frame = thing.rows if isinstance(thing, Result) else thing
    return int(frame.memory_usage().sum()) if isinstance(frame, pd.DataFrame) else 0


class Cohorts:
    """Runs and tables for one application."""

    def __init__(self, context: Context):
        self._context = context
        self._kept = Kept()
        self._beside = Beside()

    def _key(self, *what: Any) -> tuple[Any, ...]:
        context = self._context
        user = context.user
        whose = user.name if user.sees == "pseudonymised" else user.sees
        return (whose, context.store.generation, context.settings.digest, *what)

    def result(self, text: str) -> Result:
        """The run of a definition's text, without its people where they are too few to be shown to this viewer.

        Raises:
            QuestionError: it cannot be read.
            NotRead: new data came in, and all patients are being read beside.
        """
        context = self._context
        if text.startswith(UNANSWERED):
            raise QuestionError("Nothing is shown, as the question above was not answered.")
        if context.store.opening():
            raise NotRead(BEING_READ)  # before it is parsed: own words become a sentence only beside the store's names
        definition = self._parsed(text)
        if context.user.sees == "pseudonymised":
            _answerable(definition)
        if (table := _reads(definition)) and (behind := self.behind):
            raise QuestionError(
                f"the analysis is not finished: {table} are still being computed, {count_of(behind, 'part')} left; "
                "ask again in a minute"
            )
        least = self.hide_below
        made = self.beside(
            "run", definition.text, make=lambda all_patients: withheld(run(definition, all_patients), least)
        )
        assert isinstance(made, Result)
        return made

    def _parsed(self, text: str) -> Definition:
        """The definition of a text; own words are one only when what they mean has been made beside."""
        try:
            return parse(text)
        except QuestionError as error:
            if self.busy():
                raise NotRead(ASKED_IN_PARTS) from error
            raise

    def beside(self, *what: Any, make: Callable[[Analysis], Any]) -> Any:
        """What is made of all patients, kept under ``what``: here where they are in memory, else by a thread beside.

        Raises:
            NotRead: it is being made; the page asks again.
        """
        all_patients, key = self._context.store.all_patients(), self._key(*what)
        if not is_scattered(all_patients):
            return self._kept.get(key, lambda: make(all_patients))
        assert isinstance(all_patients, ScatteredAnalysis) and all_patients.passes is not None
        passes = all_patients.passes

        def told(thread: int) -> str:
            done, of = passes.progress(thread)
            return f"{ASKED_IN_PARTS} {done} of {of} parts have answered."

        return self._beside.get(key[0], key, lambda: self._kept.get(key, lambda: make(all_patients)), told)

    def drawn(self, of: Any, make: Callable[[], Any]) -> Any:
        """What is drawn; kept only where all patients are asked part by part, as what they said is not in memory."""
        if not is_scattered(self._context.store.all_patients()):
            return make()
        return self.beside("drawn", self._context.scheme, repr(of), make=lambda _: make())

    def busy(self) -> bool:
        """Whether something is being made for the one who asks now."""
        return self._beside.busy(self._key()[0])

    @property
    def hide_below(self) -> int:
        """Counts below this are not told to the one who asks."""
        return hide_below(self._context)

    def interpretation(self, text: str) -> Interpretation:
        """What a question means, in exact sentences that this viewer may ask.

        Raises:
            QuestionError: no sentence of it may be asked by this viewer.
            NotRead: new data came in, and all patients are being read beside.
        """
        context = self._context
        if context.store.opening():
            raise NotRead(BEING_READ)
        count = not self.behind
        found: Interpretation = self.beside("meant", text, count, make=lambda who: interpret(text, who, count=count))
        if context.user.sees == "pseudonymised":
            for choice in (found.understood, *found.choices, found.nearest):
                if choice is not None:
                    _answerable(choice.definition)
        return found

    @property
    def behind(self) -> int:
        """Parts of the store whose findings a job has still to compute; 0 where a page may wait for the few.

        No reader of a cohort waits for more than a moment's work: where no job is at it, one begins here.
        """
        store = self._context.whole_store
        waiting = store.unanalysed()
        if sum(task.bucket.rows.get("labs", 0) for task in waiting) <= QUICK:
            return store.left_to_jobs()
        if not jobs.pending(store, *ANALYSES):
            worker.ask_for_analysis(store, self._context.config, "server")
        return len(waiting)

    def keys(self) -> Mapping[str, str]:
        """Opaque key of every patient, by patient_id."""
        keys: Mapping[str, str] = self._context.store.keys()
        return keys

    def people(self, text: str) -> pd.DataFrame:
        """The patients table of the whole store with a column key, by priority, and what the question found."""
        result = self.result(text)
        behind = self.behind
        everyone = self.beside("people", behind, make=lambda _: self._people(result, behind))
        frame: pd.DataFrame = self._kept.get(
            self._key("rows", behind, result.definition.text), lambda: _with_answer(everyone[result.members], result)
        )
        return frame

    def _people(self, result: Result, behind: int) -> pd.DataFrame:
        """Findings are left empty while they are still being computed: nothing is not none."""
        analysis = result.analysis
        if behind:
            frame = people(replace(analysis, given={"findings": TABLES["findings"].empty()}))
            frame = frame.assign(findings=np.nan, worst="")
        else:
            frame = people(analysis)
        frame["key"] = frame["patient_id"].map(self.keys())
        return frame


def _reads(definition: Definition) -> str:
    """What is computed of all patients before such a definition is answered: findings or answers; empty for neither."""
    read = {f.reads for f in definition.filters} | ({"answers"} if definition.group_by in QUESTIONS else set())
    return min(read - {""}, default="")


def hide_below(context: Context) -> int:
    """Counts below this are not told to who sees pseudonyms; 0 for who sees identified patients."""
    return context.settings.cohort.small_cell if context.user.sees == "pseudonymised" else 0


def _answerable(definition: Definition) -> None:
    """Refuse what needs true dates: under moved ones there is no one cut-off and no calendar."""
    anchors = [c.window.anchor.kind for c in definition.question.clauses if c.window] if definition.question else []
    if "end" in anchors or any(" the end" in f.text for f in definition.filters):
        raise QuestionError("dates are moved by patient, so there is no one end of the data; use finding overdue_panel")
    dated = ("first dose from", "metastases from", "site is", "imaging since", "no imaging since")
    if any(f.text.startswith(dated) for f in definition.filters):
        raise QuestionError("calendar dates and sites are not shown to your role, and cannot be filtered by")


def _with_answer(frame: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Joined with the first occurrence of each patient; worst first: by the answer's multiple, else by the peaks."""
    rows = result.rows.drop_duplicates("patient_id").set_index("patient_id")
    wanted = [c for c in ("anchor_at", "analyte_1", "before_1", "value_1", "multiple_1", "at_1", "day_1") if c in rows]
    joined = frame.join(rows[wanted], on="patient_id")
    return joined.iloc[np.argsort(-severity(joined), kind="stable")].reset_index(drop=True)


def severity(frame: pd.DataFrame) -> np.ndarray:
    """Worst first: highest peak of ALT in units of 3 x ULN or of bilirubin in units of 2 x ULN, the higher of the two.

    It orders a list, nothing else.
    """
    alt = frame["peak_ALT"].fillna(0).to_numpy() / 3
    bili = frame["peak_BILI"].fillna(0).to_numpy() / 2
    return np.maximum(alt, bili) + np.minimum(alt, bili) / 1000


def selected(view: CohortView, selection: Selection | None) -> Bools:
    """Patients that a selection means, shape (patients,), always within the cohort.

    Raises:
        QuestionError: a selection that this page never makes.
    """
    none = np.zeros(len(view.members), dtype=bool)
    if not selection:
        return none
    try:
        made_with = {name: selection["with"][name] for name in _MADE_WITH if name in selection.get("with", {})}
        ids = _KINDS[selection["kind"]](replace(view, **made_with), selection)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise QuestionError("this selection cannot be read") from error
    found = view.analysis.panel.codes_of(pd.Series(ids, dtype="str"))
    chosen = none.copy()
    chosen[found[found >= 0]] = True
    chosen &= view.members
    return none if selection["kind"] in COUNTED and is_small(int(chosen.sum()), view.hide_below) else chosen


def _box(view: CohortView, selection: Selection) -> list[str]:
    frame = frame_of(view)
    low, high = sorted(float(v) for v in selection["x"])
    bottom, top = sorted(float(v) for v in selection["y"])
    inside = frame["at"].between(low, high) & frame["bili"].between(bottom, top)
    return frame.loc[inside, "patient_id"].tolist()


def _quadrant(view: CohortView, selection: Selection) -> list[str]:
    frame = frame_of(view)
    number = list(QUADRANTS).index(selection["name"])
    where = quadrants(frame["at"].to_numpy(), frame["bili"].to_numpy(), view.at_cut, view.bili_cut) == number
    found: list[str] = frame.loc[where, "patient_id"].tolist()
    return found


def _migration(view: CohortView, selection: Selection) -> list[str]:
    table = cohort_migration.table_of(view)
    hit = table[(table["before"] == selection["before"]) & (table["peak"] == selection["peak"])]
    return list(hit["patient_ids"].iloc[0])


def _composite(view: CohortView, selection: Selection) -> list[str]:
    frame = cohort_composite.frame_of(view)
    inside = frame["peak"] == int(selection["peak"])
    for column, side in (("at_xbln", "x"), ("bili_xbln", "y")):
        low, high = sorted(float(v) for v in selection[side])
        inside &= frame[column].between(low, high)
    return frame.loc[inside, "patient_id"].tolist()


def _shift(view: CohortView, selection: Selection) -> list[str]:
    version: Literal["5.0", "6.0"] = "6.0" if selection["version"] == "6.0" else "5.0"
    rows = shift_rows(view.case, str(selection["analyte"]), version, view.members)
    return behind(rows, int(selection["baseline"]), int(selection["worst"]))


def _ranks(view: CohortView, selection: Selection) -> list[str]:
    frame = changes(view.case, view.analyte, "peak", view.members)
    low, high = sorted(float(v) for v in selection["x"])
    return frame["patient_id"].iloc[max(int(np.ceil(low)) - 1, 0) : max(int(np.floor(high)), 0)].tolist()


def _keys(view: CohortView, selection: Selection) -> list[str]:
    ids = {key: patient for patient, key in view.keys.items()}
    return [ids[key] for key in list(selection["keys"])[:MOST_KEYS] if key in ids]


COUNTED = ("quadrant", "migration", "shift")
"""Selections that a counted cell means: where its count is hidden, so is who is behind it."""

_MADE_WITH = ("analyte", "scale", "at_cut", "bili_cut")
"""What a selection keeps of the view it was made in, so that it stays the same people when the view changes."""

_KINDS: Mapping[str, Callable[[CohortView, Selection], list[str]]] = {
    "box": _box,
    "quadrant": _quadrant,
    "migration": _migration,
    "composite": _composite,
    "shift": _shift,
    "ranks": _ranks,
    "keys": _keys,
}


def says(selection: Selection | None) -> str:
    """How patients were selected, in words."""
    if not selection:
        return "no patients selected"
    kind = selection.get("kind")
    if kind == "box":
        return "selected by a box around peaks"
    if kind == "quadrant":
        return f"selected: {QUADRANTS.get(selection.get('name', ''), 'quadrant')}"
    if kind == "shift":
        return f"selected: {selection.get('analyte')} grade {selection.get('baseline')} to {selection.get('worst')}"
    if kind == "migration":
        return "selected: a move between quadrants"
    return {
        "ranks": "selected in the waterfall",
        "composite": "selected by a box in the composite plot",
        "keys": "selected in the table",
    }.get(str(kind), "selected")
