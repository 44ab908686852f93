"""The viewer for programs: how many pages there are, and each as it is shown in the browser, watermark and all."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import IsSignedIn
from workspaces.api import plain
from workspaces.viewer.showing import ZOOMS, describe, read_look, show_page
from workspaces.views.finding import signed_in, visible_version
from workspaces.views.viewing import PICTURE_HEADERS


class ShapeOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["image", "dicom", "pdf", "text"])
    pages = serializers.IntegerField()
    windows = serializers.ListField(child=serializers.CharField(), help_text="Windows that make sense for it.")
    entry = serializers.UUIDField(help_text="The ledger entry that says that you opened it.")


class LinesOut(serializers.Serializer[Any]):
    pages = serializers.IntegerField()
    lines = serializers.ListField(child=serializers.CharField())
    stamp = serializers.ListField(child=serializers.CharField(), help_text="To be shown with the lines.")


class View(APIView):
    """How many pages a version has. Looking that up opens it, which is recorded."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(operation_id="versions_view", responses=ShapeOut)
    def get(self, request: Request, version_id: UUID) -> Response:
        asked = plain(request)
        shape = describe(actor=signed_in(asked), version=visible_version(asked, version_id))
        return Response(ShapeOut(shape).data)


class ViewPage(APIView):
    """A page as a picture, or as lines where the file is text; the right is asked for at each."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(
        operation_id="versions_view_page",
        parameters=[
            OpenApiParameter("zoom", int, enum=ZOOMS, default=100),
            OpenApiParameter("window", str, description="A name that the version offers, or “centre,width”."),
        ],
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            (200, "image/webp"): OpenApiTypes.BINARY,
            (200, "application/json"): LinesOut,
            422: OpenApiResponse(description="This file, or this page of it, cannot be shown."),
        },
    )
    def get(self, request: Request, version_id: UUID, page: int) -> HttpResponseBase:
        asked = plain(request)
        version = visible_version(asked, version_id)
        look = read_look({**asked.GET.dict(), "page": str(page)})
        drawn = show_page(actor=signed_in(asked), version=version, look=look)
        if drawn.picture:
            return HttpResponse(drawn.picture, content_type=drawn.content_type, headers=PICTURE_HEADERS)
        return Response(LinesOut(drawn.facts).data)
