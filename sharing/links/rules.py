"""When a link opens, and what whoever came through it may do: one thing, as long as its maker could do it themselves.

Everything about people without an account is answered here and nowhere else.
"""

from collections.abc import Collection
from typing import Any

from core.access import rights_on_each
from sharing.links.models import Link, Send
from workspaces.models import Item, Outsider, Version
from workspaces.permissions import Right

_NEEDED = {Link.Kind.REQUEST: (Right.UPLOAD, Right.SHARE), Link.Kind.SEND: (Right.DOWNLOAD, Right.SHARE)}
_RELATED = ("made_by", "closed_by", "workspace", "item__workspace")


def rights_needed(kind: str) -> tuple[Right, ...]:
    """Return the rights on its item that it takes to make a link, and to keep it open."""
    return _NEEDED[Link.Kind(kind)]


def why_shut(link: Link, rights: Collection[str] | None = None) -> str | None:
    """Return why a link opens to nobody now, for those who may see it; None while it is open.

    `rights` are those of its maker on what it is about, where they were asked for many links at once.
    """
    if link.state == Link.State.CLOSED:
        return f"Closed by {link.closed_by}."
    if not link.is_open:
        return "Its end has come."
    if link.item.removed_at is not None:
        return f"The {link.item.get_kind_display().lower()} was removed."
    if link.kind == Link.Kind.REQUEST and link.workspace.archived_at is not None:
        return "The workspace is archived."
    if rights is None:
        rights = rights_on_each(link.made_by, [link.item])[link.item_id]
    missing = [right for right in rights_needed(link.kind) if right not in rights]
    if missing:
        return f"{link.made_by}, who made it, may not {missing[0].label} here any more."
    return None


def open_link(**named: Any) -> Link | None:
    """Return the link, asked for with nothing remembered, if it opens now."""
    link = Link.objects.select_related(*_RELATED).filter(**named).first()
    return link if link is not None and why_shut(link) is None else None


def outsider_may(outsider: Any, perm: str, thing: Any) -> bool:
    """Answer for somebody who came through a link: what the link is for, on the one thing it is about."""
    if not isinstance(outsider, Outsider):
        return False
    link = open_link(pk=outsider.link)
    if link is None:
        return False
    if link.kind == Link.Kind.REQUEST:
        return perm == Right.UPLOAD and isinstance(thing, Item) and thing.pk == link.item_id
    return isinstance(thing, Version) and perm in _rights_sent(link, thing)


def _rights_sent(link: Link, version: Version) -> set[str]:
    """Return what the recipient of a copy may do with a version: the one that was sent, as it was sent."""
    send = Send.objects.filter(pk=link.pk, version=version.pk).first()
    if send is None:
        return set()
    return {Right.VIEW, Right.DOWNLOAD, Right.COPY} if send.mode == Send.Mode.DOWNLOAD else {Right.VIEW}
