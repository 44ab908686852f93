"""The pages of people without an account, who came through a link. Each begins at the one door, `admission`."""

from dataclasses import dataclass
from uuid import UUID

from allauth.decorators import rate_limit
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.credentials import acting_by
from core.errors import Conflict, IthacaError, Refused
from sharing import services
from sharing.forms import attempt
from sharing.links import selectors
from sharing.links.admission import Admitted, admit, admit_known, for_outsiders, forget, remember, visit_stands
from sharing.links.forms import CodeForm, IntroduceForm, TokenForm
from sharing.links.models import DeliveredFile, FileRequest
from workspaces.models import Outsider, Upload
from workspaces.sealing import SealedUpload, discard
from workspaces.services import seal_upload
from workspaces.upload import (
    NAME_HEADER,
    SealedFile,
    UploadPlace,
    declared_size,
    raw_chunks,
    refuse_unreadable_body,
    sent_name,
    take_sealed,
)

_ON = {"request": "sharing:outside_deliver", "send": "sharing:outside_sent"}


@dataclass(frozen=True)
class Result:
    """What became of a file of a form that was not taken."""

    name: str
    sentence: str


@for_outsiders
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="outside")  # type: ignore[untyped-decorator]  # allauth has no types
def enter(request: HttpRequest) -> HttpResponse:
    """Take the token of a link. It comes in a form: what stands in an address is logged on its way."""
    if request.method != "POST":
        return render(request, "sharing/outside/enter.html", {"form": TokenForm()})
    begun = services.begin_visit(token=request.POST.get("token", ""))
    if begun is None:
        raise Http404
    visit, secret = begun
    response = redirect("sharing:outside_visit", visit.pk)
    remember(response, visit, secret)
    return response


