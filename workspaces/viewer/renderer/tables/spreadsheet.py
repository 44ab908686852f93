"""XLSX: the sheets of a workbook one behind the other, as far as they hold cells. Formulas show what they gave."""

import codecs
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from workspaces.viewer.renderer.failures import CannotDraw
from workspaces.viewer.renderer.tables.cells import Cells, shared_texts
from workspaces.viewer.renderer.tables.packed import Package, parse, skipping
from workspaces.viewer.renderer.tables.page import (
    MOST_COLUMNS,
    ROWS,
    Page,
    Row,
    first_row,
    pages_of,
    refuse_page_behind,
)
from workspaces.viewer.renderer.tables.styles import read_styles

_WORKBOOK = "xl/workbook.xml"
# Sheets are counted for their list of links as long as that costs little.
_COUNTED = 24 * 1024 * 1024
_HIDDEN = {"hidden", "veryHidden"}
_MOST_SHEETS = 500
_SAMPLE = 1000
_LETTERS = 26


def warm_up() -> None:
    """Load the codecs that names in archives come in."""
    for name in ("cp437", "utf-8", "ascii"):
        codecs.lookup(name)


def count_pages(file: BinaryIO, media_type: str) -> int:
    """Count the pages of all sheets."""
    book = _Book(file)
    return sum(book.pages(sheet) for sheet in book.sheets)


def read_page(file: BinaryIO, media_type: str, number: int) -> Page:
    """Return one page; those of all sheets are counted through."""
    book = _Book(file)
    left, passed = number, 0
    for at, sheet in enumerate(book.sheets):
        page = book.page(sheet, left)
        if page is not None:
            return book.placed(page, at)
        count = book.pages(sheet)
        left, passed = left - count, passed + count
    refuse_page_behind(number, max(passed, 1) * ROWS)
    raise CannotDraw("broken")


@dataclass
class _Sheet:
    name: str
    part: str
    rows: int | None = None
    wide: int = 0
    has_names: bool = False
    head: list[Row] = field(default_factory=list)


class _Book:
    def __init__(self, file: BinaryIO) -> None:
        self._package = Package(file)
        self._styles = read_styles(self._package)
        self.sheets = self._listed()

    def page(self, sheet: _Sheet, number: int) -> Page | None:
        """Return a page of a sheet, or None where it has fewer."""
        self._look_at_head(sheet, _SAMPLE + 2)
        start = first_row(number) + sheet.has_names
        fits = start + ROWS < len(sheet.head)
        rows = sheet.head[start : start + ROWS + 1] if fits else self._texts(sheet, start, ROWS + 1)
        if number > 1 and not rows:
            return None
        return Page(
            names=sheet.head[0] if sheet.has_names else _letters(min(sheet.wide, MOST_COLUMNS)),
            rows=rows[:ROWS],
            first=first_row(number) + 1,
            more=len(rows) > ROWS,
            sample=sheet.head[sheet.has_names :][:_SAMPLE],
            whole=len(sheet.head) <= _SAMPLE + sheet.has_names,
            wide=sheet.wide,
        )

    def pages(self, sheet: _Sheet) -> int:
        """Count the pages of a sheet."""
        if sheet.rows is None:
            self._look_at_head(sheet, 2)
            sheet.rows, _ = skipping(self._package.blocks(sheet.part), "row", 2**62)
        return pages_of(sheet.rows - sheet.has_names)

    def placed(self, page: Page, at: int) -> Page:
        """Return the page among the other sheets."""
        parts, first, cost = [], 1, 0
        for sheet in self.sheets:
            parts.append((sheet.name, first))
            cost += 0 if sheet.rows is not None else self._package.size(sheet.part)
            first = first + self.pages(sheet) if first and cost <= _COUNTED else 0
        more = page.more or at + 1 < len(self.sheets)
        return replace(page, more=more, parts=parts if len(parts) > 1 else [], part=at)

    def _look_at_head(self, sheet: _Sheet, count: int) -> None:
        if len(sheet.head) < count:
            sheet.head = self._texts(sheet, 0, count)
            sheet.has_names = _are_names(sheet.head)

    def _texts(self, sheet: _Sheet, start: int, count: int) -> list[Row]:
        """Return up to so many rows that hold something."""
        passed, blocks = skipping(self._package.blocks(sheet.part), "row", start)
        if passed < start:
            return []
        cells = Cells(self._styles, count)
        parse(_rooted(blocks), start=cells.start, end=cells.end, text=cells.text)
        sheet.wide = max(sheet.wide, cells.wide)
        return cells.filled_in(shared_texts(self._package, cells.wanted))

    def _listed(self) -> list[_Sheet]:
        targets: dict[str, str] = {}
        sheets: list[_Sheet] = []

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        def sheet(name: str, attributes: dict[str, str]) -> None:
            part = _resolved(targets.get(attributes.get("id", ""), ""))
            if name == "sheet" and self._package.has(part):
                hidden = " (hidden)" if attributes.get("state") in _HIDDEN else ""
                sheets.append(_Sheet(attributes.get("name", "") + hidden, part))

        self._package.parse("xl/_rels/workbook.xml.rels", start=relation, end=_nothing, text=_nothing)
        self._package.parse(_WORKBOOK, start=sheet, end=_nothing, text=_nothing)
        if not sheets:
            raise CannotDraw("broken")
        return sheets[:_MOST_SHEETS]


def _nothing(*_: object) -> None:
    """Read past it."""


def _resolved(target: str) -> str:
    """Return the part that a relation leads to: its name in the archive, never a path outside."""
    return posixpath.normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}")


def _rooted(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Make a document of rows that were cut out of one; what ends them is what ends the sheet's."""
    first = next(blocks, b"")
    prefix = first[1 : first.find(b"row", 1)]
    yield b"<%ssheetData>" % prefix + first
    yield from blocks


def _are_names(head: list[Row]) -> bool:
    """Tell a first row of names from one of data: as wide as what follows, and a text in each of its cells."""
    if not head or not head[0]:
        return False
    follows = len(head[1]) if len(head) > 1 else 0
    return follows <= len(head[0]) and all(cell.strip() and not _is_number(cell) for cell in head[0])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _letters(count: int) -> list[str]:
    return [_letter(at) for at in range(count)]


def _letter(at: int) -> str:
    said = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, _LETTERS)
        said = chr(ord("A") + rest) + said
    return said
