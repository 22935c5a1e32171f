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
        "gesamtbilirubin|bilirrubina total|bilirubine totale|total",
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
        LIVER_ENZYMES: "lfts|lft|liver enzymes|liver enzyme|liver function tests|liver tests|aminotransferases|"
        "aminotransferase|transaminases|transaminase|leberwerte|leberenzyme|transaminasen|transaminasas|"
        "enzimas hepaticas|enzymes hepatiques",
        MARKERS: "tumor marker|tumour marker|tumor markers|tumour markers|marker|markers|tumormarker",
        ANYTHING: "bloods|blood tests|blood test|labs|lab tests|lab values|blood work|bloodwork|laboratory results|any analyte",
        ("r_value",): "r value|r ratio|r factor",
        (
            "de_ritis",
        ): "ast / alt ratio|ast alt ratio|ast to alt ratio|ratio of ast to alt|got / gpt ratio|got gpt ratio|de ritis",
    }
)

COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        ">=": ">=|=>|≥|at least|not less than|not below|not under|no less than|minimum|min|reaches|reached|reaching|"
        "mindestens|al menos|au moins|starting from|not lower than",
        ">": ">|above|over|more than|greater than|higher than|larger than|exceeding|exceeds|exceed|exceeded|more as|"
        "higher as|bigger than|in excess of|uber|ueber|mehr als|hoher als|mayor de|mayor que|mas de|superior a|"
        "por encima de|plus de|superieur a|superieure a|superieurs a|au dessus de|went above|going over|beyond|older than|longer than|upwards of|grosser",
        "<=": "<=|=<|≤|at most|up to|not more than|not above|not over|no more than|not higher than|maximum|max|hochstens|"
        "como maximo|au plus|not exceeding",
        "<": "<|below|under|less than|lower than|smaller than|fewer than|beneath|unter|weniger als|menor de|menor que|"
        "menos de|inferior a|moins de|inferieur a|inferieure a|en dessous de|por debajo de|younger than|less as|lower as|underneath",
    }
)

AFTERWARDS: Mapping[str, str] = MappingProxyType(
    {
        ">=": "or more|or higher|or greater|or worse|or above|or older|and above|and older|and over|and higher|or over|oder mehr|o mas|ou plus|or up|and more|upwards",
        "<=": "or less|or lower|or fewer|or below|and below|or younger|and younger|oder weniger|o menos|ou moins|or under|and under",
    }
)
"""Comparisons that stand behind their number."""

SCALES: Mapping[str, str] = MappingProxyType(
    {
        "uln": "uln|upper limit|upper limits|upper limit of normal|upper limits of normal|upper normal limit|upper normal|"
        "normal limit|limit of normal|upper reference limit|normal limits|upper limit of the normal|url|obere normgrenze|obergrenze|norm|normwert|"
        "limite superior|limite superior normal|limite superior de la normalidad|lsn|limite superieure|"
        "limite superieure de la normale|la normale|normale|upper bound of normal|upper reference|top of normal|oberen normgrenze|oberer normwert",
        "lln": "lln|lower limit|lower limit of normal|lower normal limit|lower limits of normal|limite inferior|"
        "limite inferieure|untere normgrenze",
        "baseline": "baseline|base line|pre treatment value|pre treatment level|starting value|starting level|bl|"
        "ausgangswert|valor basal|basal|valeur initiale|valeur de base|begin of therapy|beginning of therapy|start of therapy value",
        "lowest": "nadir|lowest|lowest value|lowest level|minimum value|lowest before|lowest point|best value|tiefstwert|"
        "own nadir|lowest ever|lowest result|low point",
        "highest": "peak|highest|highest value|maximum value|peak value|highest level|hochstwert",
        "previous": "previous|previous one|previous value|previous result|one before|preceding value|prior value|"
        "last one|preceding one|preceding result|value before it|prior result|previous measurement",
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
        "0.5": "halved|halves|halving|halbiert|cut in half",
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
        "after": "after|post|following|since|once|after the|nach|seit|despues de|despues del|tras|apres|depuis|desde|from|after start of|after starting|"
        "after beginning|in the wake of|upon|subsequent to",
        "before": "before|prior to|preceding|pre|ahead of|vor|antes de|antes del|avant|leading up to|until|before the",
        "during": "during|throughout|while in|wahrend|waehrend|durante|pendant|in the course of|amid",
        "on": "on|while on|while receiving|receiving|taking|while taking|under treatment with|getting|unter|currently on|"
        "while getting|when on|under|while treated with|sous|bajo",
        "around": "around|before or after|before / after|before and after|either before or after|close to|near|either side of|um|autour de|alrededor de",
        "of": "of|from|de|del|der|des|du|von",
    }
)

