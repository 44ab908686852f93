"""How allauth is fitted into the house: its mails, addresses, secrets and questions, answered our way."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import mail, totp
from accounts.models import User
from accounts.recordings import record_failed_sign_in, record_refused_sign_in
from accounts.sessions import start_clock
from accounts.stepup import authenticated_recently, has_second_factor
from core.http import client_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The e-mail address or the password is not right.",
        "too_many_login_attempts": "Too many attempts. Wait five minutes and try again.",
        "incorrect_password": "This password is not right.",
        "incorrect_code": "This code is not right, has been used, or is too old. Wait for the next one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Answer no: the only way in is an application."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        own = {name: value for name, value in context.items() if name not in {"request", "email", "site"}}
        mail.send_mail(template_prefix.rpartition("/")[2], to=email, **own)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return what attempts are counted by. Behind a Unix socket whose proxy names nobody, all count as one."""
        return client_address(request) or "::"

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return mail.address_of("account_confirm_email", emailconfirmation.key)

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, token = key.partition("-")
        return mail.address_of("account_reset_password_from_key", uid, token)

    def pre_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse | None:
        if user.suspended_at is not None:
            record_refused_sign_in(user)
            return redirect("account_inactive")
        response: HttpResponse | None = super().pre_login(request, user, **hooks)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        start_clock(request.session)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        record_failed_sign_in(User.objects.filter(email__iexact=credentials.get("email", "")).first(), "password")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        applicant = isinstance(request.user, User) and request.user.role == User.Role.APPLICANT
        return reverse("accounts:application" if applicant else settings.LOGIN_REDIRECT_URL)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:security")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not authenticated_recently(context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Offer the password only to somebody who has nothing stronger yet; allauth closes what is not offered."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not has_second_factor(user):
            return methods
        return [method for method in methods if method["id"] != "reauthenticate"]


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, has been used, or is too old. Wait for the next one.",
        "unverified_email": "Confirm your e-mail address first.",
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret for the person who is enrolling it, which is always the one signed in."""
        return totp.seal_secret(text, context.request.user.pk)

    def decrypt(self, encrypted_text: str) -> str:
        return totp.unseal_secret(encrypted_text, context.request.user.pk)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  allauth's word
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the relying party from the settings: a Host header can be forged."""
        return {"id": urlsplit(settings.SITE_ORIGIN).hostname or "localhost", "name": "Ithaca"}
