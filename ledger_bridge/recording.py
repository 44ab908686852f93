"""`record()`: the one way anything gets into the ledger.

The entry is inserted in the deed's own transaction: a change commits with its entry or not at all. A trigger queues it
for the sequencer. This is the hot path of every deed, so it is one call of the database and a handful of hashes.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection, transaction

from core.access import Actor, Anonymous
from core.credentials import acting_token
from core.errors import InvalidInput, Unavailable
from core.http import request_context
from core.ids import uuid7
from core.queue import wake
from ledger_bridge.entry_codes import codes, message_of, pads_for
from ledger_bridge.entry_seal import SEALED, SUBJECTS
from ledger_bridge.events import BY_TOKEN, Event
from ledger_bridge.models import Entry
from ledger_bridge.sealing import Keys, keys_of, seal_fields
from ledger_bridge.stored_entry import COMMON_FIELDS
from ledger_bridge.streams import KnownStream, StreamName, streams_of
from ledger_bridge.subject_keys import forget_subject_keys
from ledger_bridge.subjects import HasSubject, Subject
from ledger_bridge.tlog import entry as format_
from ledger_bridge.tlog.errors import FormatError

_CLEAR = tuple(name for name in COMMON_FIELDS if name not in SEALED)
# A function of the database (migration 0016): it keeps the plan that an INSERT of its own would cost for every entry.
_RECORD = f"SELECT ledger_record({', '.join(['%s'] * (len(_CLEAR) + len(SUBJECTS) + len(format_.SLOTS) + 1))})"
_ATTEMPTS = 3
_NOTHING = Subject()

Streams = dict[str, KnownStream | None]
"""The stream in each slot of the leaf."""


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
        InvalidInput: when a text cannot be kept as it is.
        Unavailable: when the key service does not answer; the deed must not happen then.

    """
    if not connection.in_atomic_block:
        raise NoTransactionError("Record inside the transaction of the deed.")
    actor = actor or Anonymous()
    about = _subject(subject)
    now = format_time(datetime.now(UTC))
    context = request_context.get()
    common = {
        "id": str(uuid7()),
        "kind": event.kind,
        "schema": event.schema,
        "occurred_at": format_time(occurred_at) if occurred_at else now,
        "recorded_at": now,
        "actor": actor.ledger_id,
        "actor_kind": actor.ledger_kind,
        "actor_institution": actor.ledger_institution,
        "workspace": about.workspace,
        "item": about.item,
        "version": about.version,
        "person": about.person if about.person != actor.ledger_id else None,
        "outcome": str(outcome),
        "purpose": purpose,
        "request_id": context.request_id,
        "source_address": context.source_address,
    }
    _insert(common, _detail(event, actor))
    wake("ledger_bridge.sequence")
    return str(common["id"])


def record_durably(
    event: Event, *, actor: Actor | None, subject: HasSubject | Subject | None = None, **more: Any
) -> str:
    """Record in a transaction of its own that has committed when this returns: for reads and refusals.

    Raises:
        RuntimeError: when called inside another transaction, whose commit nobody here could promise.

    """
    with transaction.atomic(durable=True):
        return record(event, actor=actor, subject=subject, **more)


def committed_fields(
    common: dict[str, Any], detail: dict[str, Any], commitments: dict[str, bytes | None]
) -> dict[str, Any]:
    """Return the flat set of fields that the commitment covers (docs/formats/entry.md)."""
    fields = dict(common)
    for slot, commitment in commitments.items():
        fields[slot + "_stream"] = commitment.hex() if commitment else None
    for name, value in detail.items():
        fields["detail." + name] = value
    return fields


def format_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _detail(event: Event, actor: Actor) -> dict[str, Any]:
    # What the installation does by itself while it answers a program is its own deed, not the program's.
    token = acting_token() if actor.ledger_id else None
    return event.detail() | ({BY_TOKEN: token} if token else {})


def _insert(common: dict[str, Any], detail: dict[str, Any]) -> None:
    for _ in range(_ATTEMPTS):
        if _try_to_insert(common, detail):
            return
        # Somebody erased a subject since this process fetched its key; what is recorded now belongs to a new one.
        forget_subject_keys()
    raise Unavailable("What this is about is being erased at this moment. Try again.")


def _try_to_insert(common: dict[str, Any], detail: dict[str, Any]) -> bool:
    keys = keys_of(common)
    streams = _streams(keys)
    commitments = {slot: stream.commitment if stream else None for slot, stream in streams.items()}
    seed = secrets.token_bytes(32)
    try:
        commitment = format_.commitment(committed_fields(common, detail, commitments), seed)
    except FormatError as error:
        raise InvalidInput(f"This cannot be recorded as it is: {error}.") from error
    encoded = orjson.dumps(detail)
    _refuse_nul(common["purpose"], detail, encoded)
    sealed = seal_fields(common, encoded, seed=seed, commitment=commitment, keys=keys)
    rows = tuple([stream.id if stream else 0 for stream in streams.values()])
    pads = pads_for(seed, rows)
    code = codes().code(message_of(common["id"], commitment, pads, rows))
    clear = [common[name] for name in _CLEAR]
    blinds = [keys[column].blind if column in keys else None for column in SUBJECTS]
    numbers = [row or None for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [*clear, *blinds, *numbers, commitment + pads + code + sealed])
        return bool(cursor.fetchone()[0])


def _streams(keys: Keys) -> Streams:
    # Streams stand under blind ids too: what leads from an entry to its stream must not lead on to its subject.
    names: dict[str, StreamName] = {slot: (SUBJECTS[slot], keys[slot].blind) for slot in format_.SLOTS if slot in keys}
    found = streams_of(names.values())
    return {slot: found[names[slot]] if slot in names else None for slot in format_.SLOTS}


def _refuse_nul(purpose: str | None, detail: dict[str, Any], encoded: bytes) -> None:
    """PostgreSQL keeps no NUL character in a text, so what was committed to could not be kept."""
    # The encoded form is a quick filter: it also holds these characters where somebody wrote them out.
    if (purpose and "\0" in purpose) or (b"\\u0000" in encoded and _holds_nul(detail)):
        raise InvalidInput("This text holds a NUL character, which cannot be recorded. Remove it and try again.")


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(map(_holds_nul, value))


def _subject(subject: HasSubject | Subject | None) -> Subject:
    if subject is None:
        return _NOTHING
    return subject if isinstance(subject, Subject) else subject.ledger_subject
