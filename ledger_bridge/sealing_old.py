"""Brings what was recorded before there were seals into today's form, and back: streams, and then entries.

Streams are few and are changed by the migration, because nothing may be recorded before. Entries may be millions: they
are sealed in small transactions, and everything reads both forms meanwhile.
"""

import json
from collections.abc import Iterator
from typing import Any

import orjson
from django.db import connection, transaction
from psycopg2.extras import execute_values

from core.errors import Conflict
from ledger_bridge.disclosure import stored_entries
from ledger_bridge.entry_seal import SEALED, SUBJECTS
from ledger_bridge.sealing import keys_of, seal_fields
from ledger_bridge.stored_entry import COMMON_FIELDS, StoredEntry
from ledger_bridge.stream_keys import unwrap_stream_key, wrap_stream_keys
from ledger_bridge.subject_keys import keys_behind, keys_for_sealing

_PORTION = 500
_SOME_UNSEALED = "SELECT id::text FROM ledger_bridge_entry WHERE sealed IS NULL ORDER BY id LIMIT %s FOR UPDATE"
_SOME_SEALED = "SELECT id::text FROM ledger_bridge_entry WHERE sealed IS NOT NULL ORDER BY id LIMIT %s"
_EMPTIED = tuple(name for name in SEALED if name not in SUBJECTS)
_SEAL = f"""
    UPDATE ledger_bridge_entry entry SET sealed = made.sealed,
        {", ".join(f"{name} = made.{name}::uuid" for name in SUBJECTS)},
        {", ".join(f"{name} = NULL" for name in _EMPTIED)}, detail = NULL, seed = NULL
    FROM (VALUES %s) AS made (id, sealed, {", ".join(SUBJECTS)}) WHERE entry.id = made.id::uuid
"""  # noqa: S608  constant names
_UNSEAL = f"""
    UPDATE ledger_bridge_entry entry SET sealed = NULL, detail = made.detail::jsonb, seed = made.seed,
        {", ".join(f"{name} = made.{name}::uuid" for name in (*SUBJECTS, "version"))},
        {", ".join(f"{name} = made.{name}" for name in _EMPTIED if name != "version")}
    FROM (VALUES %s) AS made (id, detail, seed, {", ".join(SEALED)}) WHERE entry.id = made.id::uuid
"""  # noqa: S608  constant names
_STREAMS = "SELECT id, kind, subject::text, wrapped_key FROM ledger_bridge_stream ORDER BY id"
_MOVE_STREAM = """
    UPDATE ledger_bridge_stream stream SET subject = moved.subject::uuid, wrapped_key = moved.wrapped
    FROM (VALUES %s) AS moved (id, subject, wrapped) WHERE stream.id = moved.id
"""


def seal_some() -> int:
    """Seal the oldest entries that are not sealed yet, and return how many that were. Safe to stop and to run again."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_SOME_UNSEALED, [_PORTION])
        entries = stored_entries([entry for (entry,) in cursor.fetchall()])
        if entries:
            execute_values(cursor.cursor, _SEAL, [_sealed(entry) for entry in entries], page_size=_PORTION)
    return len(entries)


def count_unsealed() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_bridge_entry WHERE sealed IS NULL")
        return int(cursor.fetchone()[0])


def move_streams(cursor: Any, *, blind: bool) -> None:
    """Put streams under the blind ids of their subjects, or back under their real ids."""
    cursor.execute(_STREAMS)
    rows = cursor.fetchall()
    for first in range(0, len(rows), _PORTION):
        moved = list(_moved(rows[first : first + _PORTION], blind=blind))
        execute_values(cursor, _MOVE_STREAM, moved, page_size=_PORTION)


def unseal_all(cursor: Any) -> None:
    """Put every entry back in clear, where triggers and constraints allow it: for undoing the migration.

    Raises:
        Conflict: when one was erased, or cannot be opened.

    """
    while True:
        cursor.execute(_SOME_SEALED, [_PORTION])
        ids = [entry for (entry,) in cursor.fetchall()]
        if not ids:
            return
        entries = stored_entries(ids)
        if not all(entry.is_readable for entry in entries):
            raise Conflict("An entry was erased, or cannot be opened, so nothing is put back in clear.")
        execute_values(cursor, _UNSEAL, [_unsealed(entry) for entry in entries], page_size=_PORTION)


def _moved(rows: Any, *, blind: bool) -> Iterator[tuple[int, str, bytes]]:
    if blind:
        keys = keys_for_sealing({(kind, subject) for _, kind, subject, _ in rows})
        found = {(kind, subject): key.blind for (kind, subject), key in keys.items()}
    else:
        behind = keys_behind({subject for _, _, subject, _ in rows})
        found = {(kind, blinded): key.name[1] for blinded, key in behind.items() for kind in [key.name[0]]}
    for pk, kind, subject, wrapped in rows:
        # A stream whose subject was erased stays where it is: nobody knows any more whose it was.
        there = found.get((kind, subject), subject)
        [again] = wrap_stream_keys([(unwrap_stream_key(bytes(wrapped), kind, subject), kind, there)])
        yield pk, there, again


def _sealed(entry: StoredEntry) -> tuple[Any, ...]:
    common = {name: entry.fields[name] for name in COMMON_FIELDS}
    keys = keys_of(common)
    detail = orjson.dumps(_detail(entry))
    made = seal_fields(common, detail, seed=entry.seed, commitment=entry.commitment, keys=keys)
    return (common["id"], made, *(keys[column].blind if column in keys else None for column in SUBJECTS))


def _unsealed(entry: StoredEntry) -> tuple[Any, ...]:
    values = (entry.fields[name] for name in SEALED)
    return (entry.fields["id"], json.dumps(_detail(entry)), entry.seed, *values)


def _detail(entry: StoredEntry) -> dict[str, Any]:
    return {name[len("detail.") :]: value for name, value in entry.fields.items() if name.startswith("detail.")}
