"""Pages of somebody who applies."""

from typing import Any
from uuid import UUID

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import documents, services
from accounts.documents import accepts_documents
from accounts.forms.application import AnswerForm, ApplyForm, ParticularsForm
from accounts.models import Application, TermsVersion, User
from accounts.services import Particulars
from accounts.views.answers import accepted, form_page, person_of


@login_not_required
@accepts_documents
@rate_limit(action="signup")  # type: ignore[untyped-decorator]  # allauth has no types
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """The form for somebody new, and for an applicant who may apply again."""
    if isinstance(request.user, User):
        return _apply_again(request, request.user)
    terms = TermsVersion.objects.current()
    form = ApplyForm(request.POST or None, terms=terms)
    if form.is_valid() and accepted(form, lambda: _apply(request, form)):
        return redirect("accounts:applied")
    return form_page(request, "accounts/apply.html", form, terms=terms)


@login_not_required
@require_GET
def applied(request: HttpRequest) -> HttpResponse:
    """The same page whether or not the address had an account."""
    return render(request, "accounts/applied.html")


@require_GET
def application(request: HttpRequest) -> HttpResponse:
    found = _own_latest(request.user)
    if found is None:
        return redirect("accounts:apply")
    return _status_page(request, found, AnswerForm())


@accepts_documents
@require_POST
def answer(request: HttpRequest, application_id: UUID) -> HttpResponse:
    found = _own(request, application_id)
    form = AnswerForm(request.POST)
    if form.is_valid() and accepted(form, lambda: _answer(request, found, form)):
        messages.success(request, "Your answer has been sent to the reviewers.")
        return redirect("accounts:application")
    return _status_page(request, found, form)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, application_id: UUID) -> HttpResponse:
    found = _own(request, application_id)
    if request.method == "GET":
        return render(request, "accounts/withdraw.html", {"application": found})
    services.withdraw_application(actor=person_of(request), application=found)
    messages.success(request, "Your application has been withdrawn.")
    return redirect("accounts:application")


@require_GET
def evidence(request: HttpRequest, application_id: UUID, document_id: UUID) -> HttpResponseBase:
    found = get_object_or_404(Application.objects.all().visible_to(request.user), pk=application_id)
    opened = services.open_evidence(actor=person_of(request), application=found, document_id=document_id)
    response = StreamingHttpResponse(opened.iter_bytes(), content_type="application/octet-stream")
    response["Content-Length"] = str(opened.size)
    response["Content-Disposition"] = content_disposition_header(True, opened.name) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _apply_again(request: HttpRequest, person: User) -> HttpResponse:
    latest = _own_latest(person)
    if person.role != User.Role.APPLICANT or (latest and latest.is_open):
        return redirect("accounts:application" if latest else "home")
    terms = TermsVersion.objects.current()
    form = ParticularsForm(request.POST or None, terms=terms)
    if form.is_valid() and accepted(
        form, lambda: services.apply_again(actor=person, particulars=_particulars(request, form))
    ):
        messages.success(request, "Your application has been sent.")
        return redirect("accounts:application")
    return form_page(request, "accounts/apply.html", form, terms=terms)


def _apply(request: HttpRequest, form: ApplyForm) -> None:
    typed = form.cleaned_data
    services.apply(
        email=typed["email"],
        password=typed["password"],
        name=typed["name"],
        particulars=_particulars(request, form),
    )


def _particulars(request: HttpRequest, form: ParticularsForm) -> Particulars:
    typed: dict[str, Any] = form.cleaned_data
    return Particulars(
        institution=typed["institution"],
        proposed_institution=typed["proposed_institution"],
        profession=typed["profession"],
        registration_number=typed["registration_number"],
        orcid=typed["orcid"],
        reason=typed["reason"],
        document=documents.vault().take(request, "document"),
        terms=form.current_terms,
    )


def _answer(request: HttpRequest, found: Application, form: AnswerForm) -> None:
    services.answer_application(
        actor=person_of(request),
        application=found,
        text=form.cleaned_data["text"],
        document=documents.vault().take(request, "document"),
    )


def _status_page(request: HttpRequest, found: Application, form: AnswerForm) -> HttpResponse:
    notes = found.messages.select_related("author")
    return form_page(request, "accounts/application.html", form, application=found, notes=notes)


def _own(request: HttpRequest, application_id: UUID) -> Application:
    return get_object_or_404(Application.objects.filter(applicant=person_of(request)), pk=application_id)


def _own_latest(user: Any) -> Application | None:
    mine = Application.objects.filter(applicant=user).select_related("institution", "terms_version")
    return mine.order_by("-submitted_at").first()
