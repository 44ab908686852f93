"""Resumable uploads, under /api/v1/: tus 1.0, and what a program may ask beside it in JSON."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from core.errors import Gone, IthacaError, Locked, Refused, TooLarge, Unavailable
from core.outage import RETRY_AFTER
from workspaces import services, tus
from workspaces.api import FOLDER, Unread, plain
from workspaces.models import Upload
from workspaces.permissions import Right
from workspaces.serializers import DecisionIn, UploadOut
from workspaces.upload import UploadPlace
from workspaces.views.finding import asked_folder, signed_in, visible_workspace

_HEADERS = [
    OpenApiParameter("Tus-Resumable", str, OpenApiParameter.HEADER, required=True, enum=[tus.VERSION]),
    OpenApiParameter("Upload-Checksum", str, OpenApiParameter.HEADER, description="“sha1 …” or “sha256 …”, base64."),
]
_CREATION = [
    *_HEADERS,
    FOLDER,
    OpenApiParameter("Upload-Length", int, OpenApiParameter.HEADER, required=True),
    OpenApiParameter(
        "Upload-Metadata",
        str,
        OpenApiParameter.HEADER,
        required=True,
        description="filename; if wanted modified (milliseconds) and on_conflict (ask, new_version, keep_both).",
    ),
]


class TusView(APIView):
    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = dict.fromkeys(["GET", "POST", "PUT", "PATCH", "DELETE"], "upload")
    parser_classes = [Unread]

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204, headers=dict(tus.abilities()))

    def handle_exception(self, exc: Exception) -> Response:
        """Answer in the words of tus; refusals are left to the middleware, which writes them down."""
        if not isinstance(exc, IthacaError) or isinstance(exc, Refused):
            return super().handle_exception(exc)
        headers = {"Tus-Version": tus.VERSION} if isinstance(exc, tus.WrongVersion) else {}
        if isinstance(exc, (Locked, Unavailable)):
            headers["Retry-After"] = "1" if isinstance(exc, Locked) else RETRY_AFTER
        return Response({"error": exc.sentence, "code": exc.code, **exc.extra}, status=exc.status, headers=headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Tus-Resumable"] = tus.VERSION
        return response


class UploadList(TusView):
    """One's unfinished uploads in a workspace; beginning one."""

    @extend_schema(responses=UploadOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        workspace = visible_workspace(plain(request), workspace_id)
        found = Upload.objects.visible_to(request.user).unfinished().filter(workspace=workspace)
        return Response(UploadOut(found.select_related("version"), many=True).data)

    @extend_schema(request=OpenApiTypes.BINARY, responses={201: None}, parameters=_CREATION)
    def post(self, request: Request, workspace_id: UUID) -> Response:
        asked, user = plain(request), signed_in(plain(request))
        workspace = visible_workspace(asked, workspace_id)
        place = UploadPlace(workspace, asked_folder(asked, workspace, asked.GET.get("folder")))
        require(user, Right.UPLOAD, place.asked)
        tus.require_version(asked)
        said, brings_bytes = tus.announced(asked), tus.has_body(asked)
        if brings_bytes and tus.require_body(asked) > said.size:
            raise _too_many(said.size)
        upload = services.begin_upload(
            actor=user,
            workspace=workspace,
            into=place.item,
            name=said.name,
            size=said.size,
            modified=said.modified,
            on_conflict=said.on_conflict,
        )
        if brings_bytes:
            upload = _first_bytes(asked, upload)
        elif not said.size:
            upload = services.finish_upload(upload=upload)
        location = reverse("workspaces_api:upload", args=[upload.pk])
        return Response(status=201, headers={"Location": location, **tus.about(upload)})


class UploadDetail(TusView):
    """One upload: where it stands, its next bytes, giving it up, and what to do when its name is taken."""

    @extend_schema(responses=UploadOut)
    def get(self, request: Request, upload_id: UUID) -> Response:
        return Response(UploadOut(_visible(plain(request), upload_id)).data)

    @extend_schema(responses={200: None}, parameters=_HEADERS[:1])
    def head(self, request: Request, upload_id: UUID) -> Response:
        upload = _visible(plain(request), upload_id)
        tus.require_version(plain(request))
        _sound(upload)
        told = {"Upload-Length": str(upload.size), "Upload-Metadata": tus.metadata_of(upload)}
        return Response(headers={**told, **tus.about(upload), "Cache-Control": "no-store"})

    @extend_schema(
        request={tus.MEDIA_TYPE: OpenApiTypes.BINARY},
        responses={204: None},
        parameters=[*_HEADERS, OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True)],
    )
    def patch(self, request: Request, upload_id: UUID) -> Response:
        asked = plain(request)
        upload = _visible(asked, upload_id)
        tus.require_version(asked)
        offset = tus.number(asked, "Upload-Offset")
        if offset + tus.require_body(asked) > upload.size:
            raise _too_many(upload.size)
        upload = services.receive_bytes(
            actor=signed_in(asked),
            upload=upload,
            offset=offset,
            chunks=tus.body_chunks(asked),
            checksum=tus.checksum(asked),
        )
        return Response(status=204, headers=tus.about(_sound(upload)))

    @extend_schema(responses={204: None}, parameters=_HEADERS[:1])
    def delete(self, request: Request, upload_id: UUID) -> Response:
        upload = _visible(plain(request), upload_id)
        tus.require_version(plain(request))
        services.discard_upload(actor=signed_in(plain(request)), upload=upload)
        return Response(status=204)

    @extend_schema(request=DecisionIn, responses=UploadOut)
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Decide what becomes of a complete upload whose name is taken; also the way in for clients without PATCH."""
        override = {"PATCH": self.patch, "DELETE": self.delete, "HEAD": self.head}
        if instead := override.get(request.headers.get("X-HTTP-Method-Override", "")):
            return instead(request, upload_id)
        upload = _visible(plain(request), upload_id)
        asked = DecisionIn(data=plain(request).GET)
        asked.is_valid(raise_exception=True)
        decided = services.decide_upload(actor=signed_in(plain(request)), upload=upload, **asked.validated_data)
        return Response(UploadOut(decided).data)


def _visible(request: HttpRequest, upload_id: UUID) -> Upload:
    return get_object_or_404(Upload.objects.visible_to(request.user).select_related("workspace"), pk=upload_id)


def _first_bytes(request: HttpRequest, upload: Upload) -> Upload:
    user = signed_in(request)
    try:
        said = tus.checksum(request)
        chunks = tus.body_chunks(request)
        return _sound(services.receive_bytes(actor=user, upload=upload, offset=0, chunks=chunks, checksum=said))
    except Refused:
        raise
    except IthacaError:
        # The sender does not know its address, so nobody could ever continue it.
        services.discard_upload(actor=user, upload=upload)
        raise


def _sound(upload: Upload) -> Upload:
    if upload.state == Upload.State.FAILED:
        raise Gone(upload.problem)
    return upload


def _too_many(size: int) -> IthacaError:
    return TooLarge(f"These are more bytes than the {size} that were announced. None of them was taken.")
