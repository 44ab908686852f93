"""What one page of a table is made of, whatever the file it comes from."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workspaces.viewer.renderer.failures import refuse_missing_page

ROWS = 100
MOST_COLUMNS = 200
LONGEST_CELL = 200
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]|$)")
_LEAST_SAMPLE, _LARGEST_SAMPLE = 1000, 10_000
_CELLS_OF_A_SAMPLE = 50_000

Row = list[str]


@dataclass(frozen=True)
class Page:
    """`sample` are the first rows, from which it is told what columns hold; `whole` says that there are no others.

    `wide` is how many columns there are, where not all were read. `parts` are the sheets of a workbook, each by its
    name and its first page, 0 where that is not known.
    """

    names: list[str]
    rows: list[Row]
    first: int
    more: bool
    sample: list[Row]
    whole: bool
    labels: list[str] = field(default_factory=list)
    wide: int = 0
    parts: list[tuple[str, int]] = field(default_factory=list)
    part: int = 0
    head: list[str] = field(default_factory=list)
    note: str = ""


def first_row(number: int) -> int:
    """Return how many rows stand before those of a page."""
    return (number - 1) * ROWS


def pages_of(rows: int) -> int:
    """Return how many pages so many rows make: at least one."""
    return max(-(-rows // ROWS), 1)


def sample_size(columns: int) -> int:
    """Return from how many rows it is told what columns hold: fewer where there are many columns, to take no longer."""
    return min(max(_CELLS_OF_A_SAMPLE // max(columns, 1), _LEAST_SAMPLE), _LARGEST_SAMPLE)


def refuse_page_behind(number: int, found: int) -> None:
    """Refuse a page behind the end; `found` rows were."""
    refuse_missing_page(number, pages_of(found))


def in_words(value: Any) -> str:
    """Return a value of a table that knows kinds of values as the text of its cell."""
    return _WORDS.get(type(value), str)(value)


_WORDS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    float: lambda number: "" if math.isnan(number) else f"{number:.15g}",
    bool: lambda answer: "true" if answer else "false",
    bytes: lambda content: content[:LONGEST_CELL].hex(" "),
    datetime: lambda moment: moment.isoformat(" "),
}


def in_facts(page: Page) -> dict[str, Any]:
    """Return the page as it goes to the other side."""
    wide = max([page.wide, len(page.names), *map(len, page.rows)])
    names = [*page.names, *[""] * (min(wide, MOST_COLUMNS) - len(page.names))][:MOST_COLUMNS]
    return {
        "columns": [
            _summary(name, page.labels[at] if at < len(page.labels) else "", _cells(page.sample, at))
            for at, name in enumerate(names)
        ],
        "hidden": max(wide - MOST_COLUMNS, 0),
        "rows": [[_short(cell) for cell in row[:MOST_COLUMNS]] for row in page.rows],
        "first": page.first,
        "more": page.more,
        "sample": len(page.sample),
        "whole": page.whole,
        "parts": [[_short(name), first] for name, first in page.parts],
        "part": page.part,
        "head": [_short(line) for line in page.head],
        "note": page.note,
    }


def _cells(rows: list[Row], at: int) -> list[str]:
    return [row[at] for row in rows if at < len(row)]


def _summary(name: str, meaning: str, cells: list[str]) -> dict[str, Any]:
    """Say what a column holds: how much of it is filled, of which kind, from where to where."""
    filled = [cell for cell in cells if cell.strip()]
    numbers = [_number(cell) for cell in filled]
    known = [number for number in numbers if number is not None]
    is_number = bool(filled) and len(known) == len(filled)
    order = sorted(zip(known, filled, strict=True)) if is_number else []
    texts = [cell for _, cell in order] or sorted(filled)
    return {
        "name": _short(name),
        "meaning": _short(meaning),
        "kind": "number" if is_number else _kind(filled),
        "filled": len(filled),
        "different": len(set(filled)),
        "lowest": _short(texts[0]) if texts else "",
        "highest": _short(texts[-1]) if texts else "",
    }


def _kind(filled: list[str]) -> str:
    if not filled:
        return "empty"
    return "date" if all(map(_DATE.match, filled)) else "text"


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _short(cell: str) -> str:
    return cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 1] + "…"
