"""Exports of other countries and programs by their own drafts: stored right, or held; nothing wrong, nothing lost."""

from __future__ import annotations

import json

import pytest

from analytics.errors import RefusedFile
from analytics.ingest import importer
from analytics.ingest.importer import Options
from analytics.ingest.profile_draft import suggest
from analytics.store import open_store
from dashboard.components import import_summary
from dashboard.importing.progress import Job
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
    "flow above": (
        "MRN,7788\n"
        "Name,DOE JANE\n"
        "\n"
        "Component,Units,Ref Range,3/12/2025 0805,3/29/2025 1620\n"
        "ALT (SGPT),U/L,7-56,45,112 (H)\n"
        "Bilirubin total,mg/dL,0.2-1.2,0.9,1.4 H\n"
        "PLATELETS,x10E3/uL,150-400,187,*143\n",
        "utf-8",
        "7788 ALT 2025-03-12 08:05 45 U/L [7-56]\n"
        "7788 ALT 2025-03-29 16:20 112 U/L [7-56]\n"
        "7788 BILI 2025-03-12 08:05 0.9 mg/dL [0.2-1.2]\n"
        "7788 BILI 2025-03-29 16:20 1.4 mg/dL [0.2-1.2]\n"
        "7788 PLAT 2025-03-12 08:05 187 10*9/L [150-400]\n"
        "7788 PLAT 2025-03-29 16:20 143 10*9/L [150-400]\n",
        0,
    ),
    "meditech": (
        "ACCT#  |UNIT#    |NAME     |COLL DATE|COLL TIME|TEST|RESULT|FLAG|UNITS|REF RANGE\n"
        "A0001|M000123|DOE,JANE|20250312|0805|ALT|45|N|U/L|7-56\n"
        "A0001|M000123|DOE,JANE|20250329|1620|ALT|112|H|U/L|7-56\n",
        "utf-8",
        "M000123 ALT 2025-03-12 08:05 45 U/L [7-56]\nM000123 ALT 2025-03-29 16:20 112 U/L [7-56]\n",
        0,
    ),
    "cerner long": (
        "PERSON_ID,EVENT_CD_DISP,RESULT_VAL,RESULT_UNITS_CD_DISP,NORMAL_LOW,NORMAL_HIGH,RESULT_STATUS_CD_DISP,EVENT_END_DT_TM\n"
        "991,Alanine Aminotransferase,45,unit/L,7,56,Auth (Verified),12-MAR-2025 08:05:00\n"
        "991,Bilirubin Total,0.9,mg/dL,0.2,1.2,Modified,12-MAR-2025 08:05:00\n",
        "utf-8",
        "991 ALT 2025-03-12 08:05 45 U/L [7-56]\n991 BILI 2025-03-12 08:05 0.9 mg/dL [0.2-1.2]\n",
        0,
    ),
    "pcornet": (
        "LAB_RESULT_CM_ID,PATID,ENCOUNTERID,LAB_LOINC,SPECIMEN_SOURCE,SPECIMEN_DATE,SPECIMEN_TIME,RESULT_DATE,RESULT_NUM,RESULT_MODIFIER,RESULT_UNIT,NORM_RANGE_LOW,NORM_RANGE_HIGH\n"
        "1,P7,E1,1742-6,SER_PLAS,2025-03-12,08:05,2025-03-12,45,EQ,U/L,7,56\n"
        "2,P7,E1,2039-6,SER_PLAS,2025-03-12,08:05,2025-03-12,0.5,LT,ng/mL,,5\n",
        "utf-8",
        "P7 ALT 2025-03-12 08:05 45 U/L [7-56]\nP7 CEA 2025-03-12 08:05 <0.5 ng/mL [-5]\n",
        0,
    ),
    "tab wide de": (
        "PatID\tDatum\tGOT (U/l)\tGPT (U/l)\tBilirubin ges. (mg/dl)\tThrombozyten (Gpt/l)\n"
        "7\t13.03.2025\t38,5\t45\t1,2\t213\n"
        "7\t27.03.2025\t40\t46,5\t\t198\n",
        "utf-8",
        "7 AST 2025-03-13 38.5 U/L\n"
        "7 ALT 2025-03-13 45 U/L\n"
        "7 BILI 2025-03-13 1.2 mg/dL\n"
        "7 PLAT 2025-03-13 213 10*9/L\n"
        "7 AST 2025-03-27 40 U/L\n"
        "7 ALT 2025-03-27 46.5 U/L\n"
        "7 PLAT 2025-03-27 198 10*9/L\n",
        0,
    ),
    "danish": (
        "CPR-nr;Prøvetagningstidspunkt;Analysenavn;Resultat;Enhed;Reference\n"
        "0101601234;13-03-2025 08:05;ALAT;45;U/L;10-45\n"
        "0101601234;13-03-2025 08:05;Bilirubin;18;µmol/L;5-25\n",
        "utf-8",
        "0101601234 ALT 2025-03-13 08:05 45 U/L [10-45]\n"
        "0101601234 BILI 2025-03-13 08:05 1.05239 mg/dL [0.292329-1.46165]\n",
        0,
    ),
    "us wide units row": (
        "MRN,Date,ALT,AST,Bilirubin\n,,U/L,U/L,mg/dL\nP1,2025-03-12,45,41,0.9\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\nP1 AST 2025-03-12 41 U/L\nP1 BILI 2025-03-12 0.9 mg/dL\n",
        0,
    ),
    "iso basic": (
        "patient_id,date,test,result,unit\nP1,20250312T080500Z,ALT,45,U/L\nP1,20250312T0805,AST,46,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 08:05 45 U/L\nP1 AST 2025-03-12 08:05 46 U/L\n",
        0,
    ),
    "two value cols": (
        "patient_id,date,test,result,previous result,unit\nP1,2025-03-12,ALT,45,99,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\n",
        0,
    ),
    "result date first": (
        "MRN,Test,Report Date,Collection Date,Result,Units\n"
        "1,ALT,13/03/2025,12/03/2025,45,U/L\n"
        "1,AST,28/03/2025,27/03/2025,46,U/L\n",
        "utf-8",
        "1 ALT 2025-03-12 45 U/L\n1 AST 2025-03-27 46 U/L\n",
        0,
    ),
    "wide delta": (
        "MRN,Date,ALT (U/L),ALT change (%),ALT x ULN\n1,2025-03-12,45,12,1.1\n",
        "utf-8",
        "1 ALT 2025-03-12 45 U/L\n",
        0,
    ),
    "uln multiples": (
        "patient_id,date,test,result,unit\nP1,2025-03-12,ALT,2.3,xULN\nP1,2025-03-12,AST,45,U/L\n",
        "utf-8",
        "P1 AST 2025-03-12 45 U/L\n",
        1,
    ),
    "range result": (
        "patient_id,date,test,result,unit\nP1,2025-03-12,ALT,40-50,U/L\nP1,2025-03-12,AST,45,U/L\n",
        "utf-8",
        "P1 AST 2025-03-12 45 U/L\n",
        1,
    ),
    "approx": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,ALT,~45,U/L\n"
        "P1,2025-03-12,AST,45?,U/L\n"
        "P1,2025-03-12,ALP,45,U/L\n",
        "utf-8",
        "P1 ALP 2025-03-12 45 U/L\n",
        2,
    ),
    "time dot plain": (
        "patient_id,date,time,test,result,unit\nP1,2025-03-12,8.05,ALT,45,U/L\nP1,2025-03-13,16.20,ALT,46,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 08:05 45 U/L\nP1 ALT 2025-03-13 16:20 46 U/L\n",
        0,
    ),
    "flow no time us": (
        "MRN: 7788\nTest,Units,3/12/25,3/29/25\nALT,U/L,45,112\n",
        "utf-8",
        "7788 ALT 2025-03-12 45 U/L\n7788 ALT 2025-03-29 112 U/L\n",
        0,
    ),
    "spaces number": (
        "patient_id,date,test,result,unit\nP1,2025-03-12,AFP,1 234,ng/mL\nP1,2025-03-12,ALT,45,U/L\n",
        "utf-8",
        "P1 AFP 2025-03-12 1234 ng/mL\nP1 ALT 2025-03-12 45 U/L\n",
        0,
    ),
    "super": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,PLT,187,10⁹/L\n"
        "P1,2025-03-12,PLT,2·10²,10^9/L\n"
        "P1,2025-03-13,WBC,5²,10^9/L\n",
        "utf-8",
        "P1 PLAT 2025-03-12 187 10*9/L\n",
        2,
    ),
    "fw range": (
        "patient_id,date,test,result,unit,reference range\nP1,2025-03-12,ALT,４５,U/L,１０～４０\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L [10-40]\n",
        0,
    ),
    "indirect bili": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,Indirect bilirubin,0.5,mg/dL\n"
        "P1,2025-03-12,Neonatal bilirubin,5,mg/dL\n"
        "P1,2025-03-12,Bilirubin,0.9,mg/dL\n",
        "utf-8",
        "P1 BILI 2025-03-12 0.9 mg/dL\n",
        0,
    ),
    "wide cell flags": (
        "MRN,Date,ALT (U/L),AST (U/L),Total bilirubin (mg/dL)\n"
        "P1,2025-03-12,112 H,41,0.9\n"
        "P1,2025-03-19,45,33 L,1.4*\n",
        "utf-8",
        "P1 ALT 2025-03-12 112 U/L\n"
        "P1 AST 2025-03-12 41 U/L\n"
        "P1 BILI 2025-03-12 0.9 mg/dL\n"
        "P1 ALT 2025-03-19 45 U/L\n"
        "P1 AST 2025-03-19 33 U/L\n"
        "P1 BILI 2025-03-19 1.4 mg/dL\n",
        0,
    ),
    "wide cell units": (
        "MRN,Date,ALT,Total bilirubin\nP1,2025-03-12,112 U/L,0.9 mg/dL\nP1,2025-03-19,45 U/L,<0.2 mg/dL\n",
        "utf-8",
        "P1 ALT 2025-03-12 112 U/L\n"
        "P1 BILI 2025-03-12 0.9 mg/dL\n"
        "P1 ALT 2025-03-19 45 U/L\n"
        "P1 BILI 2025-03-19 <0.2 mg/dL\n",
        0,
    ),
    "wide cell mixunits": (
        "MRN,Date,Total bilirubin\nP1,2025-03-12,0.9 mg/dL\nP1,2025-03-19,17.104 umol/L\nP1,2025-03-26,1.1\n",
        "utf-8",
        "P1 BILI 2025-03-12 0.9 mg/dL\nP1 BILI 2025-03-19 1 mg/dL\n",
        1,
    ),
    "star low": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,Albumin,*2.9,g/dL\n"
        "P1,2025-03-12,ALT,(H) 112,U/L\n"
        "P1,2025-03-12,AST,112↑,U/L\n"
        "P1,2025-03-12,ALP,[120],U/L\n",
        "utf-8",
        "P1 ALB 2025-03-12 2.9 g/dL\nP1 AST 2025-03-12 112 U/L\nP1 ALT 2025-03-12 112 U/L\n",
        1,
    ),
    "neg flag": (
        "patient_id,date,test,result,unit\n"
        "P1,2025-03-12,ALT,45-,U/L\n"
        "P1,2025-03-12,AST,45+,U/L\n"
        "P1,2025-03-12,ALP,100,U/L\n",
        "utf-8",
        "P1 ALP 2025-03-12 100 U/L\n",
        2,
    ),
    "redcap long rep": (
        "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,lab_date,lab_alt,lab_alt_unit,lab_bili,lab_bili_unit\n"
        "1,v1_arm_1,labs,1,2025-03-12,45,U/L,0.9,mg/dL\n"
        "1,v1_arm_1,labs,2,2025-03-19,47,U/L,17.104,umol/L\n",
        "utf-8",
        "1 ALT 2025-03-12 45 U/L\n1 BILI 2025-03-12 0.9 mg/dL\n1 ALT 2025-03-19 47 U/L\n1 BILI 2025-03-19 1 mg/dL\n",
        0,
    ),
    "sas date9": (
        "SUBJID,LBTEST,LBDT,LBORRES,LBORRESU\n101,ALT,12MAR2025,45,U/L\n101,AST,12MAR2025:08:05,46,U/L\n",
        "utf-8",
        "101 ALT 2025-03-12 45 U/L\n101 AST 2025-03-12 08:05 46 U/L\n",
        0,
    ),
    "value time col order": (
        "MRN,Order Time,Collected Time,Resulted Time,Test,Result,Units\n"
        "1,2025-03-12 07:00,2025-03-12 08:05,2025-03-12 10:00,ALT,45,U/L\n",
        "utf-8",
        "1 ALT 2025-03-12 08:05 45 U/L\n",
        0,
    ),
    "two units cols": (
        "MRN,Date,Test,Result,Units,Result SI,Units SI\n1,2025-03-12,Bilirubin,1.0,mg/dL,17.1,umol/L\n",
        "utf-8",
        "1 BILI 2025-03-12 1 mg/dL\n",
        0,
    ),
    "limits on other unit": (
        "MRN,Date,Test,Result,Units,Low,High\n1,2025-03-12,Albumin,3.9,g/dL,35,52\n1,2025-03-12,ALT,45,U/L,7,56\n",
        "utf-8",
        "1 ALT 2025-03-12 45 U/L [7-56]\n",
        1,
    ),
    "plt lakh": (
        "patient_id,date,test,result,unit\nP1,2025-03-12,Platelet count,1.87,lakh/cumm\nP1,2025-03-12,ALT,45,U/L\n",
        "utf-8",
        "P1 ALT 2025-03-12 45 U/L\n",
        1,
    ),
    "brazil": (
        "Prontuário;Data da coleta;Exame;Resultado;Unidade;Referência\n"
        "55;13/03/2025;TGP;45;U/L;até 41\n"
        "55;13/03/2025;Bilirrubinas totais;1,1;mg/dL;0,2 a 1,2\n",
        "utf-8",
        "55 ALT 2025-03-13 45 U/L [-41]\n55 BILI 2025-03-13 1.1 mg/dL [0.2-1.2]\n",
        0,
    ),
    "chinese": (
        "病人ID,采集时间,项目,结果,单位,参考范围\n"
        "C1,2025-03-12 08:05,ALT,45,U/L,9-50\n"
        "C1,2025-03-12 08:05,总胆红素,18,umol/L,3.4-20.5\n",
        "utf-8",
        "C1 ALT 2025-03-12 08:05 45 U/L [9-50]\nC1 BILI 2025-03-12 08:05 1.05239 mg/dL [0.198784-1.19855]\n",
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


REFUSED = {
    "physician only": (
        "Physician ID,Date,Test,Result,Units\nD7,2025-03-12,ALT,45,U/L\n",
        "no format",
    ),
    "sample id as patient": (
        "Sample ID,Date,Test,Result,Units\nS7,2025-03-12,ALT,45,U/L\nS8,2025-03-13,ALT,46,U/L\n",
        "no format",
    ),
    "flow ymd2": (
        "MRN: 7788\nTest,Units,25-03-12,25-03-29\nALT,U/L,45,112\n",
        "tells apart",
    ),
    "flow ambig": (
        "MRN: 7788\nTest,Units,03/04/25 0805,05/04/25 0805\nALT,U/L,45,112\n",
        "tells apart",
    ),
    "epic flow": (
        "Component,3/12/2025 0805,3/29/2025 1620,Units,Ref Range\n"
        "Patient MRN: 7788,,,,\n"
        "ALT (SGPT),45,112 (H),U/L,7-56\n"
        "Bilirubin total,0.9,1.4 (H),mg/dL,0.2-1.2\n"
        "PLATELETS,187,143 (L),x10E3/uL,150-400\n",
        "whose results",
    ),
    "two people flow": (
        "MRN: 7788\nTest,Units,2025-03-12,2025-03-29\nALT,U/L,45,47\nMRN: 9911\nALT,U/L,99,98\n",
        "whose results",
    ),
}
"""Text that no draft may decide: whose it is, or which day it is of; and what the refusal says."""


@pytest.mark.parametrize("name", REFUSED)
def test_an_export_that_says_too_little_is_refused_whole_and_asked_about(name, tmp_path):
    text, why = REFUSED[name]
    with pytest.raises(RefusedFile, match=why):
        drafted(tmp_path, text)
    assert suggest(tmp_path / "labs.csv").questions


PARTS = ("stored", "duplicate", "superseded", "ignored", "quarantined")
COUNTED = (
    "unit and flag",
    "fullwidth",
    "french nbsp thousands",
    "flow head time",
    "yy ambig",
    "japanese",
    "preamble ragged",
)


def test_every_result_of_every_file_is_counted_once_in_each_place_that_tells_of_it(tmp_path):
    """Receipt, text, JSON, ledger and page, of files in one store; each comes a second time with a line more."""
    store, outcomes = open_store(str(tmp_path / "store")), []
    for name in COUNTED:
        text, encoding, _, _ = CASES[name]
        profile = tmp_path / f"{name}.toml"
        for time, more in (("1", ""), ("2", "\n")):
            path = tmp_path / f"{name} {time}.csv"
            path.write_bytes((text + more).encode(encoding))
            if not more:
                profile.write_text(suggest(path).text, "utf-8")
            outcomes += importer.import_all([path], store, Options(profile=str(profile)))
    assert not [o.refused for o in outcomes if o.refused]
    ledger = store.imports().set_index("file")
    for outcome, told in zip(outcomes, json.loads(importer.as_json(outcomes)), strict=True):
        _, _, stored, held = CASES[outcome.file[: -len(" 1.csv")]]
        assert told["results_in"] - told["ignored"] == len(wanted(stored)) + held, outcome.file
        assert told["results_in"] == sum(told[part] for part in PARTS), outcome.file
        assert told["ignored"] == sum(told["ignored_why"].values()), outcome.file
        assert told["quarantined"] == sum(told["reasons"].values()), outcome.file
        assert outcome.file.endswith("1.csv") or told["stored"] == 0
        row = ledger.loc[outcome.file]
        assert [row[part] for part in PARTS] == [told[part] for part in PARTS]
        said = importer.as_text([outcome])
        counts = [*told["reasons"].items(), *((why, n) for why, n in told["ignored_why"].items() if n)]
        assert all(f"{n:,}: {why}" in said for why, n in counts), said
        page = str(import_summary.summary([Job("1", "me", outcome.file, "done", result=told)]))
        assert "Totals reconciled" in page
        assert all(why in page for why, _ in counts)
    assert len(store.quarantine()) == sum(o.receipt["quarantined"] for o in outcomes)
