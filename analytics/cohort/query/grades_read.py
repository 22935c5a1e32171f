"""Reads from atoms grades: "grade 3 or worse", "from grade 1 to grade 3"."""

from __future__ import annotations

from analytics.cohort.query.cursor import Cursor
from analytics.cohort.query.slots import Limit, Slots
from analytics.cohort.query.windows_read import FROM


def grade(cursor: Cursor, slots: Slots) -> bool:
    if slots.grade:
        return False
    mark = cursor.mark()
    if not cursor.take("grade"):
        return False
    cursor.take("grade")
    op = cursor.take("compare") or ""
    number = cursor.take("number")
    if number is None:
        cursor.back(mark)
        return False
    top = cursor.take("number") if cursor.dashed() else None
    mark = cursor.mark()
    if not top and not op and cursor.take("or", "to") and (top := cursor.take("number")) is None:
        cursor.back(mark)
    op = op or cursor.take("behind") or (">=" if top in (4.0, 5.0) else "")
    if not op and cursor.atoms[cursor.at : cursor.at + 1] and cursor.atoms[cursor.at].words[0].text == "+":
        cursor.take("and")
        op = ">="
    slots.grade = True
    slots.limits.append(Limit(op, number, "grade"))
    if top and top not in (4.0, 5.0):
        slots.limits[-1].op = ">="
        slots.limits.append(Limit("<=", top, "grade"))
    return True


def from_grade(cursor: Cursor, slots: Slots) -> bool:
    """ "ALBI grade went from 1 to 2", "ALT from grade 1 to grade 3"."""
    if not slots.own or slots.says or slots.left is not None:
        return False
    mark = cursor.mark()
    up, down = cursor.take("up") is not None, cursor.take("down") is not None
    moved = cursor.take("against", "side") is not None and cursor.atoms[cursor.trail[-1]].words[0].text in FROM
    ctcae = cursor.take("grade") is not None
    left = cursor.take("number") if moved else None
    joined = left is not None and cursor.take("to") is not None
    ctcae = (joined and cursor.take("grade") is not None) or ctcae
    right = cursor.take("number") if joined else None
    scored = all(code.endswith("_grade") for code in slots.codes)
    if left is None or right is None or left == right or not (ctcae or scored):
        cursor.back(mark)
        return False
    if (up and right < left) or (down and right > left):
        cursor.back(mark)
        return False
    op = ">=" if right > left else "<="
    slots.left, slots.grade = left, not scored
    slots.limits.append(Limit(op, right, "plain" if scored else "grade"))
    return True
