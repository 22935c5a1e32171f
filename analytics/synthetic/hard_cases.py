"""Small awkward files, written as they would arrive. What should happen to each is in the sample's README."""

from __future__ import annotations

from pathlib import Path

_HEAD = "patient_id,analyte,collected_at,value,unit,lln,uln,lab,status,specimen_id"

_FILES: dict[str, tuple[str, str]] = {
    "three_date_forms.csv": (
        "utf-8",
        f"""{_HEAD}
HC-01,ALT,2026-03-14,52,U/L,5,40,Northgate,final,A1
HC-01,ALT,14.04.2026,61,U/L,5,40,Northgate,final,A2
HC-01,ALT,25/04/2026,58,U/L,5,40,Northgate,final,A3
HC-01,ALT,04/05/2026,66,U/L,5,40,Northgate,final,A4
HC-01,ALT,2026-05-20 08:30,63,U/L,5,40,Northgate,final,A5
HC-01,ALT,3/6/26,60,U/L,5,40,Northgate,final,A6
""",
    ),
    "decimal_comma.csv": (
        "utf-8",
        """patient_id;analyte;collected_at;value;unit;lln;uln;lab;status;specimen_id
HC-02;Bilirubin;2026-04-02;0,9;mg/dL;0,2;1,2;Northgate;final;B1
HC-02;Bilirubin;2026-04-16;<0,2;mg/dL;0,2;1,2;Northgate;final;B2
HC-02;Albumin;2026-04-02;3,9;g/dL;3,5;5,0;Northgate;final;B1
HC-02;ALT;2026-04-02;48;U/L;5;40;Northgate;final;B1
HC-02;CA 19-9;2026-04-02;1.204,5;U/mL;;37;Northgate;final;B1
""",
    ),
    "ukat.csv": (
        "utf-8",
        f"""{_HEAD}
HC-03,ALAT,2026-05-04 07:45,0.75,µkat/L,0.10,0.75,Lakeland,final,C1
HC-03,ASAT,2026-05-04 07:45,1.50,ukat/L,0.10,0.70,Lakeland,final,C1
HC-03,ALP,2026-05-04 07:45,2.00,ukat/l,0.60,1.80,Lakeland,final,C1
HC-03,Bilirubin total,2026-05-04 07:45,34.208,µmol/L,4,25,Lakeland,final,C1
HC-03,Serum albumin,2026-05-04 07:45,41,g/L,36,48,Lakeland,final,C1
""",
    ),
    "unknown_names.csv": (
        "utf-8",
        f"""{_HEAD}
HC-04,ALT,2026-05-11,44,U/L,5,40,Northgate,final,D1
HC-04,Zirkonase,2026-05-11,17,U/L,2,20,Northgate,final,D1
HC-04,Hep. screen (send out),2026-05-11,12,U/L,,,Northgate,final,D1
HC-04,ALP,2026-05-11,101,U/L,35,120,Northgate,final,D1
""",
    ),
    "duplicates.csv": (
        "utf-8",
        f"""{_HEAD}
HC-05,ALT,2026-05-12 08:00,55,U/L,5,40,Northgate,final,E1
HC-05,ALT,2026-05-12 08:00,55,U/L,5,40,Northgate,final,E1
HC-05,AST,2026-05-12 08:00,510,U/L,5,40,Northgate,preliminary,E1
HC-05,AST,2026-05-12 08:00,51,U/L,5,40,Northgate,corrected,E1
HC-05,ALP,2026-05-12 08:00,90,U/L,35,120,Northgate,final,E1
HC-05,ALP,2026-05-12 08:00,190,U/L,35,120,Northgate,final,E1
""",
    ),
    "truncated.csv": (
        "utf-8",
        f"""{_HEAD}
HC-06,ALT,2026-05-13,39,U/L,5,40,Northgate,final,F1
HC-06,AST,2026-05-13,35,U/L,5,40,Northgate,final,F1
HC-06,ALP,2026-05-13,9""",
    ),
    "latin1.csv": (
        "latin-1",
        f"""{_HEAD}
HC-07,Bilirubin,2026-05-14,22,µmol/L,3,21,Labor Müller,final,G1
HC-07,ALT,2026-05-14,47,U/L,7,45,Labor Müller,final,G1
""",
    ),
    "slips.csv": (
        "utf-8",
        f"""{_HEAD}
HC-08,Total bilirubin,2026-04-01,0.9,mg/dL,0.2,1.2,Northgate,final,H1
HC-08,Total bilirubin,2026-04-15,15.4,mg/dL,3,21,Northgate,final,H2
HC-08,ALT,2026-04-01,36,U/L,5,40,Northgate,final,H1
HC-08,ALT,2026-04-15,0.63,U/L,0.10,0.75,Northgate,final,H2
HC-08,AST,2026-04-15,-1,U/L,5,40,Northgate,final,H2
HC-08,LDH,2026-04-15,1000000000,U/L,120,250,Northgate,final,H2
HC-08,ALP,2026-04-15,haemolysed,U/L,35,120,Northgate,final,H2
""",
    ),
    "wide.csv": (
        "utf-8",
        """patient_id,date,ALT (U/L),AST (U/L),ALP (U/L),Bilirubin (mg/dL),Albumin (g/dL)
HC-09,2026-03-02,44,38,110,0.7,4.1
HC-09,2026-03-23,52,,118,0.8,4.0
HC-09,2026-04-13,49,41,125,<0.2,4.0
""",
    ),
}


def write(folder: Path) -> list[Path]:
    """Write each file; the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (encoding, text) in sorted(_FILES.items()):
        path = folder / name
        path.write_bytes(text.encode(encoding))
        written.append(path)
    return written
