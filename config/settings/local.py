"""One machine, nothing to set up: `make run`. Never for real patient data."""

import os
import secrets

from config.env import env_bool
from config.local_witness import own_policy
from config.settings.base import *


def _local_secret() -> str:
    path = KEYRING_DIRECTORY / "django-secret"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii")


SECRET_KEY = _local_secret()
# The launcher starts a witness of its own and writes this file, unless another policy is named.
LEDGER_WITNESS_POLICY = LEDGER_WITNESS_POLICY or own_policy()
ITHACA_WALKTHROUGH = env_bool("ITHACA_WALKTHROUGH", default=True)
