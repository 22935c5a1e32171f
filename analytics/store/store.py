"""Store: what pages, reports and commands may ask of the data, and what one user may decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics import executors as engine
from analytics.analysis import PARTS, Analysis
from analytics.cohort.scattered import ScatteredAnalysis
from analytics.errors import StoreError, UnknownPatient
from analytics.memory import MOST_AT_ONCE
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.store import behind
from analytics.store.admin import curation, erasure
from analytics.store.admin.audit import AuditLog, Entry
from analytics.store.admin.verify import Verdict, verify
from analytics.store.database import engines, patient_merge, queries, schema
from analytics.store.database import patient_keys as keys
from analytics.store.database.database_errors import told
from analytics.store.database.location import Place
from analytics.store.database.lock import writing
from analytics.store.publish import retention
from analytics.store.snapshot import analysis_cache, derived_arrays, reader, worklist
from analytics.store.snapshot import scattered as scattering
from analytics.store.snapshot.block import Disguise
from analytics.store.snapshot.cache import Cache, Latest, Thing
from analytics.store.snapshot.manifest import Manifest
from analytics.store.snapshot.pieces import Made, made_of_bucket
from analytics.store.snapshot.population import PseudonymisedView, opening, read_population
from analytics.store.snapshot.request_scope import at_one_moment
from analytics.store.tables.audit_head import AUDIT_HEAD
from analytics.store.working_state import seen_marks
from analytics.tables import TABLES
from analytics.unrecognised import unrecognised

KEEP_PANELS = 128
KEEP_CONTENTS = 8_192


class Store:
    """One store, read. Safe to share between threads; a process pool or a forked worker opens its own.

    What changes or destroys results is in :class:`analytics.store.Admin`.

    Attributes:
        place, log: where everything lies; the audit log.
        settings: thresholds of every analysis that is asked for here; bound where the store is opened.
        most_at_once: of more results than this, questions are asked a bucket at a time.
        working_state: engine of the small working state (notes, saved views, jobs); short transactions only.
    """

    def __init__(self, place: Place, settings: Settings):
        self.place = place
        self.settings = settings
        self.working_state = engines.working_state(place)
        self._truth = engines.truth(place)
        self._secret = keys.secret_of(place.secret)
        self._cache, self._contents = Cache(KEEP_PANELS), Cache(KEEP_CONTENTS)
        self._population, self._asked = Latest(), Latest()
        self.most_at_once = MOST_AT_ONCE
        self._known_keys: dict[str, str] = {}
        self.log = AuditLog(place, self.working_state if schema.has(self.working_state, AUDIT_HEAD) else None)

    def close(self) -> None:
        """Close the connections that are kept; whoever reads on opens new ones."""
        self._truth.dispose()

    # -- generations -------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """Number of the newest published generation; 0 for an empty store."""
        return self.manifest.generation

    @property
    def manifest(self) -> Manifest:
        """What the newest generation consists of."""
        return at_one_moment((id(self), "manifest"), self._newest)

    def _newest(self) -> Manifest:
        with self._truth.connect() as connection:
            newest = connection.scalar(queries.newest())
            return self._cache.get(("manifest", newest), lambda: retention.latest_here(self.place, connection))

    @property
    def as_of(self) -> pd.Timestamp:
        """Data cut-off of the newest generation, over all clocks that are calendar dates where there are any."""
        manifest = self.manifest
        return manifest.as_of(["date"] if any("date" in b.as_of for b in manifest.buckets) else ())

    # -- what one user decides ---------------------------------------------------------------------------------

    def seen(self, finding_id: str, by: str, note: str = "", *, of: str = "") -> None:
        """Note that a user has looked at a finding; ``of`` is its patient, for views that know it by another name."""
        seen_marks.mark(self.working_state, finding_id, by, note)

    def dismiss(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Close held-back rows, which stay with who, when and why; returns how many were open."""
        with self._writing() as connection:
            return curation.dismiss(self.place, connection, quarantine_ids, by, why)

    def accept(self, quarantine_ids: Sequence[int], by: str, why: str) -> int:
        """Show stored results that were kept out of view for their unit; returns how many were."""
        with self._writing() as connection:
            return curation.accept(self.place, connection, quarantine_ids, by, why)

    def audit(self, action: str, **more: Any) -> int:
        """Record who did what, on the disk before this returns; see analytics.store.admin.audit.Entry for the fields.

        Raises:
            StoreError: it could not be written; what it speaks of must then not be shown.
        """
        return self.log.record(Entry(action, **more))

    # -- reading -----------------------------------------------------------------------------------------------

    @property
    def patient_ids(self) -> list[str]:
        """Present ids of all patients, sorted."""
        return self.summary()["patient_id"].tolist()

    def panel(self, patient_ids: Sequence[str] | None = None, *, bucket: int | None = None) -> Panel:
        """A Panel of some patients, of one bucket, or of all patients, all of one generation.

        Raises:
            UnknownPatient: one of them is not here.
        """
        return self._retry(lambda m: self._panel(m, patient_ids, bucket))

    def analysis(self, patient_ids: Sequence[str] | None = None) -> Analysis:
        """The analysis of some patients or of all patients: read back where it is stored, else computed.

        Raises:
            UnknownPatient: one of them is not here.
        """
        if patient_ids is None:
            return self._retry(lambda m: self._population.get(m.generation, lambda: self._of_population(m)))
        ids = tuple(sorted(set(patient_ids)))
        return self._retry(lambda m: self._cache.get(("analysis", m.generation, ids), lambda: self._analysis(m, ids)))

    def content_of(self, patient_id: str) -> str:
        """Panel.content of one patient; raises UnknownPatient. While it is the same, so are the patient's results."""
        ids = [patient_id]  # the analysis has the panel that the page is written from
        return self._retry(
            lambda m: self._contents.get((m.generation, patient_id), lambda: self.analysis(ids).panel.content)
        )

    def all_patients(self) -> Analysis:
        """All patients for questions: at once, or asked a bucket at a time where they have more than most_at_once."""
        if self.manifest.n_results <= self.most_at_once:
            return self.analysis()
        return self._retry(lambda m: self._asked.get(m.generation, self.scattered))

    def opening(self) -> bool:
        """Whether all patients are being read beside, which begins here; false where it is done or takes a moment."""
        if self.manifest.n_results > self.most_at_once:
            return self._asked.being_made(self.generation, self.all_patients)
        return opening(self._population, self.generation, self.summary(), self.analysis)

    def analyse(self, executor: engine.Executor = "serial", **how: Unpack[engine.How]) -> int:
        """Compute and store what the newest generation lacks (see analytics.executors.run); gives how many buckets."""
        waiting = self.unanalysed()
        engine.run(derived_arrays.prepare_and_compute, waiting, executor, version=engine.code, **how)
        self._cache.forget("analysis")
        self._cache.forget("worklist")
        return len(waiting)

    def unanalysed(self) -> list[analysis_cache.Task]:
        """Buckets of the newest generation of which something is not computed yet."""
        manifest = self.manifest
        done: set[int] = self._cache.get(("analysed", manifest.generation), set)
        tasks = [t for t in self._tasks(manifest) if t.number not in done]
        waiting = [t for t in tasks if t.missing() or not derived_arrays.path_of(t).is_file()]
        done.update({t.number for t in tasks} - {t.number for t in waiting})  # what is stored stays stored
        return waiting

    def bucket_tasks(self) -> list[analysis_cache.Task]:
        """The buckets of the newest generation, for passes over them one by one; see population.of_bucket."""
        return self._retry(self._tasks)

    def analyse_one(self, task: analysis_cache.Task) -> None:
        """Compute and store what one bucket lacks."""
        derived_arrays.prepare_and_compute(task)

    def table(self, name: str) -> pd.DataFrame:
        """A whole canonical table: rows of the newest generation, results of the analysis, quarantine or ledger."""
        if name not in TABLES:
            raise StoreError(f"no table {name!r}; known: {', '.join(TABLES)}")
        if name in PARTS:
            return self.analysis().tables()[name]
        if name == "quarantine":
            return self.quarantine()
        if name == "ledger":
            return self.imports()
        return self._retry(lambda m: reader.joined(self.place, m, TABLES[name]))

    def pieces(self, name: str, make: Callable[[pd.DataFrame], Made], executor: engine.Executor = "serial",
               **how: Unpack[engine.How]) -> Iterator[Made]:  # fmt: skip
        """What ``make`` makes of a canonical table, bucket by bucket, sorted by patient within each: it takes the rows
        of one and is importable by name. ``executor`` and ``how`` as of analytics.executors.each."""
        if name in ("quarantine", "ledger") or name not in TABLES:
            return iter([make(self.table(name))])
        with self._truth.connect() as connection:
            held = queries.conflicts(connection)
        read = partial(made_of_bucket, make, name, held)
        return engine.each(read, self._tasks(self.manifest), executor, version=engine.code, **how)

    def relative_clocks(self) -> dict[str, str]:
        """Clock of each patient that is not on calendar dates."""
        people = self.summary()
        return {p: c for p, c in zip(people["patient_id"], people["clock"], strict=True) if c != "date"}

    def summary(self) -> pd.DataFrame:
        """One row a patient from the snapshot, sorted by patient_id: analytics.store.snapshot.summary.SUMMARY."""
        return self._retry(
            lambda m: self._cache.get(("summary", m.generation), lambda: worklist.read_summary(self.place, m))
        )

    def worklist(self) -> pd.DataFrame:
        """One row a patient with key, counts, last values and the state of findings; see worklist.COLUMNS."""
        key = ("worklist", self.generation, self.seen_state(), len(self.unanalysed()), self.left_to_jobs())

        def compute() -> pd.DataFrame:
            held, seen = self._held_counts(), self.seen_findings()
            tasks = self._at_hand()
            findings, glances = analysis_cache.open_findings(tasks), analysis_cache.glances(tasks)
            summary = worklist.with_doubts(self.summary(), self._of_generation("held rows", queries.held_named))
            return worklist.worklist_of(summary, self.keys(), held, findings, seen, glances)

        return self._cache.get(key, compute)

    def let_wait(self, threads: int) -> None:
        """Let so many threads wait at once for what another one computes; see Cache.let_wait."""
        self._cache.let_wait(threads)

    def findings_of(self, rule: str, columns: Sequence[str]) -> pd.DataFrame:
        """These columns of the findings of one rule, of all patients, rows in no order; only those are read."""
        return analysis_cache.findings_of_rule(self._at_hand(), rule, columns)

    def imports(self) -> pd.DataFrame:
        """Table LEDGER, newest first."""
        return self._of_generation("ledger", queries.ledger)

    def last_import(self) -> pd.Timestamp:
        """When the store was last imported into; NaT if never."""
        return pd.Timestamp(self.imports()["imported_utc"].max())

    def quarantine(
        self,
        *,
        reason: str | None = None,
        file: str | None = None,
        patient_ids: Sequence[str] | None = None,
        include_resolved: bool = False,
    ) -> pd.DataFrame:
        """Table QUARANTINE: rows quarantined, open ones unless told otherwise."""
        with self._truth.connect() as connection:
            return queries.quarantine(connection, reason, file, patient_ids, include_resolved)

    def unrecognised(self) -> pd.DataFrame:
        """Names of systemic treatments that are not known or mean two things; see analytics.unrecognised."""
        return self._of_generation("unrecognised", lambda _: unrecognised(self.table("events")))

    def profile_digest(self, import_id: int) -> str:
        """Digest of the profile that an import read its file with; empty if there is no such import."""
        with self._truth.connect() as connection:
            return queries.profile_digest(connection, import_id)

    def held_count(self) -> int:
        """How many rows are quarantined and open."""
        return self._of_generation("held", queries.held_count)

    def key_of(self, patient_id: str) -> str:
        """Opaque key of a patient, for addresses, logs and file names."""
        return keys.key_of(self._secret, patient_id)

    def kept_key_of(self, patient_id: str) -> str:
        """Key under which the audit log and marks know a patient: the opaque key."""
        return self.key_of(patient_id)

    def kept_keys(self) -> dict[str, str]:
        """Those of all patients, by present id."""
        return self.keys()

    def keys(self) -> dict[str, str]:
        """Opaque key of every patient, by present id."""

        def compute() -> dict[str, str]:
            self._known_keys = keys.keys_of(self._secret, self.patient_ids, self._known_keys)
            return self._known_keys

        return self._cache.get(("keys", self.generation), compute)

    def patient_of(self, key: str) -> str:
        """Present id behind a key.

        Raises:
            UnknownPatient: no patient of the newest generation has it.
        """
        patient_id = self._ids().get(key)
        if patient_id is None:
            raise UnknownPatient("no such patient")
        return patient_id

    def seen_state(self) -> tuple[int, int | None]:
        """Number and newest time of the marks: another whenever a finding was marked."""
        return at_one_moment((id(self), "seen"), lambda: seen_marks.state(self.working_state))

    def seen_findings(self) -> pd.DataFrame:
        """Findings that were looked at: finding_id, by, utc, note."""
        return self._cache.get(("seen", self.seen_state()), lambda: seen_marks.marks(self.working_state))

    def aliases(self) -> pd.DataFrame:
        """Every merge and un-merge, oldest first: action, old_id, new_id, by, why, utc."""
        with self._truth.connect() as connection:
            return patient_merge.table_of(connection)

    def merges(self) -> dict[str, list[str]]:
        """What is to be said of each present id that shows results of another one: a sentence an id."""
        return self._of_generation("merges", patient_merge.told_of)

    def present_id(self, patient_id: str) -> str:
        """The id under which a merged patient is shown; any other id is its own."""
        with self._truth.connect() as connection:
            return patient_merge.present_ids(connection).get(patient_id, patient_id)

    def former_ids(self, patient_id: str) -> list[str]:
        """Ids that are merged into a present one."""
        with self._truth.connect() as connection:
            return [one for one in erasure.ids_of(connection, patient_id) if one != patient_id]

    def verify(self) -> Verdict:
        """Recompute every digest; see analytics.store.admin.verify."""
        with self._truth.connect() as connection:
            return verify(self.place, connection)

    @contextmanager
    def _writing(self, wait: float = 30.0) -> Iterator[sa.Connection]:
        """A connection that may write, under the writer's lock; what is not committed is undone."""
        with writing(self.place.lock, wait), told():
            engine = engines.truth_writer(self.place)
            with engine.connect() as connection:
                yield connection
            engines.checkpoint(engine)

    def _ids(self) -> dict[str, str]:
        def compute() -> dict[str, str]:
            with self._truth.connect() as connection:
                merged = patient_merge.present_ids(connection)
            old = {keys.key_of(self._secret, a): b for a, b in merged.items()}
            return old | {key: patient_id for patient_id, key in self.keys().items()}

        return self._cache.get(("ids", self.generation), compute)

    def _panel(self, manifest: Manifest, patient_ids: Sequence[str] | None, bucket: int | None) -> Panel:
        if bucket is not None:
            panel = reader.bucket_panel(self.place, manifest, [bucket])
        elif patient_ids is None:
            panel = reader.bucket_panel(self.place, manifest, range(len(manifest.buckets)))
        else:
            ids = tuple(sorted(set(patient_ids)))
            compute = lambda: reader.panel_of(self.place, manifest, ids)  # noqa: E731
            panel = self._cache.get(("panel", manifest.generation, ids), compute)
        return self._with_held(panel, population=patient_ids is None and bucket is None)

    def population(self, view: PseudonymisedView | None = None) -> Analysis:
        """The analysis of all patients in small types, read anew, as a user may see them; parts stay undisguised."""
        return self._retry(lambda m: self._of_population(m, view))

    def scattered(
        self, view: PseudonymisedView | None = None, disguise: Disguise | None = None,
        executor: engine.Executor | None = None, **how: Unpack[engine.How],
    ) -> ScatteredAnalysis:  # fmt: skip
        """The analysis of all patients, asked a bucket at a time: see analytics.store.snapshot.scattered."""
        with self._truth.connect() as connection:
            held = queries.held_of(connection, None)
        return scattering.scattered(self.bucket_tasks(), held, view, disguise, executor, how)

    def _of_population(self, manifest: Manifest, view: PseudonymisedView | None = None) -> Analysis:
        """In small types; parts are computed and stored bucket by bucket where they are not there."""
        tasks = self._tasks(manifest)
        with self._truth.connect() as connection:
            held = queries.held_of(connection, None)
        results = worklist.read_summary(self.place, manifest)["n_results"].to_numpy(np.int64)
        panel, kept = read_population(self.place, manifest, tasks, held, results, view)
        return Analysis(panel, self.settings, analysis_cache.Stored(tasks), kept)

    def _analysis(self, manifest: Manifest, ids: tuple[str, ...]) -> Analysis:
        """Stored parts where all buckets that are asked for have them."""
        numbers = {manifest.bucket_of(i) for i in ids}
        settings = self.settings
        tasks = [t for t in self._tasks(manifest) if t.number in numbers]
        panel = self._panel(manifest, ids, None)
        if all(not t.missing() for t in tasks):
            return Analysis(panel, settings, analysis_cache.Stored(tasks, ids))
        if panel.patients["clock"].nunique() > 1:
            return Analysis(panel, settings, analysis_cache.analysed(panel, manifest, settings))
        return Analysis(panel, settings)

    def _tasks(self, manifest: Manifest) -> list[analysis_cache.Task]:
        """One task a bucket, each with what is quarantined of its patients."""
        held = self._of_generation(
            f"held by bucket {manifest.generation}",
            lambda c: analysis_cache.held_by_bucket(manifest, queries.held_named(c)),
        )
        return analysis_cache.tasks_of(self.place, manifest, self.settings, held)

    def left_to_jobs(self) -> int:
        """Buckets that lists do without for now, and say so; see analytics.store.behind."""
        return behind.left_to_jobs(self, self.unanalysed())

    def _at_hand(self) -> list[analysis_cache.Task]:
        return derived_arrays.at_hand(self._tasks(self.manifest), 0 if self.left_to_jobs() else behind.BEHIND)

    def _with_held(self, panel: Panel, *, population: bool) -> Panel:
        with self._truth.connect() as connection:
            held = queries.held_of(connection, None if population else list(panel.patients["patient_id"]))
        return replace(panel, held=held)

    def _held_counts(self) -> dict[str, int]:
        return self._of_generation("held by patient", queries.held_counts)

    def _of_generation(self, what: str, ask: Callable[[sa.Connection], Thing]) -> Thing:
        """What the database says of the newest generation; asked once, as whatever changes it makes a new one."""

        def asked() -> Thing:
            with self._truth.connect() as connection:
                return ask(connection)

        return self._cache.get((what, self.generation), asked)

    def _retry(self, read: Callable[[Manifest], Thing]) -> Thing:
        """Read from the newest generation; once more if its files were cleared away meanwhile."""
        with suppress(FileNotFoundError):
            return read(self.manifest)
        try:
            return read(self._newest())
        except FileNotFoundError as error:
            what = f"{Path(str(error.filename)).name} of the snapshot is not in {self.place.folder}"
            raise StoreError(f"{what}; run: hepatrend doctor --rebuild") from error
