"""Six-digit codes (RFC 6238), each accepted once.

The secret lies sealed: a fresh key encrypts it, the key service wraps that key under the root "sign-in", and both are
bound to the person, so a sealed secret that is moved to another person's row does not open.
"""

import secrets
import time
from base64 import b32decode, b32encode, b64decode, b64encode
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings

from accounts.models import TotpUse
from core.kms import KeyServiceRefused, key_service, seal, unseal

PERIOD = 30
_DIGITS = 6
_FORMAT = "1"


def new_secret() -> str:
    """Return 160 random bits in base 32, as authenticator apps expect them."""
    return b32encode(secrets.token_bytes(20)).decode()


def seal_secret(secret: str, owner: UUID) -> str:
    context = _context(str(owner))
    key, wrapped = key_service().generate("sign-in", context)
    parts = (wrapped, seal(key, secret.encode(), context))
    return ":".join([_FORMAT, *(b64encode(part).decode() for part in parts)])


def unseal_secret(sealed: str, owner: UUID) -> str:
    """Return the secret of `owner`.

    Raises:
        KeyServiceRefused: when it was sealed for somebody else, or was changed.

    """
    form, _, rest = sealed.partition(":")
    wrapped, _, body = rest.partition(":")
    if form != _FORMAT:
        raise KeyServiceRefused("This secret was not sealed by this installation.")
    context = _context(str(owner))
    key = key_service().unwrap("sign-in", b64decode(wrapped), context)
    return unseal(key, b64decode(body), context).decode()


def wrapped_key(sealed: str) -> bytes:
    """Return the wrapped key of a sealed secret."""
    return b64decode(sealed.split(":")[1])


def context_of(owner: UUID) -> dict[str, str]:
    """Return what the key of this person's secret is bound to."""
    return _context(str(owner))


def with_wrapped_key(sealed: str, wrapped: bytes) -> str:
    """Return the same sealed secret, with its key wrapped anew."""
    form, _, body = sealed.split(":")
    return ":".join([form, b64encode(wrapped).decode(), body])


def current_step() -> int:
    return int(time.time()) // PERIOD


def code_at(secret: str, step: int) -> str:
    # RFC 6238 and every authenticator app use HMAC-SHA1 here, which its collisions do not weaken.
    generator = TOTP(b32decode(secret), _DIGITS, SHA1(), PERIOD)  # noqa: S303
    return generator.generate(step * PERIOD).decode()


def matching_step(secret: str, code: str) -> int | None:
    """Return the time step that `code` belongs to, within the tolerance of the settings."""
    offered = "".join(code.split())
    now, tolerance = current_step(), settings.MFA_TOTP_TOLERANCE
    for step in range(now - tolerance, now + tolerance + 1):
        if secrets.compare_digest(code_at(secret, step).encode(), offered.encode()):
            return step
    return None


def spend_code(owner: UUID, secret: str, code: str) -> bool:
    """Return whether the code is right and was never accepted before. Of two posts at once one wins."""
    step = matching_step(secret, code)
    if step is None:
        return False
    TotpUse.objects.get_or_create(user_id=owner)
    return TotpUse.objects.filter(user_id=owner, last_step__lt=step).update(last_step=step) == 1


def _context(owner: str) -> dict[str, str]:
    return {"purpose": "totp", "person": owner}
