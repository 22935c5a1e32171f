"""The fast way of splitting gives exactly what the exact way gives, whatever the bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.errors import RefusedFile
from analytics.ingest.fast import FastSplitter
from analytics.ingest.records import Header, Splitter
from analytics.ingest.times import TimeRule, _one, times

HEADER = Header(("id", "test", "note"), ",", 1, "id,test,note")
cell = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "P1",
            "45",
            '"quoted"',
            '"a,b"',
            '"a""b"',
            'stray"mark',
            '"open',
            'close"',
            '""',
            "µmol/L",
            "\ufffd",
            "\x00",
            "\x7f",
            "\u0085",
            "a\tb",
            "#",
            " x ",
            "\u00a0P1",
            "id",
            ' "x"',
        ]
    ),
    st.text(alphabet='aé1," #\r\t', max_size=4),
)
line = st.one_of(
    st.lists(cell, min_size=1, max_size=4).map(",".join),
    st.lists(cell, min_size=3, max_size=3).map(",".join),
    st.sampled_from(["", "id,test,note", "# remark", "Total rows: 3", ",,", "  ", "P1,ALT,fine", "P2,AST,fine"]),
)
ending = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])
body = st.lists(st.tuples(line, ending), max_size=12).map(lambda pairs: "".join(a + b for a, b in pairs).encode())
damaged = st.tuples(body, st.sampled_from([b"", b"", b"\xff", b"P9,ALT,\xe9\n"]), body).map(b"".join)


def seen(splitter: Splitter, blocks: list[bytes]) -> Any:
    """Everything that a splitter says of some blocks."""
    found: list[Any] = []
    try:
        for i, block in enumerate(blocks):
            chunk = splitter.chunk(block, 0, last=i == len(blocks) - 1)
            texts = [[c.at(r) for c in chunk.columns] for r in range(len(chunk))]
            raws = [chunk.raw(r) for r in range(len(chunk))]
            found.append(
                (texts, raws, chunk.line.tolist(), sorted(map(repr, chunk.held)), chunk.ignored, chunk.open_column)
            )
    except RefusedFile as error:
        found.append(str(error))
    return found


def blocks_of(text: bytes, cut: int) -> list[bytes]:
    """The text with its header as blocks that end with a line feed."""
    whole = b"id,test,note\n" + text
    at = whole.find(b"\n", min(cut, len(whole) - 1)) + 1
    return [b for b in (whole[:at], whole[at:]) if b]


@given(damaged, st.integers(0, 200))
@example(b"P1,ALT,x\nP2,ALT\nP3,ALT,y\nP4,ALT,y\nP5,ALT,y\nP6,ALT,y\nP7,ALT,y\n", 13)
@example(b'P1,ALT,"x"\r\nP2,ALT,"y"\r\n', 13)
@example(b'P1,ALT,"two\nlines"\nP2,ALT,y\n', 13)
def test_both_ways_say_the_same(text, cut):
    blocks = blocks_of(text, cut)
    assert seen(FastSplitter(HEADER, "f", 0), blocks) == seen(Splitter(HEADER, "f", 0), blocks)


@given(st.lists(st.from_regex(r"\A[0-3]\d[0-9]{2}-[0-1]\d-[0-3]\d([T ][0-2]\d:[0-6]\d(:[0-6]\d)?)?\Z"), min_size=1))
@example(["2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2024-04-31", "2024-12-31T23:59:59"])
def test_dates_by_place_are_the_same_as_dates_one_by_one(texts):
    rule = TimeRule(latest=2**53)
    found = times(pa.array(texts, pa.string()), rule)
    for i, text in enumerate(texts):
        at, precision, offset, reason, _ = _one(text, rule)
        if reason == 0:
            assert (found.at[i], found.precision[i], found.offset[i]) == (at, precision, offset), text
        assert found.reason[i] == reason, text
    assert found.at.dtype == np.int64
