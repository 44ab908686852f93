"""Writes sign-ins down.

Signing in and out is allauth's and Django's own deed, not ours, and its signals are the only place where it says that
it happened. They are used for recording and nothing else. A failed sign-in is recorded as being about the account, by
somebody unknown; for an address without an account nothing but the fact is kept.
"""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import email_confirmed, user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest

from accounts.events import EmailConfirmed, SignedIn, SignedOut, SignInFailed
from accounts.models import User
from ledger_bridge.events import AccessRefused
from ledger_bridge.models import Entry
from ledger_bridge.recording import record, record_durably

SUSPENDED = "Your approval is suspended. A commission admin can lift the suspension."


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    email_confirmed.connect(_email_confirmed, dispatch_uid="accounts.email_confirmed")


def record_failed_sign_in(user: User | None, factor: str) -> None:
    record_durably(SignInFailed(factor=factor), actor=None, subject=user, outcome=Entry.Outcome.DENY)


def record_refused_sign_in(user: User) -> None:
    record_durably(AccessRefused(right="sign in", rule=SUSPENDED), actor=user, outcome=Entry.Outcome.DENY)


def _signed_in(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    used = [str(one.get("type") or one["method"]) for one in get_authentication_records(request, user)]
    with transaction.atomic():
        record(SignedIn(methods=", ".join(dict.fromkeys(used))), actor=user)


def _signed_out(sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        with transaction.atomic():
            record(SignedOut(), actor=user)


def _email_confirmed(sender: object, request: HttpRequest, email_address: Any, **kwargs: Any) -> None:
    with transaction.atomic():
        record(EmailConfirmed(), actor=email_address.user)
