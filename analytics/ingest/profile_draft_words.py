"""Words of other languages that a draft of a profile may propose for a column or a test, to be confirmed by hand.

They are no part of reading: a file is read by its own names or by a profile that somebody has looked through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from analytics import letters
from analytics.ingest import synonyms
from analytics.units import unit_of

ROLE_WORDS: Mapping[str, Sequence[str]] = {
    "patient_id": (
        "病人id", "病历号", "住院号", "门诊号",
        "患者id", "患者番号", "患者コード", "症例番号", "被験者番号",
        "utente", "numeroutente", "nutente", "pacjent", "pacjentid", "idpacjenta", "patientnummer", "cpr", "cprnr",
        "fodselsnummer", "noip", "nhistoria", "nohistoria", "numhistoria",
       
        "nhc", "numerohistoria", "historiaclinica", "paciente", "idpaciente", "numerodepaciente", "nipp", "ipp",
        "nip", "numpatient", "codicepaziente", "paziente", "idpaziente", "nosologico", "patientenr", "patid",
        "patientin", "mrnpaziente", "numerodossier", "patnummer", "patnr", "patientennr", "patientennummer",
        "patientenid", "personnr", "personnummer", "fallnr", "fallnummer",
                   "patientnr", "idpatient", "numeropatient", "patientnummer"),
    "analyte": (
        "项目名称", "检验项目", "项目",
        "検査項目", "検査項目名", "項目名", "項目", "検査名",
        "badanie", "parametr", "nazwabadania", "proeve", "prove", "komponent", "determinacao", "exame",
       
        "determinacion", "determinaciones", "analito", "parametro", "magnitud", "test", "examen", "libelleanalyse",
        "libelle", "analisi", "esame", "descrizioneesame", "prestazione", "laborparameter", "testname", "kenngroesse",
        "laborwert", "analysename", "analys", "analyt", "untersuchung", "parameter", "messgroesse", "bestimmung",
        "analyse", "examen",
                "prueba", "bepaling", "esame"),
    "collected_at": (
        "采集时间", "采样时间", "采样日期", "采集日期",
        "採取日時", "採取日", "採血日", "採血日時", "検体採取日", "検体採取日時",
        "検査日", "prelevele", "dataebadania", "dataiczaspobrania",
        "datum", "afnamedatumtijd", "entnahmedatumzeit",
        "datadacolheita", "datacolheita", "colheita", "datapobrania", "provetaking", "provetakingstid",
        "provetagningstid", "provetagning", "datacoleta",
       
        "fechaextraccion", "fechadeextraccion", "fechatoma", "fechamuestra", "fecha", "fechahora",
        "datedeprelevement", "dateheureprelevement", "dateprel", "datapreli", "dataoraprelievo", "dataprelievo",
        "datadelprelievo", "data", "datum", "entnahmezeitpunkt", "abnahmezeitpunkt", "probenentnahme", "probendatum",
        "uitgiftedatum", "afnamedatum", "abnahme", "abnahmedatum", "entnahme", "entnahmedatum", "abnahmezeit",
        "probenahme", "provtagning",
                     "provtagningstid", "provdatum", "prelevement", "dateprelevement", "datedeprelevement", "prelievo",
                     "dataprelievo", "afname", "fechadetoma", "extraccion"),
    "value": (
        "检验结果", "结果",
        "検査結果", "結果", "結果値", "検査値", "測定値", "waarde", "wartosc", "wynikbadania",
        "wynik", "verdi", "vaerdi", "svaervaerdi", "resultadonumerico",
       
        "valor", "valore", "risultato", "resultats", "resultado", "messergebnis", "befund", "laborwert", "ergebnis",
        "wert", "messwert", "svar", "resultat", "varde", "resultado", "valeur", "uitslag"),
    "unit": (
        "单位",
        "単位",
        "jednostka", "enhed", "unidademedida",
       
        "unidades", "unitadimisura", "um", "unites", "udm", "mesunit", "einheit", "enhet", "unite", "unidad",
        "eenheid", "unita"),
    "lln": (
        "下限", "下限値", "基準値下限",
        "ondergrens", "valorminimo", "valormin", "limiteinf", "dolnagranica", "nedregraense", "limiteinferiornormal",
       
        "min", "minimo", "liminf", "limiteinferiore", "minimum", "vrmin", "refinf", "borneinf", "borneinferieure",
        "normemin", "rifmin", "valmin", "refunten", "untergrenze", "refnedre", "nedregrans", "refmin", "limiteinf",
        "limiteinferieure",
            "limiteinferior"),
    "uln": (
        "上限", "上限値", "基準値上限",
        "bovengrens", "valormaximo", "valormax", "limitesup", "gornagranica", "ovregraense", "limitesuperiornormal",
       
        "max", "maximo", "limsup", "limitesuperiore", "maximum", "vrmax", "refsup", "bornesup", "bornesuperieure",
        "normemax", "rifmax", "valmax", "refoben", "obergrenze", "refovre", "ovregrans", "refmax", "limitesup",
        "limitesuperieure",
            "limitesuperior"),
    "status": (
        "状態", "ステータス",
        "estado", "stato", "statut", "etat", "befundstatus", "validacion", "validation", "validazione"),
    "birth_date": (
        "生年月日","gebdatum", "geburtsdatum", "fechanacimiento", "fechadenacimiento", "datedenaissance",
                   "datenaissance", "datadinascita", "datanascita", "geboortedatum"),
    "sex": (
        "性別","geschlecht", "sexo", "sexe", "sesso", "geslacht"),
    "comparator": ("vergleich", "comparador", "operador", "operatore", "comparateur"),
    "fluid": (
        "検体", "検体種別", "材料",
        "material", "probenmaterial", "probenart", "muestra", "tipomuestra", "tipodemuestra",
        "nature",
              "naturedelechantillon", "typeechantillon", "campione", "tipocampione", "materiale"),
    "lab": ("labor", "laboratorio", "laboratoire"),
    "range": (
        "参考范围", "参考值", "参考区间",
        "基準値", "基準範囲", "referentiewaarden", "referentieinterval", "zakresreferencyjny", "zakresnorm",
        "valoresreferencia", "valoresdereferencia", "referanseomrade", "referenceinterval",
        "refbereich", "referenz", "normalbereich", "normwert", "normwerte", "valoresdereferencia",
        "valoresreferencia", "rangodereferencia", "rango", "valeursdereference", "valeursreference", "norme",
        "normes", "valoridiriferimento", "valoririferimento", "intervallodiriferimento", "intervalloriferimento",
        "rangoreferencia", "intervallederef", "valref", "vr", "referentiewaarde", "rif", "referenzwerte",
        "referenzbereich", "normbereich", "referensintervall", "referensomrade"),
}  # fmt: skip
"""Roles of columns: German, Swedish, French, Spanish, Italian and Dutch words, as :func:`plain` writes them."""

_TESTS: Mapping[str, str] = {
    "总胆红素": "BILI", "直接胆红素": "BILDIR", "血小板计数": "PLAT", "白蛋白": "ALB", "肌酐": "CREAT",
    "谷丙转氨酶": "ALT", "谷草转氨酶": "AST", "丙氨酸氨基转移酶": "ALT", "天门冬氨酸氨基转移酶": "AST",
    "碱性磷酸酶": "ALP", "谷氨酰转肽酶": "GGT", "γ-谷氨酰转肽酶": "GGT",
    "aspat": "AST", "transaminasi ast": "AST", "transaminasi alt": "ALT", "fosfatasi alc": "ALP",
    "aspartataminotransferase": "AST", "alaninaminotransferase": "ALT", "alk fosf": "ALP", "alk.fosf.": "ALP",
    "alk p'tase": "ALP", "bilirubina tot": "BILI", "bilirrubinas totais": "BILI", "bilirubin celkový": "BILI",
    "bilirubin konj": "BILDIR", "thrombo": "PLAT", "plaq": "PLAT", "tpk": "PLAT", "trombo's": "PLAT",
    "płytki": "PLAT", "trombociti": "PLAT", "pk(inr)": "INR", "p-pk(inr)": "INR", "inr pt": "INR", "pt (inr)": "INR",
    "leukos": "WBC", "leuko": "WBC", "lpk": "WBC", "gb": "WBC", "krea": "CREAT", "créat": "CREAT", "albuminy": "ALB",
    "cancer ag 19-9": "CA19_9AG", "alfa-fetoproteína": "AFP", "α-fetoprotein": "AFP",
    "総ビリルビン": "BILI", "t-bil": "BILI", "ビリルビン": "BILI", "直接ビリルビン": "BILDIR", "d-bil": "BILDIR",
    "血小板数": "PLAT", "血小板": "PLAT", "アルブミン": "ALB", "クレアチニン": "CREAT", "白血球数": "WBC",
    "ヘモグロビン": "HGB", "γ-gtp": "GGT", "γ-gt": "GGT", "アルカリホスファターゼ": "ALP", "総蛋白": "PROT",
    "thrombozyten": "PLAT", "trombocyter": "PLAT", "plaquettes": "PLAT", "thrombos": "PLAT",
    "bilirubin ges.": "BILI", "bilirubin gesamt": "BILI", "gesamtbilirubin": "BILI", "bilirubine totale": "BILI",
    "bilirubin direkt": "BILDIR", "gt": "GGT", "kreatinin": "CREAT", "kreatinin i.s.": "CREAT",
    "leukozyten": "WBC", "leukocyter": "WBC", "haemoglobin": "HGB", "hämoglobin": "HGB", "hemoglobin": "HGB",
    "phosphatases alcalines": "ALP", "phosphatase alcaline": "ALP", "fosfatasa alcalina": "ALP",
    "fosfatasi alcalina": "ALP",
    "alkalische phosphatase": "ALP", "bilirubina total": "BILI", "bilirubina totale": "BILI", "plaquetas": "PLAT",
    "piastrine": "PLAT", "albúmina": "ALB", "albumina": "ALB",
    "bilirrubina total": "BILI", "bilirrubina": "BILI", "bilirubina": "BILI", "bilirubine": "BILI",
    "bilirrubina directa": "BILDIR", "bilirubina diretta": "BILDIR", "bilirubina directa": "BILDIR",
    "bilirubine directe": "BILDIR", "bilirubine conjuguée": "BILDIR", "bilirubin direct": "BILDIR",
    "bili ges": "BILI", "bili gesamt": "BILI", "bili dir": "BILDIR", "bili direkt": "BILDIR", "d bilirubin": "BILDIR",
    "fa": "ALP", "f. alcalina": "ALP", "fosf. alcalina": "ALP", "fosf alcalina": "ALP", "alk. fosfatase": "ALP",
    "bt": "BILI", "bd": "BILDIR", "bilirrubina t": "BILI", "bilirrubina d": "BILDIR", "fosfatase alcalina": "ALP",
    "plaquetas (plt)": "PLAT", "bilirubina całkowita": "BILI", "bilirubina calkowita": "BILI",
    "fosfataza zasadowa": "ALP",
    "fosfataza alkaliczna": "ALP", "basisk fosfatase": "ALP", "trombocytter": "PLAT", "płytki krwi": "PLAT",
    "albumiini": "ALB", "bilirubiini": "BILI", "kreatiniini": "CREAT", "kreatynina": "CREAT",
    "creatinina sérica": "CREAT",
    "bili totale": "BILI", "bili tot": "BILI", "protime inr": "INR", "pt inr": "INR", "prothrombin inr": "INR",
    "inr (prothrombin time)": "INR", "tp inr": "INR", "quick inr": "INR", "anc (absolute neutrophil count)": "NEUT",
    "neutrophil count": "NEUT", "neut abs": "NEUT", "bilirubin dir": "BILDIR", "carcinoembryonic ag": "CEA",
    "afp tumor marker": "AFP", "absolute neutrophils": "NEUT", "neutros abs": "NEUT", "neutrophils absolute": "NEUT",
    "abs neut": "NEUT",
    "white cell count": "WBC", "white blood cells": "WBC", "leukocytes": "WBC", "plt count": "PLAT", "plts": "PLAT",
    "alkaline phosphatase total": "ALP", "alk phos total": "ALP", "ast (got)": "AST", "alt (gpt)": "ALT",
    "tot protein": "PROT", "serum creatinine": "CREAT", "urea nitrogen blood": "UREAN", "na": "SODIUM",
    "bilirubin ges": "BILI", "ges. bilirubin": "BILI", "bilirubine t": "BILI",
    "fosfatasa alcalina (fa)": "ALP", "pal": "ALP", "phosphatases alcalines (pal)": "ALP", "alk. phosphatase": "ALP",
    "alk phosphatase": "ALP", "ap (alk. phosphatase)": "ALP", "fosfatasi alcalina (alp)": "ALP",
    "gamma gt": "GGT", "ggt (gamma-gt)": "GGT", "gamma glutamil transferasa": "GGT", "gamma gt (ggt)": "GGT",
    "gamma glutamil transpeptidasa": "GGT", "gamma glutamyltransférase": "GGT", "gammagt": "GGT", "y gt": "GGT",
    "alanina aminotransferasa": "ALT", "aspartato aminotransferasa": "AST", "alanine aminotransférase": "ALT",
    "aspartate aminotransférase": "AST", "alanina aminotransferasi": "ALT", "aspartato aminotransferasi": "AST",
    "tgp": "ALT", "tgo": "AST", "transaminase gpt": "ALT", "transaminase got": "AST", "alanin aminotransferase": "ALT",
    "aspartat aminotransferase": "AST", "albumine sérique": "ALB", "albúmina sérica": "ALB", "albumin i.s.": "ALB",
    "creatinina": "CREAT", "créatinine": "CREAT", "creatinine": "CREAT", "kreatinin i. s.": "CREAT",
    "sodio": "SODIUM", "potasio": "K", "potassio": "K", "potassium": "K", "hemoglobina": "HGB", "emoglobina": "HGB",
    "hémoglobine": "HGB", "leucocitos": "WBC", "leucociti": "WBC", "leucocytes": "WBC", "globuli bianchi": "WBC",
    "globules blancs": "WBC", "neutrófilos": "NEUT", "neutrophile": "NEUT", "plaquettes sanguines": "PLAT",
    "trombocitos": "PLAT", "recuento de plaquetas": "PLAT", "numération plaquettaire": "PLAT", "laktatdehydrogenase":
    "LDH",
    "lactato deshidrogenasa": "LDH", "lactate déshydrogénase": "LDH", "lattato deidrogenasi": "LDH",
    "taux de prothrombine": "PTPCT", "tp (taux de prothrombine)": "PTPCT", "thromboplastinzeit": "PTPCT",
    "tiempo de protrombina": "PT", "attività protrombinica": "PTPCT", "quick (tpz)": "PTPCT", "tpz": "PTPCT",
    "antigène carcino embryonnaire": "CEA", "antígeno carcinoembrionario": "CEA", "cea (ace)": "CEA",
    "alfafetoproteína": "AFP", "alfa fetoproteina": "AFP", "alpha foetoprotéine": "AFP", "alfafetoproteina": "AFP",
    "proteínas totales": "PROT", "proteine totali": "PROT", "protéines totales": "PROT", "pcr": "CRP",
    "transaminasi gpt": "ALT", "transaminasi got": "AST", "bilirubine totaal": "BILI", "bilirubine direct": "BILDIR",
    "trombocyten": "PLAT", "leukocyten": "WBC", "alkalische fosfatase": "ALP",
    "natrium": "SODIUM", "kalium": "K", "albumine": "ALB", "gesamteiweiss": "PROT", "gesamteiweiß": "PROT",
}  # fmt: skip
_SYSTEM = re.compile(r"^(?:f?P|f?S|B|fB)[-\s]+(?=\S)")
"""What a Nordic laboratory puts before a test: plasma, serum or blood, fasting or not."""


_RESULT = re.compile(
    r"(^|[^a-z])(test|analyte|result|value|valuenum|stresn|orres|aval|stresu|orresu|unit|units|uom|loinc|lln|uln|st?nrhi|"
    r"st?nrlo|ornrhi|ornrlo|reference range|ref range|normal range|component|testcd|paramcd)([^a-z]|$)"
)
_LIKE: Sequence[tuple[str, re.Pattern[str]]] = (
    ("status", re.compile(r"(^|[^a-z])(result|test|lab|observation|report) ?(status|state)([^a-z]|$)")),
    ("comparator", re.compile(r"comparator|operator|(^|[^a-z])sign([^a-z]|$)|qualifier|censor")),
    ("fluid", re.compile(r"specimen|sample ?(type|material)|fluid|matrix|material")),
    ("uln", re.compile(r"(^|[^a-z])(uln|upper|max|maximum|hi|high|nrhi)([^a-z]|$)|upper ?(limit|ref)")),
    ("lln", re.compile(r"(^|[^a-z])(lln|lower|min|minimum|lo|low|nrlo)([^a-z]|$)|lower ?(limit|ref)")),
    (
        "range",
        re.compile(
            r"(^|[^a-z])(reference|ref|normal)s? ?(range|interval|values?|bereich)?([^a-z]|$)|referen[zcstj]|norm|"
            r"zakres|基準|intervall"
        ),
    ),
)


def like_result(name: str) -> bool:
    """Whether a column's name sounds as if it were of a result: a test, a value, a unit or a limit."""
    return bool(_RESULT.search(synonyms.folded(name)))


