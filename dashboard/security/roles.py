"""Roles and what each may do. One table; a permission that is not in it cannot be asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dashboard.security.record_store import OpenRecord

NAME_FROM_OUTSIDE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@\\-]{0,63}")
"""Form of the name of a user who comes from a gateway or a provider."""

Sees = Literal["identified", "pseudonymised", "nothing"]

PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "enter": "open the application: frame, methods, own session",
        "patients": "see the pages of single patients and the worklist",
        "mark": "mark findings as reviewed, with a note",
        "cohorts": "see cohort pages",
        "export": "download tables and reports",
        "quality": "see imports and quarantined results",
        "curate": "resolve or dismiss quarantined results",
        "import": "import files and save profiles; shows the files as they are, identified",
        "schedule": "see and change scheduled reports",
        "audit": "read the audit log",
        "users": "see accounts, sessions, keys and jobs; end sessions, unlock",
    }
)

_CLINICAL = frozenset({"enter", "patients", "mark", "cohorts", "export", "quality", "curate", "import", "schedule"})


@dataclass(frozen=True)
class Role:
    """One role."""

    name: str
    says: str
    may: frozenset[str]
    sees: Sees
    start: str = "/"
    """Where the role comes to at the start address, whose own page it may not see."""


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        role.name: role
        for role in (
            Role(
                "owner", "the only user of this machine; loopback without sign-in", frozenset(PERMISSIONS), "identified"
            ),
            Role("clinician", "sees identified patients", _CLINICAL, "identified"),
            Role(
                "coordinator", "sees pseudonyms and shifted dates", _CLINICAL - {"schedule", "import"}, "pseudonymised"
            ),
            Role(
                "data_manager",
                "imports, profiles, quarantined results, schedules; no pages of patients or cohorts",
                frozenset({"enter", "quality", "curate", "import", "schedule"}),
                "identified",
                "/quality",
            ),
            Role(
                "auditor", "reads the audit log, no clinical data", frozenset({"enter", "audit"}), "nothing", "/audit"
            ),
            Role("admin", "keeps accounts, no clinical data", frozenset({"enter", "users"}), "nothing", "/admin"),
        )
    }
)

GRANTED = tuple(name for name in ROLES if name != "owner")
"""Roles that an account can have."""


RECORD = Role(
    "record",
    "sees one patient as the hospital record gave it, until the session ends",
    frozenset({"enter", "patients"}),
    "identified",
)
"""Of a session in which the record opened a patient whose data are not in the store: less than the role that the
options give to those whom the record confirms."""

EVERY: Mapping[str, Role] = MappingProxyType({**ROLES, RECORD.name: RECORD})


@dataclass(frozen=True)
class User:
    """Who is asking."""

    name: str
    role: str
    session: str = ""
    """Short name of the session for the audit log; never the token."""
    record: OpenRecord | None = field(default=None, compare=False, repr=False)
    """What the record gave for this session, with the role ``record``."""

    def may(self, permission: str) -> bool:
        """True where the role has the permission."""
        return permission in EVERY[self.role].may

    @property
    def sees(self) -> Sees:
        """How patients look to this user."""
        return EVERY[self.role].sees


LOCAL = User("local", "owner", "local")
"""The one user of a loopback server without sign-in."""
