"""Asking for access, and the answers."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import explain_refusal, require
from core.errors import Conflict
from sharing import services
from sharing.forms import attempt
from sharing.models import AccessRequest
from sharing.permissions import Right as SharingRight
from sharing.requests import selectors
from sharing.requests.answering import more_than_own
from sharing.requests.asking import askable_roles, least_role_with, offered_rights
from sharing.requests.forms import AskForRightsForm, AskForRoleForm, GrantLessForm, RefuseForm
from sharing.views.fetching import (
    Crumbs,
    confirm,
    confirmed_outside,
    get_item,
    get_workspace,
    item_crumbs,
    person_of,
    query_without_page,
    workspace_crumbs,
)
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

PAGE_SIZE = 50
_SENT = (
    "Your request is on its way. Whoever may answer it sees it on their first page, and one of them was told by mail;"
    " you will be told what becomes of it."
)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = get_item(request, item_id)
    asked = _refused_right(request)
    rights = offered_rights(person_of(request), item, asked)
    chosen = asked if asked in rights else None
    form = AskForRightsForm(request.POST or None, rights=rights, asked=chosen)
    return _ask(request, item, form, asked, offered=bool(rights))


@require_http_methods(["GET", "HEAD", "POST"])
def ask_workspace(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = get_workspace(request, workspace_id)
    roles, asked = askable_roles(person_of(request), workspace), _refused_right(request)
    named = [role for role in roles if role.code == request.GET.get("role")]
    chosen = named[0] if named else least_role_with(asked, roles) if asked else None
    form = AskForRoleForm(request.POST or None, roles=roles, chosen=chosen)
    return _ask(request, workspace, form, asked, offered=bool(roles))


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """Three lists: what waits for the person's answer, what they asked for, and what was answered."""
    user = person_of(request)
    which = request.GET.get("list", "")
    if which not in selectors.LISTS:
        which = "waiting" if selectors.requests_in(user, "waiting").exists() else "mine"
    page = Paginator(selectors.requests_in(user, which), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": selectors.rows_for(user, page.object_list),
        "which": which,
        "lists": selectors.LISTS,
        "query": query_without_page(request),
    }
    return render(request, "sharing/requests.html", context)


