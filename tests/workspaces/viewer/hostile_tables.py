"""Tables made to hurt whoever opens them: workbooks, which are archives of XML, and formats that count themselves."""

import gzip
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import arro3.io
from arro3.core import Array, DataType, Table

from tests.workspaces.viewer.books import book, packed
from tests.workspaces.viewer.hostile import Hostile, Made, flipped, zeros
from workspaces.media_types.claims import XLSX

_DATA = Path(__file__).resolve().parents[2] / "data"
_LAUGHS = "<!DOCTYPE a [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {after} '{f'&{before};' * 10}'>" for before, after in zip("abcdefghi", "bcdefghij", strict=True)
)
_LAUGHS += "]>"
_FILE = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
_SHEET = "xl/worksheets/sheet1.xml"


def corpus() -> Iterator[Hostile]:
    for media_type, makes in [
        (XLSX, _books),
        ("application/x-sas-xport", _transports),
        ("application/x-sas-data", _sas),
        ("application/vnd.apache.parquet", _parquets),
        ("text/csv", _texts),
        ("text/x-vcf", _variants),
        ("application/x-vcf+gzip", _packed_variants),
    ]:
        for name, content, outcome in makes():
            yield Hostile(name, "table", media_type, content, outcome)


def _books() -> Made:
    sound = (_DATA / "tables" / "veteran.xlsx").read_bytes()
    one = '<row><c t="s"><v>{}</v></c></row>'
    yield "xlsx whose sheet inflates to two gigabytes", lambda: _inflating(_SHEET, 2048), "refused"
    yield (
        "xlsx whose texts inflate to two gigabytes",
        lambda: _inflating("xl/sharedStrings.xml", 2048, one.format(7)),
        "refused",
    )
    yield "xlsx that says less than it inflates to", lambda: _inflating(_SHEET, 64, says=9), "any"
    yield "xlsx of a billion laughs in its sheet", packed({_SHEET: _LAUGHS + "<a>&j;</a>"}), "shown"
    yield "xlsx of a billion laughs in a cell", _sheet(_LAUGHS, "<row><c t='str'><v>&j;</v></c></row>"), "refused"
    yield (
        "xlsx of a billion laughs in its texts",
        book(one.format(0), shared=_LAUGHS + "<sst><si><t>&j;</t></si></sst>"),
        "refused",
    )
    yield (
        "xlsx of a billion laughs in its list of sheets",
        packed({_SHEET: ""}, workbook=_LAUGHS + "<workbook>&j;</workbook>"),
        "refused",
    )
    yield "xlsx whose cell names a file", _sheet(_FILE, "<row><c t='str'><v>&x;</v></c></row>"), "refused"
    yield (
        "xlsx whose texts name a file",
        book(one.format(0), shared=_FILE + "<sst><si><t>&x;</t></si></sst>"),
        "refused",
    )
    yield "xlsx with names that lead out", packed({"../../../etc/passwd": "x", _SHEET: ""}), "shown"
    yield "xlsx whose sheet leads out", packed({"../etc/passwd": "x"}, target="../../etc/passwd"), "shown"
    yield "xlsx whose sheet is elsewhere", packed({}, target="http://127.0.0.1/sheet1.xml"), "refused"
    yield "xlsx whose sheet is its list of sheets", packed({}, target="workbook.xml"), "any"
    yield "xlsx without sheets", packed({}, workbook="<workbook/>"), "refused"
    yield "xlsx of ten thousand sheets", _many_sheets(10_000), "shown"
    yield "xlsx with a text of a number that is none", book(one.format(-1) + one.format(10**30)), "shown"
    yield (
        "xlsx with a cell far to the right",
        book("<row><c r='ZZZZZ1'><v>1</v></c><c r='\u00c41'><v>2</v></c></row>"),
        "shown",
    )
    yield "xlsx with dates behind the end of time", _dated("2958465.9999999", "1e308", "-1", "nan", "inf"), "shown"
    yield (
        "xlsx with a format made to be slow",
        packed({"xl/styles.xml": "<s><numFmt numFmtId='170' formatCode='" + '"' * 50_001 + "'/></s>", _SHEET: ""}),
        "shown",
    )
    yield "xlsx with elements a hundred thousand deep", book("<row><c>" + "<v>" * 100_000), "any"
    yield (
        "xlsx with an attribute of eighty megabytes",
        lambda: book(f"<row><c r='{'A' * 80_000_000}'><v>1</v></c></row>"),
        "any",
    )
    yield "xlsx with a row of a million cells", lambda: book("<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>"), "any"
    yield "xlsx with a sheet in UTF-16", packed({_SHEET: "<worksheet><row/></worksheet>".encode("utf-16")}), "refused"
    yield (
        "xlsx with a script for a name",
        packed(
            {_SHEET: ""},
            workbook="<workbook><sheets><sheet name='&lt;script>alert(1)&lt;/script>' id='r1'/></sheets></workbook>",
        ),
        "shown",
    )
    yield "xlsx that is encrypted", _encrypted(), "refused"
    yield "xlsx that ends in the middle", sound[: len(sound) // 2], "refused"
    yield "xlsx whose list of parts lies", sound[:-12] + b"\xff\xff\xff\x7f" + sound[-8:], "refused"
    yield "xlsx of parts that overlap", _overlapping(), "any"
    yield "xlsx that is a page of HTML as well", b"<html><script>alert(1)</script>" + sound, "any"
    yield "xlsx of bytes alone", b"PK\x03\x04" + bytes(range(256)) * 9, "refused"
    for seed in range(3):
        yield f"xlsx with bits turned over, {seed}", flipped(sound, seed, 900), "any"


def _transports() -> Made:
    sound = (_DATA / "tables" / "veteran.xpt").read_bytes()
    count = sound.index(b"NAMESTR HEADER RECORD") + 34
    names = sound.index(b"NAMESTR HEADER RECORD") - 20 + 80
    yield "xpt that claims 9,999 variables", sound[:count] + b"9999" + sound[count + 4 :], "refused"
    yield "xpt that claims no variables", sound[:count] + b"0000" + sound[count + 4 :], "any"
    yield "xpt with a variable of no length", sound[: names + 4] + b"\0\0" + sound[names + 6 :], "any"
    yield "xpt with a variable of 65,535 bytes", sound[: names + 4] + b"\xff\xff" + sound[names + 6 :], "any"
    yield "xpt with a variable before the row", sound[: names + 84] + b"\xff\xff\xff\xff" + sound[names + 88 :], "any"
    yield "xpt that ends in its header", sound[:700], "refused"
    yield "xpt that ends in a row", sound[:5000], "shown"
    yield "xpt header alone", sound[:80], "refused"
    yield "xpt of a thousand datasets", sound[:240] + (sound[240:] + b" " * (-len(sound) % 80)) * 1000, "shown"
    yield "xpt of blanks", sound[:1840] + b" " * 2_000_000, "any"
    for seed in range(3):
        yield f"xpt with bits turned over, {seed}", flipped(sound, seed, 700), "any"


def _sas() -> Made:
    sound = (_DATA / "tables" / "iris.sas7bdat").read_bytes()
    yield "sas7bdat that ends in the middle", sound[:70_000], "refused"
    yield "sas7bdat header alone", sound[:1024], "any"
    yield "sas7bdat with a page of two gigabytes", sound[:200] + b"\xff\xff\xff\x7f" + sound[204:], "refused"
    yield "sas7bdat with two billion pages", sound[:204] + b"\xff\xff\xff\x7f" + sound[208:], "any"
    yield "sas7bdat with a header of two gigabytes", sound[:196] + b"\xff\xff\xff\x7f" + sound[200:], "any"
    for seed in range(5):
        yield f"sas7bdat with bits turned over, {seed}", flipped(sound, seed, 2000), "any"


def _parquets() -> Made:
    sound = (_DATA / "tables" / "veteran.parquet").read_bytes()
    (length,) = struct.unpack("<I", sound[-8:-4])
    head, foot = sound[: -8 - length], sound[-8 - length : -8]
    yield "parquet with a text of a mebibyte, a million times", _kept("texts"), "refused"
    yield "parquet with five million zeros in a page", _kept("zeros"), "shown"
    yield "parquet with a list in a list, a hundred deep", _kept("deep"), "any"
    yield "parquet of five thousand columns", _wide, "any"
    yield "parquet magic alone", b"PAR1", "refused"
    yield "parquet magic twice", b"PAR1PAR1", "refused"
    yield "parquet whose footer is longer than the file", sound[:-8] + b"\xff\xff\xff\x7fPAR1", "refused"
    yield "parquet whose footer is nothing", sound[:-8] + b"\0\0\0\0PAR1", "refused"
    yield "parquet without its beginning", sound[1000:], "refused"
    yield "parquet that ends in the middle", sound[: len(sound) // 2], "refused"
    yield "parquet that is encrypted", sound[:-4] + b"PARE", "refused"
    for seed in range(6):
        yield (
            f"parquet with bits of its footer turned over, {seed}",
            head + flipped(foot, seed, 300) + sound[-8:],
            "any",
        )
    for seed in range(3):
        yield f"parquet with bits of its pages turned over, {seed}", flipped(head, seed, 90) + foot + sound[-8:], "any"


def _texts() -> Made:
    yield "csv of one quote", b'"', "any"
    yield "csv of quotes alone", b'"' * 3_000_001, "any"
    yield "csv of eight million lines", b"\n" * 8_000_000, "any"
    yield "csv of 300,000 columns", b"," * 300_000, "any"
    yield "csv with formulas", b"a,b\n=cmd|' /C calc'!A0,@SUM(1)\n", "shown"
    yield "csv of bytes that are no text", bytes(range(256)) * 2000, "any"


def _variants() -> Made:
    yield "vcf of a header alone", b"##fileformat=VCFv4.3\n" * 90_000, "refused"
    yield "vcf with a line of eight megabytes", b"##fileformat=VCFv4.3\n#CHROM\tPOS\n" + b"1" * 8_000_000, "any"
    yield "vcf with a script in its header", b"##fileformat=VCFv4.3<script>\n#CHROM\tPOS\n1\t2\n", "shown"


def _packed_variants() -> Made:
    head = gzip.compress(b"##fileformat=VCFv4.3\n")
    bomb = head[:10] + zeros(300, raw=True)
    yield "vcf that inflates to 300 megabytes without a line", bomb, "refused"
    yield "vcf with a row that inflates to 300 megabytes", gzip.compress(b"#CHROM\tPOS\n1\t") + bomb, "any"
    yield "vcf packed twice", gzip.compress(gzip.compress(b"#CHROM\tPOS\n")), "refused"
    yield "vcf that ends in the middle of its packing", gzip.compress(b"#CHROM\tPOS\n" * 9000)[:60], "refused"


def _sheet(before: str, rows: str) -> bytes:
    return packed({_SHEET: f"{before}<worksheet><sheetData>{rows}</sheetData></worksheet>"})


def _dated(*values: str) -> bytes:
    cells = "".join(f"<c s='0'><v>{value}</v></c>" for value in values)
    return packed(
        {
            "xl/styles.xml": "<s><cellXfs><xf numFmtId='22'/></cellXfs></s>",
            _SHEET: f"<sheetData><row>{cells}</row></sheetData>",
        }
    )


def _many_sheets(count: int) -> bytes:
    sheets = "".join(f"<sheet name='{number}' id='r1'/>" for number in range(count))
    return packed({_SHEET: "<sheetData><row/></sheetData>"}, workbook=f"<workbook><sheets>{sheets}</sheets></workbook>")


def _inflating(name: str, mebibytes: int, rows: str = "", says: int | None = None) -> bytes:
    """Return a workbook of which one part inflates to so much."""
    content = book(rows)
    bomb, real = zeros(mebibytes, raw=True, of=b" "), mebibytes << 20
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            if part != name:
                target.writestr(part, source.read(part))
        target.writestr(name, b"")
    return _with_last(out.getvalue(), name.encode(), bomb, says or real)


def _with_last(archive: bytes, name: bytes, data: bytes, says: int) -> bytes:
    """Put other bytes into the last part of an archive, and say that they inflate to so much."""
    local = archive.rindex(b"PK\x03\x04")
    listing = archive.rindex(b"PK\x01\x02")
    begins = archive.index(b"PK\x01\x02")
    sizes = struct.pack("<II", len(data), says)
    part = archive[local : local + 18] + sizes + archive[local + 26 : local + 30] + name + data
    entry = archive[listing : listing + 20] + sizes + archive[listing + 28 :]
    body = archive[:local] + part
    moved = len(body) - begins
    end = entry.rindex(b"PK\x05\x06")
    (offset,) = struct.unpack("<I", entry[end + 16 : end + 20])
    tail = entry[: end + 16] + struct.pack("<I", offset + moved) + entry[end + 20 :]
    return body + archive[begins:listing] + tail


def _encrypted() -> bytes:
    sound = book("<row/>")
    return sound.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


def _overlapping() -> bytes:
    """Return a workbook whose sheet is said to begin where the list of sheets does."""
    sound = book("<row/>")
    entry = sound.rindex(b"PK\x01\x02", 0, sound.index(b"xl/worksheets", sound.index(b"PK\x01\x02")))
    return sound[: entry + 42] + b"\0\0\0\0" + sound[entry + 46 :]


def _kept(name: str) -> bytes:
    return (_DATA / "hostile" / f"{name}.parquet").read_bytes()


def _wide() -> bytes:
    out, one = io.BytesIO(), Array([1], type=DataType.int8())
    arro3.io.write_parquet(Table.from_arrays([one] * 5000, names=[f"c{at}" for at in range(5000)]), out)
    return out.getvalue()
