"""Who runs a scheduled run: one claim, a lease, a heartbeat, and a result that only the holder can write."""

from __future__ import annotations

import threading
from pathlib import Path

import pandas as pd
import pytest

from analytics.errors import SettingsError
from analytics.store import open_store
from analytics.store.working_state.schedules import Claim, Schedule, Schedules

SLOT = pd.Timestamp("2026-06-01 06:00")
MINUTE = pd.Timedelta(minutes=1)


@pytest.fixture
def schedules(tmp_path: Path) -> Schedules:
    return Schedules(open_store(str(tmp_path / "s")).working_state, lease_seconds=600)


def plan(name: str = "monday", **more: object) -> Schedule:
    return Schedule(name, "digest", "all", "Mon 06:00", "UTC", ("folder:out",), **more)  # type: ignore[arg-type]


def test_a_schedule_comes_back_as_it_was_kept(schedules: Schedules):
    kept = plan(identified=True, catch_up="all", tries=5, by="ann")
    schedules.add(kept)
    assert schedules.get("monday") == kept
    with pytest.raises(SettingsError, match="already"):
        schedules.add(plan())
    with pytest.raises(SettingsError, match="known: monday"):
        schedules.get("tuesday")


def test_of_many_schedulers_exactly_one_gets_a_slot(schedules: Schedules):
    scheduled_times = [SLOT + pd.Timedelta(days=d) for d in range(25)]
    won: list[Claim] = []

    def work(worker: str) -> None:
        for scheduled_for in scheduled_times:
            claim = schedules.claim("monday", scheduled_for, worker)
            if claim:
                won.append(claim)

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(c.scheduled_for for c in won) == scheduled_times


def test_a_lease_that_is_renewed_is_kept_and_one_that_ended_is_taken_over(schedules: Schedules):
    first = schedules.claim("monday", SLOT, "a", now=SLOT)
    assert first is not None
    assert schedules.claim("monday", SLOT, "b", now=SLOT + 9 * MINUTE) is None
    assert schedules.renew(first, now=SLOT + 9 * MINUTE)
    assert schedules.claim("monday", SLOT, "b", now=SLOT + 18 * MINUTE) is None
    second = schedules.claim("monday", SLOT, "b", now=SLOT + 20 * MINUTE)
    assert second is not None
    assert second.attempt == 2
    assert not schedules.renew(first)
    assert not schedules.done(first, b"old")
    assert schedules.done(second, b"new", file="f.html")
    assert schedules.memory("monday") == b"new"


def test_a_slot_that_is_over_is_never_taken_again(schedules: Schedules):
    for end in ("done", "failed"):
        scheduled_for = SLOT + pd.Timedelta(days=len(end))
        claim = schedules.claim("monday", scheduled_for, "a", now=scheduled_for)
        assert claim is not None
        assert schedules.done(claim, None) if end == "done" else schedules.failed(claim, "why")
        assert schedules.claim("monday", scheduled_for, "b", now=scheduled_for + pd.Timedelta(days=99)) is None
    assert schedules.missed("monday", SLOT, "nobody ran")
    assert not schedules.missed("monday", SLOT, "nobody ran")
    assert schedules.claim("monday", SLOT, "b", now=SLOT + pd.Timedelta(days=99)) is None


def test_another_try_waits_for_its_time(schedules: Schedules):
    claim = schedules.claim("monday", SLOT, "a", now=SLOT)
    assert claim is not None
    schedules.again(claim, "disk", 300, now=SLOT)
    assert schedules.unfinished(SLOT + 4 * MINUTE) == []
    assert schedules.claim("monday", SLOT, "b", now=SLOT + 4 * MINUTE) is None
    assert schedules.unfinished(SLOT + 5 * MINUTE) == [("monday", SLOT, False)]
    again = schedules.claim("monday", SLOT, "b", now=SLOT + 5 * MINUTE)
    assert again is not None
    assert again.attempt == 2


def test_removing_a_schedule_keeps_its_history_and_resuming_forgets_what_passed(schedules: Schedules):
    schedules.add(plan(since=SLOT))
    claim = schedules.claim("monday", SLOT, "a")
    assert claim is not None
    schedules.done(claim, b"m", counts={"new": 3})
    schedules.pause("monday", paused=True)
    assert schedules.get("monday").paused
    schedules.pause("monday", paused=False, now=SLOT + pd.Timedelta(days=30))
    assert schedules.get("monday").since == SLOT + pd.Timedelta(days=30)
    schedules.remove("monday")
    assert schedules.all() == []
    assert schedules.memory("monday") is None
    assert schedules.history().iloc[0]["counts"] == {"new": 3}


def test_what_was_delivered_is_remembered_once(schedules: Schedules):
    claim = schedules.claim("monday", SLOT, "a")
    assert claim is not None
    schedules.note_delivery(claim, "folder:x")
    schedules.note_delivery(claim, "folder:x")
    assert schedules.delivered(claim) == {"folder:x"}
