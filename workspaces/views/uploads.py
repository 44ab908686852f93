"""Pages and addresses that take files."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from core.errors import InvalidInput, IthacaError, Refused
from workspaces import quotas, services
from workspaces.forms import VersionForm, errors_shown_in
from workspaces.models import Item, Upload, Version
from workspaces.sealing import SealedUpload, discard
from workspaces.services import OnConflict
from workspaces.upload import (
    NAME_HEADER,
    SealedFile,
    UploadPlace,
    declared_size,
    raw_chunks,
    refuse_unreadable_body,
    seals_uploads,
    sent_name,
)
from workspaces.views.finding import address, asked_folder, crumbs, signed_in, visible_item, visible_workspace

_UNFINISHED_SHOWN = 200


@dataclass(frozen=True)
class Result:
    """What became of one file of a form."""

    name: str
    sentence: str
    url: str = ""
    stored: bool = False


def find_folder(request: HttpRequest, workspace_id: UUID) -> UploadPlace:
    workspace = visible_workspace(request, workspace_id)
    return UploadPlace(workspace, asked_folder(request, workspace, request.GET.get("folder")))


def find_file(request: HttpRequest, item_id: UUID) -> UploadPlace:
    file = visible_item(request, item_id, Item.Kind.FILE)
    return UploadPlace(file.workspace, file)


@require_http_methods(["GET", "HEAD", "POST", "PUT"])
@seals_uploads(find_folder)
def upload(request: HttpRequest, place: UploadPlace) -> HttpResponse:
    """The page; the form without JavaScript; and the body as one file, named by the header X-File-Name."""
    if request.method in {"GET", "HEAD"}:
        return _upload_page(request, place, [])
    if request.method == "PUT" or NAME_HEADER in request.headers or request.content_type == "application/octet-stream":
        return receive_raw(request, place)
    results = [_store(request, place, file) for file in request.FILES.getlist("files")]
    if results and all(result.stored for result in results):
        messages.success(request, f"{len(results)} stored and recorded.")
        return redirect(address(place.asked))
    return _upload_page(request, place, results or [Result("", "Choose at least one file.")])


@require_http_methods(["GET", "HEAD", "POST"])
@seals_uploads(find_file)
def new_version(request: HttpRequest, place: UploadPlace) -> HttpResponse:
    user, file = signed_in(request), place.asked
    assert isinstance(file, Item)  # noqa: S101  find_file always names the file
    form = VersionForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        sealed: SealedUpload = form.cleaned_data["file"].sealed
        with errors_shown_in(form):
            version = _add_version(user, file, sealed, form.cleaned_data["note"])
            messages.success(request, f"Version {version.number} is stored and recorded.")
            return redirect(address(file))
    context = {
        "form": form,
        "item": file,
        "crumbs": crumbs(user, file, "New version"),
        "cancel_url": address(file),
    }
    return render(request, "workspaces/new_version.html", context, status=400 if form.errors else 200)


@require_POST
def decide(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Record an upload whose name was taken when it was complete, as its sender decides."""
    found = own_upload(request, upload_id)
    choice = request.POST.get("on_conflict")
    if choice not in Upload.OnConflict.values:
        raise InvalidInput("Choose what is to be done with it.", field="on_conflict")
    decided = services.decide_upload(actor=signed_in(request), upload=found, on_conflict=choice)  # type: ignore[arg-type]
    messages.success(request, f"“{decided.name}” is stored and recorded.")
    return redirect(_upload_address(found))


@require_POST
def discard_upload(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    found = own_upload(request, upload_id)
    services.discard_upload(actor=signed_in(request), upload=found)
    messages.success(request, f"“{found.name}” is discarded.")
    return redirect(_upload_address(found))


def own_upload(request: HttpRequest, upload_id: UUID) -> Upload:
    return get_object_or_404(Upload.objects.visible_to(request.user).select_related("workspace"), pk=upload_id)


def _upload_address(upload: Upload) -> str:
    """Return the page that the upload was begun on, if its sender still may see it."""
    if upload.place_id:
        return f"{reverse('workspaces:upload', args=[upload.workspace_id])}?folder={upload.place_id}"
    return reverse("workspaces:upload", args=[upload.workspace_id])


def receive_raw(request: HttpRequest, place: UploadPlace) -> HttpResponse:
    """Take the body of a request as one file and answer a program."""
    refused = refuse_unreadable_body(request)
    if refused:
        return refused
    user = signed_in(request)
    try:
        # Asked for first, so that nobody sends a large file for nothing.
        name = sent_name(request)
        sealed = services.seal_upload(
            actor=user,
            workspace=place.workspace,
            chunks=raw_chunks(request),
            declared_size=declared_size(request),
            into=place.item,
        )
        version = _record(request, place, name, sealed)
    except Refused:
        raise
    except IthacaError as error:
        return JsonResponse({"error": error.sentence, "code": error.code, **error.extra}, status=error.status)
    message = f"Stored and recorded as version {version.number}" if version.number > 1 else "Stored and recorded"
    answer = {
        "file": version.file_id,
        "version": version.id,
        "name": version.file.name,
        "url": address(version.file),
        "message": message,
    }
    return JsonResponse(answer, status=201)


def _add_version(user: User, file: Item, sealed: SealedUpload, note: str) -> Version:
    try:
        return services.upload_version(actor=user, file=file, sealed=sealed, note=note)
    except IthacaError:
        discard(sealed.stored)
        raise


def _record(request: HttpRequest, place: UploadPlace, name: str, sealed: SealedUpload) -> Version:
    try:
        return services.add_file(
            actor=signed_in(request),
            workspace=place.workspace,
            parent=place.item,
            name=name,
            sealed=sealed,
            on_conflict=_on_conflict(request),
        )
    except IthacaError:
        discard(sealed.stored)
        raise


def _store(request: HttpRequest, place: UploadPlace, file: object) -> Result:
    """Record one file of a form; what goes wrong with one leaves the others alone."""
    if not isinstance(file, SealedFile):
        return Result("", "A file did not arrive as it should. Nothing was stored.")
    try:
        version = _record(request, place, file.given_name, file.sealed)
    except IthacaError as error:
        taken = error.extra.get("file")
        url = reverse("workspaces:new_version", args=[taken]) if taken else ""
        return Result(file.given_name, error.sentence, url)
    return Result(version.file.name, "Stored and recorded", address(version.file), stored=True)


def _on_conflict(request: HttpRequest) -> OnConflict:
    match request.GET.get("on_conflict"):
        case "new_version":
            return "new_version"
        case "keep_both":
            return "keep_both"
        case _:
            return "ask"


def _upload_page(request: HttpRequest, place: UploadPlace, results: list[Result]) -> HttpResponse:
    user, folder = signed_in(request), f"?folder={place.item.pk}" if place.item else ""
    mine = Upload.objects.visible_to(user).unfinished().filter(workspace=place.workspace)
    context = {
        "place": place,
        "results": results,
        "unfinished": mine.select_related("place")[:_UNFINISHED_SHOWN],
        "room": quotas.use_of(place.workspace),
        "tus_url": reverse("workspaces_api:uploads", args=[place.workspace.pk]) + folder,
        "folders_url": reverse("workspaces_api:folders", args=[place.workspace.pk]) + folder,
        "file_url": reverse("workspaces:file", args=[UUID(int=0)]),
        "crumbs": crumbs(user, place.asked, "Upload"),
        "done_url": address(place.asked),
        "upload_url": request.get_full_path(),
    }
    return render(request, "workspaces/upload.html", context, status=400 if results else 200)
