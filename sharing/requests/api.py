"""Asking for access and answering, for programs. Errors are answered by `RefusalMiddleware`, as in `sharing.api`."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from sharing import services
from sharing.api import asked_in, plain
from sharing.models import AccessRequest
from sharing.permissions import Right as SharingRight
from sharing.requests.selectors import LISTS, requests_in
from sharing.requests.serializers import AskForRightsIn, AskForRoleIn, GrantAskedIn, RefuseIn, RequestOut
from sharing.views.fetching import confirmed_outside, get_item, get_workspace, person_of
from workspaces.models import Item, Workspace

MOST = 200


class RequestList(APIView):
    """The newest of a person's requests: those they may answer, or those they made."""

    permission_classes = [IsSignedIn]

    @extend_schema(
        parameters=[OpenApiParameter("list", enum=list(LISTS), description="waiting, unless it says another")],
        responses=RequestOut(many=True),
    )
    def get(self, request: Request) -> Response:
        which = str(request.GET.get("list", "waiting"))
        found = requests_in(person_of(plain(request)), which if which in LISTS else "waiting")
        return Response(RequestOut(found[:MOST], many=True).data)


class WorkspaceRequests(APIView):
    """Asking for a role in a workspace."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=AskForRoleIn, responses={201: RequestOut})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        workspace = get_workspace(plain(request), workspace_id)
        return _ask(request, workspace, asked_in(AskForRoleIn, request))


class ItemRequests(APIView):
    """Asking for rights on a folder or file."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=AskForRightsIn, responses={201: RequestOut})
    def post(self, request: Request, item_id: UUID) -> Response:
        item = get_item(plain(request), item_id)
        return _ask(request, item, asked_in(AskForRightsIn, request))


class RequestDetail(APIView):
    """One request: looking at it, withdrawing it."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=RequestOut)
    def get(self, request: Request, request_id: UUID) -> Response:
        return Response(RequestOut(_get(request, request_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, request_id: UUID) -> Response:
        services.withdraw_request(actor=person_of(plain(request)), request=_get(request, request_id))
        return Response(status=204)


class RequestGrant(APIView):
    """Giving what was asked for, or less."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=GrantAskedIn, responses=RequestOut)
    def post(self, request: Request, request_id: UUID) -> HttpResponseBase:
        found = _get(request, request_id)
        require(person_of(plain(request)), SharingRight.ANSWER_REQUEST, found)
        answer = asked_in(GrantAskedIn, request)

        def give(asking: HttpRequest) -> Response:
            granted = services.grant_request(actor=person_of(asking), request=found, **answer)
            return Response(RequestOut(granted).data)

        return confirmed_outside(plain(request), {"person": found.asker}, give)(plain(request))


class RequestRefusal(APIView):
    """Saying no, and why."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=RefuseIn, responses=RequestOut)
    def post(self, request: Request, request_id: UUID) -> Response:
        found = _get(request, request_id)
        require(person_of(plain(request)), SharingRight.ANSWER_REQUEST, found)
        answer = asked_in(RefuseIn, request)
        refused = services.refuse_request(actor=person_of(plain(request)), request=found, **answer)
        return Response(RequestOut(refused).data)


def _ask(request: Request, thing: Workspace | Item, asked: dict[str, Any]) -> Response:
    made = services.ask_for_access(actor=person_of(plain(request)), thing=thing, **asked)
    return Response(RequestOut(made).data, status=201)


def _get(request: Request, request_id: UUID) -> AccessRequest:
    mine = AccessRequest.objects.visible_to(request.user).with_names()
    return get_object_or_404(mine.select_related("item__workspace"), pk=request_id)
