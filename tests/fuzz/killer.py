"""A process that starts writers of a store, kills them with SIGKILL at random moments, and has the rest inspected.

It imports everything once and forks for each attempt, before any thread runs. Run by test_kills.py; prints JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from analytics.errors import HepatrendError
from analytics.ingest.importer import Options
from analytics.ingest.watch import Watch
from analytics.store import open_store
from analytics.store.admin import backup
from analytics.store.admin.verify import snapshot_digest
from analytics.store.database.location import Place
from tests.analytics.store.made import cohort, ingest_of, lab, labs_frame

FILES = 4


def file_of(i: int):
    """The i-th file: new results, a correction of the file before, a conflict, a duplicate."""
    if i == 0:
        return ingest_of(cohort(150, seed=0))
    rows = [lab(f"P{n:05d}", f"2024-08-{i:02d}", "GGT", 40.0 + n) for n in range(120)]
    rows += [lab("P00001", f"2024-08-{i:02d}", "GGT", 99.0), lab("P00002", f"2024-08-{i:02d}", "GGT", 42.0)]
    if i > 1:
        rows += [lab(f"P{n:05d}", f"2024-08-{i - 1:02d}", "GGT", 60.0 + n, "corrected") for n in range(40)]
    return ingest_of(labs_frame(*rows))


def in_a_child(action: Callable[[], object], kill_after: float | None = None) -> tuple[str, float]:
    """Run in a forked process; kill it after so many seconds if it is still at it. Returns what it printed, seconds."""
    read, write = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.close(read)
        try:
            os.write(write, json.dumps(action()).encode())
            os._exit(0)
        except BaseException as error:
            os.write(write, json.dumps({"error": repr(error)}).encode())
            os._exit(1)
    os.close(write)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said, time.monotonic() - began


def state_of(folder: Path) -> dict[str, object]:
    """Generation, digest and health of a store."""
    store = open_store(str(folder), create=False)
    files = [p for p in store.place.snapshot.glob("*.parquet")]
    return {
        "generation": store.generation,
        "digest": snapshot_digest(store.place, store.manifest),
        "imports": len(store.imports()),
        "problems": store.verify().problems,
        "files": len(files),
    }


def publish(folder: Path, i: int) -> int:
    """Publish one file."""
    return open_store(str(folder)).publish(file_of(i))[0].generation


def main(mode: str, folder: Path, kills: int, seed: int) -> None:
    """Kill, inspect, print."""
    warnings.simplefilter("error")
    rng, runs = random.Random(seed), []
    attempts = {"publish": publish_runs, "backup": backup_runs, "restore": restore_runs, "watch": watch_runs}[mode]
    for run in attempts(folder, kills, rng):
        runs.append(run)
    print(json.dumps(runs))


def publish_runs(folder: Path, kills: int, rng: random.Random):
    """Each round publishes FILES files; each may be killed once, then it is published again in peace."""
    clean = folder / "clean"
    digests, seconds = [], []
    for i in range(FILES):
        seconds.append(in_a_child(lambda i=i: publish(clean, i))[1])
        digests.append(json.loads(in_a_child(lambda: state_of(clean))[0])["digest"])
    for n in range(kills):
        i, store = n % FILES, folder / f"store-{n // FILES}"
        if i == 0:
            in_a_child(lambda store=store: bool(open_store(str(store))))
        in_a_child(lambda store=store, i=i: publish(store, i), kill_after=rng.uniform(0, 1.05 * seconds[i]))
        after = json.loads(in_a_child(lambda store=store: state_of(store))[0])
        before = digests[i - 1] if i else "empty"
        got_in = after.get("imports") == i + 1
        expected = digests[i] if got_in else before
        healthy = after.get("problems") == [] and (after["digest"] == expected or (not got_in and i == 0))
        said = json.loads(in_a_child(lambda store=store, i=i: publish(store, i))[0])
        final = json.loads(in_a_child(lambda store=store: state_of(store))[0])
        yield {
            "got_in": got_in,
            "ok": healthy and final.get("digest") == digests[i] and final.get("problems") == [],
            "said": [after, said, final],
        }


def backup_runs(folder: Path, kills: int, rng: random.Random):
    """A killed backup leaves whole backups only, and the store as it was."""
    store, kept = folder / "store", folder / "kept"
    for i in range(FILES):
        in_a_child(lambda i=i: publish(store, i))
    seconds = in_a_child(lambda: str(backup.back_up(Place(store), kept)))[1]

    def inspected() -> dict[str, object]:
        bad = []
        for path in kept.iterdir():
            if path.name.startswith(backup.PREFIX):
                try:
                    backup.check_backup(path)
                except HepatrendError as error:
                    bad.append(str(error))
        return {"bad": bad, "problems": state_of(store)["problems"], "whole": len(backup.backups_in(kept))}

    before = 1
    for _ in range(kills):
        in_a_child(lambda: str(backup.back_up(Place(store), kept)), kill_after=rng.uniform(0, 1.05 * seconds))
        said = json.loads(in_a_child(inspected)[0])
        yield {"got_in": said["whole"] > before, "ok": said["bad"] == [] and said["problems"] == [], "said": said}
        before = said["whole"]


def restore_runs(folder: Path, kills: int, rng: random.Random):
    """A killed restore leaves the former store or the restored one."""
    store, kept = folder / "store", folder / "kept"
    backups, digests = [], []
    for i in range(2):
        in_a_child(lambda i=i: publish(store, i))
        backups.append(Path(json.loads(in_a_child(lambda: str(backup.back_up(Place(store), kept)))[0])))
        digests.append(json.loads(in_a_child(lambda: state_of(store))[0])["digest"])

    def restore(which: int) -> str:
        return str(restore(backups[which], Place(store), replace=True))

    seconds = in_a_child(lambda: restore(1))[1]
    for n in range(kills):
        which = n % 2
        in_a_child(lambda which=which: restore(which), kill_after=rng.uniform(0, 1.05 * seconds))
        said = json.loads(in_a_child(lambda: state_of(store))[0])
        yield {
            "got_in": said.get("digest") == digests[which],
            "ok": said.get("digest") in digests and said.get("problems") == [],
            "said": said,
        }
        in_a_child(lambda which=which: restore(1 - which))


def watch_runs(folder: Path, kills: int, rng: random.Random):
    """A killed watcher: afterwards each file lies once in done/ or refused/ with its receipt, its rows stored once."""
    store, seconds = folder / "store", 0.0
    for n in range(kills + 1):
        inbox = folder / f"inbox-{n}"
        inbox.mkdir()
        for k in range(3):
            rows = "".join(f"W{n}-{k}-{i},ALT,2024-03-05,{20 + i},U/L\n" for i in range(40))
            (inbox / f"labs-{k}.csv").write_text("patient_id,test,date,value,unit\n" + rows)
        (inbox / "page.csv").write_text(f"<html>{n}</html>")
        if not n:
            seconds = in_a_child(lambda inbox=inbox: watched(inbox, store))[1]
            continue
        in_a_child(lambda inbox=inbox: watched(inbox, store), kill_after=rng.uniform(0, 1.05 * seconds))
        left = sum(p.is_file() and p.suffix == ".csv" for p in inbox.iterdir())
        said = in_a_child(lambda inbox=inbox: watched(inbox, store))[0]
        after = json.loads(in_a_child(lambda inbox=inbox, n=n: put_away_of(inbox, store, f"W{n}-"))[0])
        expected = {
            "": [],
            "done": sorted(f"labs-{k}.csv{end}" for k in range(3) for end in ("", ".receipt.json")),
            "refused": ["page.csv", "page.csv.receipt.json"],
            "stored": 120,
            "problems": [],
        }
        yield {"got_in": left == 0, "ok": after == expected, "said": [left, said, after]}


def watched(inbox: Path, store: Path) -> int:
    """What ``hepatrend watch`` does at one look."""
    return len(list(Watch(inbox, settled=0).take(open_store(str(store)), Options())))


def put_away_of(inbox: Path, folder: Path, prefix: str) -> dict[str, object]:
    """Files by folder, rows of these patients in the store, and its health."""
    store = open_store(str(folder), create=False)
    labs = store.table("labs")
    return {
        "": sorted(p.name for p in inbox.iterdir() if p.is_file() and not p.name.startswith(".")),
        **{name: sorted(p.name for p in (inbox / name).iterdir()) for name in ("done", "refused")},
        "stored": int(labs["patient_id"].str.startswith(prefix).sum()),
        "problems": store.verify().problems,
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
