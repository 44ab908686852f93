"""Answers for the pages about keys and hand-overs."""

from uuid import UUID

from accounts.models import User
from core.errors import DamagedContent
from workspaces.asking import holders_of
from workspaces.handover.binding import require_registered
from workspaces.handover.models import RecipientKey
from workspaces.models import Version
from workspaces.permissions import Right

_MOST = 200


def keys_for(user: User, version: Version) -> list[RecipientKey]:
    """Return the keys that a version may be handed over to: one's own first, then those of others by name.

    They are the keys in use of people who may download the file.
    """
    keys = RecipientKey.objects.in_use().select_related("owner__institution").order_by("owner__name", "created_at")
    owners = {key.owner for key in keys}
    may = holders_of(Right.DOWNLOAD, version.file, owners)
    found = [key for key in keys if key.owner_id in may]
    return sorted(found, key=lambda key: key.owner_id != user.pk)[:_MOST]


def usable_key(version: Version, key: UUID) -> RecipientKey | None:
    """Return the key if a version may be handed over to it; of any other, nobody is to learn whose it is."""
    found = RecipientKey.objects.in_use().select_related("owner").filter(pk=key).first()
    return found if found and holders_of(Right.DOWNLOAD, version.file, [found.owner]) else None


def problem_with(key: RecipientKey) -> str:
    """Return what the ledger does not bear out about a key, as a sentence; nothing if all is well."""
    try:
        require_registered(key)
    except DamagedContent as error:
        return error.sentence
    return ""
