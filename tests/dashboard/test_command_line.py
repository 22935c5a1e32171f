"""The command line does what people expect: suggestions, completion, quiet, no colour, known exit statuses."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys

import click
import pytest

from dashboard.cli import group
from dashboard.exit_codes import EXIT_CODES
from dashboard.man_page import commands
from tests.conftest import ROOT
from tests.installed import completed as run
from tests.installed import environment


def test_python_m_hepatrend_is_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hepatrend", "--version"], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "") and re.fullmatch(r".*hepatrend, version \d.*\n", done.stdout)


@pytest.mark.parametrize(
    ("typed", "meant"), [("imprt", "import"), ("exprot", "export"), ("cohrot", "cohort"), ("shedule", "schedule")]
)
def test_a_name_that_is_nearly_a_command_is_answered_with_the_command(typed, meant):
    with pytest.raises(click.UsageError) as told:
        group.main([typed], standalone_mode=False)
    assert f"Did you mean '{meant}'?" in told.value.format_message()


def test_a_name_that_is_near_to_nothing_gets_no_suggestion():
    with pytest.raises(click.UsageError) as told:
        group.main(["xyzzy"], standalone_mode=False)
    assert "mean" not in told.value.format_message()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_of_any_list_of_commands_is_cut_off_or_too_long(width):
    root = click.Context(group, info_name="hepatrend", terminal_width=width, max_content_width=width)
    groups = [(c, own) for c, own in commands(group, root) if isinstance(c, click.Group)]
    assert len(groups) > 5
    for command, context in [(group, root), *groups]:
        text = command.get_help(context)
        assert "..." not in text.split("Commands:")[1], context.command_path
        assert max(map(len, text.splitlines())) <= width, context.command_path


def test_completion_is_offered_for_each_shell_and_completes_a_command(tmp_path):
    for shell, word in (("bash", "complete"), ("zsh", "compdef"), ("fish", "complete")):
        made = run("completion", shell, cwd=tmp_path)
        assert made.returncode == 0 and word in made.stdout and "_HEPATREND_COMPLETE" in made.stdout
    script = "import sys; sys.argv[0] = 'hepatrend'; from dashboard.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"_HEPATREND_COMPLETE": "bash_complete", "COMP_WORDS": "hepatrend imp", "COMP_CWORD": "1"},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "import" in done.stdout


def test_quiet_prints_errors_and_nothing_else(tmp_path):
    (tmp_path / "labs.csv").write_text(
        "patient_id,analyte,collected_at,value,unit\nP1,ALT,2026-01-05,31,U/L\nP1,ALT,2026-01-06,3x,U/L\n"
    )
    loud = run("import", "labs.csv", "--store", "one", cwd=tmp_path)
    quiet = run("--quiet", "import", "labs.csv", "--store", "two", cwd=tmp_path)
    assert (loud.returncode, quiet.returncode) == (3, 3)
    assert "stored 1" in loud.stdout and quiet.stdout == "" and quiet.stderr == ""
    assert run("-q", "rules", "show", "hys_law", cwd=tmp_path).returncode == 0
    refused = run("-q", "cohort", "run", "absent.txt", "--store", "two", cwd=tmp_path)
    assert refused.returncode != 0 and refused.stdout == "" and refused.stderr


def test_nothing_that_is_printed_is_coloured(tmp_path):
    said = [run(*words, cwd=tmp_path) for words in (["--help"], ["imprt"], ["config", "show"], ["profile", "list"])]
    assert not [s for s in said if "\x1b" in s.stdout + s.stderr]


def test_config_says_where_each_value_came_from_and_keeps_secrets(tmp_path):
    (tmp_path / "hepatrend.toml").write_text('port = 8061\nstudy = "one"\n\n[smtp]\nhost = "mail.example"\n')
    variables = {"HEPATREND_SMTP__PASSWORD": "hush hush", "HEPATREND_STALE_DAYS": "3"}
    shown = run("config", "show", "--store", "here", "--json", cwd=tmp_path, **variables)
    assert shown.returncode == 0 and "hush" not in shown.stdout
    by_name = {row["name"]: (row["value"], row["origin"]) for row in json.loads(shown.stdout)}
    assert by_name["port"] == ("8061", "file hepatrend.toml")
    assert by_name["smtp.host"] == ("mail.example", "file hepatrend.toml")
    assert by_name["smtp.password"] == ("(set, not shown)", "environment")
    assert by_name["stale_days"] == ("3", "environment")
    assert by_name["store"] == ("here", "flag")
    assert by_name["host"] == ("127.0.0.1", "default")
    plain = run("config", "show", cwd=tmp_path, **variables)
    assert "hush" not in plain.stdout and re.search(r"^study = one  \(file hepatrend.toml\)$", plain.stdout, re.M)


def test_config_check_passes_what_would_start_and_refuses_what_would_not(tmp_path):
    assert run("config", "check", cwd=tmp_path).returncode == 0
    open_to_all = run("config", "check", cwd=tmp_path, HEPATREND_HOST="0.0.0.0")
    assert open_to_all.returncode == 2 and "sign-in is off" in open_to_all.stderr
    impossible = run("config", "check", cwd=tmp_path, HEPATREND_PORT="many")
    assert impossible.returncode == 1 and "HEPATREND_PORT" in impossible.stderr
    assert not list(tmp_path.iterdir())


def test_every_status_that_a_command_ends_with_is_in_the_table():
    given = set()
    for path in (ROOT / "dashboard" / "commands").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"(^|\.)(exit|Exit|SystemExit)$", ast.unparse(node.func)):
                given |= {c.value for a in node.args for c in ast.walk(a) if isinstance(c, ast.Constant)}
    assert {g for g in given if isinstance(g, int)} <= set(EXIT_CODES)


def test_the_statuses_are_those_of_the_table(tmp_path):
    (tmp_path / "not.csv").write_text("colour,taste\nred,sweet\n")
    assert run("--version", cwd=tmp_path).returncode == 0
    assert run("import", "not.csv", cwd=tmp_path).returncode == 1
    assert run("imprt", cwd=tmp_path).returncode == 2
    assert run("serve", "--host", "0.0.0.0", cwd=tmp_path).returncode == 2


def test_the_writer_of_sample_data_explains_itself_and_writes_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "analytics.synthetic", "--help"], cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "sample data" in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_page_for_man_has_every_command_and_option_and_nothing_that_troff_would_take_for_a_request(tmp_path):
    made = run("man", cwd=tmp_path).stdout
    lines = made.splitlines()
    assert lines[0].startswith(".TH HEPATREND 1 ") and lines[2].startswith("hepatrend \\- ")
    root = click.Context(group, info_name="hepatrend")
    for command, context in commands(group, root):
        assert f".SS {context.command_path}".replace("-", "\\-") in lines
        assert all(o.replace("-", "\\-") in made for p in command.params for o in p.opts if o.startswith("--"))
    requests = {line.split()[0] for line in lines if line.startswith(".")}
    assert requests == {".TH", ".SH", ".SS", ".B", ".PP", ".TP", ".nf", ".fi"}
    assert not [line for line in lines if line.startswith("'")]
    assert all(f".B {status}" in lines for status in EXIT_CODES)


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff on this machine")
def test_troff_has_no_complaint_about_the_page_for_man(tmp_path):
    words = ["groff", "-man", "-ww", "-Tutf8", "-P-cbou"]
    done = subprocess.run(words, input=run("man", cwd=tmp_path).stdout, capture_output=True, text=True, check=True)
    assert done.stderr == "" and "hepatrend cohort ask" in done.stdout
