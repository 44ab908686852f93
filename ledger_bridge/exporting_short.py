"""Decides whether a trail is worth the short form, and gathers what it needs from tables, tiles and tag files."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.db import connection

from core.errors import Unavailable
from ledger_bridge.disclosure import entries_at
from ledger_bridge.proofs import nodes_of
from ledger_bridge.short_form import HORIZON, NamedSpan, ShortForm, estimated_size
from ledger_bridge.tag_files.files import TagReader
from ledger_bridge.tag_files.published import Published, published_cover
from ledger_bridge.tlog.entry import LEAF_SIZE

WORTH_SAVING = 1 << 20
"""Below this the whole log is given: whoever has it needs to trust no tag file."""
MOST_LOOKED_UP = 50_000
"""Events and numbers of streams. A longer trail has more to carry than the leaves of most logs.

Each look-up shows two pages at most, so no opening comes near what a verifier refuses (`tags.MOST_PAGES`).
"""

_PORTION = 1_000
_LEAVES = "SELECT index, data FROM ledger_bridge_leaf WHERE index = ANY(%s) ORDER BY index"


def short_form(
    *, size: int, indexes: Sequence[int], streams: Sequence[dict[str, Any]], sizes: Sequence[int]
) -> ShortForm | None:
    """Return the trail's short form, if it is much smaller than every leaf of a log of this size.

    Raises:
        Unavailable: when an entry that names a tag file cannot be opened.

    """
    keys = [(bytes.fromhex(one["key"]), int(one["length"])) for one in streams]
    looked_up = sum(length + HORIZON for _, length in keys)
    if len(indexes) + looked_up > MOST_LOOKED_UP or size * LEAF_SIZE <= WORTH_SAVING:
        return None
    cover = published_cover(size) if keys else []
    spans = [one.span for one in cover]
    tail = (spans[-1].end if spans else 0) if keys else size
    short = estimated_size(size, spans, tail, len(indexes), looked_up)
    if 2 * short > size * LEAF_SIZE or size * LEAF_SIZE - short < WORTH_SAVING:
        return None
    return ShortForm(
        size=size,
        sizes=sorted({one for one in sizes if one < size}),
        spans=_named(cover),
        streams=keys,
        indexes=indexes,
        read_leaves=_read_leaves,
        get_node=nodes_of(size),
    )


def _named(cover: Sequence[Published]) -> list[NamedSpan]:
    events = {one.index: one for one in entries_at([one.index for one in cover])}
    named = []
    for one in cover:
        event = events[one.index]
        if not event.is_readable:
            raise Unavailable(f"Entry {one.index} cannot be opened: run ledger_fsck.")
        named.append(NamedSpan(one.span, one.root, event.disclosed_whole(numbers=()), partial(TagReader, one.span)))
    return named


def _read_leaves(indexes: Sequence[int]) -> Iterator[bytes]:
    for at in range(0, len(indexes), _PORTION):
        with connection.cursor() as cursor:
            cursor.execute(_LEAVES, [list(indexes[at : at + _PORTION])])
            for _, data in cursor.fetchall():
                yield bytes(data)
