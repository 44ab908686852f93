"""One's own notices, and how one is mailed about them."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.forms.inbox import InboxFilterForm, MailForm, WorkspaceMailForm
from accounts.inbox import kinds, selectors
from accounts.inbox.models import MailChoice, Notice
from accounts.models import User
from accounts.views.answers import accepted, form_page, person_of, rest_of_query

PAGE = 30


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = InboxFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = selectors.notices_for(person, unread=chosen.get("unread", False), group=chosen.get("about", ""))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": form,
        "is_filtered": any(chosen.values()),
        "about": chosen.get("about", ""),
        "page": page,
        "rows": selectors.rows_for(person, list(page.object_list)),
        "unread": selectors.unread_count(person),
        "query": rest_of_query(request),
        "here": request.get_full_path(),
    }
    return render(request, "accounts/inbox.html", context)


@require_GET
def open_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Go to what a notice is about, which is also reading it. Nothing else changes, so a link will do."""
    person, notice = person_of(request), _own(request, notice_id)
    [row] = selectors.rows_for(person, [services.mark_read(actor=person, notice=notice)])
    if row.url:
        return redirect(row.url)
    messages.info(request, "There is nothing to show about this any more." if not row.line else "It is marked as read.")
    return redirect("accounts:inbox")


@require_POST
def read_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    services.mark_read(actor=person_of(request), notice=_own(request, notice_id))
    return redirect(_back(request))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    about = request.POST.get("about", "")
    codes = kinds.codes_in(about) if about in kinds.Group.values else None
    count = services.mark_all_read(actor=person_of(request), codes=codes)
    messages.success(request, f"{count} notice{'' if count == 1 else 's'} marked as read.")
    return redirect("accounts:inbox")


@require_http_methods(["GET", "POST"])
def mail_choices(request: HttpRequest) -> HttpResponse:
    """How one is mailed: for one workspace where the form names one, otherwise for everything else."""
    person = person_of(request)
    chosen, places = selectors.mail_choices(person), kinds.places_of(person)
    posted = request.POST if request.method == "POST" else None
    for_one = posted is not None and "workspace" in posted
    usual = MailForm(None if for_one else posted, initial={"how": chosen[None]})
    special = WorkspaceMailForm(posted if for_one else None, places=places, auto_id="id_one_%s")
    form = special if for_one else usual
    if form.is_valid() and accepted(form, lambda: services.choose_mail(actor=person, **form.cleaned_data)):
        messages.success(request, "Saved and recorded.")
        return redirect("accounts:mail_choices")
    rows = [
        {"id": key, "name": places[key], "how": MailChoice.How(how).label}
        for key, how in chosen.items()
        if key is not None and key in places
    ]
    return form_page(
        request, "accounts/mail_choices.html", form, usual=usual, special=special, rows=rows, places=places
    )


def _own(request: HttpRequest, notice_id: UUID) -> Notice:
    person: User = person_of(request)
    return get_object_or_404(Notice.objects.visible_to(person).select_related("actor", "person"), pk=notice_id)


def _back(request: HttpRequest) -> str:
    """Return the list somebody came from: only what filters it is taken from the form, never an address."""
    kept = {name: request.POST[name] for name in ("about", "unread", "page") if request.POST.get(name)}
    return reverse("accounts:inbox") + (f"?{urlencode(kept)}" if kept else "")
