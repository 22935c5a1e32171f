"""HL7 v2 results as laboratory systems send them: values, statuses, times, specimens, framing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analytics.errors import MissingExtra, RefusedFile
from analytics.ingest import Ingest, preview, read
from analytics.store import open_store
from tests.analytics.ingest.reading.expected import CASES, stored, wanted

MSH = r"MSH|^~\&|LIS|LAB|EHR|HOSP|{sent}||ORU^R01|M1|P|2.5.1"
PID = "PID|1||P7^^^HOSP^MR||X^Y||19600102|F"
OBR = "OBR|1|O1|L1|24325-3^Hepatic panel^LN|||20250303081000"


def obx(value: str, kind: str = "NM", code: str = "1742-6^ALT^LN", unit: str = "U/L", **more: str) -> str:
    fields = ["OBX", "1", kind, code, "", value, unit, *[""] * 18]
    fields[11] = "F"
    for name, text in more.items():
        fields[int(name.removeprefix("f"))] = text
    return "|".join(fields)


def taken(
    folder: Path, *segments: str, sent: str = "20250303120000", end: str = "\r", encoding: str = "utf-8"
) -> Ingest:
    path = folder / "oru.hl7"
    whole = segments if segments[0].startswith("MSH") else (MSH.format(sent=sent), PID, OBR, *segments)
    path.write_bytes("".join(s + end for s in whole).encode(encoding))
    got = read(path)
    assert got.adds_up
    return got


def test_messages_of_a_hospital_come_out_as_expected(tmp_path):
    rows, outcome = stored(CASES / "17_hl7_oru" / "oru.hl7", tmp_path)
    assert rows == wanted("17_hl7_oru")
    assert (outcome.receipt["stored"], outcome.receipt["ignored"], outcome.receipt["quarantined"]) == (8, 1, 0)


def test_a_small_message_is_read(tmp_path):
    rows, _ = stored(CASES / "field_30" / "oru.hl7", tmp_path)
    assert {(r[1], r[2], r[3], r[4], r[6], r[7]) for r in rows} == {
        ("ALT", "2025-03-03 08:10", "", "44", "7", "40"),
        ("CEA", "2025-03-03 08:10", "<", "0.5", "", "5"),
    }


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("framed", [False, True])
def test_any_end_of_a_segment_and_the_signs_of_a_line_are_understood(tmp_path, end, framed):
    text = end.join([MSH.format(sent="2025"), PID, OBR, obx("44"), obx("45", code="1920-8^AST^LN")]) + end
    path = tmp_path / "oru.hl7"
    path.write_bytes((f"\x0b{text}\x1c\r" * 2 if framed else text).encode())
    got = read(path)
    assert got.labs["value"].tolist() == [44.0, 45.0] * (2 if framed else 1)
    assert got.patients["sex"].tolist() == ["F"]


@pytest.mark.parametrize(
    ("kind", "value", "number", "sign"),
    [
        ("NM", "44", 44, ""),
        ("NM", "<5", 5, "<"),
        ("SN", "<^5", 5, "<"),
        ("SN", ">=^5", 5, ">"),
        ("SN", "=^5", 5, ""),
        ("SN", "^5", 5, ""),
        ("SN", "^5^+", 5, ">"),
        ("ST", "44", 44, ""),
        ("ST", "< 44", 44, "<"),
        ("CWE", "^hemolyzed", None, ""),
    ],
)
def test_values_of_every_type_are_read(tmp_path, kind, value, number, sign):
    row = taken(tmp_path, obx(value, kind)).labs.iloc[0]
    assert (row["value"] == number if number else row["value"] != row["value"], row["comparator"]) == (True, sign)


@pytest.mark.parametrize(
    ("kind", "value"), [("SN", "^10^-^20"), ("SN", "^1^:^40"), ("SN", "<>^5"), ("NM", "1~2"), ("CE", "A^strange")]
)
def test_what_is_not_one_number_is_held_back(tmp_path, kind, value):
    assert taken(tmp_path, obx(value, kind)).reasons == {"VALUE_TEXT": 1}


def test_a_flag_that_says_end_of_the_scale_is_a_comparator(tmp_path):
    assert taken(tmp_path, obx("5", f8="<")).labs["comparator"].tolist() == ["<"]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("7-56", (7, 56)),
        ("<56", (None, 56)),
        (">7", (7, None)),
        ("7 - 56 U/L", (7, 56)),
        ("M: 7-56", None),
        ("", (None, None)),
    ],
)
def test_limits_are_read_or_told(tmp_path, limits, expected):
    got = taken(tmp_path, obx("44", f7=limits))
    found = tuple(None if v != v else v for v in got.labs[["lln", "uln"]].to_numpy()[0])
    assert found == (expected or (None, None))
    assert any("1 reference ranges could not be read" in n for n in got.notes) is (expected is None)


@pytest.mark.parametrize(("status", "shown"), [("F", [44]), ("D", []), ("W", []), ("X", []), ("C", [50]), ("P", [44])])
@pytest.mark.parametrize("backwards", [False, True])
def test_statuses_replace_and_remove_whatever_the_order(tmp_path, status, shown, backwards):
    value = "44" if status in "FDWX" else "50"
    messages = [
        (MSH.format(sent="2025"), PID, OBR, obx("44")),
        (MSH.format(sent="2025"), PID, OBR, obx(value, f11=status)),
    ]
    got = taken(tmp_path, *[s for m in (messages[::-1] if backwards else messages) for s in m])
    store = open_store(str(tmp_path / "store"))
    store.publish(got)
    assert store.table("labs")["value"].tolist() == shown


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_many_corrections_the_last_that_was_sent_stands(tmp_path, order):
    messages = [(MSH.format(sent=f"2025030{i + 4}"), PID, OBR, obx(f"5{i}", f11="C")) for i in range(3)]
    got = taken(tmp_path, *[s for i in order for s in messages[i]])
    assert got.labs["value"].tolist() == [52.0]
    assert got.ignored_why == {"older version of a corrected result": 2}


@pytest.mark.parametrize(
    ("own", "ordered", "sent", "at", "offset"),
    [
        ("20250303081500+0100", "", "2025", "2025-03-03 08:15:00", 60),
        ("", "20250303081000-0500", "2025", "2025-03-03 08:10:00", -300),
        ("202503030815", "", "20250303120000+0200", "2025-03-03 08:15:00", 120),
        ("20250303", "202503030900", "2025", "2025-03-03 09:00:00", None),
    ],
)
def test_times_come_with_their_offsets(tmp_path, own, ordered, sent, at, offset):
    segments = (MSH.format(sent=sent), PID, f"OBR|1|||x|||{ordered}", obx("44", f14=own))
    row = taken(tmp_path, *segments).labs.iloc[0]
    assert (str(row["collected_at"]), str(row["utc_offset_min"])) == (at, "<NA>" if offset is None else str(offset))


@pytest.mark.parametrize(
    ("obr15", "spm"),
    [("UR^Urine", ""), ("ASC", ""), ("", "SPM|1|7^8||309201001^Ascitic fluid^SCT"), ("FLU&Pleural fluid", "")],
)
def test_other_fluids_never_reach_the_blood_series(tmp_path, obr15, spm):
    order = f"OBR|1|||x|||20250303{'|' * 8}{obr15}"
    segments = [
        MSH.format(sent="2025"),
        PID,
        order,
        obx("11", code="1751-7^Albumin^LN", unit="g/L"),
        *([spm] if spm else []),
    ]
    blood = [OBR, obx("39", code="1751-7^Albumin^LN", unit="g/L"), "SPM|1|7^9||SER^Serum"]
    got = taken(tmp_path, *segments, *blood)
    assert got.labs[["value", "specimen_id"]].to_numpy().tolist() == [[3.9, "9"]]
    assert sum(n for why, n in got.ignored_why.items() if "not blood" in why) == 1


def test_escapes_are_undone_and_the_number_of_the_record_is_taken(tmp_path):
    person = r"PID|1||99^^^X^SS~P\T\8^^^H^MR"
    assert taken(tmp_path, MSH.format(sent="2025"), person, OBR, obx("44")).quarantine["raw_cell"].tolist() == ["P&8"]
    person = "PID|1||99^^^X^SS~P8^^^H^MR"
    assert taken(tmp_path, MSH.format(sent="2025"), person, OBR, obx("44")).labs["patient_id"].tolist() == ["P8"]


def test_own_signs_between_fields_are_those_of_the_message(tmp_path):
    text = [r"MSH$*~\&$LIS$LAB$EHR$HOSP$2025$$ORU*R01$M1$P$2.5", "PID$1$$P7*X", "OBR$1$$$x$$$20250303",
            "OBX$1$SN$1742-6*ALT*LN$$<*5$U/L$7-40$$$$F"]  # fmt: skip
    got = taken(tmp_path, *text) if text[0].startswith("MSH") else None
    assert got is not None
    assert got.labs[["patient_id", "value", "comparator", "uln"]].to_numpy().tolist() == [["P7", 5.0, "<", 40.0]]


def test_other_messages_comments_and_segments_are_counted(tmp_path):
    admission = [MSH.format(sent="2025").replace("ORU^R01", "ADT^A01"), PID]
    got = taken(tmp_path, MSH.format(sent="2025"), PID, OBR, obx("44"), "NTE|1||drawn late", "ZZZ|1", *admission,
                MSH.format(sent="2025"), PID, OBR, obx("JVBERi0=", "ED"), obx("", f11="O"))  # fmt: skip
    assert got.ignored_why == {
        "comment (NTE)": 1,
        "segment ZZZ is not read": 1,
        "message ADT is not read": 1,
        "attached document (ED)": 1,
        "order without a result (OBX-11 O)": 1,
    }


def test_messages_without_results_are_refused(tmp_path):
    with pytest.raises(RefusedFile, match="nothing in it is read: 1 message ADT is not read"):
        taken(tmp_path, MSH.format(sent="2025").replace("ORU^R01", "ADT^A01"), PID)


def test_letters_are_read_in_the_set_that_the_message_names(tmp_path):
    head = MSH.format(sent="2025") + "||||||8859/1"
    segments = (head, PID, OBR, obx("44", f23="Universitätsklinik"))
    assert taken(tmp_path, *segments, encoding="latin-1").labs["lab"].tolist() == ["Universitätsklinik"]
    bare = taken(tmp_path, MSH.format(sent="2025"), *segments[1:], encoding="latin-1")
    assert bare.reasons == {"ENC_INVALID": 1}


def test_a_person_whose_name_cannot_be_decoded_is_still_another_person(tmp_path):
    segments = (MSH.format(sent="2025"), PID, OBR, obx("44"), "PID|2||P8^^^H^MR||Müller", OBR, obx("45"))
    assert taken(tmp_path, *segments, encoding="latin-1").labs["patient_id"].tolist() == ["P7", "P8"]


def test_a_result_without_a_person_or_a_time_is_held_back(tmp_path):
    assert taken(tmp_path, MSH.format(sent="2025"), OBR, obx("44")).reasons == {"PATIENT_FORMAT": 1}
    assert taken(tmp_path, MSH.format(sent="2025"), PID, "OBR|1", obx("44")).reasons == {"DATE_MISSING": 1}


def test_the_next_person_begins_with_the_next_pid(tmp_path):
    got = taken(tmp_path, MSH.format(sent="2025"), PID, OBR, obx("44"), "PID|2||P8^^^H^MR", OBR, obx("45"))
    assert got.labs["patient_id"].tolist() == ["P7", "P8"]


def test_rows_name_the_segment_they_come_from(tmp_path):
    got = taken(tmp_path, obx("44"), obx("A^odd", "CE"))
    assert (got.labs["source_line"].tolist(), got.quarantine["line"].tolist()) == ([4], [5])
    assert got.quarantine["column"].tolist() == ["OBX-5"]
    assert preview(tmp_path / "oru.hl7").accepted == 1


def test_without_the_extra_it_is_said_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "hl7", None)
    with pytest.raises(MissingExtra, match="hl7"):
        taken(tmp_path, obx("44"))
    assert "hl7" in preview(tmp_path / "oru.hl7").refused
