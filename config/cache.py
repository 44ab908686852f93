"""Turns a CACHE_URL into Django's settings. It counts attempts to sign in, so every process must see the same."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TABLE = "shared_cache"  # made by a migration of accounts
# Django throws out rows beyond this number, so a flood of strangers must not push out the counts of their attempts.
_MOST_ROWS = 200_000


def parse_cache_url(url: str) -> dict[str, Any]:
    scheme = urlsplit(url).scheme
    if scheme == "database":
        backend, place, options = "django.core.cache.backends.db.DatabaseCache", TABLE, {"MAX_ENTRIES": _MOST_ROWS}
        return {"BACKEND": backend, "LOCATION": place, "OPTIONS": options}
    if scheme in {"redis", "rediss"}:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    raise ImproperlyConfigured("CACHE_URL must be database:// or start with redis:// or rediss://.")
