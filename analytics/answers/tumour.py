"""Is the tumour growing? Newest imaging first, then markers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.analytes import CODES, INDEX, shown
from analytics.answers._draft import Draft, Line, Words, decide, joined, number, ranks, write
from analytics.answers._facts import Facts, taken
from analytics.answers._marker_now import CLOUDED, Newest
from analytics.arrays import Bools, Floats, Ints
from analytics.compare import compare, reaches
from analytics.derive.baseline import MIXED
from analytics.derive.points import points_of, result_ids_of
from analytics.recist import BY_SUM
from analytics.rules._growth_text import grows
from analytics.rules._images import RESPONSE_CODES, images_of
from analytics.rules._markers import markers_of
from analytics.rules._sites import IN_LIVER, OUTSIDE, sites_of
from analytics.rules._sums import sums_of
from analytics.rules._words import BEYOND, SIGNS, with_minus
from analytics.rules.marker_rise import CONFIRMED

_PD, _RESPONSE, _STABLE, _CLEAR, _DIFFERS = 3, 1, 2, 0, 4
"""What one imaging report says; ``_DIFFERS``: reported as progression while the sum of targets is smaller."""

SITE_UNKNOWN = "site not stated"
_NO_LESION = re.compile(
    r"\bno (?:(?:visible|residual|recurrent|suspicious|liver|hepatic|focal) )*(?:lesions?|tumou?rs?|metastas[ei]s"
    r"|recurrence)\b|\bno evidence of (?:disease|tumou?r|recurrence)\b"
)
_CALM = re.compile(r"\b(?:stable|unchanged|no (?:change|new|growth|progress)|without (?:change|progress))")
_CLAUSE = re.compile(r"[.;,]|\b(?:but|while|whereas)\b")


@dataclass(frozen=True)
class Scans:
    """What imaging says of the tumour: one position a patient, the newest report that says something; -1 if none."""

    facts: Facts

    @cached_property
    def _texts(self) -> list[str]:
        column = self.facts.case.panel.imaging["detail"]
        return [t.casefold() if isinstance(t, str) else "" for t in column.array.to_numpy(dtype=object, na_value="")]

    @cached_property
    def says(self) -> Ints:
        """What each report says of the tumour, -1 where nothing, shape (images,)."""
        sums = sums_of(self.facts.case)
        images = sums.images
        reported, total = images.response, images.total
        with np.errstate(invalid="ignore"):
            back = (sums.nadir == 0) & (total > 0)
            smaller = np.isin(sums.code, (0, 1)) | (compare(total, "<", sums.baseline) & ~reaches(total, sums.nadir))
        by_report_alone = (reported == RESPONSE_CODES.index("PD")) & (sums.code != 3) & ~images.new_lesion & ~back
        grown = sums.pd | back
        clear = np.array([bool(_NO_LESION.search(t)) and not grows(t) for t in self._texts], dtype=bool)
        clear &= np.append(self.facts.first_of("recist_progression"), -1)[images.patient] < 0  # words do not end it
        empty = (total == 0) | (clear & np.isnan(total))
        answers = np.isin(reported, (0, 1)) | np.isin(sums.code, (0, 1))
        steady = (reported == RESPONSE_CODES.index("SD")) | (sums.code == 2)
        return np.select(
            [
                by_report_alone & smaller & np.array([not grows(t) for t in self._texts], dtype=bool),
                grown,
                empty & ~np.isin(reported, (1, 2)),
                answers,
                steady,
            ],
            [_DIFFERS, _PD, _CLEAR, _RESPONSE, _STABLE],
            -1,
        )

    @cached_property
    def newest(self) -> Ints:
        """Position of the newest report that says something; of one day that which says progression."""
        images, found = images_of(self.facts.case), np.full(len(self.facts), -1, dtype=np.int64)
        telling = np.flatnonzero((self.says >= 0) & (images.day <= self.facts.contact[images.patient]))
        found[images.patient[telling]] = telling
        grown = telling[self.says[telling] == _PD]
        same_day = images.day[grown] == images.day[found[images.patient[grown]]] if len(grown) else grown.astype(bool)
        found[images.patient[grown[same_day]]] = grown[same_day]
        return found

    @cached_property
    def any(self) -> Ints:
        """Position of the newest report of a scan of the body, whatever it says; ultrasound where it says something."""
        images, found = images_of(self.facts.case), np.full(len(self.facts), -1, dtype=np.int64)
        modality = self.facts.case.panel.imaging["modality"].fillna("").to_numpy(object)
        counts = (modality != "US") | (self.says >= 0)
        counts &= images.day <= self.facts.contact[images.patient]
        found[images.patient[counts]] = np.flatnonzero(counts)
        return found

    @cached_property
    def state(self) -> Ints:
        """What the newest telling report says, -1 where there is none."""
        return np.append(self.says, -1)[self.newest]

    @cached_property
    def day(self) -> Floats:
        """Its day."""
        return taken(images_of(self.facts.case).day, self.newest)

    @cached_property
    def recent(self) -> Bools:
        """Whether it is recent at the last contact."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.facts.contact - self.day <= self.facts.settings.imaging_days)

    @cached_property
    def since(self) -> Floats:
        """First day of the reports in a row that say the same as the newest one."""
        images, telling = images_of(self.facts.case), np.flatnonzero(self.says >= 0)
        if not len(telling):
            return np.full(len(self.facts), np.nan)
        change = (np.diff(images.patient[telling]) != 0) | (np.diff(self.says[telling]) != 0)
        first = np.maximum.accumulate(np.where(np.concatenate([[True], change]), np.arange(len(telling)), 0))
        begin = np.full(len(self.says) + 1, -1, dtype=np.int64)
        begin[telling] = telling[first]
        return taken(images.day, begin[self.newest])

    def where(self, at: int) -> str:
        """Where a report says that there is growth: "in the liver", "outside the liver" or "site not stated"."""
        site = int(sites_of(self.facts.case)[at])
        if site == IN_LIVER:
            return "in the liver"
        if site == OUTSIDE:
            calm = any("liver" in c and _CALM.search(c) for c in _CLAUSE.split(self._texts[at]))
            return f"outside the liver ({'liver reported stable' if calm else 'nothing said of the liver'})"
        return SITE_UNKNOWN


