"""The members of an export that are made of events, portion by portion: each event is read once for all of them.

The members stand one after the other in the archive, so what was read for the first must wait for the next: it waits in
a sealed temporary file, never in clear and never in memory. Decoding an event again costs more than keeping its row of
the table: so the rows are made along with the records for FHIR, and wait as well.

With many events a second process makes half of the portions. It gets what was fetched and gives back bytes; what it
opened waits in a spool of its own, so a portion stays with whoever opened it. It never speaks to the database, and
nothing here may need Django: that would double the memory of an export.
"""

import os
from array import array
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import orjson

from ledger_bridge.audit_event import AuditEvents
from ledger_bridge.event_table import EventTable
from ledger_bridge.renderings import Context, Event, Names, Tally
from ledger_bridge.sealed_spool import SealedSpool

PORTION = 500
WORTH_SHARING = 20_000
"""Events from which on a second process earns more than its start costs."""

_AHEAD = 3
_WAITING_AT_HELPER = 2

T = TypeVar("T")

Read = Callable[[Iterable[Sequence[int]]], Generator[Any]]
"""Fetches what stands at these places of the log, portion by portion; perhaps the next one ahead."""

Open = Callable[[Any], Iterable[Event]]
"""Makes events of what was fetched, as lines of `events.jsonl` hold them. Another process must be able to do it."""


@dataclass(frozen=True)
class Portion:
    """What was fetched for some events, and how many of them the summary shows as rows."""

    fetched: Any
    rows: int


@dataclass(frozen=True)
class Lines:
    """A piece of `events.jsonl`, and what is in it."""

    indexes: "array[int]"
    data: bytes
    tally: Tally


class PortionWriter:
    """Makes every member's piece of a portion; one for each process."""

    def __init__(self, context: Context, open_: Open) -> None:
        self._context = context
        self._audit_events = AuditEvents(context)
        self._table = EventTable(context)
        self._open = open_
        self._spool = SealedSpool()
        self._rows: dict[int, int] = {}

    def lines(self, portion: Portion) -> tuple[int, Lines]:
        """Open a portion; return the number under which it can be asked for again, and its lines."""
        events = list(self._open(portion.fetched))
        tally = Tally(rows=portion.rows)
        tally.observe(events)
        data = b"\n".join([*map(orjson.dumps, events), b""])
        return self._spool.put(data), Lines(array("q", [event["index"] for event in events]), data, tally)

    def learn_names(self, names: Names) -> None:
        """Take over the names for the members that show them."""
        self._context = self._context.with_names(names)
        self._audit_events, self._table = AuditEvents(self._context), EventTable(self._context)

    def fhir(self, number: int) -> bytes:
        """Return the records of a portion, and keep its rows."""
        events = list(map(orjson.loads, self._spool.get(number).splitlines()))
        self._rows[number] = self._spool.put(self._table.rows(events))
        return self._audit_events.lines(events)

    def csv(self, number: int) -> bytes:
        """Return the rows of a portion. They were made along with its records."""
        return self._spool.get(self._rows[number])

    def close(self) -> None:
        self._spool.close()


class Helper(Protocol):
    """A second process with a `PortionWriter` of its own."""

    def submit(self, task: str, argument: Any) -> Future[Any]: ...

    def close(self) -> None: ...


class Portions:
    """Reads the events at some places of the log once, and gives every member its pieces in order."""

    def __init__(self, indexes: Sequence[int], read: Read, writer: PortionWriter, helper: Helper | None = None) -> None:
        self._indexes = indexes
        self._read = read
        self._writer = writer
        self._helper = helper
        self._with_helper: list[bool] = []
        self._numbers: list[int] = []

    def lines(self) -> Iterator[Lines]:
        """Read everything. The other members need this to have come to its end."""
        waiting = deque[Future[tuple[int, Lines]]]()
        at_helper = deque[Future[tuple[int, Lines]]]()
        with closing(self._read(portions(self._indexes))) as read:
            for place, fetched in enumerate(read):
                while at_helper and at_helper[0].done():
                    at_helper.popleft()
                share = self._helper is not None and len(at_helper) < _WAITING_AT_HELPER
                self._with_helper.append(share)
                portion = Portion(fetched, max(0, Tally.ROWS - place * PORTION))
                waiting.append(self._do("lines", portion, share=share))
                if share:
                    at_helper.append(waiting[-1])
                yield from map(self._numbered, _ready(waiting))
        yield from map(self._numbered, _ready(waiting, ahead=0))

    def learn_names(self, names: Names) -> None:
        self._writer.learn_names(names)
        if self._helper is not None:
            self._helper.submit("learn_names", names).result()

    def fhir(self) -> Iterator[bytes]:
        """Yield `fhir-auditevents.ndjson`."""
        yield from self._again("fhir")

    def csv(self) -> Iterator[bytes]:
        """Yield `events.csv`. This needs `fhir` to have come to its end."""
        yield EventTable.head()
        yield from self._again("csv")

    def close(self) -> None:
        self._writer.close()
        if self._helper is not None:
            self._helper.close()

    def _numbered(self, made: tuple[int, Lines]) -> Lines:
        number, lines = made
        self._numbers.append(number)
        return lines

    def _again(self, task: str) -> Iterator[bytes]:
        waiting = deque[Future[bytes]]()
        for number, share in zip(self._numbers, self._with_helper, strict=True):
            waiting.append(self._do(task, number, share=share))
            yield from _ready(waiting)
        yield from _ready(waiting, ahead=0)

    def _do(self, task: str, argument: Any, *, share: bool) -> Future[Any]:
        if share and self._helper is not None:
            return self._helper.submit(task, argument)
        done = Future[Any]()
        done.set_result(getattr(self._writer, task)(argument))
        return done


def portions(indexes: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(indexes), PORTION):
        yield indexes[first : first + PORTION]


def deserves_help(events: int) -> bool:
    return events >= WORTH_SHARING and (os.cpu_count() or 1) > 1


def _ready(waiting: "deque[Future[T]]", ahead: int = _AHEAD) -> Iterator[T]:
    """Take out, in order, what is done, and wait where too much stands in line."""
    while waiting and (len(waiting) > ahead or waiting[0].done()):
        yield waiting.popleft().result()
