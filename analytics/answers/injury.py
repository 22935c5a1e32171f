"""Is the liver being harmed? Open episodes and their interpretation, else newest values against limits and baseline."""

from __future__ import annotations

import numpy as np

from analytics.answer_states import HYS_LAW_RANK, STATES, states_of
from analytics.answers._draft import Draft, Words, decide, ranks, write
from analytics.answers._episodes import CRITERIA, EXPLAINED, PHASES, TESTS, Episodes, Masks, Values, phases
from analytics.answers._facts import Facts, taken
from analytics.answers._injury_words import InjuryWords
from analytics.arrays import Bools
from analytics.derive.points import points_of


def draft(facts: Facts) -> Draft:
    """The answers of all patients."""
    values = Values(facts)
    episodes, masks = Episodes(facts, values), Masks(facts)
    phase = phases(facts, episodes.course)
    open_, injured, best = episodes.changed >= 0, episodes.injured, episodes.best
    some = values.raised.any(axis=0)
    known = np.isfinite(values.x[:2]).any(axis=0)  # ALT or AST, recent and with a limit
    doubtful = facts.doubtful("BILI") | facts.doubtful("ALT") | facts.doubtful("AST")
    state = decide(
        "injury",
        {
            "expected_after_procedure": some & ~(values.raised & ~masks.covers).any(axis=0) & ~_older(episodes, masks),
            **{f"explained_by_{one}": open_ & (best == one) for one in EXPLAINED},
            "rising": injured & (phase == 0),
            "at_peak": injured & (phase == 1),
            "recovering": injured & (phase == 2),
            "raised_steady": some & ~open_ & known & ~(values.raised & ~values.steady).any(axis=0),
            "unclear": open_ | some,
            "none": known & ~doubtful & ~values.is_open.any(axis=0),
        },
    )
    names = [one.code for one in states_of("injury")]

    def is_(*codes: str) -> Bools:
        return np.isin(state, [names.index(code) for code in codes])

    rank = ranks("injury", state)
    hys = facts.first_of("hys_law") >= 0
    elsewhere = ("explained_by_obstruction", "explained_by_tumour")  # another answer carries these
    led = [f"explained_by_{one}" for one in EXPLAINED]
    active = is_("rising", "at_peak", "unclear", *(one for one in led if one not in elsewhere))
    rank = np.where(hys & active, STATES["injury", "rising"].rank, rank)
    rank = np.where(hys & is_("rising"), HYS_LAW_RANK, rank)
    newest = np.fmax.reduce([np.where(facts.recent(c), facts.day(c), np.nan) for c in TESTS])
    at = episodes.course.last
    fallback = np.floor(taken(points_of(facts.case).day, at))
    told = InjuryWords(facts, Words(facts), values, episodes, masks, phase)
    with np.errstate(invalid="ignore"):
        second = episodes.course.n >= 2
    fresh = facts.contact - np.fmax(newest, -np.inf) <= facts.blood_days
    return Draft(
        question="injury",
        state=state,
        since=np.select(
            [is_(*led, *PHASES) | (open_ & is_("unclear")), is_("expected_after_procedure")],
            [episodes.onset, facts.start(masks.event)],
            np.where(is_("not_evaluable"), np.nan, told.since_value()),
        ),
        as_of=np.where(np.isnan(newest), fallback, newest),
        firm=fresh & np.where(is_(*led, *PHASES, "unclear"), second | ~(open_ | injured), True),
        rank=rank,
        basis=(episodes.changed, *(facts.first_of(c) for c in CRITERIA), facts.first_of("procedure_effect")),
        lines=write("injury", state, told.writers()),
    )


def _older(episodes: Episodes, masks: Masks) -> Bools:
    """Criteria of injury are open, or the episode began before the procedure: it does not explain them."""
    with np.errstate(invalid="ignore"):
        before = (episodes.changed >= 0) & (episodes.onset < masks.facts.start(masks.event))
    return before | (episodes.criteria >= 0)
