"""What goes into an export of the trail: up to one checkpoint, in bounded memory, never through a file of our own.

Entries do not change once they have a place in the log, so an export needs no long transaction: their places are
gathered first, and the entries are read in small portions.
"""

from array import array
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

from django.db import ProgrammingError, connection
from django.db.models import Q

from core.access import Actor
from core.errors import Unavailable
from ledger_bridge import names
from ledger_bridge.anchors.evidence import anchored_sizes, anchors_up_to
from ledger_bridge.disclosure import rows_ahead
from ledger_bridge.erasure.accounts import erased_streams
from ledger_bridge.events import event_kinds
from ledger_bridge.exporting_short import short_form
from ledger_bridge.filters import TrailFilters
from ledger_bridge.leaving_out import ACTOR, DETAILS
from ledger_bridge.models import Entry, Leaf
from ledger_bridge.notices import notices_for
from ledger_bridge.recording import format_time
from ledger_bridge.renderings import kind_of
from ledger_bridge.sequencer import sequence_batch
from ledger_bridge.signing import log_signer
from ledger_bridge.stream_keys import unwrap_stream_key
from ledger_bridge.subject_keys import blind_ids
from ledger_bridge.trail_archive import Trail, iter_trail
from ledger_bridge.trail_events import Fetched, Opener
from ledger_bridge.witnessing.policy import policy_text
from ledger_bridge.witnessing.published import latest_published
from ledger_bridge.witnessing.publisher import publish_checkpoint

_PATIENCE = 5.0
_BEHIND = "The ledger or its witnesses are behind, so an export would miss the newest entries. Try again in a moment."
_LEAVES = 10_000
# One statement, so that the lengths are those at the checkpoint. The sequencer may be further than the witnesses: what
# stands beyond the checkpoint is taken off again, in each slot where the stream occurs.
_STREAMS = """
    WITH beyond AS MATERIALIZED (
        SELECT workspace_stream_id, item_stream_id, actor_stream_id, person_stream_id
        FROM ledger_bridge_leaf leaf JOIN ledger_bridge_entry entry ON entry.id = leaf.entry WHERE leaf.index >= %s
    ), at_checkpoint AS (
        SELECT id, kind, subject::text, wrapped_key, length - (
            SELECT count(*) FILTER (WHERE workspace_stream_id = stream.id)
                + count(*) FILTER (WHERE item_stream_id = stream.id)
                + count(*) FILTER (WHERE actor_stream_id = stream.id)
                + count(*) FILTER (WHERE person_stream_id = stream.id) FROM beyond
        ) AS length FROM ledger_bridge_stream stream
        WHERE (kind, subject) IN (SELECT * FROM unnest(%s::text[], %s::uuid[]))
    ) SELECT * FROM at_checkpoint WHERE length > 0
"""
_SOME_LEAVES = (
    "SELECT string_agg(data, ''::bytea ORDER BY index) FROM ledger_bridge_leaf WHERE index >= %s AND index < %s"
)


@dataclass(frozen=True)
class Export:
    """An archive that is made while it is read, and what can be said of it beforehand."""

    chunks: Iterator[bytes]
    events: int
    size: int
    complete: bool
    name: str


def wait_until_published(entry: str) -> None:
    """Return when a published checkpoint covers the entry, and with it everything that was committed before.

    Raises:
        Unavailable: when that takes too long, because the sequencer or the witnesses are behind.

    """
    give_up = monotonic() + _PATIENCE
    while not _is_published(entry):
        if monotonic() > give_up:
            raise Unavailable(_BEHIND)
        if not _sequence():
            sleep(0.05)


def _is_published(entry: str) -> bool:
    index = Leaf.objects.filter(entry_id=entry).values_list("index", flat=True).first()
    latest = latest_published() if index is not None else None
    return index is not None and latest is not None and index < latest.size


