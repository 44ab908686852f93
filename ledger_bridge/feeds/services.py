"""The deed that feeds a receiver: take the position, send what comes next, move the position.

Order is the order of the log, never of a clock. The network is spoken to between two short transactions and never
inside one; `durable` refuses anything else. What is not known to have been taken is sent again, so nothing is lost and
some may come twice.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from core.errors import Unavailable
from ledger_bridge.disclosure import entries_at
from ledger_bridge.feeds.client import Client, SyslogClient
from ledger_bridge.feeds.messages import context_for, frame
from ledger_bridge.feeds.models import FeedPosition
from ledger_bridge.feeds.receiver import Receiver, configured_receiver
from ledger_bridge.models import Checkpoint

logger = logging.getLogger(__name__)

BATCH = 500
"""Entries on one connection."""
ROUNDS = 20
"""Batches in one run, so that a worker does other things too while a new receiver catches up."""
LEASE = timedelta(minutes=4)
"""Longer than one batch can take (see SyslogClient)."""
LONGEST_PAUSE = 300


@dataclass(frozen=True)
class _Claim:
    """A position that this worker has taken."""

    position: FeedPosition
    token: uuid.UUID


def feed_receiver(*, connect: Callable[[Receiver], Client] = SyslogClient) -> int:
    """Send to the configured receiver what it has not got yet, and return how many entries that were.

    Not itself an entry: it would be sent in turn, without end. A receiver that takes nothing gets a longer pause each
    time, up to five minutes.
    """
    receiver = configured_receiver()
    sent = 0
    for _ in range(ROUNDS if receiver else 0):
        count = _send_batch(receiver, connect(receiver)) if receiver else 0
        sent += count
        if count < BATCH:
            break
    return sent


def _send_batch(receiver: Receiver, client: Client) -> int:
    claim = _take(receiver)
    if claim is None:
        return 0
    first = claim.position.next_index
    try:
        frames, count = _frames(receiver, first)
        if frames:
            client.send(frames)
    except Unavailable as error:
        _put_off(claim, error)
        return 0
    return count if _move(claim, first + count) else 0


def _frames(receiver: Receiver, first: int) -> tuple[list[bytes], int]:
    """Return the next messages, and how many entries they stand for: of an erased one nothing is left to send."""
    last = Checkpoint.objects.order_by("size").last()
    size = last.size if last else 0
    if first > size:
        raise Unavailable(
            f"The receiver has {first} entries already, but the log has only {size}: the database was restored from"
            " a backup, and the feed stops here. See docs/feeds.md."
        )
    indexes = range(first, min(first + BATCH, size))
    entries = list(entries_at(indexes))
    if [entry.index for entry in entries] != list(indexes):
        raise Unavailable(f"Entries from {first} on cannot be read in full, and the feed skips none: run ledger_fsck.")
    context = context_for(settings.LEDGER_ORIGIN)
    readable = [entry for entry in entries if entry.is_readable]
    return [frame(entry.readable(), context, receiver.format) for entry in readable], len(entries)


@transaction.atomic(durable=True)
def _take(receiver: Receiver) -> _Claim | None:
    """Take the position, unless another worker has it or the receiver is being left in peace."""
    FeedPosition.objects.get_or_create(receiver=receiver.name)
    token = uuid.uuid4()
    free = Q(taken_until=None) | Q(taken_until__lt=Now())
    due = Q(retry_at=None) | Q(retry_at__lte=Now())
    position = FeedPosition.objects.filter(free, due, receiver=receiver.name)
    if not position.update(taken_by=token, taken_until=Now() + LEASE):
        return None
    return _Claim(FeedPosition.objects.get(receiver=receiver.name), token)


@transaction.atomic(durable=True)
def _move(claim: _Claim, next_index: int) -> bool:
    """Move the position, if it is still ours."""
    moved = _ours(claim).update(
        next_index=next_index,
        taken_by=None,
        taken_until=None,
        failures=0,
        retry_at=None,
        last_error="",
        sent_at=Now() if next_index > claim.position.next_index else F("sent_at"),
    )
    if moved and claim.position.failures:
        logger.info("The audit feed to %s goes on.", claim.position.receiver)
    return bool(moved)


@transaction.atomic(durable=True)
def _put_off(claim: _Claim, error: Unavailable) -> None:
    """Leave the receiver in peace for twice as long as last time."""
    pause = min(2 ** min(claim.position.failures, 10), LONGEST_PAUSE)
    logger.warning("The audit feed to %s waits %s s: %s", claim.position.receiver, pause, error.sentence)
    _ours(claim).update(
        taken_by=None,
        taken_until=None,
        failures=F("failures") + 1,
        retry_at=Now() + timedelta(seconds=pause),
        last_error=error.sentence[:300],
    )


def _ours(claim: _Claim) -> QuerySet[FeedPosition]:
    return FeedPosition.objects.filter(receiver=claim.position.receiver, taken_by=claim.token)
