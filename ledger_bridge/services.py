"""The ledger's deeds."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from core.access import Actor, Right, require
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge import log_rotation
from ledger_bridge.access import may_see_entry, sees_every_trail
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.events import (
    Event,
    LogKeyAdded,
    LogKeyRetired,
    ReceiptTaken,
    ReceiptViewed,
    TrailCounted,
    TrailExported,
    TrailViewed,
)
from ledger_bridge.exporting import Export, prepare_export, wait_until_published
from ledger_bridge.failpoints import reach
from ledger_bridge.filters import TrailFilters
from ledger_bridge.leaving_out import ACTOR, ASKED_WHO_ACTED, GROUPS
from ledger_bridge.models import Entry, LogKey
from ledger_bridge.permissions import Right as LedgerRight
from ledger_bridge.receipts import OTHERS_SECRETS, QUARANTINED, latest_checkpoint, make_receipt, proof_states
from ledger_bridge.recording import record, record_durably
from ledger_bridge.selectors import Place, TrailPage, count_entries, trail_page
from ledger_bridge.sequencer import sequence_batch
from ledger_bridge.stored_entry import StoredEntry
from ledger_bridge.subjects import HasSubject, Subject
from ledger_bridge.tlog.entry import SLOTS
from ledger_bridge.witnessing.publisher import publish_checkpoint
from ledger_bridge.witnessing.watching import watch

IN_QUARANTINE = "This entry is in quarantine: this installation did not make it. It has no receipt."
NOT_IN_THE_LOG_YET = "This entry is recorded but not in the log yet. Its receipt is ready in a moment."


def sequence_entries() -> int:
    """Sequence all that waits now, publish the result, and return how many entries that were.

    Not itself an entry: the checkpoint shows it. First the witnesses are looked at, then everything is signed, and only
    then are they asked to cosign: a slow witness holds up the publication, never the recording or the sequence.

    Raises:
        RolledBack: when more, or something else, was published or cosigned before.
        Unavailable: when a key is out of reach.

    """
    watch()
    reach("witnesses watched")
    total = added = sequence_batch()
    # A batch that was not full took all that waited. What came since is the next call's: where entries come all the
    # time, whoever waited for none to be there would never publish.
    while added >= settings.LEDGER_BATCH:
        total += (added := sequence_batch())
    reach("all sequenced")
    publish_checkpoint()
    return total


def view_trail(
    *,
    actor: Actor,
    filters: TrailFilters,
    place: Place | None = None,
    subject: HasSubject | None = None,
    right: Right = LedgerRight.VIEW_TRAILS,
) -> TrailPage:
    """Record that somebody looks at a part of the trail, and return it.

    The whole trail needs a right of the platform. A room asks for the trail of its `subject`, a workspace or an item,
    with its own `right`, and gets that trail only. Everybody may look at what is recorded about themselves.

    Raises:
        Refused: without that right.

    """
    if subject is not None:
        filters = filters.within(subject.ledger_subject)
    is_own = subject is None and filters.people == (actor.ledger_id,)
    if not is_own:
        require(actor, right, subject)
    # Looking at one's own trail belongs to nobody else's, whatever it was narrowed to.
    about = None if is_own else filters.subject()
    record_durably(TrailViewed(filters=filters.describe()), actor=actor, subject=about)
    return trail_page(filters, place, asker=actor)


def preview_export(*, actor: Actor, filters: TrailFilters) -> int:
    """Record that somebody asks how large an export would be, and return the number of its entries (COUNTED_UP_TO).

    Raises:
        Refused: without the right to export.

    """
    require(actor, LedgerRight.EXPORT_TRAILS)
    record_durably(TrailCounted(filters=filters.describe()), actor=actor, subject=filters.subject())
    return count_entries(filters.branches(seen=Q()))


def view_receipt(*, actor: Actor, entry: Entry) -> frozenset[str]:
    """Record that somebody looks at one entry, and return the names of the fields that are not for them.

    Raises:
        Refused: when the entry is not for them.

    """
    _record_reading(ReceiptViewed(entry=str(entry.id)), actor, entry)
    return _hidden_from(actor, entry)


def take_receipt(*, actor: Actor, entry: Entry) -> bytes:
    """Record that somebody takes the receipt of an entry away, and return its file.

    Raises:
        Refused: when the entry is not for them.
        Conflict: while the log does not hold the entry yet.

    """
    stored, checkpoint = stored_entry(str(entry.id)), latest_checkpoint()
    if proof_states([entry.id])[str(entry.id)] is QUARANTINED:
        raise Conflict(IN_QUARANTINE)
    if stored is None or stored.index is None or checkpoint is None or stored.index >= checkpoint.size:
        raise Conflict(NOT_IN_THE_LOG_YET)
    if not stored.is_readable:
        raise Conflict("What this entry said was erased, so there is no receipt for it any more.")
    _record_reading(ReceiptTaken(entry=str(entry.id)), actor, entry)
    shown = _numbers_shown_to(actor, stored)
    return make_receipt(stored, checkpoint, numbers=shown, hide=_hidden_from(actor, entry))


def export_trail(*, actor: Actor, filters: TrailFilters, operator: str | None = None, whole: bool = False) -> Export:
    """Record that somebody exports a part of the trail, and return the archive, up to and including that entry.

    `operator` is the account of the machine that runs a command, which proves who acts to nobody but the machine.
    `whole` carries every leaf of the log even where a short form would do.

    Raises:
        Refused: without the right to export.
        InvalidInput: when what was asked for tells what is to be left out.
        Unavailable: when the ledger is too far behind.

    """
    require(actor, LedgerRight.EXPORT_TRAILS)
    _require_possible(filters)
    event = TrailExported(filters=filters.describe(), complete=filters.is_complete(), operator=operator)
    # Committed before the first byte leaves, and then waited for, so that nobody exports unseen.
    wait_until_published(record_durably(event, actor=actor, subject=filters.subject()))
    return prepare_export(filters, actor, whole=whole)


def _require_possible(filters: TrailFilters) -> None:
    if unknown := [one for one in filters.left_out if one not in GROUPS]:
        raise InvalidInput(f"“{unknown[0]}” cannot be left out; what can is: {', '.join(GROUPS)}.", field="hide")
    if ACTOR in filters.left_out and filters.is_about_who_acted():
        raise InvalidInput(ASKED_WHO_ACTED, field="hide")


def _record_reading(event: Event, actor: Actor, entry: Entry) -> None:
    """Write into the trail of what the entry is about that somebody read it."""
    if not may_see_entry(actor, entry):
        raise Refused("This entry is about something whose trail you may not see.")
    about = {name: getattr(entry, name) for name in ("workspace", "item", "version", "person")}
    subject = Subject(**{name: str(one) for name, one in about.items() if one})
    record_durably(event, actor=actor, subject=subject)


def _hidden_from(actor: Actor, entry: Entry) -> frozenset[str]:
    is_own = actor.ledger_id is not None and actor.ledger_id == str(entry.actor)
    return frozenset() if is_own or sees_every_trail(actor) else OTHERS_SECRETS


def _numbers_shown_to(actor: Actor, stored: StoredEntry) -> frozenset[str]:
    """Return the slots whose number the actor may know: it tells how much there is in the trail it is from."""
    if sees_every_trail(actor):
        return frozenset(SLOTS)
    fields = stored.fields
    own = {slot for slot in ("actor", "person") if actor.ledger_id and fields[slot] == actor.ledger_id}
    workspace, item = (UUID(fields[slot]) if fields[slot] else None for slot in ("workspace", "item"))
    trails = {"workspace": Entry(workspace=workspace), "item": Entry(workspace=workspace, item=item)}
    return frozenset(own | {slot for slot, entry in trails.items() if fields[slot] and may_see_entry(actor, entry)})


@transaction.atomic
def add_log_key(*, actor: Actor, type_: str) -> LogKey:
    """Make another key that signs for the log from the next checkpoint on, beside those that do already.

    Raises:
        Refused: without the right to change keys.
        Conflict: when nothing was signed yet, so there is nothing to overlap with.

    """
    require(actor, LedgerRight.CHANGE_KEYS)
    key = log_rotation.add_key(type_)
    record(LogKeyAdded(key=str(key), vkey=key.vkey, first=key.first), actor=actor)
    return key


@transaction.atomic
def retire_log_key(*, actor: Actor, key_id: str) -> LogKey:
    """Let a key sign no more, and destroy its private half when that is committed.

    Raises:
        Refused: without the right to change keys.
        InvalidInput: when no key in use has this ID.
        Conflict: when no other key of its type has signed a checkpoint yet.

    """
    require(actor, LedgerRight.CHANGE_KEYS)
    key = log_rotation.retire_key(key_id)
    record(LogKeyRetired(key=str(key), last=log_rotation.last_size(key)), actor=actor)
    transaction.on_commit(log_rotation.destroy_retired_keys)
    return key
