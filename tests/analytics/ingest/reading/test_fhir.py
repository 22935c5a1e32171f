"""FHIR as servers, apps and generators write it: Bundles, categories, ranges, specimens, medicines, versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analytics.errors import RefusedFile
from analytics.ingest import Ingest, Profile, importer, read
from analytics.store import open_store
from tests.analytics.ingest.reading.expected import CASES, stored, wanted


def observation(code: str = "1742-6", value: Any = 55, unit: str = "U/L", **more: Any) -> dict[str, Any]:
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    whole = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/P1"},
        "effectiveDateTime": "2024-03-05T08:30:00+01:00",
        "valueQuantity": quantity,
        **more,
    }
    return {k: v for k, v in whole.items() if v is not None}


def bundle(*resources: dict[str, Any], kind: str = "collection", **entry: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [{**entry, "resource": r} for r in resources]}


def taken(folder: Path, *said: Any, indent: int | None = None, name: str = "f.json", **more: Any) -> Ingest:
    path = folder / name
    path.write_text("\n".join(json.dumps(s, indent=indent) for s in said), "utf-8")
    got = read(path, **more)
    assert got.adds_up
    return got


@pytest.mark.parametrize("file", ["bundle_oneline.json", "bundle_pretty.json"])
def test_a_bundle_gives_its_results_on_one_line_and_over_many(tmp_path, file):
    rows, outcome = stored(CASES / "field_02" / file, tmp_path)
    assert {(r[1], r[2][:10], r[4]) for r in rows} == {
        ("ALT", "2025-03-03", "55"),
        ("BILI", "2025-03-03", "1.1"),
        ("ALP", "2025-04-03", "140"),
    }
    assert (outcome.receipt["results_in"], outcome.receipt["stored"]) == (3, 3)


def test_a_searchset_comes_out_as_expected_and_names_what_it_leaves_out(tmp_path):
    rows, outcome = stored(CASES / "15_fhir_bundle_pretty" / "bundle.json", tmp_path)
    assert rows == wanted("15_fhir_bundle_pretty")
    assert outcome.receipt["ignored"] == 3
    got = read(CASES / "15_fhir_bundle_pretty" / "bundle.json")
    assert got.ignored_why["MedicationRequest: an order is no treatment given"] == 1
    assert got.ignored_why["Condition: a diagnosis is no event here"] == 1
    inr = got.labs[got.labs["analyte"] == "INR"].iloc[0]
    assert (inr["raw_value"], inr["value"] != inr["value"]) == ("not-performed", True)


def test_limits_as_texts_and_in_their_own_units_are_read_and_others_are_told(tmp_path):
    rows, _ = stored(CASES / "field_01" / "obs.ndjson", tmp_path)
    assert {(r[1], r[4], r[6], r[7]) for r in rows} == {
        ("ALT", "130", "", "41"),
        ("ALP", "310", "40", "129"),
        ("BILI", "2.6", "0.2", "1.2"),
        ("ALB", "2.9", "3.5", "5.2"),
    }
    got = taken(
        tmp_path,
        observation(referenceRange=[{"text": "M: 10-40"}]),
        observation("1920-8", referenceRange=[{"low": {"value": 1, "unit": "furlongs"}}]),
        observation("6768-6", referenceRange=[{"text": "10-40"}, {"text": "20-60"}]),
    )
    assert got.labs["uln"].isna().all()
    assert any("3 reference ranges could not be read, for example 'M: 10-40'" in n for n in got.notes)


def test_the_code_of_the_test_decides_whatever_the_category(tmp_path):
    rows, _ = stored(CASES / "field_03" / "obs.ndjson", tmp_path)
    assert {(r[1], r[4]) for r in rows} == {
        ("ALT", "61"), ("AST", "72"), ("ALP", "150"), ("GGT", "88"), ("BILI", "1.4"),
    }  # fmt: skip
    got = taken(
        tmp_path,
        observation(),
        observation("1742-6", category=[{"coding": [{"code": "survey"}]}]),
        observation("8480-6", category=[{"coding": [{"code": "vital-signs"}]}]),
    )
    assert len(got.labs) == 1
    assert got.ignored_why == {
        "Observation of category survey is no laboratory result": 1,
        "Observation of category vital-signs is no laboratory result": 1,
    }


@pytest.mark.parametrize(
    ("said", "raw"),
    [
        ({"valueRange": {"low": {"value": 10}, "high": {"value": 20}}}, "10-20"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 40}}}, "1:40"),
        ({"valueSampledData": {"data": "1 2"}}, "SampledData"),
        ({"valueBoolean": True}, "Boolean True"),
    ],
)
def test_what_is_not_one_number_is_held_back(tmp_path, said, raw):
    got = taken(tmp_path, observation(valueQuantity=None, **said))
    assert (got.reasons, got.quarantine["raw_cell"].tolist()) == ({"VALUE_TEXT": 1}, [raw])


def test_comparators_are_kept_and_unknown_ones_hold_the_result_back(tmp_path):
    results = [observation(valueQuantity={"value": 5, "comparator": c, "unit": "U/L"}) for c in ("<", ">=", "ad")]
    for i, one in enumerate(results):
        one["effectiveDateTime"] = f"2024-03-0{i + 1}"
    got = taken(tmp_path, *results)
    assert got.labs["comparator"].tolist() == ["<", ">"]
    assert got.reasons == {"VALUE_TEXT": 1}


def test_a_code_and_a_word_that_mean_different_units_hold_the_result_back(tmp_path):
    both = {"value": 39, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/L"}
    assert taken(tmp_path, observation("1751-7", valueQuantity=both)).reasons == {"UNIT_UNKNOWN": 1}


FLUIDS = {"resourceType": "Specimen", "id": "s1", "type": {"coding": [{"code": "309201001"}]}}


@pytest.mark.parametrize("kind", ["reference", "contained", "display", "late line", "address"])
def test_results_of_other_fluids_never_reach_the_blood_series(tmp_path, kind):
    blood = observation("1751-7", 4.1, "g/dL")
    fluid = observation("1751-7", 1.1, "g/dL", effectiveDateTime="2024-03-06")
    other: list[dict[str, Any]] = []
    if kind == "contained":
        fluid |= {"contained": [FLUIDS], "specimen": {"reference": "#s1"}}
    elif kind == "display":
        fluid |= {"specimen": {"display": "Pleural fluid"}}
    else:
        fluid |= {"specimen": {"reference": "urn:uuid:77" if kind == "address" else "Specimen/s1"}}
        other = [FLUIDS]
    if kind == "late line":
        got = taken(tmp_path, blood, fluid, *other, name="f.ndjson")
    elif kind == "address":
        got = taken(tmp_path, {"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": blood}, {"resource": fluid}, {"fullUrl": "urn:uuid:77", "resource": FLUIDS | {"id": "x"}},
        ]})  # fmt: skip
    else:
        got = taken(tmp_path, bundle(blood, fluid, *other))
    assert got.labs["value"].tolist() == [4.1]
    assert sum(n for why, n in got.ignored_why.items() if "fluid" in why and "not blood" in why) == 1


def test_words_of_a_specimen_are_no_specimen_number(tmp_path):
    serum = {"resourceType": "Specimen", "id": "s", "type": {"text": "Serum"}, "accessionIdentifier": {"value": "A-7"}}
    got = taken(
        tmp_path,
        bundle(
            observation(specimen={"display": "Serum"}),
            observation("1920-8", contained=[serum], specimen={"reference": "#s"}),
        ),
    )
    assert got.labs["specimen_id"].fillna("").tolist() == ["", "A-7"]


def test_components_are_results_of_their_own(tmp_path):
    quantity = {"value": 44, "unit": "U/L"}
    part = {"code": {"coding": [{"system": "http://loinc.org", "code": "1742-6"}]}, "valueQuantity": quantity}
    unread = {
        "code": {"coding": [{"system": "http://loinc.org", "code": "1920-8"}]},
        "dataAbsentReason": {"text": "lost"},
    }
    got = taken(tmp_path, observation("24325-3", valueQuantity=None, component=[part, unread]))
    assert got.labs["analyte"].tolist() == ["ALT", "AST"]
    assert got.labs["value"].notna().tolist() == [True, False]


def shown(folder: Path, got: Ingest) -> list[float]:
    store = open_store(str(folder / "store"))
    store.publish(got)
    labs = store.table("labs")
    return labs["value"].tolist()


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
@pytest.mark.parametrize("form", ["bundle", "lines"])
def test_the_newest_of_many_corrections_stands_whatever_their_order(tmp_path, order, form):
    versions = [
        observation(value=40 + i, id="o1", status="final" if i == 0 else "corrected",
                    meta={"versionId": str(i + 1), "lastUpdated": f"2024-03-0{i + 5}T00:00:00Z"})
        for i in range(4)
    ]  # fmt: skip
    chosen = [versions[i] for i in order]
    got = taken(tmp_path, bundle(*chosen)) if form == "bundle" else taken(tmp_path, *chosen, name="f.ndjson")
    assert got.ignored_why == {"older version of the same resource": 3}
    assert shown(tmp_path, got) == [43.0]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("form", ["bundle", "lines"])
def test_the_last_issued_of_corrections_with_ids_of_their_own_stands(tmp_path, order, form):
    moments = ("2024-03-06T10:00:00Z", "2024-03-06T10:30:00+01:00", "2024-03-06T12:00:00Z")
    versions = [observation(value=40 + i, id=f"o{i}", status="corrected", issued=at) for i, at in enumerate(moments)]
    chosen = [versions[i] for i in order]
    got = taken(tmp_path, bundle(*chosen)) if form == "bundle" else taken(tmp_path, *chosen, name="f.ndjson")
    assert got.ignored_why == {"corrected result that was corrected again later": 2}
    assert shown(tmp_path, got) == [42.0]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_result_is_not_shown(tmp_path, status):
    got = taken(tmp_path, observation(), observation(status=status), observation("1920-8", status="preliminary"))
    assert shown(tmp_path, got) == [55.0]
    assert got.labs["status"].tolist() == ["final", status.replace("-", "_"), "preliminary"]


def test_medicines_are_found_by_reference_and_only_cancer_treatment_is_systemic(tmp_path):
    medication = {"resourceType": "Medication", "id": "m1", "code": {"text": "Oxaliplatin 5 mg/ml"}}
    aspirin = {"coding": [{"system": "http://www.whocc.no/atc", "code": "N02BA01", "display": "aspirin"}]}
    person = {"subject": {"reference": "Patient/P1"}}
    given = {"resourceType": "MedicationAdministration", "status": "completed", **person,
             "medicationReference": {"reference": "Medication/m1"}, "effectiveDateTime": "2024-02-01",
             "dosage": {"dose": {"value": 85, "unit": "mg/m2"}}}  # fmt: skip
    statement = {"resourceType": "MedicationStatement", "status": "active", **person,
                 "contained": [{"resourceType": "Medication", "id": "c", "code": {"text": "capecitabine"}}],
                 "medicationReference": {"reference": "#c"}, "effectivePeriod": {"start": "2024-02-02"}}  # fmt: skip
    handed = {"resourceType": "MedicationDispense", "status": "completed", **person,
              "medicationCodeableConcept": aspirin, "whenHandedOver": "2024-02-03",
              "daysSupply": {"value": 14, "unit": "days"}}  # fmt: skip
    not_taken = {**statement, "status": "not-taken"}
    got = taken(tmp_path, bundle(given, statement, handed, not_taken, medication))
    assert got.events[["kind", "name"]].to_numpy().tolist() == [
        ["systemic", "Oxaliplatin 5 mg/ml"],
        ["systemic", "capecitabine"],
        ["other", "aspirin"],
    ]
    assert got.events["end_date"].isna().tolist() == [False, True, False]
    assert got.events["detail"].tolist()[2] == "dispensed; for 14 days"
    assert any("aspirin" in n for n in got.notes)
    again = read(tmp_path / "f.json", Profile(name="own", kinds={"aspirin": "systemic"}))
    assert again.events["kind"].tolist()[2] == "systemic"


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("XYZ-123", "L01FX05", "systemic"), ("methotrexate", "L04AX03", "other"), ("aflibercept", "S01LA05", "other"),
        ("aflibercept", "L01XX44", "systemic"), ("octreotide", "H01CB02", "systemic"), ("tofacitinib", "", "other"),
    ],
)  # fmt: skip
def test_a_medicine_is_systemic_by_its_atc_code_else_by_the_one_table_of_agents(tmp_path, name, code, kind):
    coding = [{"system": "http://www.whocc.no/atc", "code": code, "display": name}] if code else []
    given = {"resourceType": "MedicationAdministration", "status": "completed", "effectiveDateTime": "2024-02-01",
             "subject": {"reference": "Patient/P1"},
             "medicationCodeableConcept": {"coding": coding, "text": name}}  # fmt: skip
    assert taken(tmp_path, bundle(given)).events["kind"].tolist() == [kind]


@pytest.mark.parametrize(
    "word", ["Rohr mit Pleurapunktat", "heces", "SNV", "168139001", "Biopsy of liver", "flüssigkeit"]
)
def test_a_specimen_is_of_another_fluid_by_the_words_that_separated_text_knows_too(tmp_path, word):
    got = taken(tmp_path, observation(), observation("1751-7", 1.1, "g/dL", specimen={"display": word}))
    assert len(got.labs) == 1 and sum(n for why, n in got.ignored_why.items() if "not blood" in why) == 1


def test_a_medicine_of_a_transaction_is_found_by_its_address(tmp_path):
    entries = [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Medication", "code": {"text": "irinotecan"}}},
        {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Patient", "gender": "male", "birthDate": "1950"}},
        {"resource": {"resourceType": "MedicationAdministration", "status": "completed",
                      "subject": {"reference": "urn:uuid:2"}, "medicationReference": {"reference": "urn:uuid:1"},
                      "effectiveDateTime": "2024-02-01"}},
        {"request": {"method": "DELETE", "url": "Observation/9"}},
    ]  # fmt: skip
    got = taken(tmp_path, {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert (got.events["name"].tolist(), got.events["patient_id"].tolist()) == (["irinotecan"], ["2"])
    assert got.patients["patient_id"].tolist() == ["2"]
    assert got.ignored_why["entry without a resource"] == 1


def test_a_conclusion_of_an_imaging_report_is_kept_with_its_scan(tmp_path):
    report = {"resourceType": "DiagnosticReport", "status": "final", "subject": {"reference": "Patient/P1"},
              "category": [{"coding": [{"code": "RAD"}]}], "code": {"text": "CT abdomen"},
              "effectiveDateTime": "2024-03-01", "conclusion": "Two new lesions\nin segment VI."}  # fmt: skip
    panel = {**report, "category": [{"coding": [{"code": "LAB"}]}], "code": {"text": "panel"}, "conclusion": None}
    got = taken(tmp_path, bundle(report, panel))
    assert got.imaging[["modality", "detail"]].to_numpy().tolist() == [["CT", "Two new lesions in segment VI."]]
    assert got.ignored == 1


def test_results_inside_a_report_are_read_with_its_person_and_time(tmp_path):
    inner = {k: v for k, v in observation().items() if k not in ("subject", "effectiveDateTime")} | {"id": "o"}
    report = {"resourceType": "DiagnosticReport", "status": "final", "subject": {"reference": "Patient/P9"},
              "effectiveDateTime": "2024-03-05", "contained": [inner], "code": {"text": "panel"}}  # fmt: skip
    got = taken(tmp_path, report, indent=1)
    assert got.labs[["patient_id", "value"]].to_numpy().tolist() == [["P9", 55.0]]


@pytest.mark.parametrize(
    ("subject", "patient"),
    [
        ({"reference": "Patient/P1/_history/2"}, "P1"),
        ({"reference": "https://fhir.example.org/r4/Patient/P1"}, "P1"),
        ({"reference": "Patient?identifier=mrn|77"}, "p-77"),
        ({"identifier": {"value": "77"}}, "p-77"),
        ({"reference": "Group/P1"}, ""),
        ({"reference": "P1", "type": "Device"}, ""),
        ({"identifier": {"value": "unknown-here"}}, ""),
    ],
)
def test_a_result_is_of_the_person_that_its_reference_means_and_of_nobody_else(tmp_path, subject, patient):
    person = {"resourceType": "Patient", "id": "p-77", "identifier": [{"value": "77"}]}
    got = taken(tmp_path, bundle(person, observation(subject=subject)))
    assert got.labs["patient_id"].tolist() == ([patient] if patient else [])
    assert got.reasons == ({} if patient else {"PATIENT_FORMAT": 1})


def test_a_death_with_a_date_is_an_event_of_the_person(tmp_path):
    person = {"resourceType": "Patient", "id": "P1", "gender": "female", "birthDate": "1950-01-02"}
    got = taken(tmp_path, bundle({**person, "deceasedDateTime": "2024-05-06"}, {**person, "deceasedBoolean": True}))
    assert got.events[["name", "kind"]].to_numpy().tolist() == [["death, as recorded", "other"]]
    assert got.ignored_why == {"Patient: deceased, without a date": 1}


def test_a_file_of_which_nothing_was_used_is_refused_and_says_why(tmp_path):
    report = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Liver panel"}}
    for said in (report, bundle(report), bundle(), {"some": "json"}, [report]):
        with pytest.raises(RefusedFile, match="nothing in it is read"):
            taken(tmp_path, said)
    path = tmp_path / "again.ndjson"
    path.write_text(json.dumps(report) + "\n" + json.dumps(report))
    outcome = importer.import_one(path, open_store(str(tmp_path / "s")), importer.Options())
    assert importer.exit_code([outcome]) == importer.REFUSED


@pytest.mark.parametrize("cut", [40, 200, -3])
def test_a_bundle_that_is_cut_off_is_refused_whole(tmp_path, cut):
    path = tmp_path / "cut.json"
    path.write_text(json.dumps(bundle(observation(), observation("1920-8")), indent=1)[:cut])
    with pytest.raises(RefusedFile, match="no complete JSON"):
        read(path)


def test_rows_of_a_bundle_name_the_line_on_which_their_entry_begins(tmp_path):
    got = taken(tmp_path, bundle(observation(), observation("1920-8")), indent=2)
    lines = (tmp_path / "f.json").read_text().split("\n")
    assert all("{" in lines[n - 1] for n in got.labs["source_line"])
    assert got.labs["source_line"].is_monotonic_increasing and got.labs["source_line"].iloc[1] > 20


def test_numbers_of_a_bundle_keep_the_digits_that_were_written(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps(bundle(observation("1975-2", 1.5, "mg/dL"))).replace("1.5", "1.50"))
    assert read(path).labs["raw_value"].tolist() == ["1.50"]


def test_lines_may_be_bundles(tmp_path):
    got = taken(tmp_path, bundle(observation()), bundle(observation("1920-8")), name="f.ndjson")
    assert got.labs["analyte"].tolist() == ["ALT", "AST"]


def _observed(number: str, code: str, **more: object) -> dict[str, object]:
    return {
        "resourceType": "Observation", "id": number, "status": "final", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "effectiveDateTime": "2025-03-12",
        "valueQuantity": {"value": 45, "unit": "U/L"}, **more,
    }  # fmt: skip


def test_what_a_history_deletes_is_not_shown_unless_it_came_back(tmp_path):
    def delete(number: str) -> dict[str, object]:
        url = f"Observation/{number}"
        when = {"lastModified": "2025-03-13T08:00:00Z"}
        return {"fullUrl": url, "request": {"method": "DELETE", "url": url}, "response": when}

    back = {"meta": {"versionId": "3", "lastUpdated": "2025-03-14T08:00:00Z"}}
    entries = [delete("a"), {"resource": _observed("a", "1742-6")}, delete("b")]
    entries.append({"resource": _observed("b", "1920-8", **back)})
    path = tmp_path / "history.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "history", "entry": entries}))
    got = read(path)
    assert got.adds_up
    assert got.labs["analyte"].tolist() == ["AST"]
    assert got.ignored_why == {"entry without a resource": 2, "deleted by another entry of this file": 1}


def test_a_result_about_somebody_else_than_the_subject_is_left_out(tmp_path):
    path = tmp_path / "o.ndjson"
    donor, scan = [{"reference": "RelatedPerson/donor"}], [{"reference": "Condition/7"}]
    rows = [_observed("a", "1742-6", focus=donor), _observed("b", "1920-8", focus=scan)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    got = read(path)
    assert got.labs["analyte"].tolist() == ["AST"]
    assert got.ignored_why == {"Observation about another person than its subject (focus)": 1}
