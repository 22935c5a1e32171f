"""Who belongs to a cohort: filters in plain words, each a mask over patients, with the number left after each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from analytics.analysis import Analysis
from analytics.answer_states import QUESTIONS, states_of
from analytics.arrays import Bools
from analytics.case import Case
from analytics.cohort.part_columns import columns_of
from analytics.cohort.query.analytes_read import of_question
from analytics.cohort.query.anchors import moments_of
from analytics.cohort.query.evaluate import Step, answer
from analytics.cohort.query.one_filter import Filter, date, day_of
from analytics.cohort.query.parser import event_named, parse_question
from analytics.cohort.query.question import Anchor, Question
from analytics.cohort.query.record_filters import RECORD_FORMS
from analytics.cohort.query.tokens import Reader
from analytics.compare import compare
from analytics.derive.lines import index_days_of
from analytics.errors import QuestionError

COLUMNS = ("sex", "primary_site", "site", "patient_id")
FORMS = (
    "sex is F",
    "primary site is colorectal or breast",
    "site is ...",
    "id is ... or ...",
    "age at least 65",
    'treated with "oxaliplatin"',
    'not treated with class "anti-EGFR"',
    "has hepatectomy",
    "has ablation or embolisation",
    "no biliary stent",
    "had line 2",
    "no line 2",
    "at least 5 results of ALT",
    "fewer than 20 results of ALT",
    "no result of ALT within 21 days before the end",
    "no result within 21 days before the end",
    "a result of bilirubin below detection",
    "no imaging since 2026-01-01",
    "no birth date",
    "not on anticoagulants",
    "first dose from 2025-01-01 to 2025-12-31",
    "finding hys_law",
    "no finding hys_law",
    "tumour is progressing or discordant",
    "liver function is failing",
    "ever ALT above 3 x ULN",
)
"""One example of every form, as error messages and the page show them."""


def apply(analysis: Analysis, filters: tuple[Filter, ...]) -> tuple[Bools, tuple[Step, ...]]:
    """Patients that pass all filters, shape (patients,), and how many are left after each."""
    n = len(analysis.panel)
    left = np.ones(n, dtype=bool)
    steps = [Step("all patients", n, n)]
    for one in filters:
        left = left & one.mask(analysis)
        steps.append(Step(one.text, int(left.sum()), int(left.sum())))
    return left, tuple(steps)


def parse_filter(line: str) -> Filter:
    """Read one filter.

    Raises:
        QuestionError: with the position and the forms that are accepted.
    """
    reader = Reader(line)
    for form in _FORMS:
        start = reader.at
        found = form(reader)
        if found is not None:
            if not reader.done:
                reader.refuse(("the end of the line",))
            return found
        reader.at = start
    raise QuestionError("this filter cannot be read", text=line, position=0, accepted=FORMS)


def _column(reader: Reader) -> Filter | None:
    word = reader.take("primary site", "primary_site", "primary", "sex", "site", "patient_id", "patient", "id")
    if word is None or word == "patient":
        return None
    lacks = reader.take("not", "is not") is not None
    column = {"primary": "primary_site", "id": "patient_id"}.get(word, word.replace(" ", "_"))
    wanted = _values(reader)
    low = {w.casefold() for w in wanted}

    def mask(analysis: Analysis) -> Bools:
        have = analysis.panel.patients[column].fillna("").str.casefold()
        return np.asarray(have.isin(low).to_numpy(bool) != lacks)

    said = "id" if column == "patient_id" else column.replace("_", " ")
    return Filter(f"{said} is {'not ' if lacks else ''}{' or '.join(_quoted(w) for w in wanted)}", mask)


def _values(reader: Reader) -> list[str]:
    """Values joined by "or" or commas; a value of several words may stand in quotes."""
    values: list[str] = []
    words: list[str] = []
    while (token := reader.peek()) is not None:
        reader.at += 1
        if token.kind == "comma" or token.low == "or":
            values.append(" ".join(words))
            words = []
        else:
            words.append(token.text)
    values.append(" ".join(words))
    if not all(values):
        reader.refuse(("a value",))
    return values


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value or not value[0].isalpha() else value


def _age(reader: Reader) -> Filter | None:
    if reader.take("age") is None:
        return None
    sign = {"at least": ">=", "above": ">", "at most": "<=", "below": "<", "under": "<", ">=": ">=", "<": "<"}
    op = sign[reader.need(*sign)]
    years = reader.number(after="age")
    reader.take("years")
    words = {v: k for k, v in reversed(sign.items()) if k.isidentifier() or " " in k}[op]

    def mask(analysis: Analysis) -> Bools:
        return np.asarray(compare(ages(analysis.case), op, years))  # type: ignore[arg-type]

    return Filter(f"age {words} {years:g}", mask)


def ages(case: Case) -> np.ndarray:
    """Age at the first treatment, else at the first result, in whole years where a birth date is known."""
    people = case.panel.patients
    born = people["birth_date"].to_numpy("datetime64[us]").astype("int64") / 86_400_000_000
    known = ~people["birth_date"].isna().to_numpy(bool)
    years = np.floor((index_days_of(case) - born) / 365.2425)
    return np.where(known, years, people["age"].to_numpy(np.float64, na_value=np.nan))


def _treated(reader: Reader) -> Filter | None:
    word = reader.take("not treated with", "never treated with", "treated with", "treatment with", "agent", "drug")
    if word is None:
        return None
    lacks = word.startswith(("not", "never"))
    named = [_treatment(reader)]
    while reader.take("or"):
        named.append(_treatment(reader))
    said = f"{'not ' if lacks else ''}treated with {' or '.join(text for text, _ in named)}"
    return Filter(said, lambda a: np.any([had(a.case) for _, had in named], axis=0) != lacks)


def _treatment(reader: Reader) -> tuple[str, Callable[[Case], Bools]]:
    """A class, a regimen, or an agent or regimen by its name: its text, and who had it."""
    at = reader.at
    if reader.take("class", "regimen"):
        reader.at = at
        named = event_named(reader) or reader.refuse(('class "anti-EGFR"',))
        return named.text, partial(_having, anchor=named)
    token = reader.peek() or reader.refuse(('the agent\'s name, for example "oxaliplatin"',))
    reader.at += 1
    name = token.low.strip() or reader.refuse(('the agent\'s name, for example "oxaliplatin"',))
    return f'"{name}"', partial(_given, name=name)


def _given(case: Case, name: str) -> Bools:
    """Who had an agent of that name, or a regimen of that name."""
    return _having(case, Anchor("agent", name)) | _having(case, Anchor("regimen", name))


def _event(reader: Reader) -> Filter | None:
    word = reader.take("has no", "has", "had no", "no", "without", "with")
    anchor = event_named(reader) if word else None
    if anchor is None:
        return None
    lacks = word in ("has no", "had no", "no", "without")
    if lacks:
        return Filter(f"no {anchor.text}", lambda a: ~_having(a.case, anchor))
    named = [anchor]
    while reader.take("or"):
        named.append(event_named(reader) or reader.refuse(("another event",)))
    text = f"has {' or '.join(one.text for one in named)}"
    return Filter(text, lambda a: np.any([_having(a.case, one) for one in named], axis=0))


def _line(reader: Reader) -> Filter | None:
    word = reader.take("had no line", "has no line", "no line", "had line", "has line", "line")
    if word is None:
        return None
    number, lacks = f"{reader.number(after='line'):g}", "no " in word
    said = "no" if lacks else "had"
    return Filter(f"{said} line {number}", lambda a: _having(a.case, Anchor("line", number)) != lacks)


def _having(case: Case, anchor: Anchor) -> Bools:
    has = np.zeros(len(case.panel), dtype=bool)
    has[moments_of(case, anchor).patient] = True
    return has


def _dates(reader: Reader) -> Filter | None:
    what = reader.take("first dose", "metastases")
    if what is None:
        return None
    reader.need("from", "between")
    low = date(reader)
    reader.need("to", "and")
    high = date(reader)
    anchor = Anchor("first dose" if what == "first dose" else "metastases")

    def mask(analysis: Analysis) -> Bools:
        case = analysis.case
        found = moments_of(case, anchor)
        day = np.full(len(analysis.panel), np.nan)
        day[found.patient] = np.floor(found.start)
        dated = (analysis.panel.patients["clock"] == "date").to_numpy(bool)  # a study day is not a calendar date
        return np.asarray(dated & (day >= day_of(low)) & (day <= day_of(high)))

    return Filter(f"{what} from {low} to {high}", mask)


def _finding(reader: Reader) -> Filter | None:
    word = reader.take("no finding", "has finding", "finding")
    if word is None:
        return None
    token = reader.peek() or reader.refuse(("the code of a rule",))
    reader.at += 1
    lacks = word == "no finding"

    def mask(analysis: Analysis) -> Bools:
        rows = columns_of(analysis, "findings", ("patient_id", "rule"))
        have = rows.loc[rows["rule"] == token.low, "patient_id"]
        return np.asarray(analysis.panel.patients["patient_id"].isin(have).to_numpy(bool) != lacks)

    return Filter(f"{'no finding' if lacks else 'finding'} {token.low}", mask, "findings")


def _answer(reader: Reader) -> Filter | None:
    """``bile ducts is blocked_again or draining``: what the data say at the last contact (table ANSWERS)."""
    said = reader.take(*_QUESTIONS)
    if said is None:
        return None
    question = _QUESTIONS[said]
    begin = reader.at
    wanted = tuple(dict.fromkeys(_state(question, value) for value in _values(reader)))
    if None in wanted:
        reader.at = begin
        reader.refuse(tuple(s.code for s in states_of(question)))

    def mask(analysis: Analysis) -> Bools:
        rows = columns_of(analysis, "answers", ("patient_id", "question", "state"))
        have = rows.loc[(rows["question"] == question) & rows["state"].isin(wanted), "patient_id"]
        return analysis.panel.patients["patient_id"].isin(have).to_numpy(bool)

    labels = {state.code: state.label.lower() for state in states_of(question)}
    said = " or ".join(_quoted(labels[str(w)]) for w in wanted)
    return Filter(f"{QUESTIONS[question].lower()} is {said}", mask, "answers")


def _state(question: str, value: str) -> str | None:
    """Code of a state by its code or its words on screen; None where there is none."""
    plain = value.strip('"').casefold().replace("-", " ").replace("_", " ")
    for state in states_of(question):
        if plain in (state.code.replace("_", " "), state.label.casefold().replace("-", " ")):
            return state.code
    return None


_QUESTIONS = {
    words: code
    for code, label in QUESTIONS.items()
    for words in (label.lower().replace("-", " "), label.lower(), code, code.replace("_", " "))
}
"""Words that name a question to its code."""


def _ever(reader: Reader) -> Filter | None:
    word = reader.take("ever", "never")
    if word is None:
        return None
    token = reader.peek()
    question = parse_question(reader.line[token.at :]) if token else reader.refuse(("a question",))
    reader.at = len(reader.tokens)
    return Filter(f"{word} {question.text}", _asks(question, word == "never"), analytes=of_question(question))


def _asks(question: Question, never: bool) -> Callable[[Analysis], Bools]:
    def mask(analysis: Analysis) -> Bools:
        has = np.zeros(len(analysis.panel), dtype=bool)
        has[answer(analysis.case, question).patients] = True
        return np.asarray(has != never)

    return mask


_FORMS = (_ever, _finding, _answer, _dates, *RECORD_FORMS, _age, _treated, _line, _event, _column)
