"""Personal tokens for programs: random, kept as a hash, for some of what their owner may do, and for a limited time."""

import hashlib
import secrets

from django.db import models

PREFIX = "ithaca_"
"""Lets people and scanners of source code tell what they found."""

HINT = len(PREFIX) + 4
MAX_DAYS = 365


class Scope(models.TextChoices):
    READ = "read", "see workspaces, folders and files, and their names"
    DOWNLOAD = "download", "take away what is in files"
    UPLOAD = "upload", "bring in files and make folders"
    COMMENT = "comment", "write, correct and take back comments on files"
    REMOVE = "remove", "ask that what lies in the bin be removed for good, which somebody else must confirm"


def new_token() -> tuple[str, bytes]:
    """Return a token of 256 random bits, and what is kept of it."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, digest_of(token)


def digest_of(token: str) -> bytes:
    """Return SHA-256 of a token: it is random enough that nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()
