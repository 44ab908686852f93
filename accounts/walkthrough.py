"""Signing in without a phone, in an installation with invented people on one's own machine. Nowhere else.

`is_open` is asked on every use, not only at start: the page is gone as soon as the installation is not a walk-through,
or is reached at an address that is not this machine's.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from accounts import totp
from accounts.events import EmailConfirmed, FactorAdded
from accounts.models import User, WalkthroughLogin
from ledger_bridge.recording import record

_STORY = [User.Role.CONTRIBUTOR, User.Role.COMMISSION_ADMIN, User.Role.AUDITOR, User.Role.APPLICANT]
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Login:
    """What the walk-through page shows of one person. `spent` says that the code of this moment was used already."""

    person: User
    password: str
    code: str
    spent: bool


def is_open() -> bool:
    local = urlsplit(settings.SITE_ORIGIN).hostname in _THIS_MACHINE and not settings.SESSION_COOKIE_SECURE
    return bool(settings.ITHACA_WALKTHROUGH) and local


@transaction.atomic
def prepare_login(*, user: User, password: str) -> None:
    """Let an invented person sign in from the walk-through page: confirmed address, password, sealed secret.

    Raises:
        ImproperlyConfigured: anywhere but in a walk-through installation.

    """
    if not is_open():
        message = "Prepared logins exist only in a walk-through installation on this machine."
        raise ImproperlyConfigured(message)
    user.set_password(password)
    user.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})
    sealed = totp.seal_secret(totp.new_secret(), user.pk)
    Authenticator.objects.update_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": sealed}}
    )
    WalkthroughLogin.objects.update_or_create(user=user, defaults={"password": password})
    record(EmailConfirmed(), actor=user)
    record(FactorAdded(type="totp"), actor=user)


def logins() -> list[Login]:
    """Return everybody who was prepared and still has the prepared factor."""
    found = WalkthroughLogin.objects.select_related("user__institution", "user__totp_use").order_by(
        "user__role", "user__name"
    )
    secrets = {
        one.user_id: one.data["secret"]
        for one in Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__walkthrough_login__isnull=False)
    }
    return [_login(one, secrets[one.user_id]) for one in found if one.user_id in secrets]


def _place(prepared: WalkthroughLogin) -> tuple[int, str]:
    """Put those first whom a visitor wants to be first."""
    return _STORY.index(User.Role(prepared.user.role)), prepared.user.name


def _login(prepared: WalkthroughLogin, sealed: str) -> Login:
    step, person = totp.current_step(), prepared.user
    code = totp.code_at(totp.unseal_secret(sealed, person.pk), step)
    use = getattr(person, "totp_use", None)
    return Login(person, prepared.password, code, spent=use is not None and use.last_step >= step)
