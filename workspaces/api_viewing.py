"""The viewer for programs: how many pages there are, and each as it is shown in the browser, watermark and all."""

from base64 import b64encode
from typing import Any, ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from workspaces.api import plain
from workspaces.permissions import Right
from workspaces.viewer.showing import MOST_PRINTED, ZOOMS, describe, page_text, printed_pages, read_look, show_page
from workspaces.views.finding import signed_in, visible_version
from workspaces.views.viewing import as_picture


class ShapeOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["image", "dicom", "pdf", "office", "table", "tree", "text"])
    pages = serializers.IntegerField()
    windows = serializers.ListField(child=serializers.CharField(), help_text="Windows that make sense for it.")
    entry = serializers.UUIDField(help_text="The ledger entry that says that you opened it.")
    spotlight = serializers.BooleanField(help_text="People are shown it through a strip alone; show it so, too.")


class LinesOut(serializers.Serializer[Any]):
    pages = serializers.IntegerField()
    lines = serializers.ListField(child=serializers.CharField())
    stamp = serializers.ListField(child=serializers.CharField(), help_text="To be shown with the lines.")


class NodeOut(serializers.Serializer[Any]):
    depth = serializers.IntegerField(help_text="What follows and is deeper belongs to it.")
    name = serializers.CharField()
    value = serializers.CharField()
    group = serializers.BooleanField(help_text="Others may belong to it; its value says what they are.")


class TreeOut(serializers.Serializer[Any]):
    pages = serializers.IntegerField()
    nodes = NodeOut(many=True, help_text="First the groups, from the page before, that the others belong to.")
    stamp = serializers.ListField(child=serializers.CharField(), help_text="To be shown with the nodes.")


class ColumnOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    meaning = serializers.CharField(help_text="What the file says that it means, as files of SAS do.")
    kind = serializers.ChoiceField(["number", "date", "text", "empty"])
    filled = serializers.IntegerField(help_text="In how many rows of the sample there is something.")
    different = serializers.IntegerField()
    lowest = serializers.CharField()
    highest = serializers.CharField()


class PartOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    page = serializers.IntegerField(help_text="Its first page, or 0 where that would take long to find out.")


class TableOut(serializers.Serializer[Any]):
    columns = ColumnOut(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    first = serializers.IntegerField(help_text="The number of the first row here; the names of the columns are none.")
    more = serializers.BooleanField(help_text="There is another page.")
    hidden = serializers.IntegerField(help_text="How many columns are left out, because there are too many.")
    sample = serializers.IntegerField(help_text="From how many rows at the beginning the columns are described.")
    whole = serializers.BooleanField(help_text="These are all rows that there are.")
    parts = PartOut(many=True, help_text="The sheets of a workbook; pages are counted through all of them.")
    part = serializers.IntegerField(help_text="Which of the sheets this is, from 0.")
    head = serializers.ListField(child=serializers.CharField(), help_text="What stands before the table, in a VCF.")
    note = serializers.CharField(help_text="What is not shown of the file, if anything.")
    stamp = serializers.ListField(child=serializers.CharField(), help_text="To be shown with the rows.")


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
    """A page as a picture, or as lines, nodes or rows where it is text or a table and one may copy text.

    With the picture of a drawn page, the header `Ithaca-Page-Height` says how many of its lines are the page: parts of
    a page are fractions of that. Below it stands the watermark in full.
    """

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
            (200, "application/json"): PolymorphicProxySerializer("ViewedPage", [LinesOut, TreeOut, TableOut], None),
            422: OpenApiResponse(description="This file, or this page of it, cannot be shown."),
        },
    )
    def get(self, request: Request, version_id: UUID, page: int) -> HttpResponseBase:
        asked = plain(request)
        version = visible_version(asked, version_id)
        look = read_look({**asked.GET.dict(), "page": str(page)})
        drawn = show_page(actor=signed_in(asked), version=version, look=look)
        if drawn.picture:
            return as_picture(drawn)
        return Response(_out_of(drawn.facts)(drawn.facts).data)


class TextOut(serializers.Serializer[Any]):
    lines = serializers.ListField(child=serializers.CharField(allow_blank=True))
    stamp = serializers.ListField(child=serializers.CharField())


class PagesAsked(serializers.Serializer[Any]):
    first = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    last = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text=f"At most {MOST_PRINTED} at once.")


class PrintedOut(serializers.Serializer[Any]):
    content_type = serializers.CharField()
    picture = serializers.CharField(help_text="base64")


class PageText(APIView):
    """The text of a page, for those who may copy text; recorded. A page that is a picture has none."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(operation_id="versions_view_page_text", responses=TextOut)
    def get(self, request: Request, version_id: UUID, page: int) -> Response:
        asked = plain(request)
        version, number = visible_version(asked, version_id), read_look({"page": str(page)}).page
        return Response(TextOut(page_text(actor=signed_in(asked), version=version, page=number)).data)


class Print(APIView):
    """Pages for a printer, with the watermark in them, for those who may print; recorded."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"POST": "download"}

    @extend_schema(operation_id="versions_print", request=PagesAsked, responses=PrintedOut(many=True))
    def post(self, request: Request, version_id: UUID) -> Response:
        user, version = signed_in(plain(request)), visible_version(plain(request), version_id)
        require(user, Right.PRINT, version)
        said = PagesAsked(data=request.data)
        said.is_valid(raise_exception=True)
        drawn = printed_pages(actor=user, version=version, **said.validated_data)
        pictures = [{"content_type": one.content_type, "picture": b64encode(one.picture).decode()} for one in drawn]
        return Response(PrintedOut(pictures, many=True).data)


def _out_of(facts: dict[str, Any]) -> type[serializers.Serializer[Any]]:
    if "rows" in facts:
        return TableOut
    return TreeOut if "nodes" in facts else LinesOut
