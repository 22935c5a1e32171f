"""The sign of life beside long work."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from analytics.store.working_state.heartbeat import alive


def test_a_busy_database_is_tried_again():
    signs = iter([sa.exc.OperationalError("update", {}, Exception("locked")), True])
    done = threading.Event()

    def beat() -> bool:
        sign = next(signs, None)
        if isinstance(sign, Exception):
            raise sign
        done.set()
        return True

    with alive(beat, 0.001):
        assert done.wait(10)


def test_it_ends_when_the_work_is_not_ours_any_more_and_when_the_work_is_over():
    given, ended = [], threading.Event()

    def beat() -> bool:
        given.append(1)
        ended.set()
        return False

    with alive(beat, 0.001):
        assert ended.wait(10)
        ended.clear()
        assert not ended.wait(0.05)
    assert given == [1]
    with alive(beat, 60):
        pass
    assert given == [1]
