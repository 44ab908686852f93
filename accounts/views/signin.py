"""allauth's pages where the house adds something: a record in the same transaction, or the end of other sessions."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import clear_authentication_records, record_authentication
from allauth.account.views import PasswordChangeView, PasswordResetFromKeyView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator

from accounts import recovery, services
from accounts.stepup import has_second_factor, requires_recent_authentication
from accounts.views.answers import person_of


class EnrolTotp(ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _enrolled(self.request, Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP))
        return response

    def get_success_url(self) -> str:
        return _after_enrolment(self.request)


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        passkeys = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.WEBAUTHN)
        _enrolled(self.request, passkeys.latest("pk"))
        return response

    def get_success_url(self) -> str:
        return _after_enrolment(self.request)


class RemoveTotp(DeactivateTOTPView):  # type: ignore[misc]  # allauth has no types
    success_url = reverse_lazy("accounts:security")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _removed(self.request, self.authenticator)
        return response


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    success_url = reverse_lazy("accounts:security")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        removed = self.get_object()
        response: HttpResponse = super().form_valid(form)
        _removed(self.request, removed)
        return response


class RenamePasskey(EditWebAuthnView):  # type: ignore[misc]  # allauth has no types
    success_url = reverse_lazy("accounts:security")

    def form_valid(self, form: Any) -> HttpResponse:
        services.rename_passkey(actor=person_of(self.request), factor=form.instance, name=form.cleaned_data["name"])
        return HttpResponse(status=302, headers={"Location": self.get_success_url()})


@method_decorator(requires_recent_authentication, name="dispatch")
class ChangePassword(PasswordChangeView):  # type: ignore[misc]  # allauth has no types
    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        services.note_password_change(actor=person_of(self.request), how="changed")
        return response


class ResetPassword(PasswordResetFromKeyView):  # type: ignore[misc]  # allauth has no types
    """Sets a new password by the link of a mail. It signs nobody in, so the second factor stays asked for."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        services.note_password_change(actor=self.reset_user, how="reset by mail")
        return response


def _enrolled(request: HttpRequest, factor: Authenticator) -> None:
    """Let this session, which has just proved the factor, go on; all others end."""
    person = person_of(request)
    services.add_factor(actor=person, factor=factor, session_key=request.session.session_key)
    record_authentication(request, person, "mfa", type=str(factor.type))


def _removed(request: HttpRequest, factor: Authenticator) -> None:
    person = person_of(request)
    services.remove_factor(actor=person, factor=factor, session_key=request.session.session_key)
    if not has_second_factor(person) and get_authentication_records(request, person):
        # What this session proved is gone: it may enrol again after the password, and nothing else.
        clear_authentication_records(request)


def _after_enrolment(request: HttpRequest) -> str:
    return reverse("accounts:security" if recovery.left(person_of(request)) else "accounts:recovery_codes")
