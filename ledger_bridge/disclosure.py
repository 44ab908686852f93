"""Entries as others may check them: the fields that were committed to, and the shapes of exports and receipts."""

from typing import Any

from ledger_bridge.models import Entry
from ledger_bridge.recording import COMMON_FIELDS, committed_fields, format_time
from ledger_bridge.tlog.entry import SLOTS


def entry_fields(entry: Entry) -> dict[str, Any]:
    """Return the flat fields of an entry as they were when it was committed to."""
    common = {name: _plain(getattr(entry, name)) for name in COMMON_FIELDS}
    streams = {slot: getattr(entry, f"{slot}_stream") for slot in SLOTS}
    commitments = {slot: bytes(stream.commitment) if stream else None for slot, stream in streams.items()}
    return committed_fields(common, entry.detail, commitments)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    return format_time(value) if hasattr(value, "astimezone") else str(value)
