"""The text of a comment as it is kept: sealed under the key of its workspace, bound to its place, and committed to."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from core.errors import DamagedContent
from core.kms import KeyServiceRefused, seal, unseal
from workspaces.conversation.models import Comment
from workspaces.keys import OpenKey, open_key

_SALT = 32
_LABEL = b"ithaca comment v1\0"


@dataclass(frozen=True)
class SealedText:
    """What the row keeps, and what the entry commits to."""

    sealed: bytes
    commitment: str


def seal_text(comment: Comment, text: str, key: OpenKey) -> SealedText:
    """Seal a text for exactly this comment on this file."""
    salt = secrets.token_bytes(_SALT)
    return SealedText(seal(key.secret, salt + text.encode(), _context(comment)), _commitment(salt, text))


def open_text(comment: Comment) -> str:
    """Return what a comment says; nothing where it was taken back or removed.

    Raises:
        DamagedContent: it was not written for this comment of this file.
        Unavailable: the key service does not answer.

    """
    return _opened(comment)[1]


def commitment_of(comment: Comment) -> str:
    """Return what the newest entry about the text must say; raises what `open_text` does."""
    return _commitment(*_opened(comment))


def moved_to(comment: Comment, key: OpenKey) -> bytes:
    """Return the same text and salt under another key of the workspace; raises what `open_text` does."""
    salt, text = _opened(comment)
    return seal(key.secret, salt + text.encode(), _context(comment))


def _opened(comment: Comment) -> tuple[bytes, str]:
    if not comment.sealed:
        return b"", ""
    try:
        content = unseal(open_key(comment.workspace_key).secret, bytes(comment.sealed), _context(comment))
    except KeyServiceRefused as error:
        raise DamagedContent("The text of this comment was not written for this place.") from error
    return content[:_SALT], content[_SALT:].decode()


def _commitment(salt: bytes, text: str) -> str:
    return sha256(_LABEL + salt + text.encode()).hexdigest()


def _context(comment: Comment) -> dict[str, Any]:
    # The author too: what one person said cannot be put into another's mouth.
    return {
        "purpose": "comment",
        "workspace": str(comment.file.workspace_id),
        "file": str(comment.file_id),
        "comment": str(comment.pk),
        "author": str(comment.author_id),
    }
