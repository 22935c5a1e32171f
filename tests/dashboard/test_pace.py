"""What one session may ask for at once, and that others are answered meanwhile."""

from __future__ import annotations

from dashboard.security import gate, pace
from dashboard.security.pace import CALLS, CALLS_A_SECOND, SECONDS, SECONDS_A_SECOND, Pace
from tests.dashboard.test_full_disk import PASSWORD, client, csrf, sign_in

__all__ = ["PASSWORD", "client"]


class Clock:
    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_requests_are_limited_by_session_and_come_back():
    clock = Clock()
    limits = Pace(clock)
    assert [limits.wait("ada 1") for _ in range(int(CALLS))] == [0] * int(CALLS)
    assert limits.wait("ada 1") == 1
    assert limits.wait("ada 2") == 0, "another session of hers is its own"
    clock.seconds += 1
    assert sum(limits.wait("ada 1") == 0 for _ in range(int(CALLS))) == int(CALLS_A_SECOND)


def test_processor_time_is_limited_and_said_how_long():
    clock = Clock()
    limits = Pace(clock)
    limits.spent("ada", SECONDS + 10)
    said = limits.wait("ada")
    assert said == 10 / SECONDS_A_SECOND
    clock.seconds += said + 1
    assert limits.wait("ada") == 0


def test_sessions_that_have_recovered_are_forgotten(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(pace, "_MOST", 3)
    limits = Pace(clock)
    for name in "abc":
        limits.wait(name)
    limits.spent("c", SECONDS)
    clock.seconds += 30
    limits.wait("d")
    assert set(limits._left) == {"c", "d"}


def test_a_session_that_asks_without_end_is_told_to_wait_and_can_still_read_files_of_the_program(client, monkeypatch):
    assert sign_in(client).status_code == 303
    monkeypatch.setattr(gate.Pace, "wait", lambda *_: 7)
    answer = client.post(gate.CALLBACKS, json={}, headers=csrf(client))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert "ask again after 7 s" in answer.get_json()["error"]
    assert client.get("/healthz").status_code == 200
    with client.get("/assets/base.css") as file:
        assert file.status_code == 200