ANCHORS: Mapping[str, str] = MappingProxyType(
    {
        "first dose": "first dose|treatment start|start of treatment|therapy start|start of therapy|treatment|therapy|tx|"
        "first treatment|treatment initiation|the treatment|the therapy|beginning of treatment|therapie|behandlung|"
        "tratamiento|terapia|traitement|therapiebeginn|starting treatment|starting therapy|c1d1|cycle 1 day 1|first cycle|"
        "day 1|treatment begin|start of the treatment|begin of treatment|initiation of treatment|first administration|dosing|any treatment|inicio del tratamiento|debut du traitement",
        "systemic": "chemo|chemotherapy|systemic therapy|systemic treatment|chemotherapie|quimioterapia|chimiotherapie|systemic",
        "biliary_stent": "stent|stents|stenting|biliary stent|biliary stents|ercp|stent placement|stent insertion|stented|"
        "stent is inside|stent was placed|protesis biliar|protesis|prothese biliaire|prothese|endoprothese|gallengangstent|"
        "biliary stenting|stent was put in|stent exchange|biliary prosthesis",
        "drainage": "drain|drainage|ptbd|ptcd|biliary drainage|drenaje|ptc drainage|percutaneous drainage",
        "hepatectomy": "hepatectomy|resection|liver resection|hepatic resection|liver surgery|surgery|operation|op|resected|"
        "hepatektomie|leberresektion|hepatectomia|reseccion|hepatectomie|partial hepatectomy",
        "ablation": "ablation|rfa|mwa|microwave|microwave ablation|radiofrequency ablation|ablated|cryoablation|thermal ablation",
        "embolisation": "tace|embolisation|embolization|chemoembolisation|chemoembolization|deb tace|tae",
        "radioembolisation": "radioembolisation|radioembolization|sirt|tare|y90|y 90|radioembolised|radioembolized|selective internal radiation",
        "radiation": "radiation|radiotherapy|rt|sbrt|radiation therapy|irradiation|strahlentherapie|radioterapia|radiotherapie",
        "transplant": "transplant|liver transplant|transplantation",
        "imaging PD": "progression|pd|progressive disease|progressed|progressing|progression on imaging|scan showing progression|"
        "imaging progression|radiological progression|progress|progresses|radiographic progression|progressive disease on imaging|"
        "pd on imaging|scan with progression|ct showing progression|progreso|progresion|progres|disease progression|tumour progression|tumor progression|progression on scan|pd on scan|pd on ct",
        "imaging PR": "partial response|pr|partial remission|response on imaging",
        "imaging CR": "complete response|complete remission",
        "imaging SD": "stable disease|sd|stable disease on imaging",
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
        "immune checkpoint inhibitors|immunotherapy|pd 1 inhibitor|pd1|io|checkpoint blockade|immuntherapie|inmunoterapia",
        "anti-EGFR": "anti egfr|egfr antibody|egfr antibodies|anti egfr antibody|egfr inhibitor",
        "anti-VEGF": "anti vegf|vegf antibody|vegf inhibitor|antiangiogenic",
        "anti-HER2": "anti her2|her2 antibody|anti her 2",
        "fluoropyrimidine": "fluoropyrimidine|fluoropyrimidines",
        "platinum": "platinum|platinum agent|platin|platinum drug|platinum based|platins",
        "taxane": "taxane|taxanes",
        "topoisomerase 1 inhibitor": "topoisomerase 1 inhibitor|topoisomerase inhibitor",
        "CDK4/6 inhibitor": "cdk4 6 inhibitor|cdk 4 6 inhibitor|cdk4 / 6 inhibitor|cdk4 / 6 inhibitors|cdk inhibitor|cdk4 / 6|cdk 4 / 6 inhibitor",
        "BRAF inhibitor": "braf inhibitor|braf inhibitors",
        "MEK inhibitor": "mek inhibitor|mek inhibitors",
        "aromatase inhibitor": "aromatase inhibitor|aromatase inhibitors",
        "somatostatin analogue": "somatostatin analogue|somatostatin analog|somatostatin analogues|ssa",
        "corticosteroid": "corticosteroid|corticosteroids|steroids|steroid",
    }
)

