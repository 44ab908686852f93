"""What every room needs to know about a request: who is calling from where, and what is common to all pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class RequestContext:
    request_id: str | None = None
    source_address: str | None = None


_OUTSIDE = RequestContext()
request_context: ContextVar[RequestContext] = ContextVar("request_context", default=_OUTSIDE)


@dataclass(frozen=True)
class Caller:
    """Who is signed in and asks, and from which address: kept for the time of the request, and written nowhere."""

    person: str
    address: str | None
    was_let: bool = False


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


@contextmanager
def called_by(person: str, address: str | None) -> Iterator[None]:
    """Let everything in here, and in copies of this context, be asked for by a person from an address."""
    before = _caller.set(Caller(person, _bare(address)))
    try:
        yield
    finally:
        _caller.reset(before)


@contextmanager
def on_the_word_of(person: str) -> Iterator[None]:
    """Finish in here, when a request is over, what its maker was let do from where and when they made it."""
    before = _caller.set(Caller(person, None, was_let=True))
    try:
        yield
    finally:
        _caller.reset(before)


def was_let(person: str) -> bool:
    """Return whether a person has passed the conditions of place and hour for what is being finished here."""
    caller = _caller.get()
    return caller is not None and caller.was_let and caller.person == person


def address_of(person: str) -> str | None:
    """Return from where a person asks; nothing is known of anybody but whoever makes the request."""
    caller = _caller.get()
    return caller.address if caller is not None and caller.person == person else None


def client_address(request: HttpRequest) -> str | None:
    """Return the address of whoever asks: the right-most one that is no proxy of ours.

    Everybody may write into X-Forwarded-For; each proxy only adds, on the right, whom it heard. So it is read from the
    right, and only as far as our own proxies vouch for it.
    """
    address: str | None = request.META.get("REMOTE_ADDR") or None
    if not is_trusted_proxy(address):
        return address
    for said in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        heard = _plain(said)
        if heard is None:
            break
        address = heard
        if not is_trusted_proxy(address):
            break
    return address


def is_trusted_proxy(address: str | None) -> bool:
    """Return whether TRUSTED_PROXIES names the address; a connection by a Unix socket has none."""
    if not address:
        return "unix" in settings.TRUSTED_PROXIES
    try:
        found = ip_address(_bare(address) or address)
    except ValueError:
        return False
    return any(found in _network(network) for network in settings.TRUSTED_PROXIES if network != "unix")


@lru_cache(256)
def _network(text: str) -> IPv4Network | IPv6Network:
    """Return a network of the settings, which every request asks about."""
    return ip_network(text)


def _plain(said: str) -> str | None:
    """Return the address in one part of X-Forwarded-For, without port, or None when there is none to be read."""
    text = said.strip().removeprefix("[")
    text = text.partition("]")[0] if "]" in text else text
    text = text.partition(":")[0] if text.count(":") == 1 else text
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _bare(address: str | None) -> str | None:
    """Return an address as networks compare it: IPv4 as IPv4, without the name of an interface."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found)))
    return str(found)


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
