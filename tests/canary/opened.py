"""Opens the secrets of a running installation, so that they can be looked for.

Prints them as JSON, in hex, one list for each kind.
Run as `python -m tests.canary.opened person@…` in the environment of the stack.
"""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

import django

django.setup()

from base64 import b32decode

from allauth.mfa.models import Authenticator

from accounts import totp
from accounts.models import User
from core.kms import key_service
from workspaces import keys
from workspaces.handover.models import InstallationKey
from workspaces.models import UploadRun, Version, WorkspaceKey


def opened(email: str) -> dict[str, list[str]]:
    user = User.objects.get(email=email)
    factor = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    seed = totp.unseal_secret(factor.data["secret"], user.pk)
    versions = Version.objects.select_related("file__workspace", "workspace_key")
    runs = UploadRun.objects.select_related("upload__workspace_key")
    wrapped = [(bytes(one.wrapped_key), bytes(one.public_key)) for one in InstallationKey.objects.all()]
    return {
        "TOTP seed": [seed.encode().hex(), b32decode(seed).hex()],
        "data key": [keys.unwrap_data_key(version).hex() for version in versions],
        "data key of an upload": [
            keys.unwrap_run_key(keys.open_key(run.upload.workspace_key), run).hex() for run in runs
        ],
        "workspace key": [keys.open_key(row).secret.hex() for row in WorkspaceKey.objects.all()],
        "installation key": [
            key_service().unwrap(keys.ROOT, secret, keys.installation_context(public)).hex()
            for secret, public in wrapped
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(opened(sys.argv[1])))
