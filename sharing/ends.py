"""When access ends, and when it would if it were renewed."""

from datetime import datetime, timedelta

from django.utils import timezone

_SHORTEST, _LONGEST = timedelta(days=1), timedelta(days=366)


def next_end(expires_at: datetime, since: datetime) -> datetime:
    """Return when access would end if it were renewed for as long as it was given at `since`, a year at most."""
    lasts = min(max(expires_at - since, _SHORTEST), _LONGEST)
    return max(expires_at, timezone.now()) + lasts