@for_outsiders
@require_safe
def visit(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Lead on to whatever is next."""
    admitted = admit(request, visit_id)
    if admitted.needs_code:
        return _ask_for_code(request, admitted, CodeForm())
    if admitted.outsider is None:
        # Whoever a copy was sent to is known with the code.
        return _ask_who(request, admitted, IntroduceForm(proved=bool(admitted.link.email)))
    return redirect(_ON[admitted.link.kind], visit_id)


@for_outsiders
@require_POST
@rate_limit(action="outside")  # type: ignore[untyped-decorator]  # allauth has no types
def code(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Have a code mailed, or prove it."""
    admitted = admit(request, visit_id)
    if not admitted.needs_code:
        return redirect("sharing:outside_visit", visit_id)
    form = CodeForm(request.POST if "code" in request.POST else None)
    if not form.is_bound:
        return _send_code(request, admitted)
    if form.is_valid() and attempt(
        form, lambda: services.prove_code(visit=admitted.visit, code=form.cleaned_data["code"])
    ):
        return redirect("sharing:outside_visit", visit_id)
    return _ask_for_code(request, admitted, form)


@for_outsiders
@require_POST
def introduce(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    admitted = admit(request, visit_id)
    if admitted.needs_code or admitted.visit.outsider_id:
        return redirect("sharing:outside_visit", visit_id)
    form = IntroduceForm(request.POST, proved=bool(admitted.link.email))
    if form.is_valid() and attempt(form, lambda: services.introduce(visit=admitted.visit, **form.cleaned_data)):
        return redirect("sharing:outside_visit", visit_id)
    return _ask_who(request, admitted, form)


@for_outsiders
@require_POST
def leave(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Forget the link in this browser."""
    admitted = admit(request, visit_id)
    services.end_visit(visit=admitted.visit)
    response = render(request, "sharing/outside/left.html")
    forget(response, admitted.visit)
    return response


@for_outsiders
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def deliver(request: HttpRequest, visit_id: UUID) -> HttpResponseBase:
    """The page to deliver on, which is the confirmation too; its form; and the body as one file.

    The link is asked for before a byte is read, and the sealing begins before the form is (see workspaces.upload).
    """
    admitted, outsider = admit_known(request, visit_id)
    found = get_object_or_404(FileRequest.objects.select_related("workspace", "item__workspace"), pk=admitted.link.pk)
    if request.method != "POST":
        return _delivery_page(request, admitted, outsider, found, [])

    def take(request: HttpRequest, place: UploadPlace) -> HttpResponse:
        if NAME_HEADER in request.headers or request.content_type == "application/octet-stream":
            return _take_one(request, place, outsider, found)
        return _take_form(request, admitted, outsider, found)

    place = UploadPlace(found.workspace, found.item)
    visit = admitted.visit.pk
    try:
        with acting_by(lambda: visit_stands(visit)):
            return take_sealed(csrf_protect(take), request, place, actor=outsider, limit=max(found.room[1], 1))
    except Refused as error:
        # It was closed while bytes came, and they were stopped there: from now on there is nothing here.
        raise Http404 from error


def _send_code(request: HttpRequest, admitted: Admitted) -> HttpResponse:
    try:
        services.send_code(visit=admitted.visit)
    except Conflict as error:
        return _ask_for_code(request, admitted, CodeForm(), problem=error.sentence)
    return redirect("sharing:outside_visit", admitted.visit.pk)


def _take_one(request: HttpRequest, place: UploadPlace, outsider: Outsider, found: FileRequest) -> HttpResponse:
    refused = refuse_unreadable_body(request)
    if refused:
        return refused
    try:
        name, size = sent_name(request), declared_size(request) or 0
        # Asked for first, so that nobody sends a large file for nothing.
        services.check_delivery(actor=outsider, request=found, size=size, name=name)
        sealed = seal_upload(
            actor=outsider,
            workspace=place.workspace,
            chunks=raw_chunks(request),
            declared_size=size,
            into=place.item,
        )
        delivered = _record(outsider, found, name, sealed)
    except Refused:
        raise
    except IthacaError as error:
        return JsonResponse({"error": error.sentence, "code": error.code}, status=error.status)
    answer = {
        "name": delivered.name,
        "message": f"Delivered and recorded. Receipt {delivered.entry}",
        "receipt": delivered.entry,
        "sha256": delivered.sha256,
    }
    return JsonResponse(answer, status=201)


def _take_form(request: HttpRequest, admitted: Admitted, outsider: Outsider, found: FileRequest) -> HttpResponse:
    files = request.FILES.getlist("files")
    results = [result for file in files if (result := _take_from_form(outsider, found, file)) is not None]
    if files and not results:
        return redirect("sharing:outside_deliver", admitted.visit.pk)
    found.refresh_from_db()
    return _delivery_page(request, admitted, outsider, found, results or [Result("", "Choose at least one file.")])


def _take_from_form(outsider: Outsider, found: FileRequest, file: object) -> Result | None:
    """Record one file of a form; what goes wrong with one leaves the others alone."""
    if not isinstance(file, SealedFile):
        return Result("", "A file did not arrive as it should. Nothing was stored.")
    try:
        _record(outsider, found, file.given_name, file.sealed)
    except Refused:
        raise
    except IthacaError as error:
        return Result(file.given_name, error.sentence)
    return None


def _record(outsider: Outsider, found: FileRequest, name: str, sealed: SealedUpload) -> DeliveredFile:
    try:
        return services.deliver_file(actor=outsider, request=found, name=name, sealed=sealed)
    except IthacaError:
        discard(sealed.stored)
        raise


def _ask_for_code(request: HttpRequest, admitted: Admitted, form: CodeForm, *, problem: str = "") -> HttpResponse:
    visit = admitted.visit
    context = {"form": form, "visit": visit, "sent": visit.code_sent_at is not None, "problem": problem}
    return render(request, "sharing/outside/code.html", context, status=400 if form.errors or problem else 200)


def _ask_who(request: HttpRequest, admitted: Admitted, form: IntroduceForm) -> HttpResponse:
    found = get_object_or_404(FileRequest, pk=admitted.link.pk)
    context = {"form": form, "visit": admitted.visit, "asked": found, "taken": selectors.what_is_taken(found)}
    return render(request, "sharing/outside/introduce.html", context, status=400 if form.errors else 200)


def _delivery_page(
    request: HttpRequest, admitted: Admitted, outsider: Outsider, found: FileRequest, results: list[Result]
) -> HttpResponse:
    context = {
        "visit": admitted.visit,
        "outsider": outsider,
        "asked": found,
        "is_full": found.room[0] < 1,
        "taken": selectors.what_is_taken(found),
        "delivered": selectors.delivered_by(outsider),
        "results": results,
        "upload_url": reverse("sharing:outside_deliver", args=[admitted.visit.pk]),
        "tus_url": reverse("sharing:outside_uploads", args=[admitted.visit.pk]),
        "unfinished": Upload.objects.visible_to(outsider).unfinished(),
    }
    return render(request, "sharing/outside/deliver.html", context, status=400 if results else 200)
