"""The same events as a table: `events.csv`.

Rules enforced
    * RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe in front;
    * what is hidden or erased says so.

Most rows are text that needs neither quotes nor apostrophes, but for the details, which are JSON. Such a row is put
together as it stands, and a few searches tell that it is one; every other row goes cell by cell.
"""

import csv
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from ledger_bridge.renderings import HIDDEN, NAMED, Context, Event, as_text, compact, details, fields_of

COLUMNS = (
    "occurred_at", "recorded_at", "kind", "outcome", "actor", "actor_kind", "actor_institution", "person", "workspace",
    "item", "version", "purpose", "request_id", "source_address", "id", "schema",
)  # fmt: skip
_FORMULA_STARTS = frozenset("=+-@\t\r\n")
_NEEDS_CARE = ('"', "\r", "\n", ",=", ",+", ",-", ",@", ",\t")
_NOTHING: dict[str, Any] = {}
_in_columns = itemgetter(*COLUMNS[:-1])
_COMMAS = len(COLUMNS) + len(NAMED)


class EventTable:
    """The rows of one export."""

    def __init__(self, context: Context) -> None:
        self._name_of = [(field, context.names.get(kind, _NOTHING).get) for field, kind in NAMED.items()]

    @staticmethod
    def head() -> bytes:
        """The first line."""
        return _written(["index", *COLUMNS, *(f"{field}_name" for field in NAMED), "detail", "hidden"]).encode()

    def rows(self, events: Iterable[Event]) -> bytes:
        """A line for each event."""
        return "".join([self._plain(event) or self._careful(event) for event in events]).encode()

    def _plain(self, event: Event) -> str | None:
        """Return the line of an event that is shown as a whole, if no cell but that of the details needs care."""
        if "seed" not in event:
            return None
        fields = event["fields"]
        cells = [*_in_columns(fields), as_text(fields["schema"])]
        cells += [name_of(fields[field]) for field, name_of in self._name_of]
        try:
            text = "," + ",".join(["" if cell is None else cell for cell in cells])
        except TypeError:
            return None  # something is no text
        if text.count(",") != _COMMAS or any(map(text.__contains__, _NEEDS_CARE)):
            return None
        return f"{event['index']}{text},{_quoted(compact(details(fields)))},\r\n"

    def _careful(self, event: Event) -> str:
        fields = fields_of(event)
        shown = fields.get
        values = [shown(name, HIDDEN) for name in COLUMNS]
        values += [name_of(shown(field)) for field, name_of in self._name_of]
        values.append(compact(details(fields)))
        hidden = "(erased)" if event.get("erased") else " ".join(event.get("hidden", ()))
        return _written([str(event["index"]), *(harmless(as_text(value)) for value in values), hidden])


def harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula."""
    return f"'{cell}" if cell[:1] in _FORMULA_STARTS else cell


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if '"' in cell else cell


class _Echo:
    """Lets `csv` give back a line in place of writing it."""

    def write(self, line: str) -> str:
        return line


def _written(row: list[str]) -> str:
    return str(_writer.writerow(row))


_writer = csv.writer(_Echo(), lineterminator="\r\n")  # it returns what `write` returns
