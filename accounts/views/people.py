"""People, their standing, institutions."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts import services
from accounts.forms.application import ReasonForm
from accounts.forms.people import InstitutionForm, PeopleFilterForm
from accounts.models import Institution, User
from accounts.permissions import Right
from accounts.selectors import people_list, standing_of
from accounts.stepup import requires_recent_authentication
from accounts.views.answers import accepted, form_page, page_of, person_of, rest_of_query
from core.access import require

_DONE = "Done, recorded, and told to the person by mail."


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    reader = person_of(request)
    require(reader, Right.SEE_PEOPLE)
    form = PeopleFilterForm(request.GET, user=reader)
    page = page_of(request, people_list(reader, **(form.cleaned_data if form.is_valid() else {})))
    rows = [{"person": one, "standing": standing_of(one)} for one in page]
    context = {"form": form, "page_obj": page, "rows": rows, "query": rest_of_query(request)}
    return render(request, "accounts/people.html", context | {"manages": reader.has_perm(Right.MANAGE_CONTRIBUTORS)})


@require_GET
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    reader, found = person_of(request), seen_person(request, person_id)
    context = {
        "person": found,
        "crumbs": under_people(found.name),
        "standing": standing_of(found),
        "may_manage": reader.has_perm(Right.MANAGE_CONTRIBUTORS, found) and found.role != User.Role.APPLICANT,
        "may_appoint": reader.has_perm(Right.APPOINT_ADMINS, found) and found.in_good_standing,
        "applications": found.applications.all().visible_to(reader).order_by("-submitted_at"),
        "suspension": found.proposed_suspensions.all().visible_to(reader).filter(state="proposed").first(),
        "appointment": found.appointments.all().visible_to(reader).filter(state="proposed").first(),
    }
    return render(request, "accounts/person.html", context)


@requires_recent_authentication
@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest, person_id: UUID) -> HttpResponse:
    found = seen_person(request, person_id)
    require(person_of(request), Right.MANAGE_CONTRIBUTORS, found)
    if request.method == "GET":
        return render(request, "accounts/renew.html", {"person": found})
    services.renew_approval(actor=person_of(request), person=found)
    messages.success(request, f"The approval of {found.name} now lasts one more year.")
    return redirect("accounts:person", person_id)


@requires_recent_authentication
def suspend(request: HttpRequest, person_id: UUID) -> HttpResponse:
    if seen_person(request, person_id).watches_over_others:
        help_text = "The second admin reads this before confirming, and the person afterwards."
        done = "Proposed. Another admin must confirm before anything happens."
        return _with_reason(request, person_id, services.propose_suspension, "Propose to suspend", help_text, done)
    help_text = "The person reads this. All their sessions end at once."
    return _with_reason(request, person_id, services.suspend_contributor, "Suspend", help_text, _DONE)


@requires_recent_authentication
def lift(request: HttpRequest, person_id: UUID) -> HttpResponse:
    help_text = "Kept in the trail."
    return _with_reason(request, person_id, services.lift_suspension, "Lift the suspension", help_text, _DONE)


@require_http_methods(["GET", "POST"])
def institutions(request: HttpRequest) -> HttpResponse:
    reader = person_of(request)
    require(reader, Right.SEE_PEOPLE if request.method == "GET" else Right.MANAGE_INSTITUTIONS)
    form = InstitutionForm(request.POST or None)

    def deed() -> None:
        services.create_institution(actor=reader, **form.cleaned_data)

    if form.is_valid() and accepted(form, deed):
        messages.success(request, f"{form.cleaned_data['name']} is entered.")
        return redirect("accounts:institutions")
    listed = Institution.objects.all().visible_to(reader).annotate(size=Count("people")).order_by("name", "pk")
    page = page_of(request, listed, 50)
    may_enter = reader.has_perm(Right.MANAGE_INSTITUTIONS)
    crumbs = under_people("Institutions")
    return form_page(request, "accounts/institutions.html", form, page_obj=page, may_enter=may_enter, crumbs=crumbs)


@require_http_methods(["GET", "POST"])
def _with_reason(
    request: HttpRequest, person_id: UUID, deed: Callable[..., object], verb: str, help_text: str, done: str
) -> HttpResponse:
    found = seen_person(request, person_id)
    require(person_of(request), Right.MANAGE_CONTRIBUTORS, found)
    form = ReasonForm(request.POST or None, help_text=help_text)
    if form.is_valid() and accepted(
        form, lambda: deed(actor=person_of(request), person=found, reason=form.cleaned_data["reason"])
    ):
        messages.success(request, done)
        return redirect("accounts:person", person_id)
    return form_page(request, "accounts/standing.html", form, person=found, verb=verb)


def under_people(name: str) -> list[tuple[str, str]]:
    return [("People", reverse("accounts:people")), (name, "")]


def seen_person(request: HttpRequest, person_id: UUID) -> User:
    return get_object_or_404(User.objects.visible_to(request.user).select_related("institution"), pk=person_id)
