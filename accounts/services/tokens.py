"""Deeds with personal tokens."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.events import ApiTokenMade, ApiTokenRevoked
from accounts.mail import address_of, day, send_mail
from accounts.models import ApiToken, User
from accounts.permissions import Right
from accounts.tokens import HINT, MAX_DAYS, Scope, new_token
from core.access import require
from core.errors import InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record

MAX_TOKENS = 20


@transaction.atomic
def make_api_token(*, actor: User, name: str, scopes: Collection[str], days: int) -> tuple[ApiToken, str]:
    """Make a token for a program, and return it with its text, which is shown once and never again.

    Raises:
        InvalidInput: without a name or a scope, or for more days than MAX_DAYS.

    """
    require(actor, Right.KEEP_ACCOUNT, actor)
    name = plain_line(name, field="name", empty="Say what the token is for.")
    if not scopes or not set(scopes) <= set(Scope.values):
        raise InvalidInput("Choose at least one thing that the token is for.", field="scopes")
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"A token lives for 1 to {MAX_DAYS} days.", field="days")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if ApiToken.objects.visible_to(actor).usable().count() >= MAX_TOKENS:
        raise InvalidInput(f"You have {MAX_TOKENS} tokens in use. Revoke one first.")
    text, digest = new_token()
    ends = timezone.now() + timedelta(days=days)
    token = ApiToken.objects.create(
        owner=actor, name=name, digest=digest, hint=text[:HINT], scopes=sorted(set(scopes)), expires_at=ends
    )
    record(ApiTokenMade(token=str(token.pk), scopes=", ".join(token.scopes), days=days), actor=actor)
    send_mail("api_token_made", to=actor.email, name=actor.name, token=name, ends=day(ends), page=_page())
    return token, text


@transaction.atomic
def revoke_api_token(*, actor: User, token: ApiToken) -> ApiToken:
    """Let a token open nothing any more, from the next request on. Asking twice does no harm."""
    require(actor, Right.KEEP_ACCOUNT, token.owner)
    token = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(ApiTokenRevoked(token=str(token.pk), reason="by hand"), actor=actor)
    return token


def _page() -> str:
    return address_of("accounts:tokens")
