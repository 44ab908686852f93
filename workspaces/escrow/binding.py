"""Holds the public key of the escrow against the entry that recorded it.

Whoever can write beside the keyring could otherwise put a key of their own there, and have all keys sealed for it the
next time that one changes.
"""

from core.errors import Unavailable
from ledger_bridge.models import Entry
from workspaces.binding import entry_difference
from workspaces.escrow import bundle
from workspaces.events import EscrowMade

NOT_RECORDED = (
    "The public key of the escrow on this disk is not the one that was recorded when the escrow was made: {} Nothing is"
    " sealed for it. Find out who changed it, then make another escrow: manage.py escrow make --again."
)
_FOR_EVERYBODY = "The key of the escrow is not the one that was recorded, so the keys are not put in escrow any more."


def difference(public: bytes) -> str | None:
    """Return a sentence that says what the newest entry about an escrow does not bear out, or None.

    Raises:
        Unavailable: when the key service does not answer.

    """
    entry = Entry.objects.filter(kind=EscrowMade.kind).order_by("-recorded_at", "-id").first()
    if entry is None:
        return "no entry says that an escrow was made."
    recorded = {"kind": EscrowMade.kind, "detail.escrow": bundle.fingerprint(public)}
    # Entries from before this was compared hold the fingerprint alone.
    if (entry.detail or {}).get("public_key"):
        recorded["detail.public_key"] = public.hex()
    return "its entry names another, or was changed." if entry_difference(entry.pk, recorded) else None


def condition() -> list[str]:
    """Return what everybody should know about the escrow; nothing if all is well."""
    try:
        return [_FOR_EVERYBODY] if bundle.exists() and difference(bundle.recipient()) else []
    except Unavailable:
        return []
