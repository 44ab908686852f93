"""The review desk: the queue, one application, and what a reviewer may decide."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts import services
from accounts.forms.application import ApproveForm, QueueForm, ReasonForm
from accounts.models import Application
from accounts.permissions import Right
from accounts.selectors import review_queue
from accounts.stepup import requires_recent_authentication
from accounts.views.answers import accepted, form_page, page_of, person_of, rest_of_query
from core.access import require


@require_GET
def review(request: HttpRequest) -> HttpResponse:
    require(person_of(request), Right.REVIEW_APPLICATIONS)
    form = QueueForm(request.GET)
    filters = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, review_queue(request.user, **filters))
    return render(request, "accounts/review.html", {"form": form, "page_obj": page, "query": rest_of_query(request)})


@require_GET
def review_application(request: HttpRequest, application_id: UUID) -> HttpResponse:
    found = _reviewed(request, application_id)
    context = {
        "application": found,
        "crumbs": [("Review desk", reverse("accounts:review")), (found.applicant.name, "")],
        "notes": found.messages.select_related("author"),
        "earlier": found.applicant.applications.exclude(pk=found.pk).order_by("-submitted_at"),
        "may_decide": found.is_open,
    }
    return render(request, "accounts/review_application.html", context)


@requires_recent_authentication
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, application_id: UUID) -> HttpResponse:
    found = _reviewed(request, application_id)
    form = ApproveForm(request.POST or None, initial={"institution": found.institution})

    def deed() -> None:
        services.approve_application(actor=person_of(request), application=found, **form.cleaned_data)

    if form.is_valid() and accepted(form, deed):
        messages.success(request, f"{found.applicant.name} is now a contributor.")
        return redirect("accounts:review")
    return form_page(request, "accounts/approve.html", form, application=found)


def refuse(request: HttpRequest, application_id: UUID) -> HttpResponse:
    return _with_reason(
        request, application_id, services.refuse_application, "Refuse", "The applicant reads this.", "Refused."
    )


def ask_for_more(request: HttpRequest, application_id: UUID) -> HttpResponse:
    help_text = "Say what is missing. The applicant reads this and can answer with a document."
    return _with_reason(request, application_id, services.ask_for_more, "Ask for more", help_text, "Question sent.")


@require_http_methods(["GET", "POST"])
def _with_reason(
    request: HttpRequest, application_id: UUID, deed: Callable[..., object], verb: str, help_text: str, done: str
) -> HttpResponse:
    found = _reviewed(request, application_id)
    form = ReasonForm(request.POST or None, help_text=help_text)
    if form.is_valid() and accepted(
        form, lambda: deed(actor=person_of(request), application=found, reason=form.cleaned_data["reason"])
    ):
        messages.success(request, done)
        return redirect("accounts:review")
    return form_page(request, "accounts/decide.html", form, application=found, verb=verb)


def _reviewed(request: HttpRequest, application_id: UUID) -> Application:
    """Return an application of the queue. One's own is read on its own page, hence 404 for applicants."""
    reviewer = person_of(request)
    found = Application.objects.all().visible_to(reviewer).exclude(applicant=reviewer)
    return get_object_or_404(found.select_related("applicant", "institution", "decided_by"), pk=application_id)
