"""An entry as a syslog message: RFC 5424, framed as RFC 5425 wants it, with the conventions of IHE ITI-20.

Rules enforced
    * ids leave, names do not: neither names of people and things nor anything that a person typed. Of an event's
      details those in PLAIN_DETAILS leave, and of the others only numbers, truth values, ids and hashes;
    * nothing secret is here to begin with: a message is made from an entry's fields, and the seed is not one of them;
    * the entry's id is in every message, so that a receiver can drop what it gets twice.
"""

import re
from typing import Any

from ledger_bridge.audit_event import audit_event, host_of
from ledger_bridge.audit_message import audit_message
from ledger_bridge.events import event_kinds
from ledger_bridge.feeds.receiver import DICOM, FHIR
from ledger_bridge.renderings import Context, Event, Kind
from ledger_bridge.tlog.checkpoint import Checkpoint

# RFC 5424, 6.2.1: facility 10 is security and authorization; IHE ITI-20 asks for 5 (notice) or 4 (warning).
_NOTICE, _WARNING = 10 * 8 + 5, 10 * 8 + 4
# DICOM PS3.15 A.6 fixes the first. FHIR has no syslog convention (ITI-20 sends it over HTTP), so this one is our own.
_MESSAGE_ID = {DICOM: "DICOM+RFC3881", FHIR: "FHIR+AuditEvent"}
_RENDERERS = {DICOM: audit_message, FHIR: audit_event}
_MARK = "\ufeff"  # RFC 5424, 6.4: the mark of UTF-8
_DETAIL = "detail."

PLAIN_DETAILS = frozenset({
    "country", "effect", "factor", "how", "media_type", "methods", "old_role", "old_until", "own_role", "right", "role",
    "subject", "terms", "type", "until",
})  # fmt: skip
"""Details of which the values are words of ours, dates, or a participant's pseudonym."""

_NAMELESS = re.compile(r"[0-9a-f]{32,128}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A hash, or a UUID."""


def context_for(origin: str) -> Context:
    """Return what the renderings need, with no name in it."""
    kinds = {name: Kind(event.sentence, event.action, event.dicom_code) for name, event in event_kinds().items()}
    return Context(checkpoint=Checkpoint(origin, 0, b""), scope={}, names={}, kinds=kinds)


def frame(event: Event, context: Context, format_: str) -> bytes:
    """Return one entry as an octet-counted frame (RFC 5425, 4.3)."""
    fields = event["fields"]
    severity = _WARNING if fields["outcome"] == "deny" else _NOTICE
    body = _RENDERERS[format_](nameless(event), context)
    host = host_of(context.checkpoint.origin)
    header = f"<{severity}>1 {fields['recorded_at']} {host} ithaca - {_MESSAGE_ID[format_]} -"
    message = f"{header} {_MARK}{body}".encode()
    return b"%d %b" % (len(message), message)


def nameless(event: Event) -> dict[str, Any]:
    """Return the event without names and without what people typed."""
    kept = {name: value for name, value in event["fields"].items() if _may_leave(name, value)}
    return {**event, "fields": {**kept, "purpose": None}}


def _may_leave(name: str, value: Any) -> bool:
    if not name.startswith(_DETAIL):
        return True
    if isinstance(value, str):
        return name.removeprefix(_DETAIL) in PLAIN_DETAILS or bool(_NAMELESS.fullmatch(value))
    return isinstance(value, bool | int)
