"""What the page keeps of waiting files is read back as something that anybody may have written."""

from __future__ import annotations

from dashboard.importing.batch import Batch, Said, Waiting, batch_of
from tests.dashboard.test_hostile_names import ODD

A, B = Waiting("1/2/a.csv", "a.csv", 3, "s"), Waiting("1/2/b.csv", "b.csv", 4, "t")


def test_what_is_sent_comes_back():
    batch = Batch((A, B), {"s": Said("x", "x", "north", ("why?",), "all", ""), "t": Said()}, "s")
    assert batch_of(batch.files_out(), batch.shapes_out(), "s") == batch


def test_what_is_no_file_or_shape_is_left_out():
    for odd in ODD:
        assert batch_of(odd, odd, odd).files == ()
        assert batch_of([odd, A.__dict__], {"s": odd, "t": {"text": odd}}, odd).files == (A,)
        assert not batch_of([A.__dict__], {"s": {"text": odd, "used": odd, "questions": odd, "refused": odd}}).files[1:]
        assert batch_of([{**A.__dict__, "id": odd}], {}).files in ((), (Waiting(str(odd), "a.csv", 3, "s"),))


def test_a_shape_is_ready_only_as_it_was_last_used():
    assert not Said().ready and Said(used="").ready
    assert not Said("x", "").ready and Said("x", "x").ready
    assert not Said("x", "x", refused="no").ready


def test_the_next_shape_that_waits_comes_into_sight():
    batch = Batch((A, B), {"s": Said(used="")}, "gone")
    assert batch.turned("gone").current == "t"
    assert batch.turned("s").current == "s"
    assert batch.without([B]).turned("t").current == "s"
    assert Batch().turned("s").current == ""
    assert batch.ready == [A]


def test_what_waits_for_an_answer_comes_into_sight_before_what_is_refused():
    batch = Batch((A, B)).put(A.shape, refused="a.pdf: is a PDF")
    assert batch.turned("").current == B.shape and batch.waits == [B.shape]
    assert batch.put(B.shape, refused="empty").turned("").current == A.shape
