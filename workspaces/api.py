"""The same deeds for programs, under /api/v1/. Errors are answered by `RefusalMiddleware`, which also records refusals.

Files come as the body of a request and never as a form, with their name in a header:
`curl --upload-file scan.dcm --header "X-File-Name: scan.dcm" …/files/`.
"""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from core.errors import InvalidInput
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right
from workspaces.serializers import FolderIn, ItemOut, PathIn, VersionOut, WorkspaceIn, WorkspaceOut
from workspaces.serving import serve
from workspaces.upload import NAME_HEADER, UploadPlace
from workspaces.views.content import archive
from workspaces.views.finding import asked_folder, signed_in, visible_item, visible_version, visible_workspace
from workspaces.views.uploads import receive_raw

FOLDER = OpenApiParameter("folder", OpenApiTypes.UUID, description="A folder; without it, the top of the workspace.")
_UPLOAD = [
    OpenApiParameter(
        NAME_HEADER,
        str,
        OpenApiParameter.HEADER,
        required=True,
        description="The name of the file as percent-encoded UTF-8 (RFC 8187); addresses are logged, headers are not.",
    ),
    OpenApiParameter("on_conflict", str, enum=["ask", "new_version", "keep_both"]),
    FOLDER,
]

_LARGEST_OFFSET = 2**31


class Pages(LimitOffsetPagination):
    max_limit = 200

    def get_offset(self, request: Request) -> int:
        """Refuse to skip more rows than a database can count."""
        offset = super().get_offset(request)
        if offset > _LARGEST_OFFSET:
            raise InvalidInput("There are not that many pages.", field="offset")
        return offset


class WorkspaceList(ListAPIView[Workspace]):
    """The workspaces that one may see; making one."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}
    serializer_class = WorkspaceOut
    pagination_class = Pages
    queryset = Workspace.objects.none()

    def get_queryset(self) -> QuerySet[Workspace]:
        return Workspace.objects.visible_to(self.request.user).order_by("name", "id")

    @extend_schema(request=WorkspaceIn, responses={201: WorkspaceOut})
    def post(self, request: Request) -> Response:
        asked = WorkspaceIn(data=request.data)
        asked.is_valid(raise_exception=True)
        workspace = services.create_workspace(actor=signed_in(plain(request)), **asked.validated_data)
        return Response(WorkspaceOut(workspace).data, status=201)


class WorkspaceDetail(APIView):
    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=WorkspaceOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return Response(WorkspaceOut(visible_workspace(plain(request), workspace_id)).data)


@extend_schema(parameters=[FOLDER])
class ItemList(ListAPIView[Item]):
    """What lies in a folder; making a folder."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read", "POST": "upload"}
    serializer_class = ItemOut
    pagination_class = Pages
    queryset = Item.objects.none()

    def get_queryset(self) -> QuerySet[Item]:
        request = plain(self.request)
        workspace = visible_workspace(request, self.kwargs["workspace_id"])
        folder = asked_folder(request, workspace, request.GET.get("folder"))
        listed = Item.objects.visible_to(request.user).in_folder(workspace, folder)
        return listed.select_related("brought_by", "current_version__brought_by").order_by("-kind", "name_key", "id")

    @extend_schema(request=FolderIn, responses={201: ItemOut}, parameters=[])
    def post(self, request: Request, workspace_id: UUID) -> Response:
        # A stranger must not learn from a complaint about the words that the workspace is there.
        workspace = visible_workspace(plain(request), workspace_id)
        asked = FolderIn(data=request.data)
        asked.is_valid(raise_exception=True)
        parent = asked_folder(plain(request), workspace, str(asked.validated_data["folder"] or ""))
        name = asked.validated_data["name"]
        folder = services.create_folder(actor=signed_in(plain(request)), workspace=workspace, parent=parent, name=name)
        return Response(ItemOut(folder).data, status=201)


class FolderPath(APIView):
    """The folder that a path leads to, made where it is not there: for uploading whole folders."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=PathIn, responses=ItemOut, parameters=[FOLDER])
    def post(self, request: Request, workspace_id: UUID) -> Response:
        asked, user = plain(request), signed_in(plain(request))
        workspace = visible_workspace(asked, workspace_id)
        parent = asked_folder(asked, workspace, asked.GET.get("folder"))
        require(user, Right.UPLOAD, parent or workspace)
        said = PathIn(data=request.data)
        said.is_valid(raise_exception=True)
        folder = services.make_folders(actor=user, workspace=workspace, parent=parent, path=said.validated_data["path"])
        return Response(ItemOut(folder).data)


class Unread(BaseParser):
    """Leaves the body where it is: it is read once, and sealed as it is read.

    The framework asks a parser for the fields of every POST, where it looks for the CSRF token; here only the header
    can carry that.
    """

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        return {}


class FileUpload(APIView):
    """One file, as the body of the request."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"PUT": "upload", "POST": "upload"}
    parser_classes = [Unread]

    @extend_schema(request=OpenApiTypes.BINARY, responses={201: OpenApiTypes.OBJECT}, parameters=_UPLOAD)
    def put(self, request: Request, workspace_id: UUID) -> HttpResponse:
        workspace = visible_workspace(plain(request), workspace_id)
        place = UploadPlace(workspace, asked_folder(plain(request), workspace, request.GET.get("folder")))
        require(signed_in(plain(request)), Right.UPLOAD, place.asked)
        return receive_raw(plain(request), place)

    @extend_schema(
        request=OpenApiTypes.BINARY,
        responses={201: OpenApiTypes.OBJECT},
        parameters=_UPLOAD,
        operation_id="workspaces_files_create",
    )
    def post(self, request: Request, workspace_id: UUID) -> HttpResponse:
        return self.put(request, workspace_id)


class WorkspaceArchive(APIView):
    """A folder, a workspace, or chosen items of it, as a ZIP archive; each file is recorded when its turn comes."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(
        parameters=[FOLDER, OpenApiParameter("item", OpenApiTypes.UUID, many=True)],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, workspace_id: UUID) -> HttpResponseBase:
        return archive(plain(request), workspace_id)


class VersionList(ListAPIView[Version]):
    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}
    serializer_class = VersionOut
    pagination_class = Pages
    queryset = Version.objects.none()

    def get_queryset(self) -> QuerySet[Version]:
        file = visible_item(plain(self.request), self.kwargs["item_id"], Item.Kind.FILE)
        return file.versions.select_related("brought_by").order_by("-number")


class VersionContent(APIView):
    """The bytes of a version; the entry is written before the first of them leaves."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(responses={200: OpenApiTypes.BINARY, 206: OpenApiTypes.BINARY})
    def get(self, request: Request, version_id: UUID) -> HttpResponseBase:
        asked = plain(request)
        return serve(asked, signed_in(asked), visible_version(asked, version_id))


def plain(request: Any) -> HttpRequest:
    """Return Django's own request, which the deeds and the sealing know."""
    return cast("HttpRequest", request._request)  # noqa: SLF001  the framework has no public name for it
