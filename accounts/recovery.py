"""Recovery codes: ten random numbers of 128 bits. Only their SHA-256 is kept; each works once."""

import hashlib
import secrets
from base64 import b32encode

from django.utils import timezone

from accounts.models import RecoveryCode, User

COUNT = 10
_BYTES = 16
_GROUP = 4


def new_codes() -> list[str]:
    return [_written(secrets.token_bytes(_BYTES)) for _ in range(COUNT)]


def digest(code: str) -> bytes:
    """Return the SHA-256 of a code as written: a fast hash is enough for 128 random bits."""
    return hashlib.sha256(_bare(code).encode()).digest()


def replace_codes(user: User) -> list[str]:
    """Throw the person's codes away and return new ones, which nobody can read again."""
    codes = new_codes()
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest(code)) for code in codes)
    return codes


def spend(user: User, code: str) -> bool:
    """Use a code up. One UPDATE decides, so the same code posted twice at once works once."""
    unused = RecoveryCode.objects.filter(user=user, digest=digest(code), used_at=None)
    return unused.update(used_at=timezone.now()) == 1


def left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _written(number: bytes) -> str:
    text = b32encode(number).decode().rstrip("=").lower()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _bare(code: str) -> str:
    """Return the code without the separators that help the eye, so that either spelling works."""
    return "".join(character for character in code.lower() if character.isalnum())
