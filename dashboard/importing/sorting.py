"""Files that come to the import page: sorted by shape, with what is proposed and how far they are understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analytics.errors import HepatrendError, InputError
from dashboard.importing import service, shapes
from dashboard.importing.batch import Batch, Waiting, profile_of, profile_or_none
from dashboard.importing.uploads import Uploads
from dashboard.security import trail
from dashboard.security.named import is_among
from dashboard.web.context import Context


def offered(uploads: Uploads, names: Sequence[str], batch: Batch) -> list[Waiting]:
    """Chosen files of the server's folder; what is not there any more is passed over."""
    known, there = {f.id: f for f in batch.files}, uploads.offered()
    found = [n for name in dict.fromkeys(names) if (n := is_among(name, there))]
    return [known.get(name) or waiting(uploads, name) for name in found]


def waiting(uploads: Uploads, identity: str) -> Waiting:
    """A file of this id with its shape.

    Raises:
        InputError: there is none.
    """
    path = uploads.path(identity)
    return Waiting(identity, path.name, path.stat().st_size, shapes.shape_of(path, identity))


def paths(uploads: Uploads, batch: Batch, key: str) -> list[Path]:
    """The files of a shape.

    Raises:
        InputError: one is not here any more.
    """
    return [uploads.path(f.id) for f in batch.of(key)]


def propose(uploads: Uploads, batch: Batch, key: str, given: str = "") -> Batch:
    """With what is proposed for a shape; where all of its files is understood as they are, nobody need say so.

    Args:
        uploads: where the files are.
        batch: what waits.
        key: of the shape.
        given: text of a profile that was chosen before; it is proposed where nothing makes more of the files.
    """
    try:
        found = paths(uploads, batch, key)
        made = shapes.proposed(found)
        checked = shapes.checked(found, profile_or_none(made.text))
        own = _suits(found, given)
        if own is not None and own.accepted >= checked.accepted:
            made, checked = shapes.Proposal(given), own
    except HepatrendError as error:
        return batch.put(key, refused=str(error))
    batch = batch.put(key, text=made.text, questions=made.questions)
    return judged(batch, key, checked, used=None if made.text or checked.quarantined else "")


def _suits(found: Sequence[Path], given: str) -> shapes.Checked | None:
    """What a profile makes of files that it can be used for; None where there is none, or it cannot."""
    try:
        profile = profile_of(given)
        shapes.check_persons(len(found), profile)
    except HepatrendError:
        return None
    made = shapes.checked(found, profile) if profile else None
    return made if made and not made.refused else None


def judge_again(uploads: Uploads, batch: Batch, key: str) -> Batch:
    """With what a shape's profile makes of it now that more files are of it."""
    try:
        made = profile_or_none(batch.said(key).text)
        return judged(batch, key, shapes.checked(paths(uploads, batch, key), made))
    except HepatrendError as error:
        return batch.put(key, refused=str(error))


def judged(batch: Batch, key: str, checked: shapes.Checked, **more: Any) -> Batch:
    """With how far the files of a shape were understood."""
    none_goes = len(checked.refused) == checked.files
    note = f"{checked.accepted:,} of the first {checked.looked_at:,} results would be accepted"
    held = f", {checked.quarantined:,} quarantined" if checked.quarantined else ""
    some = f"; {len(checked.refused)} of {checked.files} files cannot be imported" if checked.refused else ""
    return batch.put(key, note=note + held + some, refused=checked.refused[0] if none_goes else "", **more)


def take_in(context: Context, uploads: Uploads, batch: Batch) -> list[str]:
    """Have the files taken in that are ready; gives the jobs' ids.

    Raises:
        InputError: none is, one is not here any more, or a profile of one patient would be used for several files.
    """
    wanted = []
    for key in dict.fromkeys(f.shape for f in batch.ready):
        said = batch.said(key)
        shapes.check_persons(len(batch.of(key)), profile_of(said.text))
        kept = service.keep_profile(context.config, said.name, said.text)
        wanted += [service.Wanted(path, kept) for path in paths(uploads, batch, key)]
    if not wanted:
        raise InputError("no file is ready to be imported")
    for number in range(1, len(wanted) + 1):  # never by name: the name of a file may name a person
        trail.record(context, "import", f"{number} of {len(wanted)}", detail="asked for")
    return service.ask(context, wanted, context.user.name)
