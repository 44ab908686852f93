"""Who may see one folder or file, and the exceptions on it."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import User
from core.access import require, rights_on_each
from sharing import services
from sharing.forms import ExceptionForm
from sharing.models import Effect
from sharing.requests.asking import offered_rights
from sharing.requests.selectors import waiting_about
from sharing.selectors import access, home
from sharing.views.fetching import (
    Crumbs,
    Receiver,
    choose,
    chosen_receiver,
    confirm,
    confirmed_outside,
    get_exception,
    get_item,
    item_crumbs,
    person_of,
    query_without_page,
    receiver_of,
)
from sharing.views.previewing import foresee, save_or_preview
from sharing.why.previewing import people_behind
from workspaces.models import Item
from workspaces.permissions import Right
from workspaces.undoing.remembering import as_one
from workspaces.views.undoing import tell_with_undo

PAGE_SIZE = 50


def item_access(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = get_item(request, item_id)
    user = person_of(request)
    people = access.people_concerned(item)
    sees_members = access.may_see_members(access.rights_in(user, item.workspace))
    page = Paginator(people if sees_members else people.filter(pk=user.pk), PAGE_SIZE).get_page(request.GET.get("page"))
    may_share = Right.SHARE in rights_on_each(user, [item])[item.pk]
    context = {
        "item": item,
        "crumbs": item_crumbs(item),
        "page": page,
        "query": query_without_page(request),
        "rows": access.access_of(page.object_list, item, reader=user),
        "sees_members": sees_members,
        "may_share": may_share,
        "may_ask": bool(offered_rights(user, item)),
        "requests": waiting_about(user, item) if may_share else [],
        "exceptions": access.exceptions_on(item) if may_share else [],
    }
    return render(request, "sharing/item_access.html", context)


def add_exception(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Set an exception: first choose whom, then say which right, until when and why."""
    item = get_item(request, item_id)
    user = person_of(request)
    require(user, Right.SHARE, item)
    crumbs = item_crumbs(item, ("Exception", None))
    receiver = chosen_receiver(request)
    if receiver is None:
        return choose(request, title=f"Allow or deny one right on “{item}”", crumbs=crumbs, groups=True)
    return confirmed_outside(request, receiver, _set_exception)(request, item, receiver, crumbs)


def _set_exception(request: HttpRequest, item: Item, receiver: Receiver, crumbs: Crumbs) -> HttpResponse:
    user = person_of(request)
    [whom] = receiver.values()
    may_now = _rights_of(whom, item)
    # Whoever may do nothing here is most often meant to look, and that is the least that can be given.
    suggested = {"effect": Effect.ALLOW, "right": Right.VIEW} if may_now == frozenset() else {}
    form = ExceptionForm(request.POST or None, initial=suggested, actor=user, workspace=item.workspace)
    back = reverse("sharing:item_access", args=[item.pk])
    saved, preview = save_or_preview(
        request,
        form,
        lambda: services.set_exception(
            actor=user,
            item=item,
            right=Right(form.cleaned_data["right"]),
            effect=form.cleaned_data["effect"],
            expires_at=form.expires_at,
            purpose=form.cleaned_data["purpose"],
            condition=form.condition,
            **receiver,
        ),
        people=people_behind(whom),
        workspaces=[item.workspace],
        at=[item],
    )
    if saved:
        messages.success(
            request, f"The exception for {whom} holds from now on. It has been recorded. {_now(whom, item)}"
        )
        return redirect(back)
    title = f"Exception for {whom} on “{item}”"
    lede = _before(whom, item)
    context = {"title": title, "lede": lede, "label": "Set exception", "form": form, "crumbs": crumbs, "back": back}
    context |= {"preview": preview, "previews": True}
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


def _rights_of(whom: Any, item: Item) -> frozenset[Right] | None:
    """Return what a person may do with the item now; nothing can be said about a group as a whole."""
    if not isinstance(whom, User):
        return None
    return frozenset(Right(one) for one in rights_on_each(whom, [item])[item.pk] if one in Right.values)


def _now(whom: Any, item: Item) -> str:
    """Say what somebody may do now, since one right that is given takes no other away."""
    rights = _rights_of(whom, item)
    if rights is None:
        return ""
    listed = ", ".join(str(right.label) for right in Right if right in rights)
    said = f"{whom} may here now: {listed or 'nothing'}."
    return f"{said} To let them look without downloading, deny Download." if Right.DOWNLOAD in rights else said


def _before(whom: Any, item: Item) -> str:
    return (
        _now(whom, item)
        or "To let somebody look without downloading, allow View. What a role gives besides must be denied."
    )


def lift_exception(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    exception = get_exception(request, exception_id)
    item = exception.content_object
    user = person_of(request)
    require(user, Right.SHARE, item)
    back = reverse("sharing:item_access", args=[item.pk])
    if request.method == "POST":
        with as_one() as together:
            services.lift_exception(actor=user, exception=exception)
        tell_with_undo(request, "The exception has been lifted. It has been recorded.", together)
        return redirect(back)
    question = (
        f"The exception on “{item}” ends at once. From then on the next rule decides: a folder above, or the role."
    )
    crumbs = item_crumbs(item, ("Lift an exception", None))
    [whom] = receiver_of(exception).values()
    deed = partial(services.lift_exception, actor=user, exception=exception)
    ahead = foresee(request, deed, people=people_behind(whom), workspaces=[item.workspace])
    title = "Lift an exception"
    return confirm(request, title=title, question=question, label="Lift", back=back, crumbs=crumbs, **ahead)


def shared_with_me(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    items = home.only_by_exception(user, home.shared_with(user))
    page = Paginator(items, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "sharing/shared_with_me.html", {"page": page, "query": query_without_page(request)})
