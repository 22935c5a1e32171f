"""The command's edge: whatever happens, a sentence and an exit status."""

from __future__ import annotations

import errno

import pytest

from analytics.errors import StoreError
from dashboard import cli


def raising(error: Exception):
    def main(**_: object) -> None:
        raise error

    return main


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Exit status of the command where an error is raised in it, and what it prints to standard error."""

    def of(error: Exception) -> tuple[object, str]:
        monkeypatch.setattr(cli.group, "main", raising(error))
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, capsys.readouterr().err

    return of


def test_an_error_of_ours_is_its_own_sentence(ended):
    assert ended(StoreError("the disk is full")) == (cli.REFUSED, "hepatrend: the disk is full\n")


def test_a_fault_names_its_kind_and_place_and_nothing_of_the_data(ended):
    status, said = ended(KeyError("MRN-1"))
    assert status == cli.FAULT
    assert "KeyError in test_cli.py line" in said
    assert "MRN-1" not in said
    assert "Traceback" not in said
    assert said.count("\n") == 1


def test_the_trace_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli.group, "main", raising(KeyError("MRN-1")))
    monkeypatch.setenv(cli.TRACE, "1")
    with pytest.raises(KeyError):
        cli.main()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_no_fault_of_ours_wherever_it_is_met(number: int, ended):
    told = "hepatrend: the disk is full; what was being written is not whole\n"
    assert ended(OSError(number, "no room", "MRN-1.csv")) == (cli.REFUSED, told)


def test_what_else_the_system_refuses_is_a_fault_that_names_no_file(ended):
    status, said = ended(OSError(errno.EIO, "broken", "MRN-1.csv"))
    assert status == cli.FAULT and "MRN-1" not in said
