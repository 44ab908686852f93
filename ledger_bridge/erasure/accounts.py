"""Which erasures the log itself accounts for."""

from ledger_bridge.erasure.events import SubjectErased
from ledger_bridge.models import Entry
from ledger_bridge.stored_entry import StoredEntry


def erased_streams() -> frozenset[str]:
    """Return the commitments (hex) of the streams that an entry says were erased."""
    entries = Entry.objects.filter(kind=SubjectErased.kind, outcome=Entry.Outcome.ALLOW)
    return frozenset(entry.detail["stream"] for entry in entries if entry.is_readable and entry.detail)


def is_accounted_for(entry: StoredEntry, streams: frozenset[str] | None = None) -> bool:
    """True when an entry cannot be opened because a subject of it was erased, and the log says so."""
    return entry.is_accounted_for(erased_streams() if streams is None else streams)
