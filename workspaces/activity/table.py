"""Activity as a table for a spreadsheet. Nothing in it is taken for a formula."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC

from ledger_bridge.event_table import harmless
from workspaces.activity.lines import Line

COLUMNS = (
    "time (UTC)", "person", "institution", "what", "file", "version", "pages", "shown for about (seconds)",
    "seconds by page", "measured by", "to", "by a program", "person id", "file id", "entry",
)  # fmt: skip
_MARK = "\ufeff"


def head() -> bytes:
    """The first line, marked as UTF-8, which spreadsheets do not guess."""
    return (_MARK + _written([list(COLUMNS)])).encode()


def rows(lines: Iterable[Line]) -> bytes:
    return _written(_cells(line) for line in lines).encode()


def _cells(line: Line) -> list[str]:
    cells = [
        f"{line.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        line.who,
        line.institution,
        line.act,
        line.name,
        str(line.version or ""),
        line.pages or {"looking": "still looking", "unknown": "not known"}.get(line.state, ""),
        str(line.seconds) if line.times else "",
        " ".join(f"{page}:{seconds}" for page, seconds in line.times.items()),
        line.measured,
        line.to,
        "yes" if line.by_program else "no",
        line.person,
        line.item,
        str(line.entry),
    ]
    return [harmless(cell) for cell in cells]


def _written(lines: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue()
