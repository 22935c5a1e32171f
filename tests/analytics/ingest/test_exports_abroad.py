"""Exports of other countries and programs by their own drafts: stored right, or held; nothing wrong, nothing lost."""

from __future__ import annotations

import pytest

from tests.analytics.ingest.told import drafted, lines, wanted

CASES = {
    "unit in cell": (
        "patient_id,date,test,result\n"
        "P1,2025-03-12,ALT,40 U/L\n"
        "P1,2025-03-12,Bilirubin,0.9 mg/dL\n"
        "P1,2025-03-19,CEA,<5 ng/mL\n"
        "P1,2025-03-19,Albumin,3.9g/dL\n",
        "utf-8",
        "P1 ALT 2025-03-12 40 U/L\n"
        "P1 BILI 2025-03-12 0.9 mg/dL\n"
        "P1 CEA 2025-03-19 <5 ng/mL\n"
        "P1 ALB 2025-03-19 3.9 g/dL\n",
        0,
    ),
    "unit and flag": (
        "MRN,Collected,Component,Value\n"
        "77,2025-03-12 08:05,ALT,112 U/L (H)\n"
        "77,2025-03-12 08:05,AST,88 U/L H\n"
        "77,2025-03-12 08:05,Total bilirubin,0.8 mg/dL\n",
        "utf-8",
        "77 ALT 2025-03-12 08:05 112 U/L\n77 AST 2025-03-12 08:05 88 U/L\n77 BILI 2025-03-12 08:05 0.8 mg/dL\n",
        0,
    ),
    "wrong unit in cell": (
        "patient_id,date,test,result,unit\nP1,2025-03-12,Bilirubin,17 umol/L,mg/dL\nP1,2025-03-12,ALT,40 U/L,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 40 U/L\n",
        1,
    ),
    "liter flag": (
        "patient_id,date,test,result\nP1,2025-03-12,PLT,150 L\nP1,2025-03-12,PLT,150 10^9/L\n",
        "utf-8",
        "P1 PLAT 2025-03-12 150 10*9/L\n",
        1,
    ),
    "fullwidth": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,ALT,４５,Ｕ／Ｌ\n"
        "P1,2025-03-12,Bilirubin,１．２,mg/dL\n"
        "P1,２０２５－０３－１９,ALT,50,U/L\n"
        "Ｐ１,2025-03-20,ALT,51,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\nP1 BILI 2025-03-12 1.2 mg/dL\nP1 ALT 2025-03-19 50 U/L\n",
        1,
    ),
    "nbsp": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,ALT,\xa045\xa0,U/L\n"
        "P1,2025-03-12,CEA,<\xa00.5,ng/mL\n"
        "P1,2025-03-12,AFP,1\u202f234.5,ng/mL\n"
        "P1,2025-03-12,Total\xa0bilirubin,0.9,mg/dL\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\n"
        "P1 CEA 2025-03-12 <0.5 ng/mL\n"
        "P1 AFP 2025-03-12 1234.5 ng/mL\n"
        "P1 BILI 2025-03-12 0.9 mg/dL\n",
        0,
    ),
    "arabic": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,ALT,٤٥,U/L\n"
        "P1,2025-03-12,Bilirubin,١٫٢,mg/dL\n"
        "P1,2025-03-19,ALT,۴۷,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\nP1 BILI 2025-03-12 1.2 mg/dL\nP1 ALT 2025-03-19 47 U/L\n",
        0,
    ),
    "zero width": (
        "\u200bpatient_id,date,te\xadst,result,unit\n"
        "P\xad1,2025-03-12,A\u200bLT,45,U/L\n"
        "P1\u200b,2025-03-13,ALT,46\u200b,U/L\n",
        "utf-8",
        "",
        2,
    ),
    "unicode minus": (
        "patient_id,date,test,result,unit\nP1,2025-03-12,ALT,−45,U/L\nP1,2025-03-12,AST,45,U/L\n",
        "utf-8",
        "P1 AST 2025-03-12 45 U/L\n",
        1,
    ),
    "french nbsp thousands": (
        "IPP;Date prélèvement;Analyse;Résultat;Unité\n"
        "12;13/03/2025;Ferritine;1\xa0234,5;µg/L\n"
        "12;13/03/2025;ALAT;45,0;UI/L\n"
        "12;13/03/2025;Plaquettes;150\u202f000;/mm3\n",
        "utf-8",
        "12 ALT 2025-03-13 45 U/L\n12 PLAT 2025-03-13 150 10*9/L\n",
        0,
    ),
    "two digit time": (
        "MRN,COLLECTED,TEST,RESULT,UNITS\n5,03/12/25 0805,ALT,45,U/L\n5,03/29/25 1620,ALT,47,U/L\n",
        "utf-8",
        "5 ALT 2025-03-12 08:05 45 U/L\n5 ALT 2025-03-29 16:20 47 U/L\n",
        0,
    ),
    "flow head time": (
        "Patient: DOE JANE MRN: 445566\n"
        "Test,Units,03/12/25 0805,03/29/25 1620\n"
        "ALT,U/L,45,47\n"
        "Total bilirubin,mg/dL,0.9,1.1\n",
        "utf-8",
        "445566 ALT 2025-03-12 08:05 45 U/L\n"
        "445566 ALT 2025-03-29 16:20 47 U/L\n"
        "445566 BILI 2025-03-12 08:05 0.9 mg/dL\n"
        "445566 BILI 2025-03-29 16:20 1.1 mg/dL\n",
        0,
    ),
    "time odd": (
        "patient_id,date,time,test,result,unit\n"
        "P1,2025-03-12,805,ALT,45,U/L\n"
        "P1,2025-03-13,0805,ALT,46,U/L\n"
        "P1,2025-03-14,8h05,ALT,47,U/L\n"
        "P1,2025-03-15,08.05,ALT,48,U/L\n"
        "P1,2025-03-16,8:05 PM,ALT,49,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 08:05 45 U/L\n"
        "P1 ALT 2025-03-13 08:05 46 U/L\n"
        "P1 ALT 2025-03-14 08:05 47 U/L\n"
        "P1 ALT 2025-03-15 08:05 48 U/L\n"
        "P1 ALT 2025-03-16 20:05 49 U/L\n",
        0,
    ),
    "time fraction": (
        "patient_id,date,time,test,result,unit\n"
        "P1,2025-03-12,0.336805555555556,ALT,45,U/L\n"
        "P1,2025-03-13,0.5,ALT,46,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 08:05 45 U/L\nP1 ALT 2025-03-13 12:00 46 U/L\n",
        0,
    ),
    "time 24": (
        "patient_id,collection_date,collection_time,test,result,unit\n"
        "P1,2025-03-12,24:00,ALT,45,U/L\n"
        "P1,2025-03-12,2400,AST,46,U/L\n"
        "P1,2025-03-12,00:00,ALP,90,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-13 00:00 45 U/L\nP1 AST 2025-03-13 00:00 46 U/L\nP1 ALP 2025-03-12 00:00 90 U/L\n",
        0,
    ),
    "excel serial": (
        "patient_id,date,test,result,unit\nP1,45728,ALT,45,U/L\nP1,45728.3368055556,AST,46,U/L\n",
        "utf-8",
        "",
        2,
    ),
    "yy ambig": (
        "patient_id,date,test,result,unit\nP1,05/03/24,ALT,45,U/L\nP1,06/03/24,ALT,46,U/L\n",
        "utf-8",
        "",
        2,
    ),
    "dotted time": (
        "Patientennummer;Abnahme;Untersuchung;Wert;Einheit\n"
        "8;13.03.2025 08.05;GPT;45;U/l\n"
        "8;14.03.2025 16.20;GPT;46;U/l\n",
        "utf-8",
        "8 ALT 2025-03-13 08:05 45 U/L\n8 ALT 2025-03-14 16:20 46 U/L\n",
        0,
    ),
    "french h time": (
        "NIP;Date de prélèvement;Examen;Résultat;Unité\n"
        "8;13/03/2025 08h05;ALAT;45;UI/L\n"
        "8;14/03/2025 16h20;ASAT;46;UI/L\n",
        "utf-8",
        "8 ALT 2025-03-13 08:05 45 U/L\n8 AST 2025-03-14 16:20 46 U/L\n",
        0,
    ),
    "month names": (
        "MRN,Collected,Test,Result,Units\n"
        "5,12-Mar-2025 08:05,ALT,45,U/L\n"
        "5,Mar 29 2025 4:20PM,ALT,47,U/L\n"
        '5,"April 3, 2025",ALT,49,U/L\n',
        "utf-8",
        "5 ALT 2025-03-12 08:05 45 U/L\n5 ALT 2025-03-29 16:20 47 U/L\n5 ALT 2025-04-03 49 U/L\n",
        0,
    ),
    "german": (
        "Fallnummer;Patienten-ID;Entnahmedatum;Uhrzeit;Parameter;Messwert;Einheit;Untergrenze;Obergrenze\n"
        "900;P77;13.03.2025;08:05;GOT (ASAT);38,5;U/l;10;35\n"
        "900;P77;13.03.2025;08:05;Bilirubin gesamt;1,2;mg/dl;;1,1\n"
        "900;P77;13.03.2025;08:05;Thrombozyten;213;Gpt/l;150;400\n"
        "900;P77;13.03.2025;08:05;Albumin;41,2;g/l;35;52\n",
        "utf-8",
        "P77 AST 2025-03-13 08:05 38.5 U/L [10-35]\n"
        "P77 BILI 2025-03-13 08:05 1.2 mg/dL [-1.1]\n"
        "P77 PLAT 2025-03-13 08:05 213 10*9/L [150-400]\n"
        "P77 ALB 2025-03-13 08:05 4.12 g/dL [3.5-5.2]\n",
        0,
    ),
    "dutch": (
        "Patiëntnummer;Afnamedatum;Bepaling;Uitslag;Eenheid;Referentiewaarden\n"
        "44001;13-03-2025;ALAT;45;U/l;<45\n"
        "44001;13-03-2025;Bilirubine totaal;18;µmol/l;<17\n"
        "44001;13-03-2025;Trombocyten;187;10^9/l;150-400\n",
        "utf-8",
        "44001 ALT 2025-03-13 45 U/L [-45]\n"
        "44001 BILI 2025-03-13 1.05239 mg/dL [-0.99392]\n"
        "44001 PLAT 2025-03-13 187 10*9/L [150-400]\n",
        0,
    ),
    "polish": (
        "ID pacjenta;Data pobrania;Badanie;Wynik;Jednostka;Zakres referencyjny\n"
        "PL1;2025-03-13;ALT;45;U/l;0-41\n"
        "PL1;2025-03-13;Bilirubina całkowita;1,3;mg/dl;0,2-1,2\n"
        "PL1;2025-03-13;Płytki krwi;187;tys/µl;150-400\n",
        "utf-8",
        "PL1 ALT 2025-03-13 45 U/L [0-41]\n"
        "PL1 BILI 2025-03-13 1.3 mg/dL [0.2-1.2]\n"
        "PL1 PLAT 2025-03-13 187 10*9/L [150-400]\n",
        0,
    ),
    "portuguese": (
        "Nº Utente;Data da Colheita;Exame;Resultado;Unidades;Valores de Referência\n"
        "123456789;13-03-2025;ALT (TGP);45;U/L;< 41\n"
        "123456789;13-03-2025;Bilirrubina Total;1,3;mg/dL;0,2 - 1,2\n"
        "123456789;13-03-2025;Fosfatase Alcalina;120;U/L;40 - 130\n",
        "utf-8",
        "123456789 ALT 2025-03-13 45 U/L [-41]\n"
        "123456789 BILI 2025-03-13 1.3 mg/dL [0.2-1.2]\n"
        "123456789 ALP 2025-03-13 120 U/L [40-130]\n",
        0,
    ),
    "japanese": (
        "患者ID,採取日時,検査項目,結果,単位,基準値\n"
        "J01,2025/03/13 08:05,ALT,45,U/L,10-42\n"
        "J01,2025/03/13 08:05,総ビリルビン,1.1,mg/dL,0.4-1.5\n"
        "J01,2025/03/13 08:05,血小板数,18.7,10^4/uL,15.8-34.8\n",
        "utf-8",
        "J01 ALT 2025-03-13 08:05 45 U/L [10-42]\n"
        "J01 BILI 2025-03-13 08:05 1.1 mg/dL [0.4-1.5]\n"
        "J01 PLAT 2025-03-13 08:05 187 10*9/L [158-348]\n",
        0,
    ),
    "japanese sjis": (
        "患者番号,採取日,検査名,検査結果,単位\nJ01,2025/03/13,AST(GOT),33,U/L\nJ01,2025/03/13,アルブミン,3.9,g/dL\n",
        "cp932",
        "J01 AST 2025-03-13 33 U/L\nJ01 ALB 2025-03-13 3.9 g/dL\n",
        0,
    ),
    "latin1": (
        "N° patient;Date de prélèvement;Libellé analyse;Résultat;Unité\n"
        "8;13/03/2025;Créatinine;80;µmol/L\n"
        "8;13/03/2025;Bilirubine totale;18;µmol/L\n",
        "latin-1",
        "8 CREAT 2025-03-13 0.904977 mg/dL\n8 BILI 2025-03-13 1.05239 mg/dL\n",
        0,
    ),
    "cr only": (
        "patient_id,date,test,result,unit\rP1,2025-03-12,ALT,45,U/L\rP1,2025-03-13,ALT,46,U/L\r",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\nP1 ALT 2025-03-13 46 U/L\n",
        0,
    ),
    "preamble ragged": (
        "Northgate Hospital\n"
        "Report of 2025-04-01\n"
        "\n"
        "Patient ID;Collection date;Test;Result;Units\n"
        "P1;2025-03-12;ALT;45;U/L\n"
        "P1;2025-03-13;AST;46;U/L\n"
        "\n"
        "End of report (2 rows)\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\nP1 AST 2025-03-13 46 U/L\n",
        0,
    ),
}
"""Text, encoding, what is to be stored, and how many results are to be held."""


@pytest.mark.parametrize("name", CASES)
def test_an_export_from_elsewhere_is_stored_right_or_held(name, tmp_path):
    text, encoding, stored, held = CASES[name]
    got = drafted(tmp_path, text.encode(encoding))
    assert lines(got) == wanted(stored)
    assert len(got.quarantine) == held
