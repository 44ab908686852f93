"""Files that arrive through a link in several requests, by tus 1.0: the same machine as for members.

The visit and the link are asked for at every request, and again each second while bytes come.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.credentials import acting_by
from core.errors import Gone, IthacaError, Locked, Refused, TooLarge, Unavailable
from core.outage import RETRY_AFTER
from sharing import services
from sharing.links.admission import admit_known, for_outsiders, visit_stands
from sharing.models import FileRequest
from workspaces import tus
from workspaces.models import Outsider, Upload
from workspaces.services import discard_upload, finish_upload, receive_bytes

View = Callable[..., HttpResponseBase]


def speaks_tus(view: View) -> View:
    """Answer errors in the words of tus. A link that was closed meanwhile is not found, like everything behind it."""

    @wraps(view)
    def answered(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, **kwargs)
        except Refused as error:
            raise Http404 from error
        except IthacaError as error:
            response = JsonResponse({"error": error.sentence, "code": error.code}, status=error.status)
            if isinstance(error, (Locked, Unavailable)):
                response["Retry-After"] = "1" if isinstance(error, Locked) else RETRY_AFTER
        response["Tus-Resumable"] = tus.VERSION
        return response

    return answered


@for_outsiders
@require_POST
@speaks_tus
def begin(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Announce a file; its bytes follow at the address that this answers with."""
    admitted, outsider = admit_known(request, visit_id)
    found = get_object_or_404(FileRequest.objects.select_related("workspace", "item__workspace"), pk=admitted.link.pk)
    tus.require_version(request)
    said = tus.announced(request)
    upload = services.begin_delivery(
        actor=outsider, request=found, name=said.name, size=said.size, modified=said.modified
    )
    if not said.size:
        upload = finish_upload(upload=upload)
    location = reverse("sharing:outside_upload", args=[visit_id, upload.pk])
    return HttpResponse(status=201, headers={"Location": location, **tus.about(_sound(upload))})


@for_outsiders
@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
@speaks_tus
def upload(request: HttpRequest, visit_id: UUID, upload_id: UUID) -> HttpResponse:
    """Where a file stands, its next bytes, and giving it up."""
    outsider = admit_known(request, visit_id)[1]
    found = get_object_or_404(Upload.objects.visible_to(outsider).select_related("workspace"), pk=upload_id)
    if request.method == "GET":
        return JsonResponse(_told(found))
    tus.require_version(request)
    if request.method == "HEAD":
        told = {"Upload-Length": str(found.size), "Upload-Metadata": tus.metadata_of(found)}
        return HttpResponse(headers={**told, **tus.about(_sound(found))})
    if request.method == "DELETE":
        discard_upload(actor=outsider, upload=found)
        return HttpResponse(status=204)
    with acting_by(lambda: visit_stands(visit_id)):
        return _take(request, outsider, found)


def _take(request: HttpRequest, outsider: Outsider, found: Upload) -> HttpResponse:
    offset = tus.number(request, "Upload-Offset")
    if offset + tus.require_body(request) > found.size:
        raise TooLarge(f"These are more bytes than the {found.size} that were announced. None of them was taken.")
    stands = receive_bytes(
        actor=outsider,
        upload=found,
        offset=offset,
        chunks=tus.body_chunks(request),
        checksum=tus.checksum(request),
    )
    return HttpResponse(status=204, headers=tus.about(_sound(stands)))


def _told(upload: Upload) -> dict[str, Any]:
    """Say where an upload stands, and nothing of where it goes."""
    return {
        "id": str(upload.pk),
        "name": upload.name,
        "size": upload.size,
        "offset": upload.offset,
        "state": upload.state,
        "error": upload.problem,
    }


def _sound(upload: Upload) -> Upload:
    if upload.state == Upload.State.FAILED:
        raise Gone(upload.problem)
    return upload
