"""Tables as text: CSV, TSV, and the variants of a VCF behind its header."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from workspaces.viewer.renderer.failures import CannotDraw
from workspaces.viewer.renderer.tables.page import (
    ROWS,
    Page,
    Row,
    first_row,
    pages_of,
    refuse_page_behind,
    sample_size,
)

_BLOCK = 256 * 1024
_LONGEST_PAGE = 4 * 1024 * 1024
_LONGEST_SAMPLE = 2 * 1024 * 1024
_SEPARATORS = ",;\t|"
_NEWLINE, _QUOTE = b"\n", b'"'
_INSIDE = re.compile(b'[^"]*(?:""[^"]*)*')
_VARIANTS = "text/x-vcf"
_HEADER_LINES, _LONGEST_HEADER = 200, 1024 * 1024


@dataclass(frozen=True)
class _Format:
    """`start` is where the line with the names begins; a VCF has `head` before it, and no quotes."""

    separator: str
    start: int = 0
    quotes: bool = True
    head: tuple[str, ...] = ()


def warm_up() -> None:
    """Load the codecs: Python reads them from files when they are first named."""
    for name in ("utf-8-sig", "cp1252"):
        codecs.lookup(name)
    csv.field_size_limit(_LONGEST_PAGE)


def count_pages(file: BinaryIO, media_type: str) -> int:
    """Count the pages; this reads all of it."""
    form = _format(file, media_type)
    _, rows, ended = _after_rows(file, form.start, None, form)
    return pages_of(rows + (not ended) - 1)


def read_page(file: BinaryIO, media_type: str, number: int) -> Page:
    """Return the rows of one page, read from the beginning to there."""
    form, first = _format(file, media_type), first_row(number)
    names = next(iter(_rows_at(file, form.start, 1, form)), [])
    if not names:
        return Page([], [], 1, more=False, sample=[], whole=True, head=list(form.head))
    sampled = sample_size(len(names))
    head, whole = _sample(file, form, sampled + 1)
    start, found, _ = _after_rows(file, form.start, first + 1, form)
    rows = _rows_at(file, start, ROWS + 1, form) if found == first + 1 else []
    if first and not rows:
        refuse_page_behind(number, found - 1)
    return Page(names, rows[:ROWS], first + 1, len(rows) > ROWS, head[1 : sampled + 1], whole, head=list(form.head))


def _sample(file: BinaryIO, form: _Format, count: int) -> tuple[list[Row], bool]:
    """Return up to so many rows from the beginning, and whether these are all there are."""
    stop, _, _ = _after_rows(file, form.start, count, form)
    rows = _rows_at(file, form.start, count, form, _LONGEST_SAMPLE)
    if stop - form.start > _LONGEST_SAMPLE and len(rows) > 1:
        return rows[:-1], False
    file.seek(stop)
    return rows, not file.read(1)


def _format(file: BinaryIO, media_type: str) -> _Format:
    if media_type == "text/tab-separated-values":
        return _Format("\t")
    file.seek(0)
    if media_type == _VARIANTS:
        return _variants(file.read(_LONGEST_HEADER))
    line = file.read(_BLOCK).partition(_NEWLINE)[0].decode("utf-8", "replace")
    return _Format(max(_SEPARATORS, key=line.count))


def _variants(beginning: bytes) -> _Format:
    """Find the line with the names of the columns, which follows those that begin with two hashes."""
    names = re.search(rb"^#CHROM\t", beginning, re.MULTILINE)
    if names is None:
        raise CannotDraw("broken")
    lines = beginning[: names.start()].decode("utf-8", "replace").splitlines()
    return _Format("\t", names.start(), quotes=False, head=tuple(lines[:_HEADER_LINES]))


def _after_rows(file: BinaryIO, start: int, wanted: int | None, form: _Format) -> tuple[int, int, bool]:
    """Return where the row after so many ends begins, how many there were, and whether the last one was ended.

    A line break in a quoted cell ends no row. Nothing is kept of what is passed over.
    """
    opening = re.compile(b'(?<=[\n\r%s])"' % re.escape(form.separator.encode())) if form.quotes else None
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


def _outside_quotes(
    block: bytes,
    opening: re.Pattern[bytes] | None,
    quoted: bool,  # noqa: FBT001
) -> tuple[list[tuple[int, int]], bool]:
    """Return what of a block, behind its first byte, stands in no quoted cell, and whether its end does."""
    if opening is None:
        return [(1, len(block))], False
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
    chunk = bytearray(file.read(_BLOCK))
    while chunk.endswith(_QUOTE) and (more := file.read(_BLOCK)):
        taken = len(more) - len(more.lstrip(_QUOTE)) + 1
        chunk += more[:taken]
        file.seek(-len(more[taken:]), io.SEEK_CUR)
    return bytes(chunk)


def _after_breaks(block: bytes, place: int, number: int) -> int:
    for _ in range(number):
        place = block.index(_NEWLINE, place) + 1
    return place


def _rows_at(file: BinaryIO, start: int, count: int, form: _Format, most: int = _LONGEST_PAGE) -> list[Row]:
    """Return up to so many rows from there on."""
    stop, _, _ = _after_rows(file, start, count, form)
    file.seek(start)
    return list(_parsed(file.read(min(stop - start, most)), form))[:count]


def _parsed(content: bytes, form: _Format) -> Iterator[Row]:
    try:
        # What was read may end within a letter.
        said = codecs.getincrementaldecoder("utf-8-sig")().decode(content)
    except UnicodeDecodeError:
        said = content.decode("cp1252", "replace")
    try:
        lines = io.StringIO(said.replace("\0", ""), newline="")
        if form.quotes:
            yield from csv.reader(lines, delimiter=form.separator)
        else:
            yield from csv.reader(lines, delimiter=form.separator, quoting=csv.QUOTE_NONE)
    except csv.Error as error:
        raise CannotDraw("broken") from error