def like_role(name: str) -> str:
    """Role of limits, comparators or specimens that a column sounds like; empty where it sounds like none."""
    key = synonyms.folded(name)
    if re.search(r"(^|[^a-z])(date|time|id|ids|number|no|flag|seq|code|comment|by)([^a-z]|$)", key):
        return ""
    return next((role for role, pattern in _LIKE if pattern.search(key)), "")


def plain(name: str) -> str:
    """A column's name as letters and digits, marks over Latin letters removed; other scripts as they are."""
    found = (_bare(c) for c in unicodedata.normalize("NFKC", letters.plain(name)).casefold())
    return "".join(c for c in found if c.isalnum())


_LATIN = {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i"}


def _bare(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else _LATIN.get(letter, letter)


_PERSON = re.compile(
    r"(?P<first>(?:n|no|nr|num|numero|id|code|codigo|codice|kod|identifiant)(?:del|de|du|d)?)?"
    r"(?:patient(?:s|en|in)?|paciente|paziente|pacjenta?|pacient|utente|pasient|患者)"
    r"(?P<last>id|nr|no|num|nummer|number|code|kode|kennung|番号|コード)?"
)
_CASES = ("fall", "aufnahme", "nosologico", "episodio", "sejour", "visit", "encounter")
"""Numbers of a stay: of a person only where the file names nobody else."""


def names_person(name: str) -> bool:
    """Whether a column is named as the number of a person, in one of several languages."""
    key = plain(name)
    return key in ROLE_WORDS["patient_id"] or bool(_PERSON.fullmatch(key))


def of_persons(names: Sequence[str]) -> list[str]:
    """Of several columns that may number people, those that do so for certain: no stays, no plain ``patient``."""
    people = [n for n in names if not plain(n).startswith(_CASES)] or list(names)
    numbered = [n for n in people if (m := _PERSON.fullmatch(plain(n))) and (m["first"] or m["last"])]
    return numbered if len(people) > 1 and numbered else people


def test_of(name: str) -> str:
    """Code of a test that a name looks like; empty where it looks like none, or like two."""
    if whole := _looked_up(name):
        return whole
    name = _BEHIND.sub("", name.strip())
    match = _BRACKETS.fullmatch(name)
    bare, inner, behind = (match[1].rstrip(), match[2], match[3].lstrip()) if match else (name, "", "")
    bare = _SYSTEM.sub("", bare)
    code = _known(bare) or _of_both(bare) or _known(_PREFIX.sub("", bare))
    return code if code and _goes_with(inner, code) and _goes_with(behind, code) else ""


_BRACKETS = re.compile(r"([^\[(]*)[\[(]([^\])]*)[\])](.*)")
_PREFIX = re.compile(r"^(?:labs?|lb)[_\s.]+(?=\S)", re.IGNORECASE)
"""What databases of studies put before the tests of a form: ``lab_alt``."""
_BEHIND = re.compile(r"\s*,\s*(?:s|p|b|serum|plasma|blood|i\.?\s?s\.?)$", re.IGNORECASE)
"""What a test is of, behind its name: ``Creatinine, S``."""
_WITH_A_TEST = frozenset(
    "total tot t ges gesamt totale totaal total. serum plasma blood s p b sp venous capillary adult auto calc "
    "automated calculated enzymatic photometric ifcc p5p pyp bcg bcp roche abbott siemens beckman cobas eclia clia "
    "cmia elisa standard lab quant quantitative".split()
)
"""Words in brackets that leave a test what it is."""


_LIKE_UNIT = re.compile(r"/\s*[dmuµμn]?[lL]\b|/\s*mm|[%^*]|^(?:s|sec|ratio)$")


def _goes_with(said: str, code: str) -> bool:
    """Whether what stands in brackets behind a test's name leaves it this test: its unit, its other name, its method.

    Anything else may make it another test: ``Plaquettes (VPM)`` is a volume, ``FA (folic acid)`` a vitamin.
    """
    if not said.strip() or _LIKE_UNIT.search(said.strip()) or not unit_of(code, said).reason:
        return True
    other = _known(said)
    return other == code if other else all(word in _WITH_A_TEST for word in re.findall(r"[^\s,;]+", said.casefold()))


def _known(name: str) -> str:
    return synonyms.analyte_of(name) or _looked_up(name)


def _of_both(name: str) -> str:
    """Code of a test that two names with a slash between them are both of: ``TGO/AST``."""
    parts = re.split(r"\s*/\s*", name)
    codes = {_known(part) for part in parts}
    return codes.pop() if len(parts) > 1 and len(codes) == 1 else ""


def _looked_up(name: str) -> str:
    """Code of a name among the words of other languages, with or without its points and commas."""
    return _TESTS.get(synonyms.folded(name)) or _UNPOINTED.get(_unpointed(name), "")


def _unpointed(name: str) -> str:
    return synonyms.folded(re.sub(r"[.,:;]", " ", name))


_UNPOINTED: Mapping[str, str] = {_unpointed(name): code for name, code in _TESTS.items()}