SITES_OF_CANCER: Mapping[str, str] = MappingProxyType(
    {
        "colorectal": "colorectal|crc|mcrc|colon|rectal|colorectal cancer|colon cancer|bowel cancer|rectal cancer|bowel|kolorektal|colorrectal",
        "breast": "breast|breast cancer|mbc|brustkrebs|mama|sein|mamma",
        "pancreatic": "pancreatic|pancreas|pancreas cancer|pancreatic cancer|pdac|pankreas|pancreatico|pancreatique",
        "melanoma": "melanoma|melanomas|melanom",
        "neuroendocrine": "neuroendocrine|net|nets|neuroendocrine tumour|neuroendocrine tumor|neuroendocrine tumours|neuroendokrin",
    }
)

SEXES: Mapping[str, str] = MappingProxyType(
    {
        "F": "women|woman|female|females|womans|womens|frauen|frau|mujeres|mujer|femmes|femme|weiblich|ladies",
        "M": "men|man|male|males|mens|manner|mann|hombres|hombre|hommes|homme|mannlich",
    }
)

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "primary_site": "by primary site|per primary site|by primary|by tumour type|by tumor type|grouped by primary site|split by primary site|per primary|for each primary site|by primary tumour",
        "sex": "by sex|per sex|by gender|grouped by sex|split by sex",
        "site": "by site|per site|by centre|by center|per centre|by hospital|per hospital|per center|grouped by site|for each site|for each centre",
        "regimen": "by regimen|per regimen|grouped by regimen|for each regimen",
        "line": "by line|per line|per line of therapy|by line of therapy|by treatment line|for each line|per treatment line|in each line|grouped by line",
    }
)

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "hys_law": "hy's law|hys law|hy s law",
        "haemolysed_sample": "haemolysed samples|hemolysed samples|hemolyzed samples|haemolysed|hemolyzed|haemolysis|hemolysis|haemolysed sample|hemolyzed sample",
        "limits_changed": "upper limits changed|limits changed|reference range changed|reference ranges changed|reference limits changed|changed limits|change of limits|upper limit changed|limit changes|changed upper limits",
        "temple": "temple's corollary|temples corollary|temple s corollary",
        "fifty_fifty": "50 50 criteria|fifty fifty criteria",
        "stent_no_response": "stent that did not drain|stents that did not drain",
        "overdue_panel": "overdue panel|overdue liver panel|overdue labs",
        "marker_flare": "marker flare",
    }
)
"""Everyday words of findings, beside the titles and codes of the rules."""