def _rise(facts: Facts) -> tuple[Ints, Ints]:
    """The open rise of a marker of each patient that is confirmed, and the one that rests on one result; -1 if none."""
    which = facts.open.which("marker_rise")
    sure = np.array([facts.open.numbers(a).get("sure") == CONFIRMED for a in which.tolist()], dtype=bool)
    return facts.worst(which[sure]), facts.worst(which[~sure])


def draft(facts: Facts) -> tuple[Draft, Scans, Newest]:
    """The answers of all patients, and the newest imaging and markers that they rest on."""
    scans, marker = Scans(facts), Newest(facts)
    rise, alone = _rise(facts)
    rising = rise >= 0
    recent, says = scans.recent, scans.state
    calm = recent & np.isin(says, (_CLEAR, _RESPONSE, _STABLE))
    with np.errstate(invalid="ignore"):
        began_after = facts.onset(rise) > scans.day
    state = decide(
        "tumour",
        {
            "progressing": says == _PD,
            "discordant": (says == _DIFFERS) | (calm & rising & ~began_after),
            "progression_suspected": rising,
            "no_disease": recent & (says == _CLEAR),
            "responding": (recent & (says == _RESPONSE)) | (~recent & marker.fell),
            "stable": (recent & (says == _STABLE)) | (~recent & marker.steady & (alone < 0)),
        },
    )
    by_image = np.isin(says, (_PD, _DIFFERS)) | (calm & ~(rising & began_after))
    since = np.where(rising & ~(says == _PD), facts.onset(rise), np.where(by_image, scans.since, marker.day))
    as_of = np.fmax(np.where(scans.newest >= 0, scans.day, np.nan), np.where(marker.at >= 0, marker.day, np.nan))
    hepatic = facts.first_of("hepatic_progression")
    told = _Told(facts, Words(facts), scans, marker, rise, alone, hepatic)
    suspected = state == 2
    answers = Draft(
        question="tumour",
        state=state,
        since=np.where(state == 6, np.nan, since),
        as_of=as_of,
        firm=by_image & recent & ~suspected,
        rank=ranks("tumour", state),
        basis=(
            *(np.where(np.isin(state, [0, 1]), f, -1) for f in (facts.first_of("recist_progression"), hepatic)),
            np.where(np.isin(state, [0, 1, 2]), rise, -1),
            alone,
            np.where(state == 1, facts.first_of("marker_discordance"), -1),
            np.where(state == 4, facts.first_of("recist_response"), -1),
        ),
        lines=write("tumour", state, told.writers()),
    )
    return answers, scans, marker


