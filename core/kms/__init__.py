"""Root keys stay in a key service; the database holds only what that service has wrapped.

Every wrap is bound to a context (who and what the key is for). A wrap that is moved to another row fails to unwrap,
because the context is authenticated with it. Which service it is, the settings say; all stand behind one Protocol
(`protocol.py`) and pass the same tests (`tests/core/test_kms.py`).
"""

from functools import cache
from pathlib import Path

from django.conf import settings

from core.kms.local import LocalKeyring
from core.kms.moving import MovingService
from core.kms.protocol import (
    ROOTS,
    Context,
    Generation,
    KeyService,
    KeyServiceRefused,
    encode_context,
    generation_of,
    seal,
    unseal,
)

__all__ = [
    "ROOTS",
    "Context",
    "Generation",
    "KeyService",
    "KeyServiceRefused",
    "LocalKeyring",
    "encode_context",
    "generation_of",
    "key_service",
    "local_keyring",
    "seal",
    "unseal",
]


def key_service() -> KeyService:
    """Return the installation's key service."""
    service = _made(settings.KEY_SERVICE)
    if before := settings.KEY_SERVICE_BEFORE:
        return MovingService(service, _made(before))
    return service


def local_keyring() -> LocalKeyring:
    """Return the keyring in the directory of the settings, whatever the key service is."""
    return _keyring(settings.KEYRING_DIRECTORY)


@cache
def _keyring(directory: Path) -> LocalKeyring:
    return LocalKeyring(directory)


def _made(name: str) -> KeyService:
    match name:
        case "vault":
            return _vault()
        case "aws":
            return _aws()
    return local_keyring()


@cache
def _vault() -> KeyService:
    from core.kms.vault import VaultTransit
    from core.kms.vault_http import VaultAddress

    return VaultTransit(
        VaultAddress(**settings.VAULT_ADDRESS), mount=settings.VAULT_MOUNT, prefix=settings.KEY_SERVICE_PREFIX
    )


@cache
def _aws() -> KeyService:
    from core.kms.aws import AwsAddress, AwsKms

    return AwsKms(AwsAddress(**settings.AWS_KMS_ADDRESS), prefix=settings.KEY_SERVICE_PREFIX)
