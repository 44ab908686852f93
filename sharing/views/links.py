"""Links from outside, for those who make them: making, looking after, closing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.stepup import requires_recent_authentication
from core.access import require
from core.errors import Conflict, InvalidInput
from sharing import services
from sharing.forms import attempt
from sharing.links import notices, selectors
from sharing.links.forms import FileRequestForm, LinkForm, SendForm
from sharing.links.kinds import in_words
from sharing.links.models import FileRequest, Link, Send
from sharing.links.rules import rights_needed
from sharing.views.fetching import Crumbs, confirm, get_item, item_crumbs, person_of, query_without_page
from workspaces.models import Item, Version
from workspaces.viewer.errors import CannotShow
from workspaces.views.finding import visible_version

PAGE_SIZE = 50


@require_safe
def links(request: HttpRequest) -> HttpResponse:
    """Every link about what the person may share, whoever made it."""
    which = request.GET.get("list", "open")
    which = which if which in selectors.LISTS else "open"
    page = Paginator(selectors.links_in(person_of(request), which), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": selectors.rows_for(page.object_list),
        "which": which,
        "lists": selectors.LISTS,
        "query": query_without_page(request),
    }
    return render(request, "sharing/links.html", context)


@require_safe
def link_page(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """One link: its state, and what came of it."""
    found = get_link(request, link_id)
    row = selectors.row_of(found)
    context = {"row": row, "crumbs": _crumbs((row.title, None))}
    if found.kind == Link.Kind.SEND:
        return _send_page(request, found, context)
    return _request_page(request, found, context)


def _request_page(request: HttpRequest, link: Link, context: dict[str, Any]) -> HttpResponse:
    """Names of files stand there for those who may view them."""
    asked = get_object_or_404(FileRequest, pk=link.pk)
    page = Paginator(selectors.deliveries_of(asked), PAGE_SIZE).get_page(request.GET.get("page"))
    context |= {
        "request_": asked,
        "kinds": in_words(asked.kinds),
        "page": page,
        "rows": selectors.deliveries_shown_to(person_of(request), page.object_list),
        "query": query_without_page(request),
    }
    return render(request, "sharing/link.html", context)


def _send_page(request: HttpRequest, link: Link, context: dict[str, Any]) -> HttpResponse:
    send = get_object_or_404(Send.objects.select_related("version", "item", "recipient"), pk=link.pk)
    context |= {"send": send, "days": selectors.openings_of(person_of(request), send)}
    return render(request, "sharing/link_send.html", context)


def new_file_request(request: HttpRequest, item_id: UUID) -> HttpResponseBase:
    folder = get_item(request, item_id)
    _require_all(request, Link.Kind.REQUEST, folder)
    return _ask_for_files(request, folder)


def send_copy(request: HttpRequest, version_id: UUID) -> HttpResponseBase:
    version = visible_version(request, version_id)
    _require_all(request, Link.Kind.SEND, version)
    return _send(request, version)


@requires_recent_authentication
def _ask_for_files(request: HttpRequest, folder: Item) -> HttpResponse:
    user = person_of(request)
    form = FileRequestForm(request.POST or None, actor=user)
    made: list[str] = []

    def make() -> None:
        made.append(services.make_file_request(actor=user, folder=folder, **form.asked)[1])

    if form.is_valid() and attempt(form, make):
        return _made(request, made[0], "Your link for files")
    return _form(
        request,
        folder,
        form,
        title="Ask for files",
        label="Make the link",
        lede=f"Somebody without an account delivers into “{folder.name}”, and sees nothing of it.",
    )


@requires_recent_authentication
def _send(request: HttpRequest, version: Version) -> HttpResponse:
    user = person_of(request)
    form = SendForm(request.POST or None, actor=user)
    made: list[str] = []

    def make() -> None:
        try:
            made.append(services.send_copy(actor=user, version=version, **form.asked)[1])
        except CannotShow as error:
            raise InvalidInput(f"{error.sentence} Let them download it instead.", field="mode") from error

    if form.is_valid() and attempt(form, make):
        return _made(request, made[0], "The link is on its way", mailed=True)
    return _form(
        request,
        version.file,
        form,
        title="Send a copy",
        label="Send the link",
        lede=f"One person outside opens version {version.number} of “{version.file.name}”, and nothing else.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, link_id: UUID) -> HttpResponse:
    found = get_link(request, link_id)
    back = reverse("sharing:link", args=[found.pk])
    if request.method == "POST":
        try:
            services.close_link(actor=person_of(request), link=found)
        except Conflict as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, "The link is closed. It has been recorded.")
        return redirect(back)
    row = selectors.row_of(found)
    return confirm(
        request,
        title="Close the link",
        question=f"“{row.title}” opens to nobody from then on, and stays closed. What was done through it stays.",
        label="Close",
        back=back,
        crumbs=_crumbs((row.title, back), ("Close", None)),
    )


def _require_all(request: HttpRequest, kind: Link.Kind, thing: Item | Version) -> None:
    for right in rights_needed(kind):
        require(person_of(request), right, thing)


def _form(request: HttpRequest, item: Item, form: LinkForm, **words: str) -> HttpResponse:
    here = "workspaces:folder" if item.is_folder else "workspaces:file"
    crumbs = item_crumbs(item, (words["title"], None))
    context = {"form": form, "crumbs": crumbs, "back": reverse(here, args=[item.pk]), **words}
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


def _made(request: HttpRequest, token: str, title: str, *, mailed: bool = False) -> HttpResponse:
    """Show the address of a link, once: we keep no more than a fingerprint of it."""
    context = {
        "title": title,
        "address": notices.address(token),
        "back": reverse("sharing:links"),
        "mailed": mailed,
    }
    return render(request, "sharing/link_made.html", context)


def get_link(request: HttpRequest, link_id: UUID) -> Link:
    """Return a link to whoever may share what it is about."""
    related = ("made_by", "closed_by", "workspace", "item__workspace", "filerequest", "send")
    return get_object_or_404(Link.objects.visible_to(request.user).select_related(*related), pk=link_id)


def _crumbs(*more: tuple[str, str | None]) -> Crumbs:
    return [("Links to outside", reverse("sharing:links")), *more]