def prepare_export(filters: TrailFilters, actor: Actor, *, whole: bool = False) -> Export:
    """Gather what belongs to the export, up to the newest published checkpoint.

    `whole` carries every leaf of the log, however short the trail is.

    Raises:
        Unavailable: when there is none yet.

    """
    checkpoint = latest_published()
    if checkpoint is None:
        raise Unavailable(_BEHIND)
    size, note = checkpoint.size, checkpoint.note
    found = _streams(filters, size)
    streams, disclosed = list(found.values()), frozenset(found)
    indexes = _indexes(filters, size)
    complete = filters.is_complete() and bool(streams)
    now = datetime.now(UTC)
    scope = {
        "version": 1,
        "filters": filters.asked(),
        "complete": complete,
        "streams": streams,
        "events": len(indexes),
        "exported_at": format_time(now),
        "exported_by": _exporter(actor, filters),
    }
    notices = notices_for(indexes, size, hide_grounds=DETAILS in filters.left_out)
    # What an export says of the log itself is held against all of its leaves.
    whole = whole or bool(notices)
    short = None if whole else short_form(size=size, indexes=indexes, streams=streams, sizes=anchored_sizes(size))
    trail = Trail(
        policy_text=policy_text(),
        anchors=anchors_up_to(size),
        notices=notices,
        short=short,
        checkpoint_note=note.encode(),
        scope=scope | (short.scope() if short else {}),
        indexes=indexes,
        read=read_rows,
        open=Opener(disclosed, filters.left_out),
        leaves=_leaves(size),
        name_them=names.resolve,
        kinds={kind: kind_of(event) for kind, event in event_kinds().items()},
        name=f"trail-{now:%Y-%m-%d-%H%M%S}.zip",
        share=True,
    )
    chunks = iter_trail(trail, signer=log_signer())
    return Export(chunks, len(indexes), size, complete, trail.name)


def read_rows(portions: Iterable[Sequence[int]]) -> Generator[Fetched]:
    """Fetch the entries in these places, portion by portion, with the keys that open them."""
    with closing(rows_ahead(portions)) as fetched:
        for rows in fetched:
            yield Fetched(rows, frozenset() if all(keys is not None for keys in rows.keys) else erased_streams())


def _exporter(actor: Actor, filters: TrailFilters) -> str:
    """Return who exports, unless the last event hides just that."""
    return "somebody who is left out" if ACTOR in filters.left_out else getattr(actor, "name", actor.ledger_kind)


def _indexes(filters: TrailFilters, size: int) -> "array[int]":
    """Return the places in the log of all entries that belong to an export, ascending."""
    found = array("q")
    branches = list(filters.branches(seen=Q()))
    for branch in branches:
        places = Entry.objects.filter(branch, leaf__index__lt=size).order_by("leaf__index")
        found.extend(places.values_list("leaf__index", flat=True).iterator(chunk_size=10_000))
    return found if len(branches) == 1 else array("q", sorted(found))


def _sequence() -> int:
    try:
        return sequence_batch() or publish_checkpoint()
    except ProgrammingError:
        # The web role of a hospital's database may not sequence; the sequencer's own process was woken already.
        return 0


def _streams(filters: TrailFilters, size: int) -> dict[int, dict[str, Any]]:
    """Return the streams that were asked for, by their rows."""
    wanted = filters.streams()
    real = {
        (kind, blind): subject
        for kind in {kind for kind, _ in wanted}
        for subject, blind in blind_ids(kind, [one for other, one in wanted if other == kind]).items()
    }
    with connection.cursor() as cursor:
        cursor.execute(_STREAMS, [size, [kind for kind, _ in real], [blind for _, blind in real]])
        rows = cursor.fetchall()
    return {
        row: {
            "kind": kind,
            "id": real[kind, blind],
            "key": unwrap_stream_key(bytes(key), kind, blind).hex(),
            "length": length,
        }
        for row, kind, blind, key, length in rows
    }


def _leaves(size: int) -> Iterator[bytes]:
    for first in range(0, size, _LEAVES):
        with connection.cursor() as cursor:
            cursor.execute(_SOME_LEAVES, [first, min(first + _LEAVES, size)])
            yield bytes(cursor.fetchone()[0])
