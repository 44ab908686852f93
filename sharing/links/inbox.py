"""What stands in the inbox about links: something was delivered, or a copy was opened for the first time."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds, telling
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About
from sharing.links.models import FileRequest, Link, Send
from workspaces.models import Outsider

DELIVERED = Kind("file_request.delivered", Group.ACCESS, "delivered something through one of your links")
OPENED = Kind("send.opened", Group.ACCESS, "opened a copy that you sent")
_OUTSIDE = "Somebody from outside"


def register() -> None:
    kinds.register(read, [DELIVERED, OPENED])


def tell_of_delivery(request: FileRequest, outsider: Outsider) -> None:
    """Tell the maker once for each person who delivers; a mail of its own says so as well."""
    _tell(request, DELIVERED, outsider, mailed=True)


def tell_of_opening(send: Send) -> None:
    """Tell the sender of the first opening; the others stand on the page of the link."""
    _tell(send, OPENED, send.recipient, mailed=False)


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Name who it was, to whoever may still share what the link is about."""
    outsiders = {one.pk: one for one in Outsider.objects.filter(pk__in=[one.thing for one in notices])}
    wanted = Link.objects.visible_to(reading.person).filter(pk__in=[one.link for one in outsiders.values()])
    links = {link.pk: link for link in wanted.select_related("item", "workspace", "filerequest")}
    lines = {}
    for one in notices:
        outsider = outsiders.get(one.thing)
        link = links.get(outsider.link) if outsider else None
        if outsider is not None and link is not None:
            lines[one.pk] = _line(one, link, outsider)
    return lines


def _line(notice: Notice, link: Link, outsider: Outsider) -> Line:
    url, place = reverse("sharing:link", args=[link.pk]), link.workspace.name
    if notice.kind == OPENED.code:
        return Line(f"opened the copy of “{link.item}” that you sent", place, url, who=str(outsider))
    title = link.filerequest.title
    words = f"delivered something through “{title}”" if title else f"delivered something into “{link.item}”"
    return Line(words, place, url, who=str(outsider))


def _tell(link: Link, kind: Kind, outsider: Outsider, *, mailed: bool) -> None:
    about = About(thing=outsider.pk, workspace=link.workspace_id, item=link.item_id)
    telling.tell([link.made_by_id], kind.code, actor=None, about=about, words=_OUTSIDE, mailed=mailed)