FIXED: Mapping[str, str] = MappingProxyType(
    {
        "x": "x|times|fold|*|veces|fois|mal|× |×|time|multiples of|fach",
        "percent": "%|percent|percents|per cent|prozent|por ciento|pour cent|pct",
        "up": "rose|rise|rises|risen|rising|increase|increased|increases|increasing|up|elevation|elevations|went up|goes up|"
        "going up|climbed|climbs|climbing|gained|higher|jumped|grew|gestiegen|anstieg|steigt|steigend|aumento|subio|sube|augmente|hausse|"
        "absolute increase|growth|grows|upward|worsening|stieg",
        "down": "fell|fall|falls|fallen|falling|drop|dropped|drops|dropping|decrease|decreased|decreases|decreasing|down|decline|"
        "declined|reduction|reduced|went down|goes down|going down|lost|lower|gefallen|abfall|sank|bajo|baja|diminue|baisse|fiel|sinkt|loss|declining|disminuyo",
        "normal": "normal|within normal limits|wnl|normalised|normalized|back to normal|normalises|normalizes|not raised|not elevated|not high|"
        "not abnormal|unremarkable|within limits|returned to normal|return to normal|not increased|normalise|normalize|in the normal range|within normal|normales|normaux|normalisation|normalization|normalising|unauffallig",
        "abnormal": "abnormal|out of range|outside limits|outside normal limits",
        "raised": "raised|elevated|high|increased above normal|erhoht|erhohte|erhohtes|elevado|elevada|alto|alta|eleve|elevee|abnormally high|hohes|hohe",
        "low": "low|reduced below normal|niedrig|niedrige|niedriges|bajos|bas|abnormally low|decreased below normal|subnormal",
        "worse": "got worse|worsened|worse|worsens|deteriorated|deteriorates|went up a grade|increased by a grade|verschlechtert|empeoro",
        "better": "improved|got better|improves|improvement",
        "missing": "missing|absent|not measured|not done|unavailable|fehlt|not available|was not taken|not taken|lacking",
        "grade": "grade|ctcae grade|gr|toxicity grade|grad|grado|ctcae|ctc grade",
        "within": "within|in|inside|no later than|innerhalb von|innerhalb|binnen|dentro de|en|en los|en las|dans|dans les|in the|within the|"
        "in less than|over the|over|for the|dans un delai de|en el plazo de|in den|during the|within the first|in the first|innerhalb der",
        "last": "last|past|final|most recent|latest|letzte|letzter|ultimo|ultima|dernier|derniere|previous few|current",
        "first": "first|initial|each first|erste|erster|primer|primera|premier|premiere",
        "median": "median|the median",
        "mean": "mean|average|avg",
        "peak": "maximum|max|peak|highest",
        "trough": "minimum|lowest",
        "and": "and|und|y|et|plus|as well as|&|e|and has|+|sowie",
        "or": "or|oder|o|ou|either|and / or",
        "but": "but|however|yet|aber|pero|mais|though",
        "comma": ",|;",
        "while": "with|while|when|when the|at the time of|on the same day as|together with|simultaneously with|mit|con|avec|if|"
        "having|in presence of|whilst|alongside|at the same time as|concurrent|concurrently with",
        "same day": "same day|on the same day|same date|at the same time|simultaneously|concurrently|the same day|am selben tag|el mismo dia|le meme jour",
        "then": "followed by|then|and then|afterwards|thereafter|subsequently|later|after that|after it|after this|danach|luego|ensuite|despues",
        "no": "have not had any|has not had any|haven't had any|hasn't had any|not had any|did not have any|didn't have any|have no|no|not|without|none|never had any|lacking any|kein|keine|keinen|ohne|sin|sans|haven't|hasn't|have not|has not|did not have|didn't have|"
        "have not had|has not had|haven't had|hasn't had|lack|lacks|without any|not any|have no|has no|pas de|did not|didn't|nicht|not had|free of|not have|no|non",
        "never": "never|never had|nie|nunca|jamais|had never|have never|has never|never been|never ever|had never a|have never had|has never had|niemals",
        "ever": "ever|at any time|at any point|anytime|once or more",
        "again": "again|once more|a second time|second time|wieder|de nuevo|another",
        "confirmed": "confirmed by a repeat|confirmed|confirmed by repeat|confirmed on repeat|confirmed on repeat test|repeat confirmed|"
        "confirmed by a second|confirmed by a second test|confirmed by a second result|reproduced|bestatigt|confirmed by another|confirmed on a repeat|confirmed by repeat test|confirmed by retest|and confirmed",
        "row": "in a row|consecutive|consecutive measurements|successive measurements|successive|consecutive results|successive results|consecutive values|"
        "hintereinander|seguidas|seguidos|consecutivas|consecutivos|consecutifs|d'affilee|de suite|in succession|consecutive tests|consecutive samples|running|back to back|consecutive days|consecutive occasions|consecutive visits|consecutive determinations|results in a row|times in a row|measurements in a row|mal hintereinander|consecutively",
        "twice": "twice|on two occasions|zweimal|dos veces|deux fois",
        "thrice": "on three occasions|dreimal|tres veces|trois fois",
        "repeated": "at least twice|at least two times|two or more times|more than once|on at least two occasions|at least 2 times|on two or more occasions|repeatedly|2 or more times|mehr als einmal|al menos dos veces|au moins deux fois",
        "everyone": "all patients|all people|all subjects|any patient|any patients|all pts|all cases|alle patienten|todos los pacientes|tous les patients|any subjects|list all|show all|find all|all those",
        "different days": "on different days|on separate days|on two different days|on 2 different days|different days|separate days|on two separate days|on another day|on a different day|an verschiedenen tagen|on separate occasions|on different dates",
        "for": "for|lasting|sustained for|persisting for|persistently for|wahrend mindestens|durante al menos|fur|pendant au moins|lasted|persisting|sustained",
        "between": "between|zwischen|entre|in the range|ranging from",
        "to": "to|through|until|bis|hasta|a|–|jusqu'a|til",
        "by": "by|um|en un|de un|at|con un",
        "against": "from|against|compared with|compared to|relative to|versus|vs|over|above|of|below|gegenuber|respecto a|respecto al|par rapport a|"
        "in relation to|than|with respect to|in comparison with|in comparison to|vs.|from its|over its|from their|over their|from the",
        "log2": "log2 fold change|log2 fc|log2fc|log2 change|log 2 fold change|log2 ratio|log2",
        "both": "both|beide|ambos|les deux|each of them",
        "each other": "of each other|of one another|apart|from each other|voneinander",
        "start": "starting|start of|the start of|starting on|beginning|beginning of|initiation of|first starting|started|start|begin of|they started|started on|"
        "starting the|initiating|being started on|being put on|beginn von|beginn der|inicio de|inicio del|debut de|they start|was started on|having started|commencing|first dose of|getting started on|first start of|the first dose of",
        "stop": "stopping|end of|the end of|stop of|stopped|discontinuation of|discontinuing|discontinuation|ending|completion of|finishing|cessation of|"
        "ende von|ende der|fin de|fin del|arret de|withdrawal of|withdrawing|being taken off|coming off|stopping the|absetzen von|completing|stop|holding|cessation|withdrawal",
        "it": "it|that|this|them|this one|that one|es|ello|starting it|beginning it",
        "treated": "treated with|exposed to|received|given|exposed|on treatment with|who received|had received|behandelt mit|tratados con|tratadas con|traites par|traites avec|who got|got|receiving treatment with|therapy with|treatment with|who had|having received|who were given|were given|treated by",
        "cycle": "cycle|cycles|zyklus|ciclo|cure|c",
        "line": "line|line of therapy|line therapy|line treatment|linie|linea|ligne|lines|line of treatment|line chemotherapy|l",
        "week": "week|wk|woche|semana|semaine|study week",
        "day": "day|study day|tag|dia|jour|days|d",
        "pm": "+ /|±|+/|plus minus|plus or minus|give or take",
        "age": "age|aged|alter|edad|ages|at age",
        "years": "years|years old|year old|y o|yo|yrs|years of age|jahre|jahre alt|anos|ans|yrs old|year olds",
        "old": "old|of age",
        "anticoagulants": "anticoagulants|anticoagulant|anticoagulation|warfarin or similar|blood thinners|anticoagulated|antikoagulation|antikoagulantien|anticoagulantes|blood thinner",
        "birth date": "date of birth|birth date|dob|birthday|birthdate|geburtsdatum|fecha de nacimiento|date de naissance",
        "imaging": "imaging|scan|scans|ct|imaging report|mri|imaging reports|radiology|bildgebung|scanned|imaged|ct scan|any imaging|imaging study",
        "since": "since|seit|desde|depuis|after|from|on or after",
        "below detection": "below detection|below detection limit|below the detection limit|under the detection limit|below the limit of detection|"
        "undetectable|reported as below detection|below detection <|reported as below detection <|below limit of detection|under detection limit|below lod|reported as <|reported with <|reported as less than|under detection|below detection threshold",
        "above detection": "above detection|above the detection limit|above the upper limit of detection|above measuring range|above the measuring range|above the limit of detection",
        "results": "results|values|result|measurements|measurement|tests|determinations|samples|readings|value|werte|messungen|test|assays|draws|levels|resultados|data points",
        "ordinal 2": "second|2nd|zweite|zweiter|segundo|segunda|deuxieme",
        "ordinal 1": "first|1st|erste|primera|premiere",
        "ordinal 3": "third|3rd|dritte|tercera|troisieme",
        "ordinal 4": "fourth|4th|vierte",
        "a first": "after a first one|after an earlier one|after a previous one",
        "pairwise": "between two consecutive measurements|between consecutive measurements|between two consecutive results|between consecutive results|between two successive measurements|between successive measurements|between two successive results|between successive results|from one measurement to next|from one result to next|from one to next|between two consecutive values|between neighbouring results|between two consecutive tests|between consecutive tests|between consecutive values|between successive values",
        "site word": "site|sites|centre|center|at site",
        "primary word": "primary|primary site|primary tumour|primary tumor|with primary",
        "rate": "rate of|rate|proportion of|proportion|share of|frequency of|incidence of|percentage of",
        "last days": "in the last|within the last|in the past|over the last|for the last|during the last|over the past|within the past|in den letzten|en los ultimos|en las ultimas|dans les derniers|for the past|the last|during the past|last",
        "isolated": "isolated",
        "still": "still|remained|remains|noch|todavia|encore|stayed|stays",
        "in range": "on it|while on it|on treatment|on therapy|under treatment|unter therapie|en tratamiento|sous traitement|while on treatment|during treatment|during therapy|while on therapy",
    }
)

