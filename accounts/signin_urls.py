"""The pages of signing in. allauth's own list has more (sign-up, e-mail management, codes by mail); what we do not use
has no address here.
"""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path, reverse_lazy
from django.views.generic import RedirectView

from accounts.views import signin

_APPLY = reverse_lazy("accounts:apply")
_SECURITY = reverse_lazy("accounts:security")

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("confirm-email/", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", account.confirm_email, name="account_confirm_email"),
    path("password/change/", signin.ChangePassword.as_view(), name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        signin.ResetPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("2fa/authenticate/", factor.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", signin.EnrolTotp.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", signin.RemoveTotp.as_view(), name="mfa_deactivate_totp"),
    path("2fa/webauthn/add/", signin.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("2fa/webauthn/login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("2fa/webauthn/reauthenticate/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", signin.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", signin.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    # allauth goes to these by name.
    path("signup/", login_not_required(RedirectView.as_view(url=_APPLY)), name="account_signup"),
    path("2fa/", RedirectView.as_view(url=_SECURITY), name="mfa_index"),
]
