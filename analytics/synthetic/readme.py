# ruff: noqa: E501  (table rows of a Markdown file)
"""Text of the README.md that goes with the sample data."""

README = """# Sample data (synthetic)

Nobody in these files ever lived. `make sample-data` writes them anew from seed {seed}, byte for byte the same.
{people} people with liver metastases of five primary tumours, three invented laboratories that print in their own
names, units and limits, and one planted journey each, written down in `truth.csv`.

| file | one row is | columns |
|---|---|---|
| `labs.csv` | one result as the laboratory printed it | `patient_id`, `analyte` (name used by that laboratory), `collected_at` (local time), `value` (may be `<0.2`), `unit` (UCUM; empty for INR), `lln`, `uln` (limits of that result in the same unit), `lab`, `status` (preliminary, final, corrected), `specimen_id` |
| `events.csv` | one treatment, procedure, symptom or adverse event | `patient_id`, `kind`, `name`, `start_date`, `end_date` (empty: of one moment, or it goes on), `line`, `dose`, `unit`, `grade`, `detail` |
| `imaging.csv` | one report | `patient_id`, `date`, `modality`, `response` (RECIST 1.1), `target_sum_mm`, `new_lesion`, `liver_lesions`, `detail` |
| `patients.csv` | one person | `patient_id`, `sex`, `birth_date`, `primary_site`, `metastases_date`, `site`, `on_anticoagulant` |
| `truth.csv` | one planted fact; never imported | `patient_id`, `journey`, `date`, `until`, `day` (from the first dose), `analytes`, `planted`, `expected` |
| `hard_cases/` | small awkward files | see the table below |

Around each person's own level the results scatter log-normally with the within-person and analytical variation of
`analytics/analytes.py`, cut at 2.5 standard deviations. Visits are irregular. The data end on 10 June 2026.

## hard_cases

| file | what is awkward | what should happen |
|---|---|---|
| `three_date_forms.csv` | ISO, day first with dots, day/month that could be either, two-digit year | the ISO dates are stored; the others are quarantined unless a profile declares their form |
| `decimal_comma.csv` | semicolons and decimal commas, `<0,2`, a thousands point | whole numbers are stored; the rest is quarantined unless a profile declares the comma |
| `ukat.csv` | enzymes in µkat/L (with the micro sign), bilirubin in µmol/L | converted exactly: 1 µkat/L = 60 U/L, 17.104 µmol/L = 1 mg/dL |
| `unknown_names.csv` | tests that nobody knows beside known ones | unknown names quarantined, known ones stored |
| `duplicates.csv` | the same row twice, a correction, two different values for one sample | one duplicate, one superseded, the second value of the sample quarantined as conflict |
| `truncated.csv` | the file stops in the middle of a row | the whole rows are read, the broken one is quarantined |
| `latin1.csv` | ISO 8859-1 text with umlauts and µ | quarantined as not readable; with `--encoding latin-1` read as such |
| `slips.csv` | bilirubin 17 times too high in a row that says mg/dL, enzymes 60 times too low in U/L, -1, 1e9, text | the four numbers are quarantined with a reason; the text is kept as text and never plotted |
| `wide.csv` | one visit a row, units in the header, a blank cell | read without a profile; the blank is counted as ignored |
"""
