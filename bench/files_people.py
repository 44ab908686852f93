"""Prepares an installation for the benchmark and prints, as JSON, what a client needs to use it.

python -m bench.files_people ithaca | plain
"""

import json
import os
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    print(json.dumps({"ithaca": prepare_ithaca, "plain": prepare_plain}[sys.argv[1]]()))


def prepare_ithaca() -> dict[str, str]:
    """Migrate, and make an approved contributor who is signed in with both factors and owns a workspace."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    import django

    django.setup()
    from datetime import timedelta

    from django.core.management import call_command
    from django.utils import timezone

    from accounts.models import User
    from workspaces.services import create_workspace

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    until = timezone.now() + timedelta(days=30)
    person = User.objects.create_user("bench@example.org", None, name="Bench", role="contributor", approved_until=until)
    workspace = create_workspace(actor=person, name="Benchmark")
    return {
        "workspace": str(workspace.id),
        "session": _session(person, "allauth.account.auth_backends.AuthenticationBackend"),
    }


def prepare_plain() -> dict[str, str]:
    # Imported by name and first: it makes Django's settings.
    upload = import_module("bench.plain_django").Upload
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(upload)
    person = User.objects.create_user("bench")
    return {"session": _session(person, "django.contrib.auth.backends.ModelBackend")}


def _session(person: Any, backend: str) -> str:
    from django.contrib.auth import login
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = SessionStore()
    login(request, person, backend)
    if "allauth" in backend:
        from allauth.account.internal.flows.login import record_authentication

        record_authentication(request, person, method="mfa", type="totp")
    request.session.save()
    return str(request.session.session_key)


if __name__ == "__main__":
    main()
