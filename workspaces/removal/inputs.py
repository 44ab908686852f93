"""What people write into the forms of this page group, checked for the deeds."""

from django.conf import settings

from core.errors import InvalidInput
from workspaces.names import clean_text


def said(text: str, field: str) -> str:
    """Return what somebody wrote as the ground of a decision.

    Raises:
        InvalidInput: they wrote nothing.

    """
    cleaned = clean_text(text, field=field, limit=500).strip()
    if not cleaned:
        raise InvalidInput("Say why. It stays in the ledger, so name nobody in it.", field=field)
    return cleaned


def checked_days(days: int, field: str, *, least: int) -> None:
    """Refuse fewer or more days than the installation allows.

    Raises:
        InvalidInput: they are.

    """
    if not least <= days <= settings.RETENTION_DAYS_MOST:
        most = settings.RETENTION_DAYS_MOST
        raise InvalidInput(f"This installation allows {least} to {most} days here.", field=field)
