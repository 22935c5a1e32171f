"""The words of the field beside the exact grammar: what kind of part each phrase is, and what it says there.

Phrases are written in lower case without accents, parted by ``|``; hyphens and full stops within them count as blanks.
A word that stands in no table is unknown and is shown as such: nothing here is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIVER_ENZYMES = ("ALT", "AST")
MARKERS = ("CEA", "CA19_9AG", "CA15_3AG")
"""Tumour markers that a question may mean; which one is asked back."""
ANYTHING = ("*",)

QUANTITIES: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("ALT",): "gpt|sgpt|alat|alanine transaminase|alanin aminotransferase|tgp",
        ("AST",): "got|sgot|asat|aspartate transaminase|tgo",
        ("ALP",): "alk phos|alk phosph|alkphos|alkaline phosphatase|alkaline phosphatases|alkalische phosphatase|"
        "fosfatasa alcalina|phosphatases alcalines|ap|alp|alkp",
        ("GGT",): "gamma gt|ggt|gamma glutamyl transferase|ggtp|gammagt",
        ("BILI",): "bili|bilirubin|tbili|t bili|tbil|total bilirubin|total bili|bilirubins|bilirrubina|bilirubine|"
        "gesamtbilirubin|bilirrubina total|bilirubine totale|total|tbl|bil|bilirubin total|sbr",
        ("BILDIR",): "direct bilirubin|direct bili|conjugated bilirubin|conjugated bili|dbili|dbil|d bili|"
        "direktes bilirubin|bilirrubina directa|bilirubine directe|bilirubine conjuguee",
        ("ALB",): "albumin|serum albumin|albumina|albumine",
        ("PLAT",): "plts|plt|platelets|platelet|platelet count|platelet counts|thrombocytes|thrombozyten|plaquetas|"
        "plaquettes|thrombos",
        ("HGB",): "hb|hgb|haemoglobin|hemoglobin|hamoglobin|hemoglobina|hemoglobine",
        ("WBC",): "wbc|white cells|white cell count|white count|leukocytes|leucocytes|leukozyten|leucocitos",
        ("NEUT",): "anc|neutrophils|neutrophil count|neutros|neutrophile|neutrofilos|neutrophiles",
        ("CREAT",): "creatinine|creat|kreatinin|creatinina|serum creatinine",
        ("K",): "potassium|kalium|potasio|potassium level",
        ("SODIUM",): "sodium|natrium|sodio",
        ("LDH",): "ldh|lactate dehydrogenase",
        ("CRP",): "crp|c reactive protein",
        ("CA19_9AG",): "ca 19 9|ca19 9|ca 19.9|ca199|ca19.9",
        ("CA15_3AG",): "ca 15 3|ca15 3|ca 15.3|ca153",
        ("UREAN",): "bun|urea nitrogen",
        LIVER_ENZYMES: "hepatic enzymes|hepatic enzyme|lfts|lft|liver enzymes|liver enzyme|liver function tests|"
        "liver tests|aminotransferases|"
        "aminotransferase|transaminases|transaminase|leberwerte|leberenzyme|transaminasen|transaminasas|"
        "enzimas hepaticas|enzymes hepatiques",
        MARKERS: "tumor marker|tumour marker|tumor markers|tumour markers|marker|markers|tumormarker",
        ANYTHING: "bloods|blood tests|blood test|labs|lab tests|lab values|blood work|bloodwork|laboratory results|"
        "any analyte",
        ("r_value",): "r|r value|r ratio|r factor",
        (
            "de_ritis",
        ): "ast / alt ratio|ast alt ratio|ast to alt ratio|ratio of ast to alt|got / gpt ratio|got gpt ratio|de ritis",
    }
)

CONDITIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (
            "PLAT",
            "low",
        ): "thrombocytopenia|thrombopenia|thrombocytopenic|low platelets|thrombozytopenie|trombocitopenia",
        ("NEUT", "low"): "neutropenia|neutropenic|neutropenie",
        ("HGB", "low"): "anaemia|anemia|anaemic|anemic|anamie",
        ("ALB", "low"): "hypoalbuminaemia|hypoalbuminemia",
        ("BILI", "raised"): "hyperbilirubinaemia|hyperbilirubinemia",
        ("SODIUM", "low"): "hyponatraemia|hyponatremia",
        ("K", "raised"): "hyperkalaemia|hyperkalemia",
        ("K", "low"): "hypokalaemia|hypokalemia",
    }
)
"""Words that name an analyte and the side of its own limits on which it is."""

COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        ">=": ">=|=>|≥|at least|not less than|not below|not under|no less than|minimum|min|reaches|reached|reaching|"
        "mindestens|al menos|au moins|starting from|not lower than",
        ">": ">|above|greater|over|more than|greater than|higher than|larger than|exceeding|"
        "exceeds|exceed|exceeded|more as|more then|higher then|greater then|"
        "higher as|bigger than|in excess of|uber|ueber|mehr als|hoher als|mayor de|mayor que|mas de|superior a|"
        "por encima de|plus de|superieur a|superieure a|superieurs a|au dessus de|went above|going over|"
        "beyond|older than|longer than|upwards of|grosser",
        "<=": "<=|=<|≤|at most|up to|not more than|not above|not over|no more than|not higher than|maximum|max|"
        "hochstens|"
        "como maximo|au plus|not exceeding",
        "<": "<|below|under|less than|lower than|smaller than|fewer than|beneath|unter|weniger als|menor de|menor que|"
        "menos de|inferior a|moins de|inferieur a|inferieure a|en dessous de|por debajo de|younger than|"
        "less as|lower as|underneath|less then|lower then",
    }
)

AFTERWARDS: Mapping[str, str] = MappingProxyType(
    {
        ">=": "+|or more|or higher|or greater|or worse|or above|or older|and above|and older|and over|and higher|"
        "or over|oder mehr|o mas|ou plus|or up|and more|upwards",
        "<=": "or less|or lower|or fewer|or below|and below|or younger|and younger|oder weniger|o menos|"
        "ou moins|or under|and under",
    }
)
"""Comparisons that stand behind their number."""

SCALES: Mapping[str, str] = MappingProxyType(
    {
        "uln": "uln|n|upper limit normal|upper end of normal|"
        "upper limit|upper limits|upper limit of normal|upper limits of normal|upper normal limit|"
        "upper normal|"
        "normal limit|limit of normal|upper reference limit|normal limits|upper limit of the normal|url|"
        "obere normgrenze|obergrenze|norm|normwert|"
        "limite superior|limite superior normal|limite superior de la normalidad|lsn|limite superieure|"
        "limite superieure de la normale|la normale|normale|upper bound of normal|upper reference|"
        "top of normal|oberen normgrenze|oberer normwert",
        "lln": "lln|lower limit|lower limit of normal|lower normal limit|lower limits of normal|limite inferior|"
        "limite inferieure|untere normgrenze",
        "baseline": "baseline|base line|pre treatment value|pre treatment level|starting value|starting level|bl|"
        "ausgangswert|valor basal|basal|valeur initiale|valeur de base|begin of therapy|"
        "beginning of therapy|start of therapy value",
        "lowest": "nadir|lowest|lowest value|lowest level|minimum value|lowest before|lowest point|best value|"
        "tiefstwert|"
        "own nadir|lowest ever|lowest result|low point",
        "highest": "peak|highest|highest value|maximum value|peak value|highest level|hochstwert",
        "previous": "previous|previous one|previous value|previous result|one before|preceding value|prior value|"
        "last visit|last time|last blood test|last blood draw|previous visit|previous test|previous draw|visit before|"
        "draw before|last one|preceding one|preceding result|value before it|prior result|previous measurement",
    }
)

NUMBERS: Mapping[float, str] = MappingProxyType(
    {
        1.0: "one|eins|uno|ein|einem|einer|una|une",
        2.0: "two|zwei|dos|deux|double|twofold|doble|doppelte",
        3.0: "three|drei|tres|trois|triple|threefold",
        4.0: "four|vier|cuatro|quatre|quadruple|fourfold",
        5.0: "five|funf|cinco|cinq|fivefold",
        6.0: "six|sechs|seis",
        7.0: "seven|sieben|siete|sept",
        8.0: "eight|acht|ocho|huit",
        9.0: "nine|neun|nueve|neuf",
        10.0: "ten|zehn|diez|dix|tenfold",
        12.0: "twelve|zwolf|doce|douze",
        14.0: "fourteen|vierzehn|catorce|quatorze",
        0.5: "half|one half|a half",
        1 / 3: "third|one third|a third",
        0.25: "quarter|one quarter|a quarter",
        2 / 3: "two thirds",
        0.75: "three quarters",
    }
)

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "2": "doubled|doubling|doubles|verdoppelt|duplicado|duplico|has doubled|double|twice",
        "3": "tripled|tripling|trebled|triples|verdreifacht|triplicado|triplico|triple",
        "4": "quadrupled|quadruples",
        "0.5": "halved|halve|halves|halving|halbiert|cut in half",
    }
)

TIMES: Mapping[str, str] = MappingProxyType(
    {
        "1": "day|days|d|calendar days|tage|tagen|tag|dias|dia|jours|jour",
        "7": "week|weeks|wk|wks|w|wochen|woche|semanas|semana|semaines|semaine",
        "30": "month|months|mo|mth|mths|monate|monaten|monat|meses|mes|mois",
        "365": "year|years|yr|yrs",
        "hour": "hour|hours|h|hrs|hr|stunden|horas|heures",
    }
)
"""Days of a unit of time."""

SIDES: Mapping[str, str] = MappingProxyType(
    {
        "after": "after|post|following|since|once|after the|nach|seit|despues de|despues del|tras|apres|depuis|"
        "desde|from|after start of|after starting|"
        "after beginning|in the wake of|upon|subsequent to",
        "before": "before|prior to|preceding|pre|ahead of|vor|antes de|antes del|avant|leading up to|until|before the",
        "during": "during|throughout|while in|wahrend|waehrend|durante|pendant|in the course of|amid",
        "on": "on|while on|while receiving|receiving|taking|while taking|under treatment with|getting|unter|"
        "currently on|"
        "while getting|when on|under|while treated with|sous|bajo",
        "around": "around|before or after|before / after|before and after|either before or after|close to|near|"
        "either side of|um|autour de|alrededor de",
        "of": "of|from|de|del|der|des|du|von",
    }
)

ANCHORS: Mapping[str, str] = MappingProxyType(
    {
        "first dose": "first dose|treatment start|start of treatment|therapy start|start of therapy|treatment|therapy|"
        "tx|"
        "first treatment|treatment initiation|the treatment|the therapy|beginning of treatment|therapie|behandlung|"
        "tratamiento|terapia|traitement|therapiebeginn|starting treatment|starting therapy|c1d1|"
        "cycle 1 day 1|first cycle|"
        "day 1|treatment begin|start of the treatment|begin of treatment|initiation of treatment|"
        "first administration|dosing|any treatment|inicio del tratamiento|debut du traitement",
        "systemic": "chemo|chemotherapy|systemic therapy|systemic treatment|chemotherapie|quimioterapia|"
        "chimiotherapie|systemic",
        "biliary_stent": "stent|stents|stenting|biliary stent|biliary stents|ercp|stent placement|stent insertion|"
        "stented|"
        "stent is inside|stent was placed|protesis biliar|protesis|prothese biliaire|prothese|"
        "endoprothese|gallengangstent|"
        "biliary stenting|stent was put in|stent exchange|biliary prosthesis",
        "drainage": "drain|drains|drainages|drainage|"
        "ptbd|ptcd|biliary drainage|drenaje|ptc drainage|percutaneous drainage",
        "hepatectomy": "hepatectomy|resection|liver resection|hepatic resection|liver surgery|surgery|operation|op|"
        "resected|"
        "hepatektomie|leberresektion|hepatectomia|reseccion|hepatectomie|partial hepatectomy|hepatectomies|"
        "resections|surgeries|operations|operated|operated on|liver resections",
        "ablation": "ablation|rfa|mwa|microwave|microwave ablation|radiofrequency ablation|ablated|cryoablation|"
        "thermal ablation|ablations|ablation session|ablation sessions",
        "embolisation": "tace|embolisation|embolization|chemoembolisation|chemoembolization|deb tace|tae|"
        "embolised|embolized|chemoembolised|chemoembolized|embolisations|embolizations",
        "radioembolisation": "radioembolisation|radioembolization|sirt|tare|y90|y 90|radioembolised|radioembolized|"
        "selective internal radiation",
        "radiation": "radiation|radiotherapy|rt|sbrt|radiation therapy|irradiation|strahlentherapie|radioterapia|"
        "radiotherapie|irradiated|radiated|stereotactic radiotherapy|stereotactic body radiotherapy",
        "transplant": "transplanted|transplants|transplant|liver transplant|transplantation",
        "imaging PD": "progression|pd|progressive disease|progressed|progressing|progression on imaging|"
        "scan showing progression|"
        "imaging progression|radiological progression|progress|progresses|radiographic progression|"
        "progressive disease on imaging|"
        "pd on imaging|scan with progression|ct showing progression|progreso|progresion|progres|"
        "disease progression|tumour progression|tumor progression|progression on scan|pd on scan|pd on ct",
        "imaging PR": "partial response|partial responders|partial responder|pr|partial remission|response on imaging",
        "imaging CR": "complete response|complete responders|complete responder|complete remission",
        "imaging SD": "stable disease|sd|stable disease on imaging",
        "end of systemic": "last dose|last administration|last infusion|final dose|last chemo|letzte gabe|ultima dosis|"
        "derniere dose",
        "metastases": "metastases|metastasis date|diagnosis of metastases|metastases date",
        "the end": "end of the data|data cut off|data cutoff|cut off|cutoff|end of data|the end|last follow up",
    }
)

SHORT_DRUGS: Mapping[str, str] = MappingProxyType(
    {
        "oxaliplatin": "oxali|ox|eloxatin|oxaliplatine|oxaliplatino",
        "pembrolizumab": "pembro|keytruda",
        "nivolumab": "nivo|opdivo",
        "ipilimumab": "ipi|yervoy",
        "atezolizumab": "atezo|tecentriq",
        "durvalumab": "durva|imfinzi",
        "irinotecan": "iri|cpt 11|camptosar",
        "fluorouracil": "5 fu|5fu|fu",
        "leucovorin": "folinic acid|lv",
        "capecitabine": "cape|xeloda|capecitabin",
        "gemcitabine": "gem|gemzar|gemcitabin",
        "nab-paclitaxel": "nab paclitaxel|abraxane|nab p",
        "bevacizumab": "bev|avastin",
        "cetuximab": "erbitux|cetux",
        "panitumumab": "vectibix|pani",
        "trastuzumab": "herceptin",
        "prednisolone": "pred|prednisolon|prednisolona",
        "ribociclib": "ribo|kisqali",
        "letrozole": "femara|letrozol",
        "dabrafenib": "dab|tafinlar",
        "trametinib": "tram|mekinist",
        "octreotide": "sandostatin|octreotid",
    }
)

CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "checkpoint inhibitor": "checkpoint inhibitor|checkpoint inhibitors|ici|icis|immune checkpoint inhibitor|"
        "immune checkpoint inhibitors|immunotherapy|pd 1 inhibitor|pd1|io|checkpoint blockade|"
        "immuntherapie|inmunoterapia",
        "anti-EGFR": "anti egfr|egfr antibody|egfr antibodies|anti egfr antibody|egfr inhibitor",
        "anti-VEGF": "anti vegf|vegf antibody|vegf inhibitor|antiangiogenic",
        "anti-HER2": "anti her2|her2 antibody|anti her 2",
        "fluoropyrimidine": "fluoropyrimidine|fluoropyrimidines",
        "platinum": "platinum|platinum agent|platin|platinum drug|platinum based|platins",
        "taxane": "taxane|taxanes",
        "topoisomerase 1 inhibitor": "topoisomerase 1 inhibitor|topoisomerase inhibitor",
        "CDK4/6 inhibitor": "cdk4 6 inhibitor|cdk 4 6 inhibitor|cdk4 / 6 inhibitor|cdk4 / 6 inhibitors|cdk inhibitor|"
        "cdk4 / 6|cdk 4 / 6 inhibitor",
        "BRAF inhibitor": "braf inhibitor|braf inhibitors",
        "MEK inhibitor": "mek inhibitor|mek inhibitors",
        "aromatase inhibitor": "aromatase inhibitor|aromatase inhibitors",
        "somatostatin analogue": "somatostatin analogue|somatostatin analog|somatostatin analogues|ssa",
        "corticosteroid": "corticosteroid|corticosteroids|steroids|steroid",
    }
)

SITES_OF_CANCER: Mapping[str, str] = MappingProxyType(
    {
        "colorectal": "colorectal|crc|mcrc|colon|rectal|colorectal cancer|colon cancer|bowel cancer|rectal cancer|"
        "bowel|kolorektal|colorrectal",
        "breast": "breast|breast cancer|mbc|brustkrebs|mama|sein|mamma",
        "pancreatic": "pancreatic|pancreas|pancreas cancer|pancreatic cancer|pdac|pankreas|pancreatico|pancreatique",
        "melanoma": "melanoma|melanomas|melanom",
        "lung": "lung|lung cancer|nsclc|sclc|non small cell lung cancer|small cell lung cancer|lunge|pulmon|poumon",
        "gastric": "gastric|stomach|gastric cancer|stomach cancer|magen|gastrico|estomac",
        "oesophageal": "oesophageal|esophageal|oesophagus|esophagus|oesophageal cancer|esophageal cancer",
        "biliary tract": "cholangiocarcinoma|biliary tract|biliary tract cancer|bile duct cancer|gallbladder cancer",
        "hepatocellular": "hepatocellular|hepatocellular carcinoma|hcc",
        "ovarian": "ovarian|ovary|ovarian cancer",
        "prostate": "prostate|prostate cancer",
        "renal": "renal|kidney|renal cell|renal cell carcinoma|kidney cancer",
        "urothelial": "urothelial|bladder|bladder cancer|urothelial cancer",
        "gist": "gist|gastrointestinal stromal tumour|gastrointestinal stromal tumor",
        "sarcoma": "sarcoma|leiomyosarcoma",
        "thyroid": "thyroid cancer",
        "uveal melanoma": "uveal melanoma|ocular melanoma",
        "unknown primary": "unknown primary|cancer of unknown primary|cup|carcinoma of unknown primary",
        "neuroendocrine": "neuroendocrine|net|nets|neuroendocrine tumour|neuroendocrine tumor|neuroendocrine tumours|"
        "neuroendokrin",
    }
)

SEXES: Mapping[str, str] = MappingProxyType(
    {
        "F": "women|woman|female|females|womans|womens|frauen|frau|mujeres|mujer|femmes|femme|weiblich|ladies",
        "M": "men|man|male|males|mens|manner|mann|hombres|hombre|hommes|homme|mannlich",
    }
)

EVERY = frozenset("all every everybody everyone alle todos tous".split())
"""Beside words of politeness alone they ask for all patients of a store."""

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "primary_site": "by primary site|per primary site|by primary|by tumour type|by tumor type|"
        "grouped by primary site|split by primary site|per primary|for each primary site|"
        "by primary tumour",
        "sex": "by sex|per sex|by gender|grouped by sex|split by sex",
        "site": "by site|per site|by centre|by center|per centre|by hospital|per hospital|per center|"
        "grouped by site|for each site|for each centre",
        "regimen": "by regimen|per regimen|grouped by regimen|for each regimen",
        "line": "by line|per line|per line of therapy|by line of therapy|by treatment line|for each line|"
        "per treatment line|in each line|grouped by line",
    }
)

QUESTIONS_SAID: Mapping[str, str] = MappingProxyType(
    {
        "tumour": "tumour|tumor",
        "injury": "liver injury|injury",
        "function": "liver function|function|liver",
        "ducts": "bile ducts|ducts|bile duct",
        "follow_up": "follow up",
    }
)
"""What the five questions of the answers are called beside a state."""

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "hys_law": "hy's law|hys law|hy s law",
        "haemolysed_sample": "haemolysed samples|hemolysed samples|hemolyzed samples|haemolysed|hemolyzed|haemolysis|"
        "hemolysis|haemolysed sample|hemolyzed sample",
        "limits_changed": "upper limits changed|limits changed|reference range changed|reference ranges changed|"
        "reference limits changed|changed limits|change of limits|upper limit changed|limit changes|"
        "changed upper limits",
        "temple": "temple's corollary|temples corollary|temple s corollary",
        "fifty_fifty": "50 50 criteria|fifty fifty criteria",
        "stent_no_response": "stent that did not drain|stents that did not drain",
        "overdue_panel": "overdue panel|overdue liver panel|overdue labs|overdue|overdue bloods|overdue for labs|"
        "overdue for bloods",
        "marker_flare": "marker flare",
        "rild": "rild|radiation induced liver disease",
        "reild": "reild|radioembolisation induced liver disease|radioembolization induced liver disease",
        "isgls": "isgls|posthepatectomy liver failure|post hepatectomy liver failure|phlf",
        "cholangitis_labs": "cholangitis|acute cholangitis",
        "recurrent_obstruction": "recurrent obstruction|recurrent biliary obstruction|stent occlusion|occluded stent|"
        "blocked stent|stent blocked|stent occluded",
        "hepatic_decompensation": "hepatic decompensation|liver decompensation|decompensation|decompensated",
        "peak_bilirubin": "peak bilirubin criterion",
        "marker_rise": "marker rise",
    }
)
"""Everyday words of findings, beside the titles and codes of the rules."""

ALSO_RECORDED = frozenset({"cholangitis_labs", "recurrent_obstruction", "hepatic_decompensation"})
"""Findings whose name may also mean an event that was recorded as such: which is meant is asked back."""
