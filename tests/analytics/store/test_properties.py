"""Whatever way the same results come in, the store shows the same and the sums add up."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analytics.ingest import Batch
from analytics.store import open_store
from analytics.store.publish import import_transaction
from analytics.store.snapshot import buckets, manifest, spill
from analytics.tables import LABS, STATUSES
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame

EXAMPLES = 200 if os.environ.get("HEPATREND_FUZZ") == "full" else 8
QUICK = (Phase.explicit, Phase.generate)
"""Each example makes several stores; shrinking a failure would take minutes."""

SHOWN = ["patient_id", "analyte", "collected_at", "specimen_id", "value", "replaced"]


@dataclass
class InBatches:
    """A stream of one file, cut anywhere."""

    frames: list[pd.DataFrame]
    file: str = "case.csv"
    sha256: str = "of the file"
    profile: str = "test"
    profile_digest: str = ""
    table: str = "labs"

    def batches(self):
        for frame in self.frames:
            yield Batch(labs=LABS.conform(frame).reset_index(drop=True), rows_in=len(frame), results_in=len(frame))


@st.composite
def rows(draw):
    """Results of few keys in many versions; versions of one rank agree, so that there is no conflict to decide."""
    keys = st.tuples(
        st.integers(0, 3), st.sampled_from(["ALT", "BILI"]), st.integers(1, 3), st.sampled_from(["", "S1"])
    )
    chosen = draw(st.lists(st.tuples(keys, st.sampled_from(sorted(STATUSES))), min_size=1, max_size=25))
    return labs_frame(
        *(
            lab(
                f"P{p}",
                f"2024-01-{day:02d}",
                code,
                10.0 * p + day + STATUSES[status],
                status,
                specimen_id=specimen or None,
            )
            for (p, code, day, specimen), status in chosen
        )
    )


def shown(store):
    labs = store.table("labs")[SHOWN]
    return (
        labs.assign(specimen_id=labs["specimen_id"].fillna(""))
        .sort_values(SHOWN[:4], ignore_index=True)
        .to_dict("list")
    )


def published(folder, *sources):
    store = open_store(str(folder))
    receipts = store.publish(sources)
    assert all(r.adds_up for r in receipts)
    assert store.verify().problems == []
    return store, receipts


@pytest.mark.timeout(300 if EXAMPLES < 200 else 3600)
@settings(max_examples=EXAMPLES, phases=QUICK)
@given(data=st.data(), frame=rows())
def test_order_batches_and_files_make_no_difference(tmp_path_factory, data, frame):
    folder = tmp_path_factory.mktemp("ways")
    whole, [receipt] = published(folder / "whole", InBatches([frame]))
    order = data.draw(st.permutations(range(len(frame))))
    shuffled, _ = published(folder / "shuffled", InBatches([frame.iloc[order]]))
    cut = data.draw(st.integers(0, len(frame)))
    batches, [split] = published(folder / "batches", InBatches([frame.iloc[order[:cut]], frame.iloc[order[cut:]]]))
    files, _ = published(
        folder / "files", InBatches([frame[:cut]], sha256="first"), InBatches([frame[cut:]], sha256="second")
    )
    for other in (shuffled, batches, files):
        assert shown(other) == shown(whole)
    counted = [(r.stored, r.duplicate, r.superseded, r.quarantined) for r in (receipt, split)]
    assert counted[0] == counted[1]
    again = files.publish(InBatches([frame], sha256="third"))[0]
    assert (again.stored, again.adds_up) == (0, True)
    assert shown(files) == shown(whole)


@pytest.mark.timeout(300 if EXAMPLES < 200 else 3600)
@settings(max_examples=EXAMPLES // 2, phases=QUICK)
@given(data=st.data())
def test_buckets_that_split_and_spills_on_disk_change_nothing(tmp_path_factory, data):
    folder, frame = tmp_path_factory.mktemp("split"), cohort(60, 3)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(frame)), max_size=4)))
    pieces = [frame.iloc[a:b] for a, b in zip([0, *cuts], [*cuts, len(frame)], strict=True)]
    sizes = data.draw(st.sampled_from([(1, 40), (10_000, 40), (1, 10_000)]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "MEMORY_BYTES", sizes[0])
        patch.setattr(manifest, "ROWS_PER_BUCKET", sizes[1])
        sources = [InBatches([p], sha256=str(i)) for i, p in enumerate(pieces) if len(p)]
        store, _ = published(folder / "many", *sources)
        assert len(store.manifest.buckets) == (16 if sizes[1] == 40 else 1)
        one, _ = published(folder / "one", InBatches([p for p in pieces if len(p)]))
    assert shown(store) == shown(one)
    plain, _ = published(folder / "plain", InBatches([frame]))
    assert shown(store) == shown(plain)
    assert store.summary().equals(plain.summary())


def test_more_buckets_than_drawers_and_a_drawer_in_stretches_change_nothing(tmp_path):
    frame = cohort(20, 3)
    corrected = frame.iloc[::7].assign(status="corrected", value=lambda f: f["value"] + 1)
    pieces = [frame.iloc[:70], frame.iloc[70:], corrected]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "ROWS_PER_BUCKET", 10)
        patch.setattr(import_transaction, "ROWS_AT_ONCE", 2)
        for module in (import_transaction, buckets, spill):
            patch.setattr(module, "DRAWERS", 4)
        store, receipts = published(tmp_path / "many", *(InBatches([p], sha256=str(i)) for i, p in enumerate(pieces)))
    assert len(store.manifest.buckets) == 16
    assert [r.stored for r in receipts] == [70, len(frame) - 70, len(corrected)]
    plain, _ = published(tmp_path / "plain", InBatches(pieces))
    assert shown(store) == shown(plain)
    assert store.summary().equals(plain.summary())
    assert store.verify().problems == []


def test_importers_at_once_all_get_in_and_nothing_is_counted_twice(tmp_path):
    """Overlapping files from four importers: every result is stored once."""
    url, everybody = str(tmp_path / "store"), cohort(12, 3)
    open_store(url)
    ids = everybody["patient_id"].unique()
    files = [ingest_of(everybody[everybody["patient_id"].isin(ids[i : i + 6])]) for i in range(0, 8, 1)]
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(lambda f: open_store(url).publish(f)[0], files))
    store = open_store(url)
    assert sum(r.stored for r in receipts) == len(store.table("labs")) == len(everybody)
    assert all(r.adds_up for r in receipts)
    assert sorted(r.generation for r in receipts) == list(range(1, 9))
    assert store.verify().problems == []
