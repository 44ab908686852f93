"""What an export says about the log itself (docs/formats/entry.md): which logs it continues, and what was erased.

These entries belong to no stream of a workspace, file or person, so no trail would hold them. They are disclosed with
nothing but what a reader needs; nobody is named in them.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import count, groupby
from typing import Any

from django.db import connection

from ledger_bridge.disclosure import entries_at
from ledger_bridge.erasure.events import SubjectErased
from ledger_bridge.events import LogSucceeded
from ledger_bridge.models import Entry, ErasedStream
from ledger_bridge.stored_entry import StoredEntry
from ledger_bridge.tlog.entry import SLOTS

_ALWAYS = {"kind", "schema", "recorded_at"}
_TOLD = {
    LogSucceeded.kind: {"origin", "size", "checkpoint", "carried"},
    SubjectErased.kind: {"of", "stream", "ground", "entries"},
}
_GROUND = "detail.ground"
_IN_STREAMS = f"""
    SELECT l.index, ARRAY[{", ".join(f"e.{slot}_stream_id" for slot in SLOTS)}]
    FROM ledger_bridge_entry e JOIN ledger_bridge_leaf l ON l.entry = e.id
    WHERE l.index < %(size)s AND ({" OR ".join(f"e.{slot}_stream_id = ANY(%(streams)s)" for slot in SLOTS)})
    ORDER BY l.index
"""  # noqa: S608  constant names

Notice = dict[str, Any]


def notices_for(indexes: Sequence[int], size: int, *, hide_grounds: bool = False) -> list[Notice]:
    """Return the notices for an export of the entries in these places, from a log of this size, in order."""
    return [*_successions(size), *_erasures(indexes, size, hide_grounds=hide_grounds)]


def _successions(size: int) -> Iterator[Notice]:
    """The entries at the very beginning that each name a log which this one continues."""
    for index in count():
        entry = next(entries_at([index]), None) if index < size else None
        if entry is None or entry.fields["kind"] != LogSucceeded.kind:
            return
        yield {"event": _disclosed(entry), "covers": []}


def _erasures(indexes: Sequence[int], size: int, *, hide_grounds: bool) -> Iterator[Notice]:
    told = {entry.fields["detail.stream"]: entry for entry in _entries_about_erasures(size)}
    rows = {
        erased.stream_id: told[bytes(erased.stream.commitment).hex()]
        for erased in ErasedStream.objects.select_related("stream")
        if bytes(erased.stream.commitment).hex() in told
    }
    covers: dict[int, list[list[int]]] = {}
    for erasure, places in groupby(_accounted(indexes, size, rows), key=lambda pair: pair[1]):
        found = [place for place, _ in places]
        covers.setdefault(erasure, []).append([found[0], found[-1]])
    for entry in sorted(rows.values(), key=lambda entry: entry.index or 0):
        if entry.index in covers:
            hide = {_GROUND} if hide_grounds else set()
            yield {"event": _disclosed(entry, hide), "covers": covers[entry.index]}


def _entries_about_erasures(size: int) -> list[StoredEntry]:
    done = Entry.objects.filter(kind=SubjectErased.kind, outcome=Entry.Outcome.ALLOW, leaf__index__lt=size)
    places = list(done.order_by("leaf__index").values_list("leaf__index", flat=True))
    return [entry for entry in entries_at(places) if entry.is_readable]


def _accounted(indexes: Sequence[int], size: int, rows: dict[int, StoredEntry]) -> Iterator[tuple[int, int]]:
    """The places of the export's entries in erased streams, each with that of the first entry which accounts for it."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_IN_STREAMS, {"size": size, "streams": list(rows)})
        found: list[tuple[int, list[int | None]]] = cursor.fetchall()
    for place, streams in found:
        at = bisect_left(indexes, place)
        erasures = [rows[stream].index or 0 for stream in streams if stream in rows]
        later = [erasure for erasure in erasures if erasure > place]
        if at < len(indexes) and indexes[at] == place and later:
            yield place, min(later)


def _disclosed(entry: StoredEntry, hide: set[str] | None = None) -> dict[str, Any]:
    shown = _ALWAYS | {f"detail.{name}" for name in _TOLD[entry.fields["kind"]]}
    return entry.disclosed(numbers=(), hide=(set(entry.fields) - shown) | (hide or set()))
