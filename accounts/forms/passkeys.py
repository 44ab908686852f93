"""Forms of passkeys. They are allauth's, but what a browser sends is checked for its shape before anything uses it."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as allauth_forms
from django import forms
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from accounts.recordings import record_failed_sign_in

# What the parsers of JSON, base64 and CBOR raise for input that was never a passkey's answer.
_NO_CREDENTIAL = (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error)


class CredentialField(forms.JSONField):
    widget = forms.HiddenInput

    def __init__(self, parse: Callable[[Mapping[str, Any]], object]) -> None:
        super().__init__()
        self.parse = parse

    def clean(self, value: Any) -> Any:
        credential = super().clean(value)
        try:
            self.parse(credential)
        except _NO_CREDENTIAL as error:
            raise forms.ValidationError("This is not the answer of a passkey.", code="not_a_passkey") from error
        return credential


class AddPasskeyForm(allauth_forms.AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    name = forms.CharField(max_length=100, required=False, help_text="So that you can tell it from others.")
    credential = CredentialField(RegistrationResponse.from_dict)
    passwordless = forms.BooleanField(
        label="Sign in with this passkey alone, without e-mail and password", required=False, initial=True
    )


class _ProvingForm(forms.Form):
    user: Any

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]  # of the allauth form that comes next
        except forms.ValidationError:
            record_failed_sign_in(self.user, "passkey")
            raise
        except _NO_CREDENTIAL as error:
            raise get_adapter().validation_error("incorrect_code") from error


class ProvePasskeyForm(_ProvingForm, allauth_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    credential = CredentialField(AuthenticationResponse.from_dict)


class ProvePasskeyAgainForm(_ProvingForm, allauth_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    credential = CredentialField(AuthenticationResponse.from_dict)


class PasskeyAloneForm(_ProvingForm, allauth_forms.LoginWebAuthnForm):  # type: ignore[misc]
    credential = CredentialField(AuthenticationResponse.from_dict)
