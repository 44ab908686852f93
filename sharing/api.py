"""The same deeds for programs. Errors are answered by `RefusalMiddleware`, which also records refusals."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.stepup import requires_recent_authentication
from core.access import require
from core.api import IsSignedIn
from core.errors import InvalidInput
from sharing import services
from sharing.selectors import access
from sharing.selectors.people import contributors, groups_to_choose
from sharing.serializers import (
    CreatedOut,
    ExceptionIn,
    ExceptionOut,
    GrantChangeIn,
    GrantIn,
    GrantOut,
    InvitationIn,
    InvitationOut,
)
from sharing.views.fetching import (
    Receiver,
    confirmed_outside,
    get_exception,
    get_grant,
    get_item,
    get_shared_workspace,
    get_workspace,
    person_of,
    receiver_of,
)
from sharing.why.previewing import people_behind, preview
from sharing.why.serializers import PreviewOut
from workspaces.api_bulk import UNDO_HEADER, previews, where_to_undo
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.undoing.remembering import as_one

PREVIEW = OpenApiParameter("preview", bool, description="true: change nothing, and answer what would change")


class GrantList(APIView):
    """Who has a role in a workspace; giving one."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=GrantOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        workspace = get_workspace(plain(request), workspace_id)
        user = person_of(plain(request))
        members = access.members_shown_to(user, workspace, access.rights_in(user, workspace))
        return Response(GrantOut(members, many=True).data)

    @extend_schema(request=GrantIn, parameters=[PREVIEW], responses={201: CreatedOut, 200: PreviewOut})
    def post(self, request: Request, workspace_id: UUID) -> HttpResponseBase:
        workspace = get_shared_workspace(plain(request), workspace_id)
        asked = with_receiver(request, with_condition(workspace, asked_in(GrantIn, request)))

        def give(asking: HttpRequest) -> Response:
            deed = partial(services.grant_role, actor=person_of(asking), workspace=workspace, **asked)
            if previews(request):
                return _preview(asking, deed, receiver, workspace)
            return Response(CreatedOut(deed()).data, status=201)

        receiver = receiver_in(asked)
        return confirmed(request, receiver, give)


class GrantDetail(APIView):
    """One role: changing it, taking it away."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=GrantChangeIn, parameters=[PREVIEW], responses={204: None, 200: PreviewOut})
    def put(self, request: Request, grant_id: UUID) -> HttpResponseBase:
        grant = get_grant(plain(request), grant_id)
        asked = with_condition(grant.content_object, asked_in(GrantChangeIn, request))

        def change(asking: HttpRequest) -> Response:
            deed = partial(services.change_role, actor=person_of(asking), grant=grant, **asked)
            return _do(request, asking, deed, receiver_of(grant), grant.content_object)

        return confirmed(request, receiver_of(grant), change)

    @extend_schema(parameters=[PREVIEW], responses={204: None, 200: PreviewOut})
    def delete(self, request: Request, grant_id: UUID) -> Response:
        grant = get_grant(plain(request), grant_id)
        deed = partial(services.revoke_role, actor=person_of(plain(request)), grant=grant)
        return _do(request, plain(request), deed, receiver_of(grant), grant.content_object)


class ExceptionList(APIView):
    """The exceptions that reach an item, from itself and from the folders above; setting one."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=ExceptionOut(many=True))
    def get(self, request: Request, item_id: UUID) -> Response:
        item = get_item(plain(request), item_id)
        require(person_of(plain(request)), Right.SHARE, item)
        return Response(ExceptionOut(access.exceptions_on(item), many=True).data)

    @extend_schema(request=ExceptionIn, parameters=[PREVIEW], responses={201: CreatedOut, 200: PreviewOut})
    def post(self, request: Request, item_id: UUID) -> HttpResponseBase:
        item = get_item(plain(request), item_id)
        require(person_of(plain(request)), Right.SHARE, item)
        asked = with_receiver(request, with_condition(item.workspace, asked_in(ExceptionIn, request)))
        asked["right"] = Right(f"workspaces.{asked['right']}")

        def make(asking: HttpRequest) -> Response:
            deed = partial(services.set_exception, actor=person_of(asking), item=item, **asked)
            if previews(request):
                return _preview(asking, deed, receiver, item.workspace, at=[item])
            return Response(CreatedOut(deed()).data, status=201)

        receiver = receiver_in(asked)
        return confirmed(request, receiver, make)