@dataclass(frozen=True)
class _Told:
    """The sentences."""

    facts: Facts
    words: Words
    scans: Scans
    marker: Newest
    rise: Ints
    alone: Ints
    hepatic: Ints

    def writers(self) -> dict[str, Callable[[int], Line]]:
        """By state."""
        return {
            "progressing": self.progressing,
            "discordant": self.discordant,
            "progression_suspected": self.suspected,
            "no_disease": lambda i: self.by_image(i, "no lesion seen"),
            "responding": lambda i: self.by_image(i, "responding"),
            "stable": lambda i: self.by_image(i, "stable"),
            "not_evaluable": self.unknown,
        }

    def scan(self, at: int) -> str:
        """Modality and day: "CT 2026-05-27"."""
        i = int(images_of(self.facts.case).patient[at])
        modality = self.facts.case.panel.imaging["modality"].iat[at]
        name = modality if isinstance(modality, str) and modality else "imaging"
        return f"{name} {self.words.day(i, float(images_of(self.facts.case).day[at]))}"

    def image(self, at: int) -> str:
        """What a report says: sum, change, response by arithmetic and by report, both where they differ."""
        sums = sums_of(self.facts.case)
        images, parts = sums.images, []
        total, base, low = (float(a[at]) for a in (images.total, sums.baseline, sums.nadir))
        if total == total:
            against = [
                with_minus(f"{100 * (total / one - 1):+.0f}% from {name}")
                for one, name in ((base, "baseline"), (low, "nadir"))
                if one == one and one > 0 and (name == "baseline" or low != base)
            ]
            parts.append(f"sum of targets {total:.0f} mm" + (f" ({', '.join(against)})" if against else ""))
        if images.new_lesion[at]:
            parts.append("new lesion")
        reported, code = int(images.response[at]), float(sums.code[at])
        if reported >= 0:
            parts.append(f"reported as {RESPONSE_CODES[reported]}")
        if code == code and (reported < 0 or RESPONSE_CODES[reported] != BY_SUM[int(code)]):
            parts.append(f"{BY_SUM[int(code)]} by the sum")
        detail = self.scans.says[at] == _CLEAR and not parts
        return f"{self.scan(at)}: {', '.join(parts) or ('no lesion reported' if detail else 'reported')}"

    def blood(self, i: int) -> str:
        """The newest marker result, and why it is not used where it is not."""
        at = int(self.marker.at[i])
        if at < 0:
            return ""
        m = markers_of(self.facts.case)
        code = CODES[int(m.code[at])]
        one = np.array([at])
        sign, side = int(self.marker.sign(one)[0]), int(self.marker.over_sign(one)[0])
        value = f"{SIGNS[sign]}{number(code, float(m.value[at]))}"
        text = f"{shown(code)} {value} on {self.words.day(i, float(m.day[at]))}"
        over = float(m.over_baseline[at])
        if over == over and side != MIXED:
            text += f" ({BEYOND[side]}{over:.1f} × baseline)"
        why = CLOUDED[int(self.marker.clouded[i])].format_map(vars(self.facts.case.settings.tumour))
        return f"{text}, not used {why}" if why else text

    def next_scan(self, i: int) -> str:
        """What imaging would settle it, with the newest one named."""
        at = int(self.scans.any[i])
        return "imaging; none on record" if at < 0 else f"imaging; last {self.scan(at)}"

    def next_marker(self, i: int) -> str:
        """The marker whose single result is up."""
        at = int(self.marker.at[i])
        single = self.alone[i] >= 0 or (self.marker.usable[i] and self.marker.up[i] and self.rise[i] < 0)
        return f"next {shown(CODES[int(markers_of(self.facts.case).code[at])])}" if single and at >= 0 else ""

    def marker_ids(self, i: int) -> tuple[int, ...]:
        """Result behind the newest marker value."""
        at = int(self.marker.at[i])
        if at < 0:
            return ()
        found = int(result_ids_of(self.facts.case)[markers_of(self.facts.case).at[at]])
        return (found,) if found >= 0 else ()

    def risen(self, i: int) -> tuple[str, str, tuple[int, ...]]:
        """The open rise: sentence, few words, results."""
        at = int(self.rise[i])
        n = self.facts.open.numbers(at)
        name, unit, low = n.get("marker", "marker"), n.get("unit", ""), n.get("nadir")
        now, since = self.marker_of(i, str(name)), self.words.day(i, float(self.facts.open.onset[at]))
        lowest = f"{n.get('low', '')}{low:g} {unit}".rstrip() if isinstance(low, (int, float)) else ""
        origin = f" from {lowest} on {n['nadir_on']}" if lowest else ""
        brief = f"{name} rising{origin}" + (f" (now {now})" if now else "")
        return f"{brief}, {CONFIRMED}, criteria met since {since}", brief, tuple(self.facts.open.results(at)[-6:])

    def marker_of(self, i: int, name: str) -> str:
        """Newest value of the marker with this name."""
        code = next((c for c in CODES if shown(c) == name and self.words.has(c, i)), None)
        if code is None:
            return ""
        at = int(self.facts.lasts[i, INDEX[code]])
        points = points_of(self.facts.case)
        return f"{SIGNS[int(points.comparator[at])]}{number(code, float(points.value[at]))}"

    def progressing(self, i: int) -> Line:
        at = int(self.scans.newest[i])
        where = self.scans.where(at)
        if where == SITE_UNKNOWN and self._hepatic(i, at):
            where = "in the liver"
        old = "" if self.scans.recent[i] else self.next_scan(i)
        scan = self.scan(at)
        return Line(
            says=joined(self.image(at), where, self.blood(i)),
            brief=f"tumour progressing on {scan}, {where.partition(' (')[0]}",
            missing=old,
            results=self.marker_ids(i),
        )

    def _hepatic(self, i: int, at: int) -> bool:
        """The rule of liver progression names this very report."""
        found = int(self.hepatic[i])
        return found >= 0 and bool(self.facts.open.last_seen[found] == images_of(self.facts.case).day[at])

    def discordant(self, i: int) -> Line:
        at = int(self.scans.newest[i])
        if self.scans.state[i] == _DIFFERS:
            brief = f"reported as progression on {self.scan(at)}, sum of targets smaller"
            return Line(joined(self.image(at), self.blood(i)), brief, results=self.marker_ids(i))
        text, brief, results = self.risen(i)
        word = {_RESPONSE: "response", _STABLE: "no change", _CLEAR: "no lesion"}[int(self.scans.state[i])]
        return Line(joined(text, self.image(at)), f"{brief}; {self.scan(at)} shows {word}", self.next_scan(i), results)

    def suspected(self, i: int) -> Line:
        text, brief, results = self.risen(i)
        at = int(self.scans.newest[i])
        seen = self.image(at) if at >= 0 else ""
        tail = "no imaging since" if at >= 0 else "no imaging on record"
        return Line(joined(text, seen), f"{brief}, {tail}", self.next_scan(i), results)

    def by_image(self, i: int, word: str) -> Line:
        if self.scans.recent[i]:
            at = int(self.scans.newest[i])
            return Line(
                joined(self.image(at), self.blood(i)),
                f"tumour {word} on {self.scan(at)}" if word != "no lesion seen" else f"no lesion on {self.scan(at)}",
                self.next_marker(i),
                self.marker_ids(i),
            )
        at, last = int(self.scans.any[i]), int(self.marker.at[i])
        name = shown(CODES[int(markers_of(self.facts.case).code[last])])
        seen = f"no recent imaging, last {self.scan(at)}" if at >= 0 else "no imaging on record"
        return Line(
            joined(self.blood(i), seen), f"tumour {word} by {name} alone", self.next_scan(i), self.marker_ids(i)
        )

    def unknown(self, i: int) -> Line:
        at = int(self.scans.any[i])
        seen = f"no recent imaging that tells, last {self.scan(at)}" if at >= 0 else "no imaging on record"
        blood = self.blood(i) or "no tumour marker on record"
        missing = " or ".join(p for p in (self.next_scan(i), self.next_marker(i)) if p)
        return Line(joined(seen, blood), "tumour not evaluable", missing, self.marker_ids(i))
