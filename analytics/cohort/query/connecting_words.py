"""The words between the names: state, change, time, joints and politeness. Written as in vocabulary.py."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FIXED: Mapping[str, str] = MappingProxyType(
    {
        "x": "x|times|fold|*|veces|fois|mal|× |×|time|multiples of|fach",
        "percent": "%|percent|percents|per cent|prozent|por ciento|pour cent|pct",
        "up": "rose|rise|rises|risen|rising|increase|increased|increases|increasing|up|elevation|elevations|"
        "went up|goes up|"
        "going up|climbed|climbs|climbing|gained|higher|jumped|grew|gestiegen|anstieg|steigt|steigend|"
        "aumento|subio|sube|augmente|hausse|"
        "absolute increase|growth|grows|upward|worsening|stieg",
        "down": "fell|fall|falls|fallen|falling|drop|dropped|drops|dropping|decrease|decreased|decreases|"
        "decreasing|down|decline|"
        "declined|reduction|reduced|went down|goes down|going down|lost|lower|gefallen|abfall|sank|bajo|"
        "baja|diminue|baisse|fiel|sinkt|loss|declining|disminuyo",
        "normal": "normal|within normal limits|wnl|normalised|normalized|back to normal|normalises|normalizes|"
        "not raised|not elevated|not high|"
        "not abnormal|unremarkable|within limits|returned to normal|return to normal|not increased|"
        "normalise|normalize|in the normal range|within normal|normales|normaux|normalisation|"
        "normalization|normalising|unauffallig",
        "abnormal": "abnormal|out of range|outside limits|outside normal limits",
        "raised": "raised|elevation|elevations|elevated|high|increased above normal|erhoht|erhohte|erhohtes|elevado|"
        "elevada|alto|alta|"
        "eleve|elevee|abnormally high|hohes|hohe",
        "low": "low|reduced below normal|niedrig|niedrige|niedriges|bajos|bas|abnormally low|"
        "decreased below normal|subnormal",
        "worse": "got worse|worsened|worse|worsens|deteriorated|deteriorates|went up a grade|increased by a grade|"
        "verschlechtert|empeoro",
        "better": "improved|got better|improves|improvement",
        "missing": "missing|absent|not measured|not checked|not tested|not drawn|not determined|"
        "not done|unavailable|fehlt|not available|was not taken|not taken|"
        "lacking",
        "grade": "grade|ctcae grade|gr|g|toxicity grade|grad|grado|ctcae|ctc grade",
        "within": "within|in|inside|no later than|innerhalb von|innerhalb|binnen|dentro de|en|en los|en las|dans|"
        "dans les|in the|within the|"
        "in less than|over the|over|for the|dans un delai de|en el plazo de|in den|during the|"
        "within the first|in the first|innerhalb der",
        "last": "last|past|final|most recent|latest|letzte|letzter|ultimo|ultima|dernier|derniere|previous few|current",
        "first": "first|initial|each first|erste|erster|primer|primera|premier|premiere",
        "median": "median|the median",
        "mean": "mean|average|avg",
        "peak": "peaked|peaks|peaking|maximum|max|peak|highest",
        "trough": "minimum|min|lowest|nadir",
        "and": "and|und|y|et|plus|as well as|&|e|and has|+|sowie",
        "or": "or|oder|o|ou|either|and / or",
        "but": "but|however|yet|aber|pero|mais|though",
        "comma": ",|;",
        "while": "with|while|when|when the|at the time of|on the same day as|together with|simultaneously with|"
        "mit|con|avec|"
        "having|w /|in presence of|whilst|alongside|at the same time as|concurrent|concurrently with",
        "same day": "same day|at the same visit|same visit|in the same sample|same sample|same draw|from the same draw|"
        "at the same draw|on the same day|same date|at the same time|simultaneously|concurrently|the same day|"
        "am selben tag|el mismo dia|le meme jour",
        "then": "followed by|then|and then|came back|that came back|went back|that went back|fell back|dropped back|"
        "that fell back|that returned|returned|recovered|"
        "afterwards|thereafter|subsequently|later|after that|after it|"
        "after this|danach|luego|ensuite|despues",
        "no": "failed to|fails to|fail to|"
        "have not had any|has not had any|haven't had any|hasn't had any|not had any|did not have any|"
        "didn't have any|have no|no|not|without|none|never had any|lacking any|kein|keine|keinen|ohne|"
        "sin|sans|haven't|hasn't|have not|has not|did not have|didn't have|"
        "neither|nor|w / o|have not had|has not had|"
        "haven't had|hasn't had|lack|lacks|without any|not any|have no|has no|"
        "pas de|did not|didn't|nicht|not had|free of|not have|no|non",
        "never": "never|never had|nie|nunca|jamais|had never|have never|has never|never been|never ever|"
        "had never a|have never had|has never had|niemals",
        "ever": "ever|at any visit|at any assessment|on any occasion|any time|at any time|at any point|anytime|"
        "once or more",
        "except": "all except|everyone except|everybody except|all but|except|excluding|exclude|excludes|other than|"
        "apart from|all but|everything but|ausser|salvo|excepto|"
        "sauf|except for|not counting",
        "count word": "n|count|count of|number of|nr of|no of|number|anzahl|numero de|nombre de",
        "sex word": "sex|gender|geschlecht|sexo|sexe",
        "sex letter": "f|m",
        "differs": "!=|<>|≠|not equal to|not equals",
        "equals": "=|= =|equals|equal to|is equal to",
        "slash": "/|divided by",
        "at": "at",
        "per baseline": "/ baseline|/ base line|/ bl|divided by baseline",
        "per": "/ uln|/ upper limit|divided by uln",
        "time to": "time to|time until|days until|days to",
        "postop": "postop|post op|postoperative|postoperatively|post operatively|after operation",
        "preop": "preop|pre op|preoperative|preoperatively|pre operatively",
        "pod": "pod|postoperative day|post operative day|post op day|postop day",
        "at start": "at start of|at beginning of|at begin of|at initiation of|when starting",
        "exchange": "stent exchange|stent exchanges|stent replacement|restenting|re stenting|stent change|"
        "second stent|stent revision",
        "again": "again|once more|a second time|second time|wieder|de nuevo|another",
        "confirmed": "confirmed by a repeat|confirmed|confirmed by repeat|confirmed on repeat|"
        "confirmed on repeat test|repeat confirmed|"
        "confirmed by a second|confirmed by a second test|confirmed by a second result|reproduced|"
        "bestatigt|confirmed by another|confirmed on a repeat|confirmed by repeat test|"
        "confirmed by retest|and confirmed",
        "row": "in a row|consecutive|consecutive measurements|successive measurements|successive|"
        "consecutive results|successive results|consecutive values|"
        "hintereinander|seguidas|seguidos|consecutivas|consecutivos|consecutifs|d'affilee|de suite|"
        "in succession|consecutive tests|consecutive samples|running|back to back|consecutive days|"
        "consecutive occasions|consecutive visits|consecutive determinations|results in a row|"
        "times in a row|measurements in a row|mal hintereinander|consecutively",
        "occasions": "occasions|occasion|times on different days|gelegenheiten|ocasiones",
        "twice": "twice|on two occasions|zweimal|dos veces|deux fois",
        "thrice": "on three occasions|dreimal|tres veces|trois fois",
        "repeated": "at least twice|at least two times|two or more times|more than once|on at least two occasions|"
        "at least 2 times|on two or more occasions|repeatedly|2 or more times|mehr als einmal|"
        "al menos dos veces|au moins deux fois",
        "everyone": "all patients|all people|all subjects|any patient|any patients|all pts|all cases|alle patienten|"
        "todos los pacientes|tous les patients|any subjects|list all|show all|find all|all those|"
        "at all|so far|to date|up to now|until now",
        "different days": "on different days|on separate days|on two different days|on 2 different days|different days|"
        "separate days|on two separate days|on another day|on a different day|an verschiedenen tagen|"
        "on separate occasions|on different dates",
        "for": "for|lasting|sustained for|persisting for|persistently for|wahrend mindestens|durante al menos|"
        "fur|pendant au moins|lasted|persisting|sustained",
        "between": "between|zwischen|entre|in the range|ranging from",
        "to": "to|through|until|bis|hasta|a|–|jusqu'a|til",
        "by": "by|um|en un|de un|at|con un",
        "against": "from|against|since|compared with|compared to|relative to|versus|vs|over|above|of|below|gegenuber|"
        "respecto a|respecto al|par rapport a|"
        "in relation to|than|with respect to|in comparison with|in comparison to|vs.|from its|over its|"
        "from their|over their|from the",
        "log2": "log2 fold change|log2 fc|log2fc|log2 change|log 2 fold change|log2 ratio|log2",
        "both": "both|beide|ambos|les deux|each of them",
        "each other": "of each other|of one another|apart|from each other|voneinander",
        "start": "starting|start of|the start of|starting on|beginning|beginning of|initiation of|first starting|"
        "started|start|begin of|they started|started on|"
        "starting the|initiating|being started on|being put on|beginn von|beginn der|inicio de|"
        "inicio del|debut de|they start|was started on|having started|commencing|first dose of|"
        "getting started on|first start of|the first dose of",
        "stop": "stopping|end of|the end of|stop of|stopped|discontinuation of|discontinuing|discontinuation|"
        "ending|completion of|finishing|cessation of|"
        "ende von|ende der|fin de|fin del|arret de|withdrawal of|withdrawing|being taken off|coming off|"
        "stopping the|absetzen von|completing|stop|holding|cessation|withdrawal",
        "it": "it|that|this|them|this one|that one|es|ello|starting it|beginning it",
        "treated": "treated with|exposed to|received|given|exposed|on treatment with|who received|had received|"
        "behandelt mit|tratados con|tratadas con|traites par|traites avec|who got|got|"
        "receiving treatment with|therapy with|treatment with|who had|having received|who were given|"
        "were given|treated by",
        "cycle": "cycle|cycles|zyklus|ciclo|cure|c",
        "line": "line|line of therapy|line therapy|line treatment|linie|linea|ligne|lines|line of treatment|"
        "line chemotherapy|l",
        "week": "week|weeks|wk|wks|woche|semana|semaine|study week",
        "day": "day|study day|tag|dia|jour|days|d",
        "pm": "+ /|±|+/|plus minus|plus or minus|give or take",
        "age": "age|aged|alter|edad|ages|at age",
        "years": "years|y|years old|year old|y o|yo|yrs|years of age|jahre|jahre alt|anos|ans|yrs old|year olds",
        "old": "old|of age",
        "anticoagulants": "anticoagulants|anticoagulant|anticoagulation|warfarin or similar|blood thinners|"
        "anticoagulated|"
        "antikoagulation|antikoagulantien|anticoagulantes|blood thinner",
        "birth date": "date of birth|birth date|dob|birthday|birthdate|geburtsdatum|fecha de nacimiento|"
        "date de naissance",
        "imaging": "imaging|scan|scans|ct|imaging report|mri|imaging reports|radiology|bildgebung|scanned|imaged|"
        "ct scan|any imaging|imaging study",
        "since": "since|seit|desde|depuis|after|from|on or after",
        "change of": "percent change in|percentage change in|% change in|relative change in|percent change|"
        "percentage change|% change|relative change|change in|change of|change|cfb|pct change",
        "from normal": "from normal to|from normal up to|went from normal to|rose from normal to|von normal auf",
        "below detection": "below detection|below detection limit|below the detection limit|under the detection limit|"
        "below the limit of detection|"
        "undetectable|reported as below detection|below detection <|reported as below detection <|"
        "below limit of detection|under detection limit|below lod|reported as <|reported with <|"
        "reported as less than|under detection|below detection threshold",
        "above detection": "above detection|above the detection limit|above the upper limit of detection|"
        "above measuring range|above the measuring range|above the limit of detection",
        "results": "results|values|result|measurements|measurement|tests|determinations|samples|readings|value|"
        "werte|messungen|measured|ever measured|tested|ever tested|"
        "checked|ever checked|test|assays|draws|levels|resultados|data points",
        "ordinal 2": "second|2nd|zweite|zweiter|segundo|segunda|deuxieme",
        "ordinal 1": "first|1st|erste|primera|premiere",
        "ordinal 3": "third|3rd|dritte|tercera|troisieme",
        "ordinal 4": "fourth|4th|vierte",
        "a first": "after a first one|after an earlier one|after a previous one",
        "pairwise": "between two consecutive measurements|between consecutive measurements|"
        "between two consecutive results|between consecutive results|between two successive measurements|"
        "between successive measurements|between two successive results|between successive results|"
        "from one measurement to next|from one result to next|from one to next|"
        "between two consecutive values|between neighbouring results|between two consecutive tests|"
        "between consecutive tests|between consecutive values|between successive values",
        "at baseline": "at screening|at baseline|at base line|at the start of treatment|bei beginn der therapie|"
        "at treatment start|at start of treatment",
        "id word": "id|ids|patient id|patient ids|patient number",
        "site word": "site|sites|centre|center|at site|hospital|clinic",
        "primary word": "primary|primary site|primary tumour|primary tumor|with primary",
        "rate": "rate of|rate|proportion of|proportion|share of|frequency of|incidence of|percentage of",
        "last days": "in the last|within the last|in the past|over the last|for the last|during the last|"
        "over the past|within the past|in den letzten|en los ultimos|en las ultimas|dans les derniers|"
        "for the past|the last|during the past|last",
        "isolated": "isolated",
        "still": "still|remained|remains|noch|todavia|encore|stayed|stays",
        "in range": "on it|while on it|on treatment|on therapy|under treatment|unter therapie|en tratamiento|"
        "sous traitement|while on treatment|on any drug|any drug|any agent|on drug|on study drug|on study treatment|"
        "on any treatment|on medication|during treatment|during therapy|while on therapy",
    }
)

POLITE = frozenset(
    "who which what whom show me please list find give get tell us anyone anybody everyone everybody people "
    "peoples person persons patient patients pts pt subject subjects case cases those they has have had having is are "
    "was were be been being that this these there do does did so how many much number count can could would you i we "
    "whos ae aes "
    "want see need like whose cohort of individuals someone somebody ones one some also to who's level levels value "
    "values result results concentration serum plasma blood cancer cancers ca carcinoma tumour tumor going goes go "
    "went got getting it's it "
    "agent drug medicine reported stored event events showing shown develop developed developing "
    "experienced experience experiencing meeting occurring occurred happened in ours our my diagnosed where "
    "patienten patientin pacientes paciente les los las el la le un une der die das den dem des bei "
    "que qui quienes zeigen zeige mostrar wer welche quien ein eine einen einem einer de del "
    "haben hatten hat hatte tienen tenian avaient ont biliar biliaire".split()
)
"""Words of politeness and of grammar, which may stand for good reading and are shown as not used."""

SPECIMENS = frozenset("drain bile urine ascites ascitic peritoneal pleural csf stool urinary".split())
"""Words that before an analyte say that it is not one of blood; no other is kept."""

BLOOD = frozenset("serum plasma blood".split())
"""Words of politeness that behind a number or a comparison are something to compare with."""

NARROWED = frozenset("only alone solo nur solamente seulement".split())
"""Words that say nothing beside a filter of persons: the filter holds for all patients anyway."""

REVERSING = frozenset(
    "slope trend xor log ln delta difference variance ratio product sum change velocity percentile quartile sd "
    "except unless siempre excluding only nor neither exactly all every other than instead always still despite until "
    "rather if whether depending provided "
    "nobody nothing any alone outside besides ausser nur salvo excepto sauf sin solo seulement immer".split()
)
"""Words that turn a question into another: where one is not understood no sentence is offered to choose."""

ARTICLES = frozenset("the a an its their his her own".split())
"""Words that stand before any other and part no phrase; shown as not used."""
