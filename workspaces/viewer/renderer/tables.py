"""Tables as CSV or TSV: a hundred rows at a time, and what the columns hold, whatever the size of the file."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from workspaces.viewer.renderer.failures import CannotDraw, refuse_missing_page

ROWS = 100
SAMPLE = 1000
"""What columns hold is told from so many rows at the beginning, and the page says so."""

_BLOCK = 256 * 1024
_MOST_COLUMNS = 200
_LONGEST_CELL = 200
_LONGEST_PAGE = 4 * 1024 * 1024
_SEPARATORS = ",;\t|"
_NEWLINE, _QUOTE = b"\n", b'"'
_INSIDE = re.compile(b'[^"]*(?:""[^"]*)*')


def warm_up() -> None:
    """Load the codecs: Python reads them from files when they are first named."""
    for name in ("utf-8-sig", "cp1252"):
        codecs.lookup(name)
    csv.field_size_limit(_LONGEST_PAGE)


def describe(file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
    """Count the pages; this reads all of it."""
    _, rows, ended = _after_rows(file, 0, None, _separator(file, job["media_type"]))
    return {"pages": max(-(-(rows + (not ended) - 1) // ROWS), 1)}


def draw(file: BinaryIO, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the rows of one page, the names of the columns, and what these hold."""
    separator = _separator(file, job["media_type"])
    head = _rows_at(file, 0, SAMPLE + 1, separator)
    if not head:
        return {"columns": [], "hidden": 0, "rows": [], "first": 1, "more": False, "sample": 0}, b""
    first = (job["page"] - 1) * ROWS
    start, found, _ = _after_rows(file, 0, first + 1, separator)
    rows = _rows_at(file, start, ROWS + 1, separator) if found == first + 1 else []
    if first and not rows:
        refuse_missing_page(job["page"], max(-(-(found - 1) // ROWS), 1))
    names = head[0][:_MOST_COLUMNS]
    return {
        "columns": [_summary(name, [row[at] for row in head[1:] if at < len(row)]) for at, name in enumerate(names)],
        "hidden": max(len(head[0]) - _MOST_COLUMNS, 0),
        "rows": [[_short(cell) for cell in row[:_MOST_COLUMNS]] for row in rows[:ROWS]],
        "first": first + 1,
        "more": len(rows) > ROWS,
        "sample": len(head) - 1,
    }, b""


def _after_rows(file: BinaryIO, start: int, wanted: int | None, separator: str) -> tuple[int, int, bool]:
    """Return where the row after so many ends begins, how many there were, and whether the last one was ended.

    A line break in a quoted cell ends no row. Nothing is kept of what is passed over.
    """
    opening = re.compile(b'(?<=[\n\r%s])"' % re.escape(separator.encode()))
    file.seek(start)
    at, rows, quoted, before = start, 0, False, _NEWLINE
    while chunk := _chunk(file):
        block = before + chunk
        spans, quoted = _outside_quotes(block, opening, quoted)
        for first, last in spans:
            breaks = block.count(_NEWLINE, first, last)
            if wanted is not None and rows + breaks >= wanted:
                return at - 1 + _after_breaks(block, first, wanted - rows), wanted, True
            rows += breaks
        at += len(chunk)
        before = chunk[-1:]
    return at, rows, before == _NEWLINE


def _outside_quotes(block: bytes, opening: re.Pattern[bytes], quoted: bool) -> tuple[list[tuple[int, int]], bool]:  # noqa: FBT001
    """Return what of a block, behind its first byte, stands in no quoted cell, and whether its end does."""
    spans, place = [], 1
    while place < len(block):
        if quoted:
            inside = _INSIDE.match(block, place)
            place = (inside.end() if inside else place) + 1
            quoted = place > len(block)
            continue
        opens = opening.search(block, place)
        spans.append((place, opens.start() if opens else len(block)))
        quoted = opens is not None
        place = opens.end() if opens else len(block)
    return spans, quoted


def _chunk(file: BinaryIO) -> bytes:
    """Return the next bytes; they do not end with a quote, so a doubled one is never torn."""
    chunk = file.read(_BLOCK)
    while chunk.endswith(_QUOTE) and (more := file.read(1)):
        chunk += more
    return chunk


def _after_breaks(block: bytes, place: int, number: int) -> int:
    for _ in range(number):
        place = block.index(_NEWLINE, place) + 1
    return place


def _rows_at(file: BinaryIO, start: int, count: int, separator: str) -> list[list[str]]:
    """Return up to so many rows from there on."""
    stop, _, _ = _after_rows(file, start, count, separator)
    file.seek(start)
    content = file.read(min(stop - start, _LONGEST_PAGE))
    return list(_parsed(content, separator))[:count]


def _parsed(content: bytes, separator: str) -> Iterator[list[str]]:
    try:
        said = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = content.decode("cp1252", "replace")
    try:
        yield from csv.reader(io.StringIO(said.replace("\0", ""), newline=""), delimiter=separator)
    except csv.Error as error:
        raise CannotDraw("broken") from error


def _separator(file: BinaryIO, media_type: str) -> str:
    if media_type == "text/tab-separated-values":
        return "\t"
    file.seek(0)
    line = file.read(_BLOCK).partition(_NEWLINE)[0].decode("utf-8", "replace")
    return max(_SEPARATORS, key=line.count)


def _summary(name: str, cells: list[str]) -> dict[str, Any]:
    """Say what a column holds: how much of it is filled, of which kind, from where to where."""
    filled = [cell for cell in cells if cell.strip()]
    numbers = [_number(cell) for cell in filled]
    known = [number for number in numbers if number is not None]
    is_number = bool(filled) and len(known) == len(filled)
    order = sorted(zip(known, filled, strict=True)) if is_number else []
    texts = [cell for _, cell in order] or sorted(filled)
    return {
        "name": _short(name),
        "kind": "number" if is_number else "text" if filled else "empty",
        "filled": len(filled),
        "different": len(set(filled)),
        "lowest": _short(texts[0]) if texts else "",
        "highest": _short(texts[-1]) if texts else "",
    }


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _short(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else cell[: _LONGEST_CELL - 1] + "…"
