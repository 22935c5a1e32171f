"""What the body of a callback must look like before Dash sees it: the shape of a registered callback, else 400.

Dash 4.4 trusts the body's form and answers 500 for most mutations of it; values are checked by
:func:`dashboard.security.who.needs` against the annotations of the function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, request

BodyCheck = Callable[[], None]

_KEYS = frozenset({"output", "outputs", "inputs", "state", "changedPropIds", "parsedChangedPropsIds"})
_WILD = ("ALL", "MATCH", "ALLSMALLER")
MOST_ITEMS = 2_000
"""Components that one pattern may match in one request."""


def checker(callback_map: Mapping[str, Mapping[str, Any]]) -> BodyCheck:
    """The check for the callbacks of this application; the map is read at each request."""

    def check() -> None:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not _encodes(request.get_data(), body) or not _fits(body, callback_map):
            abort(400)

    return check


def _encodes(raw: bytes, body: dict[str, Any]) -> bool:
    """False where the text has half a character (a lone surrogate), which nothing can store or send back."""
    if b"\\ud" not in raw.lower():
        return True
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _fits(body: dict[str, Any], callback_map: Mapping[str, Mapping[str, Any]]) -> bool:
    output = body.get("output")
    if not isinstance(output, str) or output not in callback_map or not set(body) <= _KEYS:
        return False
    known = callback_map[output]
    inputs, state = body.get("inputs", []), body.get("state", [])
    if not (_all_fit(inputs, known["inputs"]) and _all_fit(state, known["state"])):
        return False
    return _outputs_fit(body.get("outputs"), known["output"]) and _changes_fit(body.get("changedPropIds", []), inputs)


def _all_fit(given: Any, declared: list[Mapping[str, Any]]) -> bool:
    return (
        isinstance(given, list)
        and len(given) == len(declared)
        and all(_item_fits(g, _id_of(d["id"]), d["property"]) for g, d in zip(given, declared, strict=True))
    )


def _outputs_fit(given: Any, declared: Any) -> bool:
    if isinstance(declared, (list, tuple)):
        return (
            isinstance(given, list)
            and len(given) == len(declared)
            and all(_output_fits(g, d) for g, d in zip(given, declared, strict=True))
        )
    return _output_fits(given, declared)


def _output_fits(given: Any, declared: Any) -> bool:
    """An output of several callbacks is marked: after @ in its property, and nowhere else."""
    plain = _without_mark(given)
    return _item_fits(plain, _id_of(declared.component_id_str()), declared.component_property)


def _without_mark(given: Any) -> Any:
    if isinstance(given, list):
        return [_without_mark(one) for one in given]
    if not isinstance(given, dict) or not isinstance(given.get("property"), str):
        return given
    return {**given, "property": given["property"].partition("@")[0]}


def _id_of(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


def _item_fits(given: Any, wanted: Any, prop: str) -> bool:
    """One dependency: a dict; a list of them where the pattern matches many."""
    many = isinstance(wanted, dict) and any(v in (["ALL"], ["ALLSMALLER"]) for v in wanted.values())
    if many:
        return (
            isinstance(given, list)
            and len(given) <= MOST_ITEMS
            and all(_one_fits(item, wanted, prop) for item in given)
        )
    return _one_fits(given, wanted, prop)


def _one_fits(given: Any, wanted: Any, prop: str) -> bool:
    if not isinstance(given, dict) or not set(given) <= {"id", "property", "value"}:
        return False
    if given.get("property") != prop:
        return False
    have = given.get("id")
    if not isinstance(wanted, dict):
        return isinstance(have, str) and have == wanted
    return isinstance(have, dict) and set(have) == set(wanted) and all(_matches(have[k], v) for k, v in wanted.items())


def _matches(have: Any, wanted: Any) -> bool:
    if isinstance(wanted, list) and wanted and wanted[0] in _WILD:
        return isinstance(have, (str, int, float)) and not isinstance(have, bool)
    return type(have) is type(wanted) and bool(have == wanted)


def _changes_fit(changed: Any, inputs: list[Any]) -> bool:
    names = {
        f"{_text(i['id'])}.{i['property']}" for item in inputs for i in (item if isinstance(item, list) else [item])
    }
    return isinstance(changed, list) and all(isinstance(c, str) and c in names for c in changed)


def _text(identity: Any) -> str:
    """The id as dash's renderer writes it: keys sorted, no blanks."""
    if isinstance(identity, str):
        return identity
    return json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
