"""``hepatrend answers``: what the data say now of one patient, or of everyone in the order of the worklist."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.commands._options import json_option, store_option


@click.command()
@click.argument("patient", required=False)
@click.option("--settings", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Thresholds, TOML.")
@store_option
@json_option([{"patient_id": "text", "headline": "text", "rank": "integer", "answers": "object"}])
def COMMAND(  # noqa: N802  the name that cli.py looks for
    patient: str | None, settings: Path | None, store_url: str | None, as_json: bool
) -> None:
    """Answers on tumour, liver injury, liver function, bile ducts and follow-up: of PATIENT, or one line a patient.

    Facts at the patient's own last contact, for professional review; no answer is advice.
    """
    import json

    from dashboard.answers_text import document_of, text_of
    from dashboard.study import open_study

    study = open_study(store_url, settings=settings)
    analysis = study.store.analysis(None if patient is None else [patient])
    study.record("export", rows=len(analysis.answers), detail="answers")
    if as_json:
        click.echo(json.dumps(document_of(analysis), ensure_ascii=False))
    else:
        click.echo(text_of(analysis, patient))
