"""What the making of links checks, and what a request for files still takes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from core.errors import Conflict, InvalidInput
from core.text import plain_line
from sharing.links.kinds import Kind, in_words
from sharing.links.models import FileRequest, Link, Send

USUAL = timedelta(days=14)
LONGEST = timedelta(days=366)
MOST_FILES = 10_000
MOST_OPEN = 200
MOST_OPENINGS = 1_000
LONGEST_LINE = 200


def check_room_for_link(workspace: UUID) -> None:
    if Link.objects.open().filter(workspace=workspace).count() >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} links of this workspace are open. Close those that are not needed any more.")


def checked_end(expires_at: datetime) -> datetime:
    if expires_at <= timezone.now():
        raise InvalidInput("The end must lie ahead.", field="expires_at")
    if expires_at > timezone.now() + LONGEST:
        raise InvalidInput(f"Choose an end within {LONGEST.days} days.", field="expires_at")
    return expires_at


def checked_address(email: str) -> str:
    """Return an address as it is kept.

    Raises:
        InvalidInput: when it is none.

    """
    try:
        validate_email(email.strip())
    except ValidationError:
        raise InvalidInput("This is not an e-mail address.", field="email") from None
    return email.strip()


def checked_line(text: str, field: str) -> str:
    """Return a line that people outside read first; nothing in it may make it look like something else."""
    if len(text) > LONGEST_LINE:
        raise InvalidInput(f"At most {LONGEST_LINE} characters.", field=field)
    return plain_line(text, field=field, empty="") if text.strip() else ""


def check_limits(most_files: int, most_bytes: int, kinds: Collection[str]) -> None:
    if not 1 <= most_files <= MOST_FILES:
        raise InvalidInput(f"Choose between 1 and {MOST_FILES:,} files.", field="most_files")
    if not 1 <= most_bytes < 2**50:
        raise InvalidInput("Choose how much may come: from 1 byte to 1 PiB.", field="most_bytes")
    if not set(kinds) <= set(Kind.values):
        raise InvalidInput("Choose among the kinds of files.", field="kinds")


def check_send(mode: str, most_openings: int) -> None:
    if mode not in Send.Mode.values:
        raise InvalidInput("Choose whether they may look at it or download it.", field="mode")
    if not 1 <= most_openings <= MOST_OPENINGS:
        raise InvalidInput(f"Choose between 1 and {MOST_OPENINGS:,} openings.", field="most_openings")


def check_fits(request: FileRequest, size: int, *, files: int = 0, coming: int = 0) -> None:
    """Refuse what does not fit beside what came; `files` and `coming` (bytes) are on their way."""
    free, room = request.room
    if free - files < 1:
        raise Conflict(f"This link takes {request.most_files:,} files, and they have come. Nothing was stored.")
    if size > room - coming:
        raise Conflict("This is more than still fits through this link. Nothing was stored.")


def wrong_kind(request: FileRequest) -> InvalidInput:
    return InvalidInput(f"This kind of file is not asked for. Wanted: {in_words(request.kinds)}. Nothing was stored.")
