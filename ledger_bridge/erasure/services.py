"""Deeds about erasures and legal holds: one commission admin asks, another confirms.

What is recorded about them names the stream by its commitment, never the subject, and belongs to the admins alone.
"""

from collections.abc import Callable
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.access import Actor, require
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.blind_ids import real_ids
from ledger_bridge.erasure.events import (
    ErasureAsked,
    ErasureRefused,
    ErasureWithdrawn,
    HoldLifted,
    HoldPlaced,
    SubjectErased,
)
from ledger_bridge.erasure.models import Erasure, LegalHold, SubjectKind
from ledger_bridge.erasure.rules import Kept, require_nothing_keeps, wait_for_rooms
from ledger_bridge.models import Entry, ErasedStream, Stream
from ledger_bridge.names import is_id
from ledger_bridge.permissions import Right
from ledger_bridge.recording import record, record_durably
from ledger_bridge.subject_keys import blind_ids, destroy_key, keys_behind
from ledger_bridge.subjects import Subject

OTHER_ADMIN = "The admin who confirms an erasure is not the one who asked for it."
_DECIDED = "This erasure has been decided already."


def ask_for_erasure(*, actor: Actor, kind: str, subject: str, ground: str) -> Erasure:
    """Ask that everything recorded about a subject be erased. Nothing happens before another admin confirms.

    Raises:
        InvalidInput: when nothing is recorded about it, or no ground is given.
        Kept: when a hold, the retention period or another rule keeps it; that is recorded.
        Conflict: when somebody asked for this already.

    """
    require(actor, Right.ERASE)
    stream, ground = _stream_of(kind, subject), _said(ground, "ground")
    return _or_recorded(lambda: _ask(actor, stream, ground), actor, stream, ground)


def confirm_erasure(*, actor: Actor, erasure: Erasure) -> Erasure:
    """Erase, as the second admin. There is no way back.

    Raises:
        Refused: for the admin who asked.
        Kept: when a rule keeps it by now; that is recorded.
        Conflict: when it was decided already.

    """
    require(actor, Right.ERASE)
    stream = Stream.objects.get(kind=erasure.kind, subject=erasure.blind)
    return _or_recorded(lambda: _confirm(actor, erasure.pk, stream), actor, stream, erasure.ground)


@transaction.atomic
def withdraw_erasure(*, actor: Actor, erasure: Erasure) -> Erasure:
    """Say no. Any admin may, and the one who asked takes it back this way."""
    require(actor, Right.ERASE)
    found = _locked(erasure.pk)
    stream = Stream.objects.get(kind=found.kind, subject=found.blind)
    _decide(found, Erasure.State.WITHDRAWN, actor)
    record(ErasureWithdrawn(erasure=str(found.pk), stream=_commitment(stream)), actor=actor)
    return found


@transaction.atomic
def place_hold(*, actor: Actor, kind: str, subject: str, reason: str) -> LegalHold:
    """Keep everything that is recorded about a subject until the hold is lifted."""
    require(actor, Right.ERASE)
    stream, reason = _stream_of(kind, subject), _said(reason, "reason")
    _wait_for_others(stream)
    wait_for_rooms()
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(kind=kind, blind=stream.subject, reason=reason, placed_by=_id_of(actor))
    except IntegrityError as error:
        raise Conflict("A legal hold stands on this already.") from error
    record(HoldPlaced(hold=str(hold.pk), reason=reason), actor=actor, subject=Subject(**{kind: subject}))
    return hold


@transaction.atomic
def lift_hold(*, actor: Actor, hold: LegalHold) -> LegalHold:
    require(actor, Right.ERASE)
    found = LegalHold.objects.select_for_update().get(pk=hold.pk)
    if found.lifted_at:
        raise Conflict("This legal hold was lifted already.")
    found.lifted_by, found.lifted_at = _id_of(actor), timezone.now()
    found.save(update_fields=["lifted_by", "lifted_at"])
    subject = real_ids([found.blind]).get(str(found.blind))
    about = Subject(**{found.kind: subject}) if subject else None
    record(HoldLifted(hold=str(found.pk), reason=found.reason), actor=actor, subject=about)
    return found


