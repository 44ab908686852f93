"""What a session knows: which factors were used in it, when it began and when it was last used."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.utils import timezone

from accounts.events import ApiTokenRevoked
from accounts.models import ApiToken, User
from core.access import Service
from core.credentials import acting_by
from ledger_bridge.recording import record

_INSTALLATION = Service("accounts")
_STARTED = "session_started"
_SEEN = "session_seen"
_NOTED_EVERY = 60
# The first sign that is found counts: nearly every browser also claims to be Safari, and Android to be Linux.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "A Python program"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def used_second_factor(request: HttpRequest) -> bool:
    """Return whether the person proved a second factor (or a passkey alone) in this very session.

    Having one enrolled is not enough: a session that began with the password alone, before the owner enrolled a factor,
    must not be promoted by that.
    """
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def start_clock(session: SessionBase) -> None:
    session[_STARTED] = session[_SEEN] = time.time()


def limit_reached(session: SessionBase, user: User) -> str | None:
    """Return "idle" or "absolute" when the session has outlived its limit."""
    now = time.time()
    if now - session.setdefault(_STARTED, now) >= settings.SESSION_ABSOLUTE_LIMIT.total_seconds():
        return "absolute"
    if now - session.setdefault(_SEEN, now) >= idle_limit(user).total_seconds():
        return "idle"
    return None


def session_stands(key: str, began: float) -> bool:
    """Say, with nothing remembered, whether what a session began may go on: it was not ended, nor grew too old.

    The idle limit is left out: bytes that flow are a use of the session.
    """
    too_old = time.time() - began >= settings.SESSION_ABSOLUTE_LIMIT.total_seconds()
    return not too_old and SessionStore().exists(key)


@contextmanager
def acting_by_session(session: SessionBase) -> Iterator[None]:
    """Let everything in here, and in copies of this context, act by a session as long as it stands."""
    key, began = session.session_key, session.get(_STARTED, time.time())
    if key is None:
        yield
        return
    with acting_by(lambda: session_stands(key, began)):
        yield


def note_activity(session: SessionBase) -> None:
    """Remember that the session is in use. A minute's inexactness saves a write on nearly every request."""
    now = time.time()
    if now - session[_SEEN] >= _NOTED_EVERY:
        session[_SEEN] = now
        UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())


def idle_limit(user: User) -> timedelta:
    limit: timedelta = (
        settings.SESSION_IDLE_LIMIT_PRIVILEGED if user.watches_over_others else settings.SESSION_IDLE_LIMIT
    )
    return limit


def device_name(user_agent: str) -> str:
    """Return what a person would call the browser and the device: "Firefox on Windows".

    Only the best known are told apart. What a browser says of itself can be invented, so nothing depends on it.
    """
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return " on ".join(part for part in (browser, system) if part) or "Unknown browser"


def end_sessions(user: User, *, keep: str | None = None) -> int:
    """End the person's sessions except the one with key `keep`; return how many there were.

    Tokens end with them: whoever stole a session may have made one.
    """
    end_tokens(user)
    ended = list(UserSession.objects.filter(user=user).exclude(session_key=keep))
    for session in ended:
        session.end()
    return len(ended)


def end_tokens(user: User) -> None:
    """End every token that the person made, or somebody in their name; each end is an entry."""
    for token in ApiToken.objects.select_for_update(no_key=True).filter(owner=user, revoked_at=None).order_by("pk"):
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        ended = ApiTokenRevoked(token=str(token.pk), reason="its owner's sessions ended")
        record(ended, actor=_INSTALLATION, subject=user)
