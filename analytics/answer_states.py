"""THE table of answers: the five questions, the states each can have, how they read and in which order they come.

What the states mean, and which one is given when, stands in docs/answers.md and in the files of analytics.answers.
The order is a house choice (``VERSION``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

VERSION = "2"
"""Of states, conditions and order; raised when an answer can change on equal data and findings."""

Question = Literal["tumour", "injury", "function", "ducts", "follow_up"]
Tone = Literal["major", "moderate", "information", "favourable", "rest", "unknown"]

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "tumour": "Tumour",
        "injury": "Liver injury",
        "function": "Liver function",
        "ducts": "Bile ducts",
        "follow_up": "Follow-up",
    }
)
"""Code of each question to the words above its answer, in the order in which they are read."""

CERTAINTIES: Mapping[str, str] = MappingProxyType(
    {
        "firm": "confirmed by a second result or by imaging",
        "provisional": "one result, markers alone, or older data",
        "insufficient": "not enough data",
    }
)

REST = 17
"""Rank from which an answer asks for nothing first."""


@dataclass(frozen=True)
class State:
    """One answer that a question can have.

    Attributes:
        question, code: which.
        label: words on screen.
        tone: how it is shown; never the only sign.
        rank: place in the order of a worklist and of a headline, 1 first; ``REST`` where it is at rest.
        means: when it is given, in one line.
    """

    question: Question
    code: str
    label: str
    tone: Tone
    rank: int
    means: str


HYS_LAW_RANK = 4
"""Rank of an injury that is rising while Hy's law criteria are open."""

_NOT_EVALUABLE = "Not evaluable"

_ALL = (
    State("tumour", "progressing", "Progressing", "major", 5, "the newest imaging shows progression"),
    State(
        "tumour",
        "discordant",
        "Discordant evidence",
        "moderate",
        9,
        "the newest imaging shows no progression while a marker rises, or is reported as progression while the sum "
        "of targets is smaller",
    ),
    State(
        "tumour",
        "progression_suspected",
        "Progression suspected",
        "moderate",
        10,
        "a marker rises, and the newest imaging is older than the rise or than the limit of imaging",
    ),
    State("tumour", "no_disease", "No lesion seen", "favourable", REST, "the newest recent imaging shows no lesion"),
    State(
        "tumour",
        "responding",
        "Responding",
        "favourable",
        REST,
        "the newest recent imaging shows a response, or without imaging a marker fell to half of its baseline twice",
    ),
    State("tumour", "stable", "Stable", "rest", REST, "stable on recent imaging, or without it a marker is steady"),
    State("tumour", "not_evaluable", _NOT_EVALUABLE, "unknown", REST, "neither recent imaging nor a usable marker"),
    State(
        "injury",
        "expected_after_procedure",
        "Expected after procedure",
        "rest",
        REST,
        "only tests that the procedure itself raises are raised, within its time",
    ),
    State(
        "injury",
        "explained_by_obstruction",
        "Explained by obstruction",
        "information",
        16,
        "an open episode is most consistent with biliary obstruction",
    ),
    State(
        "injury",
        "explained_by_tumour",
        "Explained by tumour",
        "information",
        16,
        "an open episode is most consistent with tumour growth in the liver",
    ),
    State(
        "injury",
        "explained_by_procedure",
        "Explained by procedure",
        "information",
        16,
        "an open episode is most consistent with the effect of surgery, ablation, embolisation or radiation",
    ),
    State(
        "injury",
        "explained_by_blood_or_bone",
        "Explained by blood or bone",
        "information",
        16,
        "an open episode is most consistent with haemolysis, muscle or bone",
    ),
    State(
        "injury",
        "explained_by_method",
        "Explained by method change",
        "information",
        16,
        "an open episode is most consistent with a change of laboratory, method or limits",
    ),
    State("injury", "rising", "Rising", "major", 8, "an episode of injury is open and its leading test is rising"),
    State("injury", "at_peak", "Near peak", "moderate", 12, "an episode of injury is open, neither rising nor falling"),
    State("injury", "recovering", "Recovering", "favourable", 14, "the leading test is falling from its peak"),
    State(
        "injury",
        "raised_steady",
        "Raised, near baseline",
        "rest",
        REST,
        "above the limit, close to the patient's own baseline",
    ),
    State("injury", "unclear", "Unclear", "information", 16, "raised or an open episode, with no leading explanation"),
    State("injury", "none", "No injury", "rest", REST, "no liver test is raised"),
    State("injury", "not_evaluable", _NOT_EVALUABLE, "unknown", REST, "no recent ALT or AST, or a value in doubt"),
    State(
        "function",
        "failing",
        "Failing",
        "major",
        1,
        "decompensation, ISGLS, 50-50, peak bilirubin or REILD criteria are open at their highest level",
    ),
    State(
        "function", "declining", "Declining", "moderate", 7, "ALBI or reserve declines, or decompensation is partial"
    ),
    State(
        "function",
        "reduced",
        "Reduced",
        "information",
        16,
        "ALBI grade 2 or 3, low albumin, raised INR or ascites, without a decline",
    ),
    State("function", "preserved", "Preserved", "favourable", REST, "ALBI grade 1 and none of these"),
    State("function", "not_evaluable", _NOT_EVALUABLE, "unknown", REST, "albumin or bilirubin not recent"),
    State("ducts", "cholangitis", "Cholangitis criteria met", "major", 2, "criteria of acute cholangitis are open"),
    State(
        "ducts",
        "blocked_again",
        "Possibly blocked again",
        "major",
        3,
        "criteria of recurrent obstruction, or of an early rise after a stent, are open",
    ),
    State("ducts", "draining_slowly", "Draining slowly", "moderate", 6, "slower than the published course"),
    State("ducts", "draining", "Draining", "information", 15, "after a stent or drain: on course, not yet at target"),
    State(
        "ducts",
        "obstruction_suspected",
        "Obstruction suspected",
        "moderate",
        11,
        "cholestatic jaundice, or dilated ducts on imaging, without a stent or drain after it",
    ),
    State("ducts", "stent_open", "Stent open", "favourable", REST, "a stent or drain is in place, bilirubin at target"),
    State("ducts", "no_sign", "No sign of obstruction", "rest", REST, "bilirubin without cholestasis"),
    State("ducts", "not_evaluable", _NOT_EVALUABLE, "unknown", REST, "no recent bilirubin"),
    State("follow_up", "ended", "Ended", "rest", REST, "death or the end of follow-up is recorded"),
    State("follow_up", "overdue", "Overdue", "moderate", 13, "a panel, a scan or a marker is overdue on treatment"),
    State("follow_up", "due", "Due", "rest", REST, "within a week of one of these limits"),
    State("follow_up", "on_schedule", "On schedule", "rest", REST, "none of these limits is near"),
    State("follow_up", "no_plan", "No plan on record", "rest", REST, "no systemic therapy is on record"),
)

STATES: Mapping[tuple[str, str], State] = MappingProxyType({(s.question, s.code): s for s in _ALL})
"""Every state by question and code, in the order in which the first that fits decides."""

STATE_CODES: tuple[str, ...] = tuple(dict.fromkeys(s.code for s in _ALL))


def states_of(question: str) -> tuple[State, ...]:
    """The states of one question, in the order in which the first that fits decides."""
    return tuple(s for s in _ALL if s.question == question)
