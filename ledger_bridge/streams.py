"""The streams of an entry: made once per subject, remembered by this process once committed."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from ledger_bridge.blind_ids import forget_that_all_are_sealed
from ledger_bridge.stream_keys import forget_keys, wrap_stream_keys
from ledger_bridge.subject_keys import forget_subject_keys
from ledger_bridge.tlog.entry import stream_commitment

StreamName = tuple[str, str]
"""Kind and the blind id of the subject (UUID text)."""


@dataclass(frozen=True, slots=True)
class KnownStream:
    """A stream's row number and its commitment (32 bytes)."""

    id: int
    commitment: bytes


_known: dict[StreamName, KnownStream] = {}
_KNOWN_LIMIT = 200_000

# One round trip: rows that were there come from the table, rows that were not come from the insert.
_FIND_OR_MAKE = """
    WITH offered (kind, subject, wrapped_key, commitment) AS (
        SELECT * FROM unnest(%s::text[], %s::uuid[], %s::bytea[], %s::bytea[])
    ), made AS (
        INSERT INTO ledger_bridge_stream (kind, subject, wrapped_key, commitment, length)
        SELECT *, 0 FROM offered ON CONFLICT (kind, subject) DO NOTHING RETURNING kind, subject, id, commitment
    )
    SELECT kind, subject::text, stream.id, stream.commitment
    FROM ledger_bridge_stream stream JOIN offered USING (kind, subject)
    UNION ALL SELECT kind, subject::text, id, commitment FROM made
"""


def streams_of(names: Iterable[StreamName]) -> dict[StreamName, KnownStream]:
    """Return the streams with these names, making those about which nothing was recorded before."""
    wanted = set(names)
    try:
        return {name: _known[name] for name in wanted}
    except KeyError:
        return _look_up(wanted)


def forget_streams() -> None:
    """Forget what this process remembers (tests throw databases away)."""
    _known.clear()
    forget_keys()
    forget_subject_keys()
    forget_that_all_are_sealed()


def _look_up(wanted: set[StreamName]) -> dict[StreamName, KnownStream]:
    found = _find_or_make(wanted)
    # Two first entries about one subject at once: one row wins, the other deed waited for it and now sees it.
    if lost := wanted - found.keys():
        found |= _find_or_make(lost)
    # A stream made in a transaction that rolls back must not be remembered.
    transaction.on_commit(lambda: _remember(found))
    return found


def _remember(found: dict[StreamName, KnownStream]) -> None:
    if len(_known) >= _KNOWN_LIMIT:
        _known.clear()
    _known.update(found)


def _find_or_make(names: set[StreamName]) -> dict[StreamName, KnownStream]:
    # In sorted order, so that two deeds that meet the same new people never wait for each other in a circle.
    offered = sorted(names)
    keys = [secrets.token_bytes(32) for _ in offered]
    kinds, subjects = [kind for kind, _ in offered], [subject for _, subject in offered]
    wrapped = wrap_stream_keys(zip(keys, kinds, subjects, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_FIND_OR_MAKE, [kinds, subjects, wrapped, [stream_commitment(key) for key in keys]])
        return {(kind, subject): KnownStream(pk, bytes(made)) for kind, subject, pk, made in cursor.fetchall()}
