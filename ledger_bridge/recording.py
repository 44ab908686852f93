"""`record()`: the one way anything gets into the ledger.

The entry is inserted in the deed's own transaction: a change commits with its entry or not at all. A trigger queues it
for the sequencer. This is the hot path of every deed, so it is one INSERT and a handful of hashes.
"""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from core.access import Actor, Anonymous
from core.http import request_context
from core.ids import uuid7
from core.queue import wake
from ledger_bridge.events import Event
from ledger_bridge.models import Entry, Stream
from ledger_bridge.streams import KnownStream, stream_of
from ledger_bridge.subjects import HasSubject, Subject
from ledger_bridge.tlog import entry as format_

_COLUMNS = (
    "id", "kind", "schema", "occurred_at", "recorded_at", "actor", "actor_kind", "actor_institution", "workspace", "item",
    "version", "person", "outcome", "purpose", "request_id", "source_address", "detail", "seed", "commitment",
    "workspace_stream_id", "item_stream_id", "actor_stream_id", "person_stream_id",
)  # fmt: skip
_INSERT = f"INSERT INTO ledger_bridge_entry ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"  # noqa: S608  constant names
_NOTHING = Subject()


class NoTransactionError(RuntimeError):
    """`record()` was called outside a transaction, so the entry could commit without its deed."""


def record(
    event: Event,
    *,
    actor: Actor | None,
    subject: HasSubject | Subject | None = None,
    outcome: str = Entry.Outcome.ALLOW,
    purpose: str | None = None,
    occurred_at: datetime | None = None,
) -> str:
    """Insert the entry of an event and return its id (UUID text).

    Raises:
        NoTransactionError: outside a transaction.
        Unavailable: when the key service does not answer; the deed must not happen then.

    """
    if not connection.in_atomic_block:
        raise NoTransactionError("Record inside the transaction of the deed.")
    actor = actor or Anonymous()
    about = _subject(subject)
    now = datetime.now(UTC)
    context = request_context.get()
    person = about.person if about.person != actor.ledger_id else None
    streams = _streams(about, actor.ledger_id, person)
    common = {
        "id": str(uuid7()),
        "kind": event.kind,
        "schema": event.schema,
        "occurred_at": format_time(occurred_at or now),
        "recorded_at": format_time(now),
        "actor": actor.ledger_id,
        "actor_kind": actor.ledger_kind,
        "actor_institution": actor.ledger_institution,
        "workspace": about.workspace,
        "item": about.item,
        "version": about.version,
        "person": person,
        "outcome": str(outcome),
        "purpose": purpose,
        "request_id": context.request_id,
        "source_address": context.source_address,
    }
    _insert(common, event.detail(), streams)
    wake("ledger_bridge.sequence")
    return str(common["id"])


def committed_fields(
    common: dict[str, Any], detail: dict[str, Any], commitments: dict[str, bytes | None]
) -> dict[str, Any]:
    """Return the flat set of fields that the commitment covers (docs/formats/entry.md)."""
    fields = dict(common)
    fields.update({f"{slot}_stream": value.hex() if value else None for slot, value in commitments.items()})
    fields.update({f"detail.{name}": value for name, value in detail.items()})
    return fields


def format_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _insert(common: dict[str, Any], detail: dict[str, Any], streams: dict[str, KnownStream | None]) -> None:
    seed = secrets.token_bytes(32)
    commitments = {slot: stream.commitment if stream else None for slot, stream in streams.items()}
    commitment = format_.commitment(committed_fields(common, detail, commitments), seed)
    values = [*common.values(), json.dumps(detail), seed, commitment]
    values += [stream.id if stream else None for stream in streams.values()]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def _streams(about: Subject, actor: str | None, person: str | None) -> dict[str, KnownStream | None]:
    kinds = Stream.Kind
    return {
        "workspace": stream_of(kinds.WORKSPACE, about.workspace) if about.workspace else None,
        "item": stream_of(kinds.ITEM, about.item) if about.item else None,
        "actor": stream_of(kinds.PERSON, actor) if actor else None,
        "person": stream_of(kinds.PERSON, person) if person else None,
    }


def _subject(subject: HasSubject | Subject | None) -> Subject:
    if subject is None:
        return _NOTHING
    return subject if isinstance(subject, Subject) else subject.ledger_subject


def record_durably(
    event: Event, *, actor: Actor | None, subject: HasSubject | Subject | None = None, **more: Any
) -> str:
    """Record in a transaction of its own that has committed when this returns: for reads and refusals.

    Raises:
        RuntimeError: when called inside another transaction, whose commit nobody here could promise.

    """
    with transaction.atomic(durable=True):
        return record(event, actor=actor, subject=subject, **more)
