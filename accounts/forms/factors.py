"""Forms of the second factor. They replace allauth's, so that every code is ours to accept: once, and no other way."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import check_rate_limit, post_authentication
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django import forms

from accounts import totp
from accounts.models import User
from accounts.recordings import record_failed_sign_in
from accounts.services import use_recovery_code

_DIGITS_ONLY = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "spellcheck": "false"}


class SecondFactorForm(forms.Form):
    """Takes a six-digit code or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=100,
        help_text="Six digits from your authenticator app, or one of your recovery codes.",
        widget=forms.TextInput(attrs=_DIGITS_ONLY | {"inputmode": "text"}),
    )
    reauthenticated = False

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        self.authenticator: Authenticator | None = None
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        forget_attempts = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        if not (self._is_totp(code) or use_recovery_code(actor=self.user, code=code)):
            record_failed_sign_in(self.user, "code")
            raise get_adapter().validation_error("incorrect_code")
        forget_attempts()
        return code

    def save(self) -> None:
        if self.authenticator:
            post_authentication(context.request, self.authenticator, reauthenticated=self.reauthenticated)
            return
        extra = {"reauthenticated": True} if self.reauthenticated else {}
        record_authentication(context.request, self.user, "mfa", type="recovery_codes", **extra)

    def _is_totp(self, code: str) -> bool:
        found = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()
        if found is None:
            return False
        secret = totp.unseal_secret(found.data["secret"], self.user.pk)
        self.authenticator = found if totp.spend_code(self.user.pk, secret, code) else None
        return self.authenticator is not None


class SecondFactorAgainForm(SecondFactorForm):
    reauthenticated = True


class EnrolTotpForm(forms.Form):
    """Makes a secret, keeps it sealed in the session, and takes the first code that the app shows for it."""

    code = forms.CharField(
        label="Six digits that the app shows now", max_length=20, widget=forms.TextInput(attrs=_DIGITS_ONLY)
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.secret = self._pending_secret()

    def clean_code(self) -> str:
        validate_can_add_authenticator(self.user)
        forget_attempts = check_rate_limit(self.user, error_key="rate_limited")
        code: str = self.cleaned_data["code"]
        if not totp.spend_code(self.user.pk, self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        forget_attempts()
        return code

    def _pending_secret(self) -> str:
        session = context.request.session
        sealed = session.get(SECRET_SESSION_KEY) if self.is_bound else None
        if sealed:
            return totp.unseal_secret(sealed, self.user.pk)
        secret = totp.new_secret()
        session[SECRET_SESSION_KEY] = totp.seal_secret(secret, self.user.pk)
        return secret