def finish_erasures() -> int:
    """Destroy the keys of what was erased, and return how many that were.

    It runs when an erasure is committed, and every minute for what a crash or an outage left over, and for keys that
    came back with a backup of their database.
    """
    erased_streams = list(ErasedStream.objects.select_related("stream"))
    there = keys_behind({str(erased.stream.subject) for erased in erased_streams})
    waiting = [one for one in erased_streams if one.destroyed_at is None or str(one.stream.subject) in there]
    for erased in waiting:
        destroy_key(str(erased.stream.subject))
        ErasedStream.objects.filter(pk=erased.pk).update(destroyed_at=timezone.now())
    return len(waiting)


@transaction.atomic
def _ask(actor: Actor, stream: Stream, ground: str) -> Erasure:
    _wait_for_others(stream)
    require_nothing_keeps(stream.kind, str(stream.subject))
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                kind=stream.kind, blind=stream.subject, ground=ground, asked_by=_id_of(actor)
            )
    except IntegrityError as error:
        raise Conflict("Somebody asked for this already, and it waits for a second admin.") from error
    event = ErasureAsked(erasure=str(erasure.pk), of=stream.kind, stream=_commitment(stream), ground=ground)
    record(event, actor=actor)
    return erasure


@transaction.atomic
def _confirm(actor: Actor, pk: UUID, stream: Stream) -> Erasure:
    _wait_for_others(stream)
    erasure = _locked(pk)
    if str(erasure.asked_by) == actor.ledger_id:
        raise Refused(OTHER_ADMIN, right=Right.ERASE.value)
    found = require_nothing_keeps(stream.kind, str(stream.subject))
    _decide(erasure, Erasure.State.DONE, actor)
    # From the commit on nothing is recorded in this stream any more; only then may the key go.
    ErasedStream.objects.create(stream=stream)
    event = SubjectErased(
        erasure=str(erasure.pk),
        of=stream.kind,
        stream=_commitment(stream),
        ground=erasure.ground,
        entries=found.entries,
    )
    record(event, actor=actor)
    transaction.on_commit(finish_erasures, robust=True)
    return erasure


def _or_recorded(deed: Callable[[], Erasure], actor: Actor, stream: Stream, ground: str) -> Erasure:
    """Do the deed; when a rule keeps what was to be erased, write that down before saying so."""
    try:
        return deed()
    except Kept as kept:
        event = ErasureRefused(stream=_commitment(stream), ground=ground, rule=kept.sentence)
        record_durably(event, actor=actor, outcome=Entry.Outcome.DENY)
        raise


def _stream_of(kind: str, subject: str) -> Stream:
    if kind not in SubjectKind.values:
        raise InvalidInput("Choose a workspace, a file or folder, or a person.", field="kind")
    subject = subject.lower()
    blind = blind_ids(kind, [subject]).get(subject) if is_id(subject) else None
    stream = Stream.objects.filter(kind=kind, subject=blind).first() if blind else None
    if stream is None or ErasedStream.objects.filter(stream=stream).exists():
        raise InvalidInput("Nothing is recorded about this.", field="subject")
    return stream


def _said(text: str, field: str) -> str:
    if not text.strip():
        raise InvalidInput(f"Write the {field}; it stays in the ledger, so name nobody in it.", field=field)
    return text.strip()


def _wait_for_others(stream: Stream) -> None:
    """One hold or erasure of a subject at a time, so that neither overlooks the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [str(stream.subject)])


def _locked(pk: UUID) -> Erasure:
    erasure = Erasure.objects.select_for_update().get(pk=pk)
    if erasure.state != Erasure.State.ASKED:
        raise Conflict(_DECIDED)
    return erasure


def _decide(erasure: Erasure, state: Erasure.State, actor: Actor) -> None:
    erasure.state, erasure.decided_by, erasure.decided_at = state, _id_of(actor), timezone.now()
    erasure.save(update_fields=["state", "decided_by", "decided_at"])


def _id_of(actor: Actor) -> str:
    if actor.ledger_id is None:
        raise Refused("Only a person may do this.", right=Right.ERASE.value)
    return actor.ledger_id


def _commitment(stream: Stream) -> str:
    return bytes(stream.commitment).hex()
