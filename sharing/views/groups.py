"""Groups that contributors make themselves."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.models import User
from core.access import require
from sharing import services
from sharing.forms import GroupForm, attempt
from sharing.models import GroupProfile
from sharing.permissions import Right
from sharing.views.fetching import (
    Crumbs,
    choose,
    chosen_receiver,
    confirm,
    confirmed_outside,
    person_of,
    query_without_page,
)
from sharing.views.previewing import foresee
from sharing.why.previewing import people_behind, reached_by

PAGE_SIZE = 50


def groups(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    mine = GroupProfile.objects.visible_to(user).select_related("group").annotate(size=Count("group__user"))
    context = {"groups": mine, "may_create": user.has_perm(Right.CREATE_GROUPS)}
    return render(request, "sharing/groups.html", context)


def new_group(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    require(user, Right.CREATE_GROUPS)
    form = GroupForm(request.POST or None)
    if form.is_valid() and attempt(form, lambda: services.create_group(actor=user, **form.cleaned_data)):
        messages.success(request, f"The group “{form.cleaned_data['name']}” has been made.")
        return redirect("sharing:groups")
    crumbs = _crumbs(("New group", None))
    context = {"title": "New group", "label": "Make the group", "form": form, "crumbs": crumbs}
    context["back"] = reverse("sharing:groups")
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


def group(request: HttpRequest, group_id: int) -> HttpResponse:
    profile = _group(request, group_id)
    members = profile.group.user_set.select_related("institution").order_by("name")
    context = {
        "profile": profile,
        "crumbs": _crumbs((profile.group.name, None)),
        "page": Paginator(members, PAGE_SIZE).get_page(request.GET.get("page")),
        "query": query_without_page(request),
        "managers": set(profile.managers.values_list("pk", flat=True)),
        "may_manage": person_of(request).has_perm(Right.MANAGE_GROUP, profile),
    }
    return render(request, "sharing/group.html", context)


def add_member(request: HttpRequest, group_id: int) -> HttpResponse:
    profile = _group(request, group_id)
    user = person_of(request)
    require(user, Right.MANAGE_GROUP, profile)
    crumbs = _crumbs((profile.group.name, _page(profile)), ("Take somebody in", None))
    receiver = chosen_receiver(request)
    if receiver is None or "person" not in receiver:
        return choose(request, title=f"Take somebody into “{profile}”", crumbs=crumbs, groups=False)
    return confirmed_outside(request, receiver, _take_in)(request, profile, receiver["person"], crumbs)


def _take_in(request: HttpRequest, profile: GroupProfile, person: User, crumbs: Crumbs) -> HttpResponse:
    user = person_of(request)
    if request.method == "POST":
        services.add_member(actor=user, profile=profile, person=person)
        messages.success(request, f"{person} is in the group now. It has been recorded.")
        return redirect(_page(profile))
    question = f"{person} gets every role and exception that “{profile}” has been given, at once."
    ahead = _foresee(request, partial(services.add_member, actor=user, profile=profile, person=person), profile, person)
    title, back = f"Take {person} in", _page(profile)
    return confirm(request, title=title, question=question, label="Take in", back=back, crumbs=crumbs, **ahead)


def remove_member(request: HttpRequest, group_id: int, person_id: UUID) -> HttpResponse:
    profile = _group(request, group_id)
    user = person_of(request)
    person: User = get_object_or_404(User.objects.filter(groups=profile.group), pk=person_id)
    if person.pk != user.pk:
        require(user, Right.MANAGE_GROUP, profile)
    if request.method == "POST":
        services.remove_member(actor=user, profile=profile, person=person)
        messages.success(request, f"{person} is not in “{profile}” any more. It has been recorded.")
        return redirect("sharing:groups")
    question = f"{person} loses every role and exception that comes through “{profile}”, at once."
    crumbs = _crumbs((profile.group.name, _page(profile)), ("Take out", None))
    deed = partial(services.remove_member, actor=user, profile=profile, person=person)
    ahead = _foresee(request, deed, profile, person)
    title, back = f"Take {person} out", _page(profile)
    return confirm(request, title=title, question=question, label="Take out", back=back, crumbs=crumbs, **ahead)


def _foresee(request: HttpRequest, deed: Callable[[], Any], profile: GroupProfile, person: User) -> dict[str, Any]:
    workspaces = reached_by(profile, reader=person_of(request))
    return foresee(request, deed, people=people_behind(person), workspaces=workspaces)


def _group(request: HttpRequest, group_id: int) -> GroupProfile:
    return get_object_or_404(GroupProfile.objects.visible_to(request.user).select_related("group"), pk=group_id)


def _page(profile: GroupProfile) -> str:
    return reverse("sharing:group", args=[profile.pk])


def _crumbs(*more: tuple[str, str | None]) -> Crumbs:
    return [("Groups", reverse("sharing:groups")), *more]
