"""Settings that would undo the second factor, or leave a walk-through open to strangers, stop the start."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from accounts.walkthrough import is_open


@register()
def refuse_unsafe_settings(app_configs: Any, **kwargs: Any) -> list[Error]:
    return [Error(sentence, id=code) for code, sentence, wrong in _rules() if wrong]


def _rules() -> list[tuple[str, str, bool]]:
    return [
        (
            "accounts.E001",
            "MFA_TOTP_INSECURE_BYPASS_CODE is a second factor that everybody has. Remove it.",
            bool(getattr(settings, "MFA_TOTP_INSECURE_BYPASS_CODE", None)),
        ),
        (
            "accounts.E002",
            "MFA_TRUST_ENABLED lets a browser in without a second factor. Remove it.",
            bool(getattr(settings, "MFA_TRUST_ENABLED", False)),
        ),
        (
            "accounts.E003",
            "ALLOWED_HOSTS has a wildcard. Name every host.",
            any(host.startswith((".", "*")) for host in settings.ALLOWED_HOSTS),
        ),
        (
            "accounts.E004",
            "ITHACA_WALKTHROUGH shows passwords. It is only for an installation at localhost, without real data.",
            bool(settings.ITHACA_WALKTHROUGH) and not is_open(),
        ),
    ]
