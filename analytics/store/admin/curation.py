"""What people decide about imported data: dismiss a held-back row, merge two patients, undo it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from analytics.errors import InputError
from analytics.store.database.atomic_files import step
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.database.location import Place
from analytics.store.database.patient_merge import check_merge, present_ids
from analytics.store.publish import rebuild, retention, unit_suspects
from analytics.store.snapshot import buckets, generations
from analytics.store.snapshot.manifest import Manifest
from analytics.store.tables.aliases import ALIASES
from analytics.store.tables.rows import QUARANTINED, ROW_ID, ROWS

_SOME = 500
_ONE_FOR_LIFE = {"sex": "sex", "birth_date": "birth date"}


def dismiss(place: Place, connection: sa.Connection, quarantine_ids: Sequence[int], by: str, why: str) -> int:
    """Close held-back rows; they stay, with who, when and why. Returns how many were open.

    Raises:
        InputError: no reason is given.
    """
    if not why.strip():
        raise InputError("say why the rows are dismissed")
    now, done = utc_now(), 0
    for start in range(0, len(quarantine_ids), _SOME):
        some = [int(i) for i in quarantine_ids[start : start + _SOME]]
        waiting = sa.and_(QUARANTINED.c.quarantine_id.in_(some), QUARANTINED.c.resolution.is_(None))
        closed = {
            "resolved_by": by,
            "resolved_utc": microseconds(now),
            "resolution": unit_suspects.DISMISSED + why.strip(),
        }
        done += connection.execute(sa.update(QUARANTINED).where(waiting).values(**closed)).rowcount
    old = retention.latest_here(place, connection)
    generations.write_generation(place, connection, Manifest(old.generation + 1, old.buckets), "dismissed rows", now)
    _commit(connection)
    return done


def accept(place: Place, connection: sa.Connection, quarantine_ids: Sequence[int], by: str, why: str) -> int:
    """Show stored results that were kept out of view for their unit: a person says that they are right.

    Returns:
        How many are shown now; other rows are left as they are.

    Raises:
        InputError: no reason is given, or none of the rows speaks of a stored result.
    """
    if not why.strip():
        raise InputError("say why the results are right")
    now, people = utc_now(), set[str]()
    done = 0
    for start in range(0, len(quarantine_ids), _SOME):
        some = [int(i) for i in quarantine_ids[start : start + _SOME]]
        mine = sa.and_(
            QUARANTINED.c.quarantine_id.in_(some),
            QUARANTINED.c.result_id.is_not(None),
            QUARANTINED.c.resolution.is_(None),
        )
        people |= set(connection.scalars(sa.select(QUARANTINED.c.patient_id).where(mine)))
        closed = {
            "resolved_by": by,
            "resolved_utc": microseconds(now),
            "resolution": unit_suspects.ACCEPTED + why.strip(),
        }
        done += connection.execute(sa.update(QUARANTINED).where(mine).values(**closed)).rowcount
    if not done:
        raise InputError("only stored results quarantined for their unit can be accepted; read the others again")
    change = unit_suspects.change_of(connection, place.spill / "accept")
    rebuild.show_again(connection, change, {change.resolve.get(p, p) for p in people})
    old = retention.latest_here(place, connection)
    manifest = buckets.build(place, old, change, old.generation + 1)
    unit_suspects.note(connection, place, manifest, now)
    generations.write_generation(place, connection, manifest, "accepted results", now)
    _commit(connection)
    return done


def merge(place: Place, connection: sa.Connection, pair: tuple[str, str], by: str, why: str, although: str) -> None:
    """Show the results of the first id of ``pair`` under the second from now on.

    Raises:
        InputError: one of them is not here, they cannot be merged, or they differ in sex or birth date and no one has
            said ``although``: why they are one person.
    """
    old, new = pair
    _check_here(connection, old, new)
    check_merge(connection, old, new)
    _check_clocks(connection, old, new)
    differ = differences(connection, old, new)
    if differ and not although.strip():
        raise InputError(f"they differ in {' and '.join(differ)}: say --although and why they are one person")
    told = f"{why.strip()}; they differ in {' and '.join(differ)}, although: {although.strip()}" if differ else why
    _alias(place, connection, "merge", pair, by, told if why.strip() else why)


def differences(connection: sa.Connection, old: str, new: str) -> list[str]:
    """What two ids cannot have in common if they are two people: sex and birth date, with the values that were told."""
    people, merged = ROWS["patients"], present_ids(connection)
    groups = [[one, *(o for o, n in merged.items() if n == one)] for one in (old, new)]
    found = []
    for name, says in _ONE_FOR_LIFE.items():
        told = [
            set(connection.scalars(sa.select(people.c[name]).where(people.c.patient_id.in_(ids)))) - {None, ""}
            for ids in groups
        ]
        if all(told) and told[0] != told[1]:
            found.append(f"{says} ({', '.join(_shown(value) for value in sorted(told[0] | told[1]))})")
    return found


def _shown(value: str | int) -> str:
    return value if isinstance(value, str) else str(pd.Timestamp(value, unit="us").date())


def unmerge(place: Place, connection: sa.Connection, old: str, by: str, why: str) -> None:
    """Show the results of ``old`` under its own id again.

    Raises:
        InputError: it is not merged.
    """
    query = sa.select(ALIASES.c.action, ALIASES.c.new_id).where(ALIASES.c.old_id == old)
    last = connection.execute(query.order_by(ALIASES.c.alias_id.desc()).limit(1)).first()
    if last is None or last.action != "merge":
        raise InputError("that patient is not merged")
    _alias(place, connection, "unmerge", (old, last.new_id), by, why)


def _alias(place: Place, connection: sa.Connection, action: str, pair: tuple[str, str], by: str, why: str) -> None:
    """Write the decision and the generation that shows it, in one transaction."""
    if not why.strip():
        raise InputError("say why")
    now, before = utc_now(), present_ids(connection)
    number = int(connection.scalar(sa.select(sa.func.max(ALIASES.c.alias_id))) or 0) + 1
    connection.execute(
        sa.insert(ALIASES).values(
            alias_id=number, action=action, old_id=pair[0], new_id=pair[1], by=by, why=why, utc=microseconds(now)
        )
    )
    change = unit_suspects.change_of(connection, place.spill / f"alias-{number}")
    both = {before.get(p, p) for p in pair} | {change.resolve.get(p, p) for p in pair} | set(pair)
    rebuild.show_again(connection, change, both)
    old = retention.latest_here(place, connection)
    manifest = buckets.build(place, old, change, old.generation + 1)
    unit_suspects.note(connection, place, manifest, now)
    generations.write_generation(place, connection, manifest, f"{action} of patients", now)
    _commit(connection)


def _check_here(connection: sa.Connection, *patient_ids: str) -> None:
    for patient_id in patient_ids:
        here = [
            connection.scalar(sa.select(t.c[ROW_ID]).where(t.c.patient_id == patient_id).limit(1))
            for t in ROWS.values()
        ]
        if all(found is None for found in here):
            raise InputError("one of the two patients is not in the store")


def _check_clocks(connection: sa.Connection, old: str, new: str) -> None:
    people = ROWS["patients"]
    query = sa.select(people.c.patient_id, people.c.clock).where(people.c.patient_id.in_([old, new]))
    clocks = {p: c for p, c in connection.execute(query)}
    if clocks.get(old, "date") != clocks.get(new, "date"):
        raise InputError("one has calendar dates and the other has not; their times cannot be brought together")


def _commit(connection: sa.Connection) -> None:
    step("commit", "store")
    connection.commit()
