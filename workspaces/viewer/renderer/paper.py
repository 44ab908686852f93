"""Text, trees and tables as a picture, for those who may look and not copy; and pages of them as plain lines."""

import io
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from workspaces.viewer.renderer import watermark
from workspaces.viewer.renderer.images import encode

_EVEN_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
_USUAL_SIZE, _LEAST_SIZE = 14, 7
_MARGIN, _GAP = 12, 14
# What does not fit is not drawn, and the last line says how much that is.
_MOST_PIXELS = 16_000_000
_WIDEST = 6000
_MOST_LINES = 1200
_LONGEST_LINE = 160
_LONGEST_CELL = 60
_font_file: bytes | None = None

Cells = list[list[str]]


def warm_up() -> None:
    """Read the font while there are files to read; without it, the one of the watermark is taken."""
    global _font_file  # noqa: PLW0603  it is read once, before the first fork
    _font_file = _EVEN_FONT.read_bytes() if _EVEN_FONT.is_file() else None
    _font(_USUAL_SIZE).getmask("ready")


def lines_of(facts: dict[str, Any]) -> list[str]:
    """Return a page of text, of a tree or of a table as lines; the cells of a table stand between tabs."""
    if "rows" in facts:
        return ["\t".join(cells) for cells in _table(facts)]
    if "nodes" in facts:
        return [_node(*node) for node in facts["nodes"]]
    return [str(line) for line in facts["lines"]]


def draw(facts: dict[str, Any], job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return what stands around the page, and the page as a picture with its watermark."""
    cells = _shortened(_table(facts)) if "rows" in facts else [[line] for line in _wrapped(lines_of(facts))]
    cut = max(len(cells) - _MOST_LINES, 0)
    cells = cells[:_MOST_LINES]
    size, columns = _layout(cells, job["zoom"])
    hidden = max(map(len, cells), default=0) - len(columns)
    if cut or hidden:
        missing = [f"{count} {what}" for count, what in ((cut, "lines"), (hidden, "columns")) if count]
        cells.append([f"Not drawn here: {' and '.join(missing)}"])
    marked = watermark.stamp(_sheet(cells, columns, size), job["stamp"])
    around: dict[str, Any] = {one: facts[one] for one in ("pages", "more", "parts", "part", "note") if one in facts}
    return around, encode(marked, plain=True)


def _table(facts: dict[str, Any]) -> Cells:
    names = [str(column["name"]) for column in facts["columns"]]
    rows = ([str(facts["first"] + number), *map(str, row)] for number, row in enumerate(facts["rows"]))
    return [["", *names], *rows]


def _node(depth: int, name: str, value: str, *_: Any) -> str:
    return "  " * int(depth) + (f"{name}: {value}" if name else str(value))


def _shortened(rows: Cells) -> Cells:
    return [[cell if len(cell) <= _LONGEST_CELL else cell[: _LONGEST_CELL - 1] + "…" for cell in row] for row in rows]


def _wrapped(lines: list[str]) -> list[str]:
    return [
        line[at : at + _LONGEST_LINE]
        for line in (line.expandtabs(8) for line in lines)
        for at in range(0, max(len(line), 1), _LONGEST_LINE)
    ]


def _layout(cells: Cells, zoom: int) -> tuple[int, list[int]]:
    """Return the size of the letters and where each column begins, of those that fit."""
    size = max(round(_USUAL_SIZE * zoom / 100), _LEAST_SIZE)
    while True:
        columns, width = _columns(cells, size)
        if size == _LEAST_SIZE or width * len(cells) * _line(size) <= _MOST_PIXELS:
            return size, columns
        size = max(size - 3, _LEAST_SIZE)


def _columns(cells: Cells, size: int) -> tuple[list[int], int]:
    font, columns, at = _font(size), list[int](), _MARGIN
    for number in range(max(map(len, cells), default=0)):
        wide = max(int(font.getlength(row[number])) for row in cells if number < len(row))
        if columns and at + wide > _WIDEST:
            break
        columns.append(at)
        at += min(wide, _WIDEST) + _GAP
    return columns, at + _MARGIN


def _sheet(cells: Cells, columns: list[int], size: int) -> Image.Image:
    font, line = _font(size), _line(size)
    ends = [left + font.getlength(cell) for row in cells for left, cell in zip(columns, row, strict=False)]
    width = int(min(max([*ends, 400]) + _MARGIN, _WIDEST + _MARGIN))
    sheet = Image.new("L", (width, len(cells) * line + 2 * _MARGIN), 255)
    pen = ImageDraw.Draw(sheet)
    for number, row in enumerate(cells):
        for left, cell in zip(columns or [_MARGIN], row, strict=False):
            pen.text((left, _MARGIN + number * line), _drawable(cell), font=font, fill=20)
    return sheet


def _drawable(cell: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in cell)


def _line(size: int) -> int:
    return round(size * 1.4)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    if _font_file is not None:
        return ImageFont.truetype(io.BytesIO(_font_file), size)
    return watermark.font_of(size)