@require_safe
def request_page(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = _get(request, request_id)
    user = person_of(request)
    [row] = selectors.rows_for(user, [found])
    may_answer = user.has_perm(SharingRight.ANSWER_REQUEST, found)
    context = {
        "row": row,
        "asked": found,
        "crumbs": _crumbs(("Request", None)),
        "steps": selectors.steps_of(found, for_asker=row.mine),
        "may_answer": may_answer and found.is_waiting,
        "obstacle": selectors.what_stands_against(found) if may_answer else None,
        "too_much": more_than_own(user, found) if may_answer and found.is_waiting else None,
        "now": selectors.access_now(found, reader=user) if may_answer else None,
    }
    return render(request, "sharing/request.html", context)


@require_POST
def grant(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Give what was asked for, by one click; to another institution after a proof of a factor."""
    found = _get(request, request_id)
    require(person_of(request), SharingRight.ANSWER_REQUEST, found)
    return confirmed_outside(request, {"person": found.asker}, _grant)(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
def grant_less(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = _get(request, request_id)
    require(person_of(request), SharingRight.ANSWER_REQUEST, found)
    return confirmed_outside(request, {"person": found.asker}, _grant_less)(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = _get(request, request_id)
    user = person_of(request)
    require(user, SharingRight.ANSWER_REQUEST, found)
    if not found.is_waiting:
        return _closed(request, found)
    form = RefuseForm(request.POST or None)
    if form.is_valid() and attempt(
        form, lambda: services.refuse_request(actor=user, request=found, **form.cleaned_data)
    ):
        messages.success(request, f"The request of {found.asker} has been refused. It has been recorded.")
        return redirect("sharing:requests")
    [row] = selectors.rows_for(user, [found])
    question = f"{found.asker} asked for {row.wanted} on {row.about}. Nothing changes for them."
    return confirm(
        request,
        title="Refuse the request",
        question=question,
        label="Refuse",
        back=_address(found),
        crumbs=_crumbs(("Request", _address(found)), ("Refuse", None)),
        form=form,
    )


@require_POST
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = _get(request, request_id)
    try:
        services.withdraw_request(actor=person_of(request), request=found)
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "Your request has been withdrawn.")
    return redirect(_address(found))


def _ask(
    request: HttpRequest,
    thing: Workspace | Item,
    form: AskForRightsForm | AskForRoleForm,
    refused: Right | None,
    *,
    offered: bool,
) -> HttpResponse:
    user = person_of(request)
    here = {"item": thing} if isinstance(thing, Item) else {"workspace": thing, "item": None}
    if waiting := AccessRequest.objects.waiting().filter(asker=user, **here).first():
        messages.info(request, "You have asked already. This is where your request stands.")
        return redirect(_address(waiting))
    if form.is_valid() and attempt(form, lambda: _send(request, thing, form)):
        return redirect(f"{reverse('sharing:requests')}?list=mine")
    workspace = thing.workspace if isinstance(thing, Item) and askable_roles(user, thing.workspace) else None
    context = {
        "thing": thing,
        "form": form,
        "offered": offered,
        "rule": explain_refusal(user, refused, thing) if refused and not user.has_perm(refused, thing) else "",
        "crumbs": _thing_crumbs(thing),
        "back": _thing_crumbs(thing)[-2][1],
        "workspace_url": reverse("sharing:ask_workspace", args=[workspace.pk]) if workspace else None,
    }
    return render(request, "sharing/ask.html", context, status=400 if form.errors else 200)


def _send(request: HttpRequest, thing: Workspace | Item, form: AskForRightsForm | AskForRoleForm) -> None:
    words = {name: form.cleaned_data[name] for name in ("days", "purpose", "message")}
    services.ask_for_access(actor=person_of(request), thing=thing, **words, **form.wanted)
    messages.success(request, _SENT)


def _grant(request: HttpRequest, found: AccessRequest) -> HttpResponse:
    try:
        services.grant_request(actor=person_of(request), request=found)
    except Conflict as error:
        # The page of the request says itself what stands against it; once is enough.
        if error.sentence != selectors.what_stands_against(found):
            messages.error(request, error.sentence)
        return redirect(_address(found))
    messages.success(request, f"{found.asker} has been given what they asked for. It has been recorded.")
    return redirect("sharing:requests")


def _grant_less(request: HttpRequest, found: AccessRequest) -> HttpResponse:
    user = person_of(request)
    if not found.is_waiting:
        return _closed(request, found)
    form = GrantLessForm(request.POST or None, request=found)
    if form.is_valid() and attempt(form, lambda: services.grant_request(actor=user, request=found, **form.answer)):
        messages.success(request, f"{found.asker} has been given a part of what they asked for. It has been recorded.")
        return redirect("sharing:requests")
    [row] = selectors.rows_for(user, [found])
    context: dict[str, Any] = {
        "title": "Grant less",
        "label": "Grant this",
        "form": form,
        "crumbs": _crumbs(("Request", _address(found)), ("Grant less", None)),
        "back": _address(found),
        "lede": f"{found.asker} asked for {row.wanted} on {row.about}.",
    }
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


def _closed(request: HttpRequest, found: AccessRequest) -> HttpResponse:
    """Send whoever comes too late to the page that says what became of it."""
    messages.info(request, "This request does not wait for an answer any more.")
    return redirect(_address(found))


def _refused_right(request: HttpRequest) -> Right | None:
    """Return the right that the address names, which the person was refused a moment ago; nothing for anything else."""
    code = f"workspaces.{request.GET.get('right', '')}"
    return Right(code) if code in Right.values else None


def _get(request: HttpRequest, request_id: UUID) -> AccessRequest:
    mine = AccessRequest.objects.visible_to(request.user).with_names()
    return get_object_or_404(mine.select_related("item__workspace"), pk=request_id)


def _address(found: AccessRequest) -> str:
    return reverse("sharing:request", args=[found.pk])


def _crumbs(*more: tuple[str, str | None]) -> Crumbs:
    return [("Requests for access", reverse("sharing:requests")), *more]


def _thing_crumbs(thing: Workspace | Item) -> Crumbs:
    last = ("Ask for access", None)
    return item_crumbs(thing, last) if isinstance(thing, Item) else workspace_crumbs(thing, last)
