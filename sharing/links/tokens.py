"""The secrets of links: what stands behind the # of an address, what a browser keeps, and codes that are mailed.

None of them is kept: a table holds what they were hashed to.
"""

import hashlib
import secrets

from django.utils.crypto import constant_time_compare, salted_hmac

_CODE_DIGITS = 8
_SALT = "sharing.links.code"


def new_secret() -> tuple[str, bytes]:
    """Return 256 random bits as text, and what is kept of them."""
    secret = secrets.token_urlsafe(32)
    return secret, digest_of(secret)


def digest_of(secret: str) -> bytes:
    """Return SHA-256: the secret is random enough that nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()


def token_in(text: str) -> str:
    """Return the token in what somebody pasted: the token itself, or the whole address."""
    return text.strip().rpartition("#")[2]


def new_code() -> str:
    return f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"


def digest_of_code(code: str, visit: object) -> bytes:
    """Return what is kept of a code. It is short, so only who has the installation's secret could try all of them."""
    return salted_hmac(_SALT, f"{visit}:{''.join(code.split())}", algorithm="sha256").digest()


def same(one: bytes | memoryview, other: bytes) -> bool:
    return constant_time_compare(bytes(one), bytes(other))