POLITE = frozenset(
    "who which what whom show me please list find give get tell us anyone anybody everyone everybody people "
    "peoples person persons patient patients pts pt subject subjects case cases those they has have had having is are "
    "was were be been being that this these there do does did so how many much number count can could would you i we "
    "want see need like whose cohort of individuals someone somebody ones one some also to who's level levels value "
    "values result results concentration serum plasma blood cancer tumour tumor going goes go went got getting it's it "
    "agent drug medicine reported stored event events showing shown develop developed developing experienced experience "
    "experiencing meeting occurring occurred happened in ours our my diagnosed where "
    "patienten patientin pacientes paciente les los las el la le un une der die das den dem des bei "
    "que qui quienes zeigen zeige mostrar wer welche quien ein eine einen einem einer de del "
    "haben hatten hat hatte tienen tenian avaient ont biliar biliaire".split()
)
"""Words of politeness and of grammar, which may stand for good reading and are shown as not used."""

REVERSING = frozenset(
    "except unless excluding only nor neither exactly all every other than instead always still despite until apart "
    "rather nobody nothing any alone outside besides ausser nur salvo excepto sauf sin solo seulement immer siempre".split()
)
"""Words that turn a question into another: where one is not understood no sentence is offered to choose."""

ARTICLES = frozenset("the a an its their his her own".split())
"""Words that stand before any other and part no phrase; shown as not used."""
