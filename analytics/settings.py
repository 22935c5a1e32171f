"""Every threshold that a site may change, with its default, unit and source. One place, one spelling.

A group is a frozen dataclass; a threshold is a field made by :func:`threshold`. Code reads ``settings.trend.alpha``;
docs and reports list all of them with :func:`describe`. A site overrides by TOML::

    [trend]
    alpha = 0.01
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from analytics.errors import SettingsError


def threshold(default: Any, says: str, *, unit: str = "", source: str = "house") -> Any:
    """A field that carries its meaning, unit and source beside its default."""
    return field(default=default, metadata={"says": says, "unit": unit, "source": source})


_TABLE_2 = "hepatrend methods: honest limits by number of days"


@dataclass(frozen=True)
class BaselineSettings:
    """How the baseline of a treatment line is had."""

    window_days: int = threshold(28, "days before the start of a line in which results count", unit="d")
    most: int = threshold(
        3,
        "at most this many of the last results (geometric mean)",
        source="Treem et al., Drug Saf 2021;44:133 asks for the mean of two or more",
    )


@dataclass(frozen=True)
class TrendSettings:
    """When a direction may be called."""

    alpha: float = threshold(0.05, "two-sided level of the exact trend test")
    min_days_slope: int = threshold(3, "distinct days before a slope is described", unit="days")
    min_days_call: int = threshold(
        5,
        "distinct days before rising or falling may be called; with 4 the smallest possible exact p is 0.083",
        unit="days",
    )
    confidence: float = threshold(0.95, "coverage of the slope interval")
    widen: float = threshold(1.5, "reference change values are widened by this factor under treatment")
    z_one_sided: float = threshold(
        1.645, "normal quantile where the question has a direction", source="Fokkema et al., Clin Chem 2006;52:1602"
    )
    z_two_sided: float = threshold(1.960, "normal quantile where it has none", source="Fraser, 2012")


@dataclass(frozen=True)
class SmoothSettings:
    """The smoothed curve and what counts as an unexpected result."""

    band_z: float = threshold(1.960, "half width of the band around the smoothed curve", unit="SD")
    surprise: float = threshold(
        3.5, "a result farther than this from what all before it foretold is unexpected", unit="SD"
    )


@dataclass(frozen=True)
class Settings:
    """All thresholds. Two equal Settings give equal results on equal data."""

    baseline: BaselineSettings = field(default_factory=BaselineSettings)
    trend: TrendSettings = field(default_factory=TrendSettings)
    smooth: SmoothSettings = field(default_factory=SmoothSettings)

    @property
    def digest(self) -> str:
        """Short hash of all values; part of the name of a stored analysis."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    def changed(self, overrides: Mapping[str, Mapping[str, Any]]) -> Settings:
        """A copy with other values.

        Raises:
            SettingsError: no such group or threshold, or a value of another type.
        """
        groups = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, values in overrides.items():
            if name not in groups:
                raise SettingsError(f"no group of settings {name!r}; known: {', '.join(groups)}")
            groups[name] = _changed_group(name, groups[name], values)
        return replace(self, **groups)


def _changed_group(name: str, group: Any, values: Mapping[str, Any]) -> Any:
    known = {f.name: f for f in fields(group)}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(f"no setting {name}.{key}; known: {', '.join(known)}")
        default = getattr(group, key)
        fits = isinstance(value, (int, float)) if isinstance(default, float) else type(value) is type(default)
        if not fits or (isinstance(value, bool) and not isinstance(default, bool)):
            raise SettingsError(
                f"{name}.{key} is {value!r}; accepted: {type(default).__name__}, for example {default!r}"
            )
    return replace(group, **values)


def load(path: Path) -> Settings:
    """Settings of a TOML file over the defaults."""
    try:
        return Settings().changed(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name}: {error}") from error


def describe(settings: Settings) -> Iterator[tuple[str, Any, str, str, str]]:
    """Each threshold as (name, value, unit, meaning, source)."""
    for group in fields(settings):
        values = getattr(settings, group.name)
        for f in fields(values):
            yield (
                f"{group.name}.{f.name}",
                getattr(values, f.name),
                f.metadata.get("unit", ""),
                f.metadata.get("says", ""),
                f.metadata.get("source", ""),
            )
