"""How what somebody outside brought is put where it was asked for: said by the room of links (ADR 0007)."""

from collections.abc import Callable

from core.errors import Unavailable
from workspaces.models import Version
from workspaces.outsiders import Outsider
from workspaces.sealing import SealedUpload

Deliver = Callable[[Outsider, str, SealedUpload], Version]

_deliver: list[Deliver] = []


def register(deliver: Deliver) -> None:
    _deliver[:] = [deliver]


def deliver(outsider: Outsider, name: str, sealed: SealedUpload) -> Version:
    """Record bytes as brought through the link that somebody came by."""
    if not _deliver:
        raise Unavailable("This installation takes no files from outside.")
    return _deliver[0](outsider, name, sealed)
