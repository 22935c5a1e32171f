"""Ways in which lines and whole files come broken, or well in an unusual way; and the maker of numbered files."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import zipfile
from collections.abc import Callable

from tests.fuzz.cell_kinds import LONG, WIDE, Kind
from tests.fuzz.page import KEPT, NOTHING, Line, Page, long_page, twin, wide_page


def both(kind: Kind) -> Kind:
    """A kind of whole lines or files, for long and wide."""
    LONG[kind.__name__] = WIDE[kind.__name__] = kind
    return kind


def _insert(rng: random.Random, page: Page, raw: str, outcome: str) -> None:
    page.lines.insert(rng.randint(1, len(page.lines)), Line(raw=raw, outcome=outcome))


@both
def row_short(rng: random.Random, page: Page) -> None:
    line = rng.choice(page.rows[:-1])
    line.raw = page.delimiter.join(page._cells(line)[:-2])
    line.all_held("FIELD_COUNT")


@both
def row_long(rng: random.Random, page: Page) -> None:
    line = rng.choice(page.rows)
    line.raw = page.delimiter.join([*page._cells(line), "more"])
    line.all_held("FIELD_COUNT")


@both
def row_quote_open(rng: random.Random, page: Page) -> None:
    line = rng.choice(page.rows)
    cells = page._cells(line)
    line.raw = page.delimiter.join([*cells[:-1], '"' + cells[-1]])
    line.all_held("QUOTE_UNBALANCED")


@both
def row_quote_open_first(rng: random.Random, page: Page) -> None:
    line = rng.choice(page.rows)
    line.raw = '"' + page.delimiter.join(page._cells(line))
    line.all_held("QUOTE_UNBALANCED")


@both
def row_quote_stray(rng: random.Random, page: Page) -> None:
    line = rng.choice(page.rows)
    cells = page._cells(line)
    line.raw = page.delimiter.join([*cells[:-1], 'No"rth"gate'])
    line.all_held("QUOTE_UNBALANCED")


@both
def row_two_stray_quotes(rng: random.Random, page: Page) -> None:
    for line in rng.sample(page.rows, 2):
        line.raw = page.delimiter.join([*page._cells(line)[:-1], 'Nor"thgate'])
        line.all_held("QUOTE_UNBALANCED")


@both
def row_note_over_two_lines(rng: random.Random, page: Page) -> None:
    rng.choice(page.rows).cells["lab"] = "North\ngate"


@both
def row_comma_in_note(rng: random.Random, page: Page) -> None:
    rng.choice(page.rows).cells["lab"] = 'North, gate; and "others" | more\tof it'


@both
def line_blank(rng: random.Random, page: Page) -> None:
    _insert(rng, page, rng.choice(["", "  ", "\t" if page.delimiter != "\t" else ""]), NOTHING)


@both
def line_delimiters_only(rng: random.Random, page: Page) -> None:
    _insert(rng, page, page.delimiter * (len(page.columns) - 1), NOTHING)


@both
def line_comment(rng: random.Random, page: Page) -> None:
    _insert(rng, page, "# checked by the night shift", "FIELD_COUNT")


@both
def line_comment_with_fields(rng: random.Random, page: Page) -> None:
    page.profile = 'comment = "#"'
    _insert(rng, page, "#" + page.delimiter.join(page._cells(page.rows[0])), NOTHING)


@both
def line_repeated_header(rng: random.Random, page: Page) -> None:
    _insert(rng, page, page.delimiter.join(page.columns.values()), NOTHING)


@both
def footer(rng: random.Random, page: Page) -> None:
    text = rng.choice(
        ["Total rows: 14", "-- end of report --", "(14 rows)", "Exported 2024-06-01 by LIS", "Page 1 of 1"]
    )
    page.lines.append(Line(raw=text, outcome=NOTHING))


@both
def line_of_prose(rng: random.Random, page: Page) -> None:
    _insert(rng, page, "the analyser was serviced here", "FIELD_COUNT")


@both
def cut_mid_row(rng: random.Random, page: Page) -> None:
    last = page.rows[-1]
    last.raw = page.delimiter.join(page._cells(last)[:3])
    last.all_held("FIELD_COUNT")
    page.final_eol = False


@both
def eol_none_at_end(rng: random.Random, page: Page) -> None:
    page.final_eol = False


def cut_last_value(rng: random.Random, page: Page) -> None:
    """The value is the last column and the file ends in the middle of it."""
    page.columns = {k: v for k, v in page.columns.items() if k != "value"} | {"value": "value"}
    page.final_eol = False
    page.rows[-1].truth.held("TRUNCATED")
    page.rows[-1].cells["value"] = page.rows[-1].cells["value"][:1]


LONG["cut_last_value"] = cut_last_value


@both
def columns_reordered(rng: random.Random, page: Page) -> None:
    items = list(page.columns.items())
    rng.shuffle(items)
    page.columns = dict(items)


@both
def columns_extra(rng: random.Random, page: Page) -> None:
    page.columns["extra"] = "ordering physician"
    for line in page.rows:
        line.cells["extra"] = rng.choice(["", "Dr. A", "=cmd()"])


@both
def header_blanks_and_case(rng: random.Random, page: Page) -> None:
    page.columns = {
        k: f" {v.upper() if k in ('patient_id', 'collected_at', 'lab') else v} " for k, v in page.columns.items()
    }


@both
def header_duplicate(rng: random.Random, page: Page) -> None:
    page.columns["extra"] = page.columns["lab"]
    page.refused = True


@both
def header_duplicate_case(rng: random.Random, page: Page) -> None:
    page.columns["extra"] = page.columns["collected_at"].upper()
    page.refused = True


@both
def header_blank_name(rng: random.Random, page: Page) -> None:
    names = list(page.columns.items())
    page.columns = dict([*names[:2], ("extra", ""), *names[2:]])
    page.refused = True


@both
def header_trailing_delimiter(rng: random.Random, page: Page) -> None:
    page.columns["extra"] = ""


@both
def header_without_patient(rng: random.Random, page: Page) -> None:
    page.columns["patient_id"] = "who"
    page.refused = True


@both
def header_without_date(rng: random.Random, page: Page) -> None:
    page.columns["collected_at"] = "when"
    page.refused = True


@both
def header_absent(rng: random.Random, page: Page) -> None:
    first = page.rows[0]
    page.columns = {k: first.cells.get(k, "") or k for k in page.columns}
    page.refused = True


@both
def header_quote_open(rng: random.Random, page: Page) -> None:
    page.data = b'"' + page.written()
    page.refused = True


@both
def columns_more_than_header(rng: random.Random, page: Page) -> None:
    for line in page.rows:
        line.raw = page.delimiter.join([*page._cells(line), "9"])
    page.refused = True


@both
def columns_fewer_than_header(rng: random.Random, page: Page) -> None:
    for line in page.rows:
        line.raw = page.delimiter.join(page._cells(line)[:-1])
    page.refused = True


@both
def header_preamble(rng: random.Random, page: Page) -> None:
    page.before = ["Report of the laboratory", "printed on Monday"]
    page.titles = 2


@both
def header_preamble_declared(rng: random.Random, page: Page) -> None:
    page.before = ["Report of the laboratory", "printed, on, Monday"]
    page.profile = "skip_lines = 2"


@both
def header_after_comments(rng: random.Random, page: Page) -> None:
    page.before = ["# export 12", ""]


@both
def enc_bom(rng: random.Random, page: Page) -> None:
    page.bom = b"\xef\xbb\xbf"


@both
def enc_utf16_le(rng: random.Random, page: Page) -> None:
    page.encoding, page.bom = "utf-16-le", b"\xff\xfe"


@both
def enc_utf16_be(rng: random.Random, page: Page) -> None:
    page.encoding, page.bom = "utf-16-be", b"\xfe\xff"


@both
def enc_utf16_without_mark(rng: random.Random, page: Page) -> None:
    page.encoding, page.refused = "utf-16-le", True


@both
def enc_latin1_many(rng: random.Random, page: Page) -> None:
    for line in page.rows:
        line.cells["lab"] = "Nördlingen"
    page.encoding, page.refused = "latin-1", True


@both
def enc_latin1_named(rng: random.Random, page: Page) -> None:
    for line in page.rows:
        line.cells["lab"] = "Nördlingen"
    page.encoding = page.declared = "latin-1"


@both
def enc_latin1_few(rng: random.Random, page: Page) -> None:
    for line in rng.sample(page.rows, 3):
        line.cells["lab"] = "N\udcf6rdlingen"
        line.all_held("ENC_INVALID")


@both
def enc_utf8_names(rng: random.Random, page: Page) -> None:
    for line in page.rows:
        line.cells["lab"] = rng.choice(["Nördlingen", "Łódź", "東京", "Ελλάδα", "🧪"])


@both
def eol_crlf(rng: random.Random, page: Page) -> None:
    page.eol = "\r\n"


@both
def eol_cr(rng: random.Random, page: Page) -> None:
    page.eol = "\r"


@both
def quote_all(rng: random.Random, page: Page) -> None:
    page.quote_all = True


@both
def quote_all_crlf_bom(rng: random.Random, page: Page) -> None:
    page.quote_all, page.eol, page.bom = True, "\r\n", b"\xef\xbb\xbf"


@both
def delimiter_semicolon(rng: random.Random, page: Page) -> None:
    page.delimiter = ";"


@both
def delimiter_tab(rng: random.Random, page: Page) -> None:
    page.delimiter = "\t"


@both
def delimiter_bar(rng: random.Random, page: Page) -> None:
    page.delimiter = "|"


@both
def excel_german(rng: random.Random, page: Page) -> None:
    """Semicolons, decimal commas: quarantined without a profile, cell by cell where there is a comma."""
    page.delimiter = ";"
    for line in page.rows:
        for key, truth in line.truths.items():
            if "." in line.cells[key]:
                line.cells[key] = line.cells[key].replace(".", ",")
                truth.held("VALUE_DECIMAL_COMMA")
        line.cells["lln"] = line.cells["uln"] = ""
        for truth in line.truths.values():
            truth.uln = None


@both
def excel_german_declared(rng: random.Random, page: Page) -> None:
    excel_german(rng, page)
    for line in page.rows:
        for truth in line.truths.values():
            truth.outcome = KEPT
    page.profile = 'decimal = ","'


@both
def dates_all_ambiguous(rng: random.Random, page: Page) -> None:
    for i, line in enumerate(page.rows):
        line.cells["collected_at"] = f"0{1 + i % 9}/03/2024"
    page.refused = True


@both
def dates_all_declared(rng: random.Random, page: Page) -> None:
    for i, line in enumerate(page.rows):
        line.cells["collected_at"] = f"0{1 + i % 9}/03/2024"
        for truth in line.truths.values():
            truth.at = f"2024-03-0{1 + i % 9} 00:00:00"
    page.profile = 'dates = ["%d/%m/%Y"]'


@both
def rows_shuffled(rng: random.Random, page: Page) -> None:
    rng.shuffle(page.lines)


@both
def rows_reversed(rng: random.Random, page: Page) -> None:
    page.lines.reverse()


@both
def dup_row(rng: random.Random, page: Page) -> None:
    page.lines.append(twin(rng.choice(page.rows)))


@both
def file_doubled(rng: random.Random, page: Page) -> None:
    page.lines += [twin(line) for line in page.rows]


@both
def no_rows(rng: random.Random, page: Page) -> None:
    page.lines = []


def whole(name: str, make: Callable[[bytes], bytes], *, refused: bool = True) -> None:
    """A file that is no text with columns at all, or one that is packed."""

    def change(rng: random.Random, page: Page) -> None:
        page.data = make(page.written())
        page.refused = refused

    change.__name__ = name
    both(change)


def _zip(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", data)
    return buffer.getvalue()


whole("whole_empty", lambda data: b"")
whole("whole_blank", lambda data: b"\n \n\n")
whole("whole_gzip", gzip.compress, refused=False)
whole("whole_gzip_cut", lambda data: gzip.compress(data)[:-9])
whole("whole_zip_or_xlsx", _zip)
whole("whole_pickle", lambda data: pickle.dumps({"a": 1}))
whole("whole_html", lambda data: b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>")
whole("whole_xml", lambda data: b'<?xml version="1.0"?><labs/>')
whole("whole_lfs_pointer", lambda data: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n")
whole("whole_pdf", lambda data: b"%PDF-1.7\n" + data)
whole("whole_random", lambda data: bytes(random.Random(7).randbytes(4000)))
whole("whole_one_line", lambda data: data.replace(b"\n", b" "))
whole("whole_commas", lambda data: b"," * 5000)
whole("whole_nul", lambda data: b"\x00" * 4096)
whole("whole_prose", lambda data: b"Dear colleague,\nplease find the results below.\n")
whole("whole_many_columns", lambda data: ",".join(f"c{i}" for i in range(600)).encode() + b"\n")
whole("whole_long_line", lambda data: data + b"x" * (2 << 20) + b"\n")


def cell_huge(rng: random.Random, page: Page) -> None:
    """A cell of more than 64 KiB."""
    line = rng.choice(page.rows)
    line.cells["lab"] = "x" * (70 << 10)
    line.all_held("FIELD_COUNT")


LONG["cell_huge"] = WIDE["cell_huge"] = cell_huge


def make(seed: int) -> tuple[str, Page]:
    """File number ``seed``: kinds in turn, the rest by chance. The same number gives the same file."""
    rng = random.Random(seed)
    every = [("long", name) for name in LONG] + [("wide", name) for name in WIDE]
    shape, name = every[seed % len(every)]
    page = long_page(rng) if shape == "long" else wide_page(rng)
    (LONG if shape == "long" else WIDE)[name](rng, page)
    return f"{shape}_{name}", page
