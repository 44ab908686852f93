"""Holds registered keys and hand-overs against the entries that recorded them.

Whoever can change the table of keys could otherwise have files sealed for a key of their own. A row that says something
else than its entry, or that is back although its removal was recorded, seals nothing, and fsck reports it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256

from core.errors import DamagedContent, Unavailable
from ledger_bridge.fsck import Problem
from ledger_bridge.models import Entry
from workspaces.binding import entry_difference
from workspaces.handover.events import (
    InstallationKeyMade,
    RecipientKeyRegistered,
    RecipientKeyRemoved,
    VersionHandedOver,
)
from workspaces.handover.models import HandOver, InstallationKey, RecipientKey

_SWAPPED = "The registered key is not the one that was recorded: {} Nothing was sealed for it. Tell an administrator."
_NOT_OURS = (
    "The key of this installation is not the one that was recorded: {} Nothing is sealed for it or opened by it."
)
_CHANGED = "This hand-over is not the one that was recorded: {} Nothing was handed out. Tell an administrator."


def key_difference(key: RecipientKey) -> str | None:
    """Return a sentence that says what the ledger does not bear out about a registered key, or None.

    Raises:
        Unavailable: when the key service does not answer.

    """
    recorded = {
        "kind": RecipientKeyRegistered.kind,
        "actor": str(key.owner_id),
        "detail.key": str(key.pk),
        "detail.public_key": bytes(key.public_key).hex(),
        "detail.fingerprint": key.fingerprint,
    }
    if found := entry_difference(key.entry, recorded):
        return found
    return "Its removal was recorded, but it is back." if key.removed_at is None and _was_removed(key) else None


def require_registered(key: RecipientKey) -> None:
    """Refuse a key that is not the one its owner registered.

    Raises:
        DamagedContent: saying what differs.

    """
    if found := key_difference(key):
        raise DamagedContent(_SWAPPED.format(found))


def hand_over_difference(hand_over: HandOver) -> str | None:
    """Return a sentence that says what the entry of a hand-over does not bear out, or None."""
    version = hand_over.version
    recorded = {
        "kind": VersionHandedOver.kind,
        "actor": str(hand_over.made_by_id),
        "version": str(version.pk),
        "detail.hand_over": str(hand_over.pk),
        "detail.fingerprint": hand_over.key.fingerprint,
        "detail.body_blake3": bytes(version.body_blake3).hex(),
        "detail.body_size": version.body_size,
    }
    if header := bytes(hand_over.header):
        recorded["detail.header_sha256"] = sha256(header).hexdigest()
    return entry_difference(hand_over.entry, recorded)


def require_recorded(hand_over: HandOver) -> None:
    """Refuse a hand-over whose row is not what was recorded.

    Raises:
        DamagedContent: saying what differs.

    """
    if found := hand_over_difference(hand_over):
        raise DamagedContent(_CHANGED.format(found))


def require_installation_key(key: InstallationKey) -> None:
    """Refuse a key of the installation that is not the one that was recorded.

    Raises:
        DamagedContent: saying what differs.

    """
    if found := installation_difference(key):
        raise DamagedContent(_NOT_OURS.format(found))


def installation_difference(key: InstallationKey) -> str | None:
    """Return a sentence that says what the entry of the installation's key does not bear out, or None."""
    recorded = {
        "kind": InstallationKeyMade.kind,
        "detail.public_key": bytes(key.public_key).hex(),
        "detail.fingerprint": key.fingerprint,
    }
    return entry_difference(key.entry, recorded)


def check_keys() -> Iterator[Problem]:
    """Compare every key and every hand-over with its entry: for fsck."""
    for own in InstallationKey.objects.all():
        yield from _problem("installation key", partial(installation_difference, own))
    for key in RecipientKey.objects.order_by("pk").iterator():
        yield from _problem(f"recipient key {key.pk}", partial(key_difference, key))
    hand_overs = HandOver.objects.select_related("version", "key").order_by("pk")
    for one in hand_overs.iterator(chunk_size=500):
        yield from _problem(f"hand-over {one.pk}", partial(hand_over_difference, one))


def _problem(where: str, look: Callable[[], str | None]) -> Iterator[Problem]:
    try:
        found = look()
    except (DamagedContent, Unavailable) as error:
        found = error.sentence
    if found:
        yield Problem(where, found)


def _was_removed(key: RecipientKey) -> bool:
    removals = Entry.objects.filter(actor=key.owner_id, kind=RecipientKeyRemoved.kind)
    return any((entry.detail or {}).get("key") == str(key.pk) for entry in removals)
