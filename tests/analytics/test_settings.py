"""Thresholds: named, sourced, changed by TOML, refused when misspelt."""

from __future__ import annotations

import pytest

from analytics.errors import SettingsError
from analytics.settings import Settings, describe, load


def test_every_threshold_says_what_it_means_and_where_it_comes_from():
    for name, _, _, says, source in describe(Settings()):
        assert says and source, name


def test_a_toml_file_changes_one_threshold_and_the_digest(tmp_path):
    (tmp_path / "site.toml").write_text("[trend]\nalpha = 0.01\n")
    changed = load(tmp_path / "site.toml")
    assert changed.trend.alpha == 0.01
    assert changed.digest != Settings().digest
    assert changed.baseline == Settings().baseline


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[trend]\nalfa = 0.01\n", "trend.alfa"),
        ("[tend]\nalpha = 0.01\n", "tend"),
        ('[trend]\nalpha = "often"\n', "trend.alpha"),
        ("[trend]\nmin_days_call = true\n", "min_days_call"),
        ("trend = [", "site.toml"),
    ],
)
def test_a_misspelt_or_mistyped_threshold_is_refused_by_name(tmp_path, text, names):
    (tmp_path / "site.toml").write_text(text)
    with pytest.raises(SettingsError, match=names):
        load(tmp_path / "site.toml")


def test_equal_settings_have_equal_digests():
    assert Settings().digest == Settings().changed({"trend": {"alpha": 0.05}}).digest
