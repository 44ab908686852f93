"""What takes two admins: appointing a commission admin or an auditor, and suspending one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.forms.people import AppointForm
from accounts.models import AdminAppointment, AdminSuspension
from accounts.permissions import Right
from accounts.stepup import requires_recent_authentication
from accounts.views.answers import accepted, form_page, person_of
from accounts.views.people import seen_person, under_people
from core.access import require

_SHOWN = 100


@requires_recent_authentication
@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, person_id: UUID) -> HttpResponse:
    found = seen_person(request, person_id)
    require(person_of(request), Right.APPOINT_ADMINS, found)
    form = AppointForm(request.POST or None)

    def deed() -> None:
        services.propose_admin(actor=person_of(request), candidate=found, **form.cleaned_data)

    if form.is_valid() and accepted(form, deed):
        messages.success(request, f"{found.name} is proposed. A second admin must confirm.")
        return redirect("accounts:person", person_id)
    return form_page(request, "accounts/appoint.html", form, person=found)


@require_GET
def appointments(request: HttpRequest) -> HttpResponse:
    reader = person_of(request)
    require(reader, Right.APPOINT_ADMINS)
    proposed = AdminAppointment.objects.select_related("candidate", "proposed_by")
    suspensions = AdminSuspension.objects.all().visible_to(reader).select_related("person", "proposed_by")
    context = {
        "rows": [{"appointment": one, "may_confirm": _may_confirm(request, one)} for one in proposed[:_SHOWN]],
        "suspensions": [{"suspension": one, "may_confirm": _may_confirm(request, one)} for one in suspensions[:_SHOWN]],
        "crumbs": under_people("Appointments"),
    }
    return render(request, "accounts/appointments.html", context)


@requires_recent_authentication
@require_http_methods(["GET", "POST"])
def confirm_appointment(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    require(person_of(request), Right.CONFIRM_ADMINS, found)
    if request.method == "GET":
        return render(request, "accounts/confirm_appointment.html", {"appointment": found})
    services.confirm_admin(actor=person_of(request), appointment=found)
    messages.success(request, f"{found.candidate.name} is appointed.")
    return redirect("accounts:appointments")


@require_POST
def decline_appointment(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    found = _appointment(request, appointment_id)
    services.decline_admin(actor=person_of(request), appointment=found)
    messages.success(request, f"The appointment of {found.candidate.name} is declined.")
    return redirect("accounts:appointments")


@requires_recent_authentication
@require_http_methods(["GET", "POST"])
def confirm_suspension(request: HttpRequest, suspension_id: UUID) -> HttpResponse:
    found = _suspension(request, suspension_id)
    require(person_of(request), Right.CONFIRM_ADMINS, found)
    if request.method == "GET":
        return render(request, "accounts/confirm_suspension.html", {"suspension": found})
    services.confirm_suspension(actor=person_of(request), suspension=found)
    messages.success(request, f"{found.person.name} is suspended.")
    return redirect("accounts:appointments")


@require_POST
def decline_suspension(request: HttpRequest, suspension_id: UUID) -> HttpResponse:
    found = _suspension(request, suspension_id)
    services.decline_suspension(actor=person_of(request), suspension=found)
    messages.success(request, f"The suspension of {found.person.name} is declined.")
    return redirect("accounts:appointments")


def _may_confirm(request: HttpRequest, found: AdminAppointment | AdminSuspension) -> bool:
    return found.state == "proposed" and person_of(request).has_perm(Right.CONFIRM_ADMINS, found)


def _appointment(request: HttpRequest, appointment_id: UUID) -> AdminAppointment:
    seen = AdminAppointment.objects.all().visible_to(request.user).select_related("candidate", "proposed_by")
    return get_object_or_404(seen, pk=appointment_id)


def _suspension(request: HttpRequest, suspension_id: UUID) -> AdminSuspension:
    seen = AdminSuspension.objects.all().visible_to(request.user).select_related("person", "proposed_by")
    return get_object_or_404(seen, pk=suspension_id)
