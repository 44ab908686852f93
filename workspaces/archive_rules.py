"""Archives on their way in: how far this installation looks into them, and what becomes of what it finds."""

from typing import Any

from django.conf import settings

from core.errors import InvalidInput
from core.templatetags.ui import filesize
from workspaces.inspection import Found, Inspector, Limits, State
from workspaces.media_types import OFFICE_TYPES

_ZIP = "application/zip"


def inspector() -> Inspector:
    """Return what looks into one file while it is sealed."""
    return Inspector(
        Limits(
            entries=settings.LOOK_INTO_ENTRIES,
            unpacked=settings.LOOK_INTO_BYTES,
            ratio=settings.LOOK_INTO_RATIO,
            depth=settings.LOOK_INTO_DEPTH,
        )
    )


def refined(head_type: str, found: Found | None) -> str:
    """Return the type of a file that was looked into: an office document is a ZIP archive with certain parts."""
    return OFFICE_TYPES.get(found.office, head_type) if found and head_type == _ZIP else head_type


def found_again(archive: dict[str, Any]) -> Found | None:
    """Return what was found out about an upload, from how its row keeps it."""
    return Found(**{**archive, "state": State(archive["state"])}) if archive else None


def is_no_office(state: str) -> bool:
    """Say of an archive whose type was refined whether it is certain that it is no office document."""
    return state == State.SOUND


def sentence_about(found: Found | None) -> str:
    """Return what people read about an archive beside its state; it names nothing that stands in it."""
    if found is None:
        return ""
    entries = f"{found.entries:,} {'entry' if found.entries == 1 else 'entries'}, " if found.entries else ""
    seen = f"{entries}{filesize(found.unpacked)} unpacked."
    if not found.finding:
        return seen
    return f"{found.finding} Seen before that: {seen}" if found.entries or found.unpacked else found.finding


def refuse_if_unwanted(found: Found | None) -> None:
    """Refuse an archive with a finding, where this installation does not keep such.

    Raises:
        InvalidInput: saying what was found.

    """
    if settings.REMARKABLE_ARCHIVES == "refuse" and found and found.is_remarkable:
        raise InvalidInput(f"This installation does not take such archives. {found.finding} Nothing was stored.")
