"""What every room needs to know about a request: who is calling from where, and what is common to all pages."""

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class RequestContext:
    request_id: str | None = None
    source_address: str | None = None


_OUTSIDE = RequestContext()
request_context: ContextVar[RequestContext] = ContextVar("request_context", default=_OUTSIDE)


def shorten_address(address: str | None) -> str | None:
    """Return the network of an address (/24 or /48): enough to see a pattern, too little to single out a device."""
    if not address:
        return None
    try:
        bits = 24 if ip_address(address).version == 4 else 48  # noqa: PLR2004
    except ValueError:
        return None
    return str(ip_network(f"{address}/{bits}", strict=False))


def installation(request: HttpRequest) -> dict[str, Any]:
    return {"ITHACA_WALKTHROUGH": settings.ITHACA_WALKTHROUGH, "RELEASE": settings.RELEASE}
