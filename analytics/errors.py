"""The exception tree. Everything that we raise on purpose is one of these, caught only at the edge.

HepatrendError
├── InputError               what was given cannot be accepted
│   ├── RefusedFile          a whole file is not taken in; nothing of it was stored
│   ├── ProfileError         a source profile says something impossible
│   ├── SettingsError        a threshold or option has no such name or value
│   └── QuestionError        a temporal question cannot be read
│       └── NotRead          it can, but all patients are still being read; ask again
├── UnknownPatient           no such patient, or not for these eyes
├── TableError               a frame does not have the canonical columns
├── StoreError               the store cannot be used
│   ├── NewerStore           it was written by a newer version
│   ├── DamagedStore         a digest or the database's own check does not hold
│   └── BusyStore            another writer holds it
├── ReportRefused            no report was made; says why
├── DeliveryFailed           a report was made and did not arrive; says where
├── ClusterError             processes or machines that were to compute are away, or of another version
├── MissingExtra             an optional package is needed; says which
├── SignInRefused            the hospital's provider is away or does not confirm who it is
└── RefusedStart             the server would be open to others without sign-in
"""

from __future__ import annotations


class HepatrendError(Exception):
    """Anything that we refuse on purpose. The message is one or more plain sentences for the user."""


class InputError(HepatrendError):
    """What was given cannot be accepted."""


class RefusedFile(InputError):
    """A whole file is refused; nothing of it was stored.

    Args:
        message: what is wrong, what was found and what is accepted.
        file: the file's name as given.
        line: physical line, 1-based, if one line is to blame.
        column: the column's name, if one column is to blame.
    """

    def __init__(self, message: str, *, file: str = "", line: int | None = None, column: str | None = None):
        where = "".join([file, f" line {line}" if line else "", f" column {column!r}" if column else ""])
        super().__init__(f"{where.strip()}: {message}" if where else message)
        self.file, self.line, self.column = file, line, column


class ProfileError(InputError):
    """A source profile says something impossible."""


class SettingsError(InputError):
    """A threshold or option has no such name or value."""


class QuestionError(InputError):
    """A temporal question or cohort cannot be read.

    Args:
        message: what was found.
        text: the line as given.
        position: 0-based character at which reading stopped.
        accepted: what could stand there.
    """

    def __init__(self, message: str, *, text: str = "", position: int = 0, accepted: tuple[str, ...] = ()):
        shown = f"{text[:position]}▸{text[position:]}" if text else ""
        wanted = f"accepted here: {', '.join(accepted)}" if accepted else ""
        super().__init__("; ".join(part for part in (message, shown, wanted) if part))
        self.text, self.position, self.accepted = text, position, accepted


class NotRead(QuestionError):
    """A question came while all patients are being read; it is answered when that is done."""


class UnknownPatient(HepatrendError):
    """No such patient, or not for these eyes: both read alike."""


class TableError(HepatrendError):
    """A frame does not have the canonical columns."""


class StoreError(HepatrendError):
    """The store cannot be used."""


class NewerStore(StoreError):
    """The store was written by a newer version of hepatrend."""


class DamagedStore(StoreError):
    """A digest or the database's own check does not hold."""


class BusyStore(StoreError):
    """Another writer holds the store."""


class ReportRefused(HepatrendError):
    """No report was made: nobody on the list, nothing imported, or a part of the analysis failed."""


class DeliveryFailed(HepatrendError):
    """A report was made and did not arrive at a target."""


class ClusterError(HepatrendError):
    """The scheduler is away or has no workers, they have another version, or buckets are lost again and again."""


class MissingExtra(HepatrendError):
    """An optional package is needed.

    Args:
        extra: the name of the extra in pyproject.toml.
        purpose: what needs it.
    """

    def __init__(self, extra: str, purpose: str):
        super().__init__(f"{purpose} needs the extra {extra!r}: pip install 'hepatrend[{extra}]'")


class SignInRefused(HepatrendError):
    """The hospital's provider cannot be reached, does not confirm who it is, or gives no role."""


class NoRole(SignInRefused):
    """The hospital's provider confirms who it is, and none of the groups gives a role.

    Args:
        name: who it is.
    """

    def __init__(self, name: str):
        super().__init__("this hospital account has no access here; its groups give no role")
        self.name = name


class RecordUnread(SignInRefused):
    """The hospital record confirms who it is, and does not give its data as it should: nothing of it is shown."""


class RefusedStart(HepatrendError):
    """The server would be open to others without sign-in."""
