"""Rules that make quarantined rows readable: offered by reason, added to the very profile, the file is read again."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g

from analytics.errors import InputError
from analytics.ingest import importer
from analytics.settings import Settings
from analytics.store import open_store
from dashboard.cohorts import worker
from dashboard.components import held
from dashboard.config import Config
from dashboard.importing import profile_rules, service
from dashboard.importing.profiles import Profiles, with_dates_too
from dashboard.importing.uploads import Uploads
from dashboard.pages import quality
from dashboard.security.roles import LOCAL
from dashboard.web.context import Context
from tests.dashboard.test_importing import finished

HEAD = "patient_id,test,date,value,unit\n"
ROWS = (
    "P1,ALT,2026-01-05,40,U/L",
    "P1,AST,2026-01-05,50,",
    "P1,Leberwert X,2026-01-05,60,U/L",
    "P1,Bilirubin,2026-01-05,1.1,mg pro dl",
    "P1,ALP,25.02.2026,120,U/L",
    "P1,GGT,2026-01-05,kein Material,U/L",
    "P1,Cortisol,2026-01-05,3,nmol/L",
)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(worker, "start", lambda config: None)
    (tmp_path / "in").mkdir()
    store = open_store(str(tmp_path / "store"))
    config = Config(store=str(store.place.folder), import_folder=tmp_path / "in", keys=tmp_path / "keys")
    (tmp_path / "in" / "messy.csv").write_text(HEAD + "\n".join(ROWS) + "\n")
    outcome = importer.import_one(tmp_path / "in" / "messy.csv", store, importer.Options(by="ada"))
    assert outcome.document["reasons"] == {
        "ANALYTE_UNKNOWN": 2, "DATE_FORMAT": 1, "UNIT_MISSING": 1, "UNIT_UNKNOWN": 1, "VALUE_TEXT": 1,
    }  # fmt: skip
    with Flask("test").test_request_context():
        g.user = LOCAL
        yield Context(store, config, Settings())


def rule(context: Context, says: str) -> str:
    [found] = [r for r in profile_rules.offered(context.whole_store.quarantine()) if says in r.says]
    return found.name


def read_again(context: Context, name: str, *says: str) -> dict[str, Any]:
    chosen = [rule(context, s) for s in says]
    done = finished(context, quality._start(context, chosen, name, None, "messy.csv"), LOCAL.name)
    assert not done.failed
    return done.result


ALL = (
    "AST without a unit is in U/L",
    "'Leberwert X' is LDH",
    "'mg pro dl' means mg/dL",
    "also written 31.03.2024",
    "'kein Material' is a result",
    "'Cortisol' is left out",
)


def test_every_reason_has_its_rules_and_together_they_make_all_rows_readable(context):
    document = read_again(context, "north_lab", *ALL)
    assert (document["results_in"], document["stored"], document["duplicate"]) == (7, 5, 1)
    assert (document["quarantined"], document["ignored"]) == (0, 1)
    labs = context.whole_store.panel(["P1"]).labs
    assert dict(zip(labs["analyte"], labs["value"], strict=True)) == pytest.approx(
        {"ALT": 40, "AST": 50, "BILI": 1.1, "ALP": 120, "GGT": float("nan"), "LDH": 60}, nan_ok=True
    )
    assert labs.loc[labs["analyte"] == "ALP", "collected_at"].dt.strftime("%Y-%m-%d").tolist() == ["2026-02-25"]
    closed = context.whole_store.quarantine(include_resolved=True)
    assert closed["resolution"].tolist() == ["read again by import 2"] * 6
    assert closed["resolved_by"].tolist() == [LOCAL.name] * 6
    assert "read again by import 2; " in str(held.rows_table(closed))
    said = tomllib.loads(Profiles(context.config).text("north_lab"))
    assert said["units"] == {"AST": "U/L"} and said["unit_words"] == {"mg pro dl": "mg/dL"}
    assert context.whole_store.verify().problems == []


def test_rules_are_added_to_those_of_the_profile_that_the_file_was_read_with(context):
    read_again(context, "north_lab", ALL[0], ALL[3])
    left = context.whole_store.quarantine()
    assert sorted(left["reason_code"]) == ["ANALYTE_UNKNOWN", "ANALYTE_UNKNOWN", "UNIT_UNKNOWN", "VALUE_TEXT"]
    read_again(context, "north_lab", ALL[1], ALL[5])
    said = tomllib.loads(Profiles(context.config).text("north_lab"))
    assert said["units"] == {"AST": "U/L"} and said["analytes"] == {"Leberwert X": "LDH"}
    assert sorted(context.whole_store.quarantine()["reason_code"]) == ["UNIT_UNKNOWN", "VALUE_TEXT"]


def test_a_profile_of_another_source_is_never_written_over(context):
    Profiles(context.config).save("south_lab", 'decimal = ","\n')
    with pytest.raises(InputError, match="another profile 'south_lab'"):
        read_again(context, "south_lab", ALL[0])
    for name in ("", "A B", "../x"):
        with pytest.raises(InputError, match="a profile's name"):
            read_again(context, name, ALL[0])
    assert Profiles(context.config).text("south_lab") == 'decimal = ","\n'


def test_a_profile_that_changed_since_is_not_taken_for_the_one_of_then(context):
    profiles = Profiles(context.config)
    path = profiles.save("north_lab", 'lab = "North"\n')
    again = context.config.import_folder / "second.csv"
    again.write_text(HEAD + ROWS[1].replace("P1", "P2") + "\n")
    assert not importer.import_one(again, context.whole_store, importer.Options(profile=str(path))).refused
    profiles.save("north_lab", 'lab = "South"\n')
    held_rows = context.whole_store.quarantine(file="second.csv")
    digest = context.whole_store.profile_digest(int(held_rows["import_id"].iloc[0]))
    with pytest.raises(InputError, match="has changed since"):
        profile_rules.base(profiles, "north_lab", digest)
    service.keep_profile(context.config, "north_lab", 'lab = "North"\n')
    assert profile_rules.base(profiles, "north_lab", digest) == 'lab = "North"\n'


def test_a_file_that_is_not_here_or_is_another_one_is_not_read(context):
    path = context.config.import_folder / "messy.csv"
    original = path.read_text()
    path.write_text(original + "P9,ALT,2026-01-05,40,U/L\n")
    with pytest.raises(InputError, match="is not here any more"):
        read_again(context, "north_lab", ALL[0])
    uploads = Uploads(context.config)
    with (context.config.import_folder / "messy.csv").open("rb") as stream:
        uploads.keep("messy.csv", stream)
    with pytest.raises(InputError, match="is not here any more"):
        read_again(context, "north_lab", ALL[0])
    path.write_text(original)
    with path.open("rb") as stream:
        uploads.keep("messy.csv", stream)
    path.unlink()
    assert read_again(context, "north_lab", ALL[0])["stored"] == 1


def test_rows_of_several_files_and_no_rule_are_told(context):
    other = context.config.import_folder / "other.csv"
    other.write_text(HEAD + "P2,AST,2026-01-05,50,\n")
    importer.import_one(other, context.whole_store, importer.Options())
    with pytest.raises(InputError, match="choose one file first"):
        quality._start(context, [rule(context, ALL[0])], "north_lab", None, None)
    with pytest.raises(InputError, match="choose a rule first"):
        quality._start(context, ["units|U/L|ALT"], "north_lab", None, "messy.csv")


def test_two_rules_for_the_same_are_refused():
    one, other = (profile_rules.Rule("units", "ALT", unit, f"ALT is in {unit}") for unit in ("U/L", "ukat/L"))
    with pytest.raises(InputError, match="two rules for the same"):
        profile_rules.added("", [one, other])
    name, left_out = (
        profile_rules.Rule("analytes", "X", "ALT", "X is ALT"),
        profile_rules.Rule("ignore", "X", "ignored", "no"),
    )
    with pytest.raises(InputError, match="two rules for the same"):
        profile_rules.added("", [name, left_out])


def test_a_second_form_of_dates_stands_beside_the_first_and_never_makes_one_text_two_dates():
    text = with_dates_too("", "%d.%m.%Y")
    forms = tomllib.loads(text)["dates"]
    assert "%Y-%m-%d" in forms and "%d.%m.%Y" in forms
    with pytest.raises(InputError, match="two ways"):
        with_dates_too(with_dates_too("", "%d/%m/%Y"), "%m/%d/%Y")
