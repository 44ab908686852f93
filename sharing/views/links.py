"""Links from outside, for those who make them: making, looking after, closing."""

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
from core.errors import Conflict
from sharing import services
from sharing.forms import attempt
from sharing.links import notices, selectors
from sharing.links.forms import FileRequestForm
from sharing.links.kinds import in_words
from sharing.links.models import FileRequest, Link
from sharing.links.rules import rights_needed
from sharing.views.fetching import Crumbs, confirm, get_item, item_crumbs, person_of, query_without_page
from workspaces.models import Item

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
    """One link: its state and what came through it. Names of files stand there for those who may view them."""
    found = get_link(request, link_id)
    user = person_of(request)
    file_request = get_object_or_404(FileRequest, pk=found.pk)
    page = Paginator(selectors.deliveries_of(file_request), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "row": selectors.row_of(found),
        "request_": file_request,
        "kinds": in_words(file_request.kinds),
        "page": page,
        "rows": selectors.deliveries_shown_to(user, page.object_list),
        "query": query_without_page(request),
        "crumbs": _crumbs((selectors.row_of(found).title, None)),
    }
    return render(request, "sharing/link.html", context)


def new_file_request(request: HttpRequest, item_id: UUID) -> HttpResponseBase:
    folder = get_item(request, item_id)
    for right in rights_needed(Link.Kind.REQUEST):
        require(person_of(request), right, folder)
    return _confirmed(request, folder)


@requires_recent_authentication
def _confirmed(request: HttpRequest, folder: Item) -> HttpResponse:
    user = person_of(request)
    form = FileRequestForm(request.POST or None, actor=user)
    made: list[str] = []

    def make() -> None:
        made.append(services.make_file_request(actor=user, folder=folder, **form.asked)[1])

    if form.is_valid() and attempt(form, make):
        return show_made(request, made[0], "Your link for files", reverse("sharing:links"))
    context = {
        "title": "Ask for files",
        "label": "Make the link",
        "form": form,
        "crumbs": item_crumbs(folder, ("Ask for files", None)),
        "back": reverse("workspaces:folder", args=[folder.pk]) if folder.is_folder else reverse("sharing:links"),
        "lede": f"Somebody without an account delivers into “{folder.name}”, and sees nothing of it.",
    }
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


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
        question=f"“{row.title}” opens to nobody from then on, and stays closed. What came through it stays.",
        label="Close",
        back=back,
        crumbs=_crumbs((row.title, back), ("Close", None)),
    )


def show_made(request: HttpRequest, token: str, title: str, back: str) -> HttpResponse:
    """Show the address of a link, once: we keep no more than a fingerprint of it."""
    context = {"title": title, "address": notices.address(token), "back": back}
    return render(request, "sharing/link_made.html", context)


def get_link(request: HttpRequest, link_id: UUID) -> Link:
    """Return a link to whoever may share what it is about."""
    related = ("made_by", "closed_by", "workspace", "item__workspace", "filerequest")
    return get_object_or_404(Link.objects.visible_to(request.user).select_related(*related), pk=link_id)


def _crumbs(*more: tuple[str, str | None]) -> Crumbs:
    return [("Links to outside", reverse("sharing:links")), *more]
