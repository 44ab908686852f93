"""The ledger's deeds."""

from core.access import Actor, Right, require
from ledger_bridge.events import TrailExported, TrailViewed
from ledger_bridge.exporting import Export, prepare_export, wait_until_sequenced
from ledger_bridge.filters import TrailFilters
from ledger_bridge.permissions import Right as LedgerRight
from ledger_bridge.recording import record_durably
from ledger_bridge.selectors import Place, TrailPage, trail_page
from ledger_bridge.sequencer import sequence_batch
from ledger_bridge.subjects import HasSubject


def sequence_entries() -> int:
    """Sequence all that waits, and return how many entries that were. Not itself an entry: the checkpoint shows it.

    Raises:
        RolledBack: when more, or something else, was published before.
        Unavailable: when a key is out of reach.

    """
    total = 0
    while added := sequence_batch():
        total += added
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
    if filters.people != (actor.ledger_id,):
        require(actor, right, subject)
    record_durably(TrailViewed(filters=filters.describe()), actor=actor, subject=filters.subject())
    return trail_page(filters, place)


def export_trail(*, actor: Actor, filters: TrailFilters) -> Export:
    """Record that somebody exports a part of the trail, and return the archive, up to and including that entry.

    Raises:
        Refused: without the right to export.
        Unavailable: when the ledger is too far behind.

    """
    require(actor, LedgerRight.EXPORT_TRAILS)
    event = TrailExported(filters=filters.describe(), complete=filters.is_complete())
    # Committed before the first byte leaves, and then waited for, so that nobody exports unseen.
    wait_until_sequenced(record_durably(event, actor=actor, subject=filters.subject()))
    return prepare_export(filters, actor)
