"""A study: the options of a site, and its store opened with the site's thresholds. Bound here, once, for every door.

Commands, server, worker and schedules all begin with :func:`open_study`, so that one question has one answer whoever
asks it. Precedence of every option: flag, environment, file, default (dashboard.config).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analytics import settings as thresholds
from analytics.errors import StoreError
from analytics.settings import Settings
from dashboard.config import Config, config_file, config_from

if TYPE_CHECKING:
    from analytics.store import Admin
    from analytics.store.admin.belongings import Belongings


@dataclass(frozen=True)
class Study:
    """What is asked.

    Attributes:
        config: options of the site.
        store: the store; its thresholds are the site's.
    """

    config: Config
    store: Admin

    @property
    def settings(self) -> Settings:
        """Thresholds."""
        return self.store.settings

    def record(self, action: str, *, key: str = "", rows: int | None = None, detail: str = "") -> None:
        """One entry of the audit log by the user of this machine.

        Args:
            action: one of analytics.store.admin.audit.ACTIONS.
            key: opaque key of the patient, or the name of an object; never a patient id.
            rows: how many rows were shown or given out.
            detail: what else helps to understand it; never a patient id or the name of a file.

        Raises:
            StoreError: it could not be written, though the store is one that can be written.
        """
        from analytics.ingest.importer import user

        if self.store.place.read_only:
            click.echo("hepatrend: this store is read-only, so the audit log has no entry of this", err=True)
            return
        self.store.audit(action, user=user(), key=key, rows=rows, detail=detail)


def thresholds_of(config: Config) -> Settings:
    """The site's thresholds: those of its TOML file over the defaults."""
    return thresholds.load(config.settings) if config.settings else Settings()


def bind(config: Config, *, create: bool = False) -> Study:
    """Open the store of these options with their thresholds.

    Raises:
        StoreError: there is none and it must not be made, or it cannot be used.
        SettingsError: the thresholds cannot be read.
    """
    from analytics.store import open_store

    limits = thresholds_of(config)
    store = open_store(config.store, create=create, settings=limits)
    store.most_at_once = config.results_in_memory
    return Study(config, store)


def open_study(
    store_url: str | None, *, create: bool = False, settings: Path | None = None, told: bool = True
) -> Study:
    """What a command begins with: options read, store opened, and the command written into the audit log.

    Args:
        store_url: what ``--store`` says; None where it says nothing.
        create: make a store that does not exist.
        settings: what ``--settings`` says.
        told: False where the command itself is no action: it looks at the log, or does only what is due.

    Raises:
        HepatrendError: an option, the store or its thresholds cannot be used.
    """
    study = bind(config_from(store=store_url, settings=settings), create=create)
    if told:
        study.record("command", key=command_name())
    return study


def belongings_of(config: Config) -> Belongings:
    """What of the store lies where the site's options say."""
    from analytics.store.admin.belongings import Belongings

    chosen = {"keys": config.keys, "profiles": config.profiles, "reports": config.reports}
    folders = {name: config.beside_store(path, name).absolute() for name, path in chosen.items()}
    files = {"hepatrend.toml": config_file(), **({"thresholds.toml": config.settings} if config.settings else {})}
    return Belongings(folders, files)


def command_name() -> str:
    """Name of the command that runs, like ``cohort run``; empty outside of one."""
    context = click.get_current_context(silent=True)
    names = []
    while context is not None and context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names))


def config_of(store_url: str | None, *, must_exist: bool = True) -> Config:
    """Options alone, for what works beside an open store.

    Raises:
        StoreError: there is no such store.
    """
    from analytics.store.database.location import Place

    config = config_from(store=store_url)
    if must_exist and not Place.of(config.store).exists():
        raise StoreError(f"no store in {config.store}; import a file first, or run: hepatrend demo")
    return config
