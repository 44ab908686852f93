"""Pages on participants: whom an item is about, who is known in a workspace, and who has seen their data."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.stepup import requires_recent_authentication
from core.access import require
from core.errors import InvalidInput
from ledger_bridge.access import entries_visible_to
from ledger_bridge.names import Names
from ledger_bridge.selectors import COUNTED_UP_TO, Place
from workspaces import selectors, services
from workspaces.activity.forms import ActivityForm
from workspaces.activity.lines import page_of
from workspaces.activity.summaries import by_file, by_person, choices, groups_of, names_in
from workspaces.forms import errors_shown_in
from workspaces.participants.models import Participant, ParticipantMark
from workspaces.participants.pseudonyms import LONGEST
from workspaces.participants.selectors import Scope, marks_on, participants_in, scope_of
from workspaces.permissions import Right
from workspaces.views.activity import asked_of, query_of
from workspaces.views.finding import crumbs, signed_in, visible_item, visible_workspace

_ROWS = 50
_WAYS = {"people": by_person, "files": by_file}


class MarkForm(forms.Form):
    pseudonym = forms.CharField(
        max_length=LONGEST,
        label="Pseudonym of the participant",
        help_text="As the study gives it, such as 12-001. Never a name, a birth date or an address.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    sure = forms.BooleanField(
        required=False,
        label="It is a pseudonym, whatever it looks like",
        help_text="Only if you were told that it looks like something else.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def item_participants(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Whom a file or a folder is about; saying so."""
    user, item = signed_in(request), visible_item(request, item_id)
    if request.method == "POST":
        require(user, Right.EDIT, item)
    form = MarkForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with errors_shown_in(form):
            services.mark_about(actor=user, item=item, **form.cleaned_data)
            messages.success(request, "Marked and recorded.")
            return redirect("workspaces:item_participants", item.pk)
    context = {
        "item": item,
        "marks": marks_on(item, asker=user),
        "may": selectors.may_on(user, item),
        "form": form,
        "crumbs": crumbs(user, item, "Participants"),
    }
    return render(request, "workspaces/item_participants.html", context, status=400 if form.errors else 200)


@require_POST
def unmark(request: HttpRequest, mark_id: UUID) -> HttpResponse:
    mark = visible_mark(request, mark_id)
    services.unmark_about(actor=signed_in(request), mark=mark)
    messages.success(request, "Taken off and recorded.")
    return redirect("workspaces:item_participants", mark.item_id)


@require_safe
def participants(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    rows = participants_in(workspace, asker=user)
    context = {
        "workspace": workspace,
        "may": selectors.may_on(user, workspace),
        "page": Paginator(rows, _ROWS).get_page(request.GET.get("page")),
        "crumbs": crumbs(user, workspace, "Participants"),
    }
    return render(request, "workspaces/participants.html", context)


@require_safe
def participant(request: HttpRequest, participant_id: UUID) -> HttpResponse:
    """Who has seen what is about a participant, in this workspace or wherever the pseudonym is used."""
    user, one = signed_in(request), visible_participant(request, participant_id)
    across, by = request.GET.get("across") == "1", request.GET.get("by", "")
    by = by if by in _WAYS else ""
    place = Place.parse(request.GET)
    scope = scope_of(one, asker=user, across=across)
    form = ActivityForm(request.GET, within=scope.within, summed_up=bool(by))
    ways = {"": "Line by line", "people": "By person", "files": "By file"}
    context: dict[str, Any] = {
        "participant": one,
        "scope": scope,
        "across": across,
        "other_url": f"?{query_of(request, across=None if across else '1')}",
        "form": form,
        "by": by,
        "ways": [(key, label, f"?{query_of(request, by=key)}") for key, label in ways.items()],
        "export_url": f"{reverse('workspaces:export_participant', args=[one.pk])}?{query_of(request)}",
        "counted_up_to": COUNTED_UP_TO,
        "crumbs": crumbs(user, one.workspace, "Participants", one.pseudonym),
    }
    try:
        context |= _found(request, user, scope, form, by, place)
    except InvalidInput as error:
        context["problem"] = error.sentence
    return render(request, "workspaces/participant.html", context, status=400 if form.errors else 200)


def _found(
    request: HttpRequest, user: User, scope: Scope, form: ActivityForm, by: str, place: Place | None
) -> dict[str, Any]:
    if not form.is_valid():
        return {"problem": "Correct what you asked for above."}
    asked, seen = form.asked(), entries_visible_to(user, within=scope.within)
    services.view_participant(actor=user, scope=scope)
    known: Names = {}
    with suppress(InvalidInput):
        groups = groups_of(scope.within, asker=user, seen=seen)
        known = names_in(groups, asker=user)
        form.offer(*choices(groups, asker=user, known=known))
    if by:
        rows = _WAYS[by](groups_of(asked.filters, asker=user, seen=seen), asker=user, sort=asked.sort, known=known)
        return {"rows": Paginator(rows, _ROWS).get_page(request.GET.get("page")), "query": query_of(request)}
    page = page_of(asked.filters, asker=user, place=place, oldest_first=asked.oldest_first, seen=seen, known=known)
    return {
        "page": page,
        "is_many": page.count > COUNTED_UP_TO,
        "newer_url": f"?{query_of(request, newer=page.newer)}" if page.newer else None,
        "older_url": f"?{query_of(request, older=page.older)}" if page.older else None,
    }


@require_POST
@requires_recent_authentication
def export(request: HttpRequest, participant_id: UUID) -> HttpResponseBase:
    user, one = signed_in(request), visible_participant(request, participant_id)
    scope = scope_of(one, asker=user, across=request.GET.get("across") == "1")
    made = services.export_participant(actor=user, scope=scope, filters=asked_of(request.GET, scope.within).filters)
    headers = {"Content-Disposition": 'attachment; filename="participant.csv"', "Cache-Control": "no-store, private"}
    return StreamingHttpResponse(made, content_type="text/csv; charset=utf-8", headers=headers)


def visible_mark(request: HttpRequest, mark_id: UUID) -> ParticipantMark:
    marks = ParticipantMark.objects.visible_to(request.user).select_related("item__workspace", "participant")
    return get_object_or_404(marks, pk=mark_id)


def visible_participant(request: HttpRequest, participant_id: UUID) -> Participant:
    """Return a participant to whoever may view something about them, and see the trail of the workspace."""
    found = get_object_or_404(Participant.objects.select_related("workspace"), pk=participant_id)
    if not ParticipantMark.objects.visible_to(request.user).filter(participant=found).exists():
        raise Http404
    require(signed_in(request), Right.TRAIL, found.workspace)
    return found
