"""The one door for people without an account: who comes in has a visit, a secret of it, and a link that still opens.

Everybody else gets the same 404: for a link that is closed, over, changed, or somebody else's, and for none at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from sharing.links.models import Link, Visit
from sharing.links.rules import open_link
from sharing.links.tokens import digest_of, same
from workspaces.models import Outsider

View = Callable[..., HttpResponseBase]
_HEADERS = {"Cache-Control": "no-store, private", "X-Robots-Tag": "noindex, nofollow"}


@dataclass(frozen=True)
class Admitted:
    """A visit that stands at this moment, and the link it came through."""

    visit: Visit
    link: Link

    @property
    def needs_code(self) -> bool:
        return bool(self.link.email) and self.visit.proved_at is None

    @property
    def outsider(self) -> Outsider | None:
        """Who it is, once they have proved and said so: nobody says it before the code."""
        return self.visit.outsider


def admit(request: HttpRequest, visit_id: UUID) -> Admitted:
    """Return the visit that a request belongs to.

    Raises:
        Http404: it has none, it is over, or its link opens to nobody now.

    """
    secret = request.COOKIES.get(_cookie(visit_id), "")
    visit = Visit.objects.select_related("outsider").filter(pk=visit_id, expires_at__gt=timezone.now()).first()
    if visit is None or not same(visit.digest, digest_of(secret)):
        raise Http404
    link = open_link(pk=visit.link_id)
    if link is None:
        raise Http404
    return Admitted(visit, link)


def admit_known(request: HttpRequest, visit_id: UUID) -> tuple[Admitted, Outsider]:
    """Return the same, and who it is.

    Raises:
        Http404: also for whoever has not proved or said that yet.

    """
    admitted = admit(request, visit_id)
    if admitted.outsider is None:
        raise Http404
    return admitted, admitted.outsider


def visit_stands(visit_id: UUID) -> bool:
    """Say, asked for anew, whether a visit goes on: what was opened in it ends with it."""
    return Visit.objects.filter(pk=visit_id, expires_at__gt=timezone.now()).exists()


def remember(response: HttpResponseBase, visit: Visit, secret: str) -> None:
    """Give a browser the secret of its visit. It goes to the pages of this visit only, so two links do not mix."""
    response.set_cookie(
        _cookie(visit.pk),
        secret,
        path=reverse("sharing:outside_visit", args=[visit.pk]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def forget(response: HttpResponseBase, visit: Visit) -> None:
    response.delete_cookie(_cookie(visit.pk), path=reverse("sharing:outside_visit", args=[visit.pk]))


def for_outsiders(view: View) -> View:
    """Open a page to people without an account, and keep it out of caches and search engines.

    The referrer policy of the installation holds (same origin): with none at all a browser would not say where a form
    comes from, and the form would be refused. There is no secret in these addresses.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        for name, value in _HEADERS.items():
            response[name] = value
        return response

    return login_not_required(shown)


def _cookie(visit_id: UUID) -> str:
    return f"visit-{visit_id}"
