"""The fast way of splitting gives exactly what the exact way gives, whatever the bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.errors import RefusedFile
from analytics.ingest.dictionary import text_array
from analytics.ingest.reading.csv_cells import Lazy
from analytics.ingest.reading.csv_exact import Header, Splitter
from analytics.ingest.reading.csv_fast import FastSplitter
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
@example(b'"P1,ALT",x\n"P2,ALT",y\nP3,"ALT,x"\n', 13)
def test_both_ways_say_the_same(text, cut):
    blocks = blocks_of(text, cut)
    assert seen(FastSplitter(HEADER, "f", 0), blocks) == seen(Splitter(HEADER, "f", 0), blocks)


def test_cells_of_any_length_quoted_or_not_are_read_whole():
    texts = ["", "a", "12345678", "123456789", "x" * 16, "y" * 17, "µ" * 5, "z" * 40, "q, r", "same" * 9]
    rows = [[texts[(i * k) % len(texts)] for k in (1, 3, 7)] for i in range(1, 200)]
    plain = "".join(f'P{i},"{a}",{c.replace(",", ";")}\n' for i, (a, _, c) in enumerate(rows)).encode()
    for body in (plain, plain.replace(b"\n", b"\r\n"), plain.replace(b'"', b"").replace(b"q, r", b"q  r")):
        blocks = blocks_of(body, len(body) // 2)
        assert seen(FastSplitter(HEADER, "f", 0), blocks) == seen(Splitter(HEADER, "f", 0), blocks)


def test_one_odd_line_leaves_the_others_on_the_fast_way_and_keeps_its_number():
    lines = [f"P{i},ALT,{i}" for i in range(100)]
    lines[40], lines[60] = 'P40,ALT,"open', "P60,ALT"
    block = ("\n".join(["id,test,note", *lines]) + "\n").encode()
    splitter = FastSplitter(HEADER, "f", 0)
    exact: list[int] = []

    def watched(pairs: Any, chunk: Any, *, last: bool) -> Any:
        known = list(pairs)
        exact.extend(number for number, _ in known)
        return Splitter._records(splitter, known, chunk, last=last)

    splitter._records = watched  # type: ignore[method-assign]
    chunk = splitter.chunk(block.replace(b'"open', b"\x01"), 0, last=True)
    assert exact == [42, 62]
    assert [(h.line, h.reason) for h in chunk.held] == [(42, "CONTROL_CHAR"), (62, "FIELD_COUNT")]
    assert chunk.line.tolist() == [n for n in range(2, 102) if n not in exact]
    assert [chunk.columns[0].at(r) for r in (0, 39, 40, 97)] == ["P0", "P39", "P41", "P99"]


def test_a_column_that_nobody_asks_for_is_not_made():
    block = b"id,test,note\n" + b"".join(b"P%d,ALT,long text number %d\n" % (i, i) for i in range(50))
    columns = FastSplitter(HEADER, "f", 0).chunk(block, 0, last=True).columns
    assert isinstance(columns, Lazy)
    assert columns._made[2] is None
    assert columns[2].at(7) == "long text number 7"


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


def test_a_column_of_missing_texts_stays_missing_and_is_no_word():
    texts = text_array(np.zeros(3, np.int32), pa.array([None], pa.string()))
    assert pd.isna(texts).all()
