"""The page of what is defended names tests that exist, and counts the exceptions that the code makes as they are."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))


@pytest.mark.parametrize("named", NAMED)
def test_what_shows_a_claim_is_there(named):
    file, _, name = named.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test")}
    assert tests
    assert not name or name in tests


def test_every_claim_has_something_that_shows_it():
    claims = PAGE.partition("| claim | shown by |\n")[2].partition("\n\n")[0].splitlines()[1:]
    assert len(claims) > 25
    assert [claim for claim in claims if not re.search(r"`tests/[^`]+`", claim)] == []


def test_exceptions_from_the_rules_of_security_are_those_of_the_page():
    found: Counter[str] = Counter()
    for room in ("analytics", "dashboard", "hepatrend"):
        for path in (ROOT / room).rglob("*.py"):
            for said in re.findall(r"#\s*noqa:\s*([A-Z0-9, ]+)", path.read_text("utf-8")):
                found.update(re.findall(r"\bS\d{3}\b", said))
    told = {kind: int(count) for kind, count in re.findall(r"^\| (S\d{3})[^|]*\| (\d+) \|", PAGE, re.M)}
    assert told == dict(found)
