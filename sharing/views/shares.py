"""Sharing one folder or file: choose whom, then what they may do there."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from core.access import require, rights_on_each
from sharing import services
from sharing.forms import ShareForm
from sharing.roles import roles_for
from sharing.selectors.access import allowed_further_down
from sharing.views.fetching import (
    Crumbs,
    Receiver,
    choose,
    chosen_receiver,
    confirmed_outside,
    get_item,
    item_crumbs,
    person_of,
)
from sharing.views.previewing import save_or_preview
from sharing.why.previewing import people_behind
from workspaces.models import Item
from workspaces.permissions import Right


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = get_item(request, item_id)
    require(person_of(request), Right.SHARE, item)
    crumbs = item_crumbs(item, ("Share", None))
    receiver = chosen_receiver(request)
    if receiver is None:
        return choose(request, title=f"Share “{item}”", crumbs=crumbs, groups=True)
    return confirmed_outside(request, receiver, _share)(request, item, receiver, crumbs)


def _share(request: HttpRequest, item: Item, receiver: Receiver, crumbs: Crumbs) -> HttpResponse:
    [whom] = receiver.values()
    form = ShareForm(
        request.POST or None,
        actor=person_of(request),
        workspace=item.workspace,
        roles=roles_for(item.workspace),
    )
    done: list[services.Shared] = []
    saved, preview = save_or_preview(
        request,
        form,
        lambda: done.append(
            services.share_item(
                actor=person_of(request),
                item=item,
                role=form.cleaned_data["role"],
                expires_at=form.expires_at,
                purpose=form.cleaned_data["purpose"],
                condition=form.condition,
                **receiver,
            )
        ),
        people=people_behind(whom),
        workspaces=[item.workspace],
        at=[item],
    )
    back = reverse("sharing:item_access", args=[item.pk])
    if saved:
        messages.success(request, _what_was_done(whom, item, done[0]))
        return redirect(back)
    context = {
        "title": f"Share “{item}” with {whom}",
        "lede": _now(whom, item),
        "label": "Share",
        "form": form,
        "crumbs": crumbs,
        "back": back,
        "preview": preview,
        "previews": True,
        "other_url": f"{reverse('sharing:add_exception', args=[item.pk])}?{request.GET.urlencode()}",
        "other_label": "Allow or deny a single right instead",
    }
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


def _now(whom: object, item: Item) -> str:
    if not isinstance(whom, User):
        return "What members of the group may do by roles of their own stays as it is."
    rights = rights_on_each(whom, [item])[item.pk]
    return f"{whom} may here now: {_listed(right for right in Right if right in rights)}."


def _what_was_done(whom: object, item: Item, shared: services.Shared) -> str:
    said = f"“{item}” is shared with {whom}: {shared.role.label}."
    if shared.before is not None and shared.now is not None:
        said += f" Before, they could: {_listed(shared.before)}. Now: {_listed(shared.now)}."
    elif shared.denied:
        said += f" Denied to everybody in the group: {_listed(shared.denied)}."
    if isinstance(whom, User) and (more := allowed_further_down(whom, item, shared.role.rights)):
        things = "1 thing in it has" if more == 1 else f"{more} things in it have"
        said += f" {things.capitalize()} exceptions that let them do more there; they stay."
    return f"{said} It has been recorded."


def _listed(rights: Iterable[Right]) -> str:
    return ", ".join(str(right.label) for right in rights) or "nothing"
