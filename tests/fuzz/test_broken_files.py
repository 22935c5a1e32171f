"""Broken files by the thousand: nothing lost, nothing wrong, nothing counted twice, every refusal with its reason."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from analytics.errors import RefusedFile
from analytics.ingest import Ingest, read
from analytics.ingest.profile import from_toml
from tests.fuzz.kinds import LONG, WIDE, make
from tests.fuzz.page import Page

FULL = os.environ.get("HEPATREND_FUZZ") == "full"
FILES = 10_000 if FULL else 1_000
PARTS = 20


def read_page(page: Page, folder: Path) -> Ingest:
    path = folder / "labs.csv"
    path.write_bytes(page.written())
    return read(path, from_toml(page.profile) if page.profile else None, encoding=page.declared or None)


def got(ingest: Ingest) -> Counter[tuple[object, ...]]:
    labs = ingest.labs
    return Counter(
        (p, a, str(at), None if math.isnan(v) else round(v, 9), c, None if math.isnan(u) else round(u, 9))
        for p, a, at, v, c, u in zip(
            labs["patient_id"], labs["analyte"], labs["collected_at"], labs["value"], labs["comparator"], labs["uln"],
            strict=True,
        )
    )  # fmt: skip


def fault(name: str, page: Page, folder: Path) -> str:
    """What is wrong with how a file was read; empty where all is right."""
    began = time.process_time()  # of this process alone: the machine may be busy
    try:
        ingest = read_page(page, folder)
    except RefusedFile as refused:
        ingest = None
        told = str(refused)
    if time.process_time() - began > 2:
        return "took more than two seconds of the processor"
    if page.refused or ingest is None:
        return "" if page.refused and ingest is None else ("was taken" if page.refused else f"was refused: {told}")
    kept, held, nothing = page.expected()
    wanted = Counter(
        (p, a, at, None if v is None else round(v, 9), c, None if u is None else round(u, 9))
        for p, a, at, v, c, u in kept
    )
    found = got(ingest)
    if found != wanted:
        return f"kept {list(found - wanted)[:3]} in place of {list(wanted - found)[:3]}"
    seen = Counter(zip(ingest.quarantine["line"].astype(int), ingest.quarantine["reason_code"], strict=True))
    if seen != Counter(held):
        return f"held {list(seen - Counter(held))[:3]} in place of {list(Counter(held) - seen)[:3]}"
    if not ingest.adds_up or ingest.ignored != nothing:
        return f"ignored {ingest.ignored_why}, should be {nothing}"
    return ""


def test_there_are_more_than_a_hundred_kinds():
    assert len(set(LONG) | set(WIDE)) > 100


@pytest.mark.timeout(1800 if FULL else 300)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_broken_file_comes_out_as_its_maker_says(part, tmp_path):
    faults = []
    for seed in range(part, FILES, PARTS):
        name, page = make(seed)
        wrong = fault(name, page, tmp_path)
        if wrong:
            faults.append(f"{name} (seed {seed}): {wrong}")
    assert not faults, f"{len(faults)} of {FILES // PARTS}:\n" + "\n".join(faults[:40])


def test_a_file_is_the_same_when_it_is_made_again():
    assert [make(seed)[1].written() for seed in range(60)] == [make(seed)[1].written() for seed in range(60)]
