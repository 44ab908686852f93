"""Tables: a hundred rows at a time, whatever their size, and what their columns hold."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import IthacaError
from tests.workspaces.viewer.drawing import draw
from workspaces.viewer.errors import CannotShow
from workspaces.viewer.renderer.tables.delimited import _after_rows, _Format
from workspaces.viewer.renderer.tables.page import ROWS


def table(content: bytes, page: int | None = 1, media_type: str = "text/csv") -> dict:  # type: ignore[type-arg]
    return draw("table", content, media_type, page).facts


def written(rows: list[list[str]], separator: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode()


def test_rows_come_in_pages_without_a_gap_or_an_overlap() -> None:
    rows = [[str(number), f'note "{number}"\nsecond line', "x" * (number % 90)] for number in range(950)]
    content = written([["id", "note", "x"], *rows])
    assert table(content, None)["pages"] == 10
    pages = [table(content, page) for page in range(1, 11)]
    assert [row for page in pages for row in page["rows"]] == [
        [cell.replace("\r\n", "\n") for cell in row] for row in rows
    ]
    assert [page["more"] for page in pages] == [True] * 9 + [False]
    assert [page["first"] for page in pages][:2] == [1, ROWS + 1]


def test_a_page_behind_the_end_is_said_in_numbers() -> None:
    with pytest.raises(IthacaError, match="There is no page 3: it has 1"):
        table(b"a,b\n1,2\n", 3)


@pytest.mark.parametrize(
    ("separator", "media_type"),
    [(",", "text/csv"), (";", "text/csv"), ("\t", "text/csv"), ("\t", "text/tab-separated-values")],
)
def test_the_separator_is_found(separator: str, media_type: str) -> None:
    shown = table(written([["a", "b"], ["1", "2"]], separator), media_type=media_type)
    assert ([column["name"] for column in shown["columns"]], shown["rows"]) == (["a", "b"], [["1", "2"]])


def test_columns_say_what_they_hold() -> None:
    number, text, empty = table(b"dose,drug,note\n10,b,\n9,a,\n,a,\n")["columns"]
    assert number == {
        "name": "dose", "meaning": "", "kind": "number", "lowest": "9", "highest": "10", "filled": 2, "different": 2
    }  # fmt: skip
    assert (text["kind"], text["lowest"], text["highest"], text["different"]) == ("text", "a", "b", 2)
    assert (empty["kind"], empty["filled"]) == ("empty", 0)


def test_a_quote_within_a_cell_is_a_letter() -> None:
    content = b"size,of\n" + b'5" tall,x\n' * 250
    assert table(content, 3)["rows"] == [['5" tall', "x"]] * 50


def test_a_table_in_an_old_code_is_read() -> None:
    assert table("größe;maß\n1;2\n".encode("cp1252"))["columns"][0]["name"] == "größe"


ODD = {
    "nothing": b"",
    "an empty line": b"\n",
    "names alone": b"a,b\n",
    "one quote": b'"',
    "quotes alone": b'"' * 100_001,
    "NUL characters": b"a\0b,c\n\0\n",
    "300,000 columns": b"," * 300_000,
    "a cell of six megabytes": b"x" * 6_000_000,
    "ends of lines of an old Macintosh": b"\r" * 9000,
    "a quote that never ends": b'"a\n' * 9000,
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_odd_tables_are_shown_or_refused_and_nothing_worse(content: bytes) -> None:
    try:
        shown = table(content)
    except CannotShow:
        return
    assert len(shown["columns"]) <= 200
    assert len(shown["rows"]) <= ROWS


CELL = st.text(st.sampled_from('ab"\n,; é'), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1, max_size=12), st.integers(0, 12))
def test_rows_are_counted_as_a_reader_of_csv_counts_them(rows: list[list[str]], wanted: int) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    content = out.getvalue().encode()
    place, found, ended = _after_rows(io.BytesIO(content), 0, None, _Format(","))
    assert (place, found, ended) == (len(content), len(rows), True)
    if wanted <= len(rows) and wanted:
        place, _, _ = _after_rows(io.BytesIO(content), 0, wanted, _Format(","))
        assert list(csv.reader(io.StringIO(content[place:].decode(), newline=""))) == rows[wanted:]