class ExceptionDetail(APIView):
    permission_classes = [IsSignedIn]

    @extend_schema(parameters=[PREVIEW], responses={204: None, 200: PreviewOut})
    def delete(self, request: Request, exception_id: UUID) -> Response:
        exception = get_exception(plain(request), exception_id)
        deed = partial(services.lift_exception, actor=person_of(plain(request)), exception=exception)
        workspace = exception.content_object.workspace
        return _do(request, plain(request), deed, receiver_of(exception), workspace)


class InvitationList(APIView):
    """The invitations to a workspace that wait for an answer; sending one."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=InvitationOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        workspace = get_shared_workspace(plain(request), workspace_id)
        return Response(InvitationOut(access.waiting_invitations(workspace), many=True).data)

    @extend_schema(request=InvitationIn, responses={201: InvitationOut})
    def post(self, request: Request, workspace_id: UUID) -> HttpResponseBase:
        workspace = get_shared_workspace(plain(request), workspace_id)
        asked = asked_in(InvitationIn, request)

        @requires_recent_authentication
        def send(asking: HttpRequest) -> Response:
            invitation = services.invite(actor=person_of(asking), workspace=workspace, **asked)
            return Response(InvitationOut(invitation).data, status=201)

        return send(plain(request))


def _do(
    request: Request, asking: HttpRequest, deed: Callable[[], Any], receiver: Receiver, workspace: Workspace
) -> Response:
    if previews(request):
        return _preview(asking, deed, receiver, workspace)
    with as_one() as together:
        deed()
    undo = where_to_undo(together).get("undo")
    return Response(status=204, headers={UNDO_HEADER: undo} if undo else {})


def _preview(
    asking: HttpRequest, deed: Callable[[], Any], receiver: Receiver, workspace: Workspace, at: Sequence[Item] = ()
) -> Response:
    [whom] = receiver.values()
    found = preview(deed, actor=person_of(asking), people=people_behind(whom), workspaces=[workspace], at=at)
    return Response(PreviewOut(found).data)


def asked_in(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def with_receiver(request: Request, asked: dict[str, Any]) -> dict[str, Any]:
    """Put the person or group where its id stands; one that cannot be chosen is not found."""
    if "person" in asked:
        asked["person"] = get_object_or_404(contributors(), pk=asked["person"])
    if "group" in asked:
        asked["group"] = get_object_or_404(groups_to_choose(person_of(plain(request))), pk=asked["group"])
    return asked


def with_condition(workspace: Workspace, asked: dict[str, Any]) -> dict[str, Any]:
    """Put the condition where its id stands; one of another workspace is not found."""
    if asked.get("condition") is not None:
        found = workspace.conditions.filter(pk=asked["condition"]).first()
        if found is None:
            raise InvalidInput("Choose one of the conditions of this workspace.", field="condition")
        asked["condition"] = found
    return asked


def receiver_in(asked: dict[str, Any]) -> Receiver:
    receiver: Receiver = {name: asked[name] for name in ("person", "group") if name in asked}
    if len(receiver) != 1:
        raise InvalidInput("Choose a person or a group.", field="person")
    return receiver


def confirmed(request: Request, receiver: Receiver, deed: Callable[[HttpRequest], Response]) -> HttpResponse:
    """Do the deed, after a proof of a factor where it gives something to another institution."""
    return confirmed_outside(plain(request), receiver, deed)(plain(request))


def plain(request: Request) -> HttpRequest:
    """The framework's request hands everything on to Django's, but is no subclass of it."""
    return cast("HttpRequest", request)
