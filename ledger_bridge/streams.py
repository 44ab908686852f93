"""Stream keys: made once per subject, wrapped under the ledger's root, remembered by this process once committed."""

import secrets
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection, transaction

from core.kms import key_service
from ledger_bridge.models import Stream
from ledger_bridge.tlog.entry import stream_commitment


@dataclass(frozen=True)
class KnownStream:
    """A stream's row number and its commitment (32 bytes)."""

    id: int
    commitment: bytes


_known: dict[tuple[str, str], KnownStream] = {}
_KNOWN_LIMIT = 200_000


def stream_of(kind: Stream.Kind, subject: str) -> KnownStream:
    """Return the stream of a subject, making it when this is the first thing recorded about it."""
    known = _known.get((kind, subject))
    if known is None:
        known = _find(kind, subject) or _create(kind, subject)
        # A stream made in a transaction that rolls back must not be remembered.
        transaction.on_commit(lambda: _remember(kind, subject, known))
    return known


def stream_key(wrapped: bytes, kind: str, subject: str) -> bytes:
    """Return a stream's 32-byte key."""
    return _unwrap(bytes(wrapped), kind, subject)


def forget_streams() -> None:
    """Forget what this process remembers (tests throw databases away)."""
    _known.clear()
    _unwrap.cache_clear()


def _remember(kind: str, subject: str, known: KnownStream) -> None:
    if len(_known) >= _KNOWN_LIMIT:
        _known.clear()
    _known[kind, subject] = known


def _find(kind: str, subject: str) -> KnownStream | None:
    row = Stream.objects.filter(kind=kind, subject=subject).values_list("id", "commitment").first()
    return KnownStream(row[0], bytes(row[1])) if row else None


def _create(kind: str, subject: str) -> KnownStream:
    key = secrets.token_bytes(32)
    wrapped = key_service().wrap("ledger", key, _context(kind, subject))
    with connection.cursor() as cursor:
        # Two first events at once: one row wins, the other waits for it and takes it.
        cursor.execute(
            "INSERT INTO ledger_bridge_stream (kind, subject, wrapped_key, commitment, length) VALUES (%s, %s, %s, %s, 0)"
            " ON CONFLICT (kind, subject) DO NOTHING",
            [kind, subject, wrapped, stream_commitment(key)],
        )
    found = _find(kind, subject)
    if found is None:
        message = f"The stream of {kind} {subject} could not be made."
        raise RuntimeError(message)
    return found


@lru_cache(maxsize=200_000)
def _unwrap(wrapped: bytes, kind: str, subject: str) -> bytes:
    return key_service().unwrap("ledger", wrapped, _context(kind, subject))


def _context(kind: str, subject: str) -> dict[str, str]:
    return {"purpose": "stream", "kind": kind, "subject": subject}
