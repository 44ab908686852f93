"""Links to outside, for programs. Errors are answered by `RefusalMiddleware`, as in `sharing.api`."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.stepup import requires_recent_authentication
from core.access import require
from core.api import IsSignedIn
from sharing import services
from sharing.api import asked_in, plain
from sharing.links import notices, selectors
from sharing.links.models import FileRequest, Link, Send
from sharing.links.rules import rights_needed
from sharing.links.serializers import DeliveryOut, FileRequestIn, ForOutsideIn, LinkMadeOut, LinkOut, OpeningOut
from sharing.views.fetching import get_item, person_of
from sharing.views.links import get_link
from workspaces.permissions import Right
from workspaces.views.finding import visible_version

MOST = 200


class LinkList(APIView):
    """The newest links about what the person may share, whoever made them."""

    permission_classes = [IsSignedIn]

    @extend_schema(
        parameters=[OpenApiParameter("list", enum=list(selectors.LISTS), description="open, unless it says another")],
        responses=LinkOut(many=True),
    )
    def get(self, request: Request) -> Response:
        which = str(request.GET.get("list", "open"))
        found = selectors.links_in(person_of(plain(request)), which if which in selectors.LISTS else "open")
        return Response(LinkOut(selectors.rows_for(found[:MOST]), many=True).data)


class FileRequests(APIView):
    """Making a link by which somebody outside delivers files into a folder."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=FileRequestIn, responses={201: LinkMadeOut})
    def post(self, request: Request, item_id: UUID) -> HttpResponseBase:
        folder = get_item(plain(request), item_id)
        for right in rights_needed(Link.Kind.REQUEST):
            require(person_of(plain(request)), right, folder)
        asked = asked_in(FileRequestIn, request)

        def make(asking: HttpRequest) -> Response:
            made, token = services.make_file_request(actor=person_of(asking), folder=folder, **asked)
            return Response(LinkMadeOut({"id": made.pk, "url": notices.address(token)}).data, status=201)

        return requires_recent_authentication(make)(plain(request))


class LinkDetail(APIView):
    """One link: looking at it, closing it for good."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=LinkOut)
    def get(self, request: Request, link_id: UUID) -> Response:
        return Response(LinkOut(selectors.row_of(get_link(plain(request), link_id))).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, link_id: UUID) -> Response:
        services.close_link(actor=person_of(plain(request)), link=get_link(plain(request), link_id))
        return Response(status=204)


class Deliveries(APIView):
    """What came through a request for files, newest first; names stand with the files."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=DeliveryOut(many=True))
    def get(self, request: Request, link_id: UUID) -> Response:
        found = get_object_or_404(FileRequest, pk=get_link(plain(request), link_id).pk)
        return Response(DeliveryOut(selectors.deliveries_of(found)[:MOST], many=True).data)


class Sends(APIView):
    """Letting one person outside open a version, and nothing else."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=ForOutsideIn, responses={201: LinkMadeOut})
    def post(self, request: Request, version_id: UUID) -> HttpResponseBase:
        version = visible_version(plain(request), version_id)
        for right in rights_needed(Link.Kind.SEND):
            require(person_of(plain(request)), right, version)
        asked = asked_in(ForOutsideIn, request)

        def make(asking: HttpRequest) -> Response:
            made, token = services.send_copy(actor=person_of(asking), version=version, **asked)
            return Response(LinkMadeOut({"id": made.pk, "url": notices.address(token)}).data, status=201)

        return requires_recent_authentication(make)(plain(request))


class Openings(APIView):
    """What the recipient of a copy did with it, newest first, for whoever may see the trail of the file."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=OpeningOut(many=True))
    def get(self, request: Request, link_id: UUID) -> Response:
        found = get_object_or_404(Send, pk=get_link(plain(request), link_id).pk)
        require(person_of(plain(request)), Right.TRAIL, found.item)
        return Response(OpeningOut(selectors.entries_of(found), many=True).data)
