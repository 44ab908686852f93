"""Tables that are no text: workbooks, files of SAS, Parquet, and the variants of a VCF."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import arro3.io
import pytest
from arro3.core import Array, DataType, Table

from core.errors import IthacaError
from tests.workspaces.viewer.books import book
from tests.workspaces.viewer.drawing import draw
from workspaces.media_types.claims import XLSX
from workspaces.viewer.errors import CannotShow

ROOT = Path(__file__).resolve().parents[3]
TABLES = ROOT / "tests" / "data" / "tables"
PARQUET, XPT, SAS = "application/vnd.apache.parquet", "application/x-sas-xport", "application/x-sas-data"
VETERAN = list(csv.reader((ROOT / "walkthrough" / "trials" / "veteran-lung.csv").read_text().splitlines()))
FILES = {"veteran.xlsx": XLSX, "veteran.xpt": XPT, "veteran-v8.xpt": XPT, "veteran.parquet": PARQUET}


def table(content: bytes, media_type: str, page: int | None = 1) -> dict[str, Any]:
    return draw("table", content, media_type, page).facts


def names(facts: dict[str, Any]) -> list[str]:
    return [column["name"] for column in facts["columns"]]


@pytest.mark.parametrize("name", FILES)
def test_every_format_shows_the_rows_that_the_trial_has(name: str) -> None:
    content = (TABLES / name).read_bytes()
    one, two = (table(content, FILES[name], page) for page in (1, 2))
    assert names(one) == VETERAN[0]
    assert one["rows"] + two["rows"] == VETERAN[1:]
    assert (one["first"], two["first"], one["more"]) == (1, 101, True)


@pytest.mark.parametrize("name", FILES)
def test_every_format_says_what_its_columns_hold_in_all_rows(name: str) -> None:
    facts = table((TABLES / name).read_bytes(), FILES[name])
    age, cell = facts["columns"][6], facts["columns"][1]
    assert (age["kind"], age["lowest"], age["highest"], age["filled"]) == ("number", "34", "81", 137)
    assert (cell["kind"], cell["different"]) == ("text", 4)
    assert (facts["sample"], facts["whole"]) == (137, True)


@pytest.mark.parametrize("name", FILES)
def test_a_page_behind_the_end_is_refused(name: str) -> None:
    with pytest.raises(IthacaError, match="There is no page 9: it has"):
        table((TABLES / name).read_bytes(), FILES[name], 9)


@pytest.mark.parametrize(("name", "pages"), [("veteran.xlsx", 4), ("veteran.xpt", 2), ("veteran.parquet", 2)])
def test_every_format_counts_its_pages(name: str, pages: int) -> None:
    assert table((TABLES / name).read_bytes(), FILES[name], None)["pages"] == pages


def test_a_file_of_sas_is_shown() -> None:
    content = (TABLES / "iris.sas7bdat").read_bytes()
    assert table(content, SAS)["rows"][0] == ["5.1", "3.5", "1.4", "0.2", "setosa"]
    assert (len(table(content, SAS, 2)["rows"]), table(content, SAS, None)["pages"]) == (50, 2)


def test_variables_of_sas_bring_their_labels() -> None:
    assert table((TABLES / "veteran.xpt").read_bytes(), XPT)["columns"][0]["meaning"] == "Column trt of the trial"


def test_dates_of_sas_are_shown_as_dates() -> None:
    facts = table((TABLES / "dates.xpt").read_bytes(), XPT)
    assert facts["rows"] == [
        ["01-001", "2019-05-01", "2024-02-29 13:45:10", "1.5"],
        ["01-002", "", "", ""],
        ["", "1958-01-02", "2020-01-01 00:00:00", "-3e-07"],
    ]
    assert [(column["kind"], column["lowest"]) for column in facts["columns"]][1:] == [
        ("date", "1958-01-02"),
        ("date", "2020-01-01 00:00:00"),
        ("number", "-3e-07"),
    ]
    assert facts["columns"][0]["meaning"] == "Unique Subject Identifier"


def test_letters_of_old_codes_in_a_file_of_sas_are_read() -> None:
    content = (TABLES / "veteran.xpt").read_bytes().replace(b"squamous", "squämous".encode("cp1252"))
    assert table(content, XPT)["rows"][0][1] == "squämous"


def test_a_second_dataset_is_not_taken_for_rows_of_the_first_and_is_said() -> None:
    one = (TABLES / "veteran.xpt").read_bytes()
    one += b" " * (-len(one) % 80)
    facts = table(one + one[240:], XPT, 2)
    assert facts["rows"] == VETERAN[101:]
    assert "other datasets" in facts["note"]
    assert table(one + one[240:], XPT, None)["pages"] == 2
    assert table(one, XPT)["note"] == ""


def test_values_of_every_kind_of_parquet_are_shown() -> None:
    facts = table((TABLES / "kinds.parquet").read_bytes(), PARQUET)
    assert dict(zip(names(facts), facts["rows"][0], strict=True)) == {
        "whole": "1",
        "day": "2020-01-01",
        "zoned": "2020-07-01 03:00:00+00:00",
        "moment": "2020-01-01 03:00:00.000001",
        "bytes": "00 ff",
        "list": "[1, 2]",
        "group": "{'x': 1}",
        "dose": "1.20",
        "drug": "a",
        "ratio": "0.1",
        "yes": "true",
    }
    assert set(facts["rows"][1]) == {""}


def test_a_parquet_of_many_rows_is_described_from_its_beginning() -> None:
    out = io.BytesIO()
    numbers = Array(list(range(30_000)), type=DataType.int64())
    arro3.io.write_parquet(Table.from_pydict({"n": numbers, "": numbers}), out)
    facts = table(out.getvalue(), PARQUET, 300)
    assert (facts["rows"][-1], facts["more"]) == (["29999", "29999"], False)
    assert (facts["sample"], facts["whole"], facts["columns"][0]["highest"]) == (10_000, False, "9999")


def test_sheets_are_paged_through_one_after_the_other() -> None:
    facts = table((TABLES / "veteran.xlsx").read_bytes(), XLSX, 3)
    assert facts["parts"] == [
        {"name": "Trial", "page": 1},
        {"name": "Visits & more", "page": 3},
        {"name": "Codes (hidden)", "page": 4},
    ]
    assert (facts["part"], facts["first"], facts["more"]) == (1, 1, True)
    assert table((TABLES / "veteran.xlsx").read_bytes(), XLSX, 4)["more"] is False


def test_cells_of_a_workbook_are_shown_as_they_are_meant() -> None:
    facts = table((TABLES / "veteran.xlsx").read_bytes(), XLSX, 3)
    # The first row is a title, and no row of names.
    assert names(facts) == ["A", "B", "C", "D", "E"]
    assert facts["rows"] == [
        ["Study 12 — visits"],
        ["subject", "on", "at", "dose", "kept"],
        ["12-001", "2024-02-29", "13:45:00", "0.3", "TRUE"],
        ["12-002", "1900-01-31 06:30:00", "", "12.5", "FALSE"],
        ["", "", "", "=D4*2"],
    ]


def test_a_row_of_numbers_is_no_row_of_names() -> None:
    facts = table(book("<row><c><v>1</v></c></row><row><c><v>2</v></c></row>"), XLSX)
    assert (names(facts), facts["rows"]) == (["A"], [["1"], ["2"]])


def test_texts_within_a_cell_and_with_formats_are_put_together() -> None:
    inline = '<row><c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh><t>x</t></rPh></is></c></row>'
    assert table(book(inline), XLSX)["columns"][0]["name"] == "ab"


def test_cells_stand_in_the_columns_they_name() -> None:
    facts = table(book('<row><c r="B1"><v>1</v></c><c r="AA1"><v>2</v></c></row>'), XLSX)
    assert facts["rows"] == [["", "1", *[""] * 24, "2"]]
    assert names(facts)[-1] == "AA"


def test_a_workbook_of_another_prefix_is_read() -> None:
    content = book("<x:row><x:c><x:v>7</x:v></x:c></x:row>", prefix="x:")
    assert table(content, XLSX)["rows"] == [["7"]]


def test_a_page_far_behind_in_a_workbook_is_found() -> None:
    rows = "".join(
        f'<row r="{number}"><c><v>{number}</v></c><c t="b"><v>1</v></c></row>' for number in range(1, 60_001)
    )
    facts = table(book(rows), XLSX, 600)
    assert (facts["rows"][0][0], facts["rows"][-1][0], facts["more"]) == ("59901", "60000", False)


def test_a_sheet_without_rows_is_shown_as_empty() -> None:
    assert table(book(""), XLSX)["rows"] == []


def test_variants_come_as_a_table_under_what_the_file_says_of_itself() -> None:
    content = b'##fileformat=VCFv4.3\n##source="x\n#CHROM\tPOS\tID\n' + b'1\t100\t"rs1\n' * 150
    facts = table(content, "text/x-vcf", 2)
    assert names(facts) == ["#CHROM", "POS", "ID"]
    assert facts["rows"] == [["1", "100", '"rs1']] * 50
    assert facts["head"] == ["##fileformat=VCFv4.3", '##source="x']
    assert table(content, "text/x-vcf", None)["pages"] == 2


def test_packed_variants_are_shown_as_others() -> None:
    content = b"##fileformat=VCFv4.3\n#CHROM\tPOS\n" + b"".join(b"1\t%d\n" % at for at in range(20_000))
    # In blocks, one after the other, as bgzip writes them.
    packed = b"".join(gzip.compress(content[at : at + 65_280]) for at in range(0, len(content), 65_280))
    assert table(packed, "application/x-vcf+gzip", 150)["rows"] == table(content, "text/x-vcf", 150)["rows"]
    assert table(packed, "application/x-vcf+gzip", None)["pages"] == 200


@pytest.mark.parametrize(("kind", "separator"), [("csv", b","), ("tsv", b"\t")])
def test_packed_tables_are_shown_as_others(kind: str, separator: bytes) -> None:
    content = b"".join(separator.join([b"%d" % at, b"a"]) + b"\n" for at in range(1, 250))
    facts = table(
        gzip.compress(b"".join([separator.join([b"at", b"what"]), b"\n", content])), f"application/x-{kind}+gzip", 2
    )
    assert (names(facts), facts["rows"][0], facts["rows"][-1]) == (["at", "what"], ["101", "a"], ["200", "a"])


def test_variants_without_names_of_columns_are_refused() -> None:
    with pytest.raises(CannotShow):
        table(b"##fileformat=VCFv4.3\n1\t100\n", "text/x-vcf")
