"""Wraps stream keys under a ledger key, which the key service wraps: recording needs the service once per process.

A wrapped stream key is the generation of the ledger key (4 bytes) followed by `core.kms.seal` with the stream's kind
and subject as context, so that it opens at no other stream.
"""

import secrets
from collections.abc import Iterable
from functools import lru_cache

from django.db import connection, transaction

from core.kms import key_service, seal, unseal
from ledger_bridge.models import LedgerKey

_FIRST = 1
_known: dict[int, bytes] = {}


def wrap_stream_keys(named: Iterable[tuple[bytes, str, str]]) -> list[bytes]:
    """Return each key, given with the kind and subject of its stream, wrapped."""
    under = _ledger_key(_FIRST)
    return [_FIRST.to_bytes(4) + seal(under, key, _context(kind, subject)) for key, kind, subject in named]


@lru_cache(maxsize=200_000)
def unwrap_stream_key(wrapped: bytes, kind: str, subject: str) -> bytes:
    """Return a stream's 32-byte key.

    Raises:
        Unavailable: when the key service does not answer.
        KeyServiceRefused: when the wrap belongs to another stream.

    """
    return unseal(_ledger_key(int.from_bytes(wrapped[:4])), wrapped[4:], _context(kind, subject))


def ledger_key() -> bytes:
    """Return the key under which new streams are wrapped, for what else is derived from it.

    Raises:
        Unavailable: when the key service does not answer.

    """
    return _ledger_key(_FIRST)


def forget_keys() -> None:
    """Forget what this process has unwrapped (tests throw databases away)."""
    _known.clear()
    unwrap_stream_key.cache_clear()


def context_of(row: LedgerKey) -> dict[str, str]:
    """Return what a ledger key is bound to where the key service wrapped it."""
    return _purpose(row.generation)


def _ledger_key(generation: int) -> bytes:
    key = _known.get(generation)
    if key is None:
        key = key_service().unwrap("ledger", _find(generation) or _create(generation), _purpose(generation))
        # A key made in a transaction that rolls back must not be remembered: nothing wrapped under it could be opened.
        transaction.on_commit(lambda: _known.update({generation: key}))
    return key


def _find(generation: int) -> bytes | None:
    wrapped = LedgerKey.objects.filter(generation=generation).values_list("wrapped_key", flat=True).first()
    return bytes(wrapped) if wrapped else None


def _create(generation: int) -> bytes:
    wrapped = key_service().wrap("ledger", secrets.token_bytes(32), _purpose(generation))
    with connection.cursor() as cursor:
        # Two first entries at once: one row wins, the other waits for it and takes it.
        cursor.execute(
            "INSERT INTO ledger_bridge_ledgerkey (generation, wrapped_key) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [generation, wrapped],
        )
    return _find(generation) or wrapped


def _purpose(generation: int) -> dict[str, str]:
    return {"purpose": "ledger-key", "generation": str(generation)}


def _context(kind: str, subject: str) -> dict[str, str]:
    return {"purpose": "stream", "kind": kind, "subject": subject}
