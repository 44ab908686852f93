"""Following, and what mails may name, for programs."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from workspaces import services
from workspaces.api import plain
from workspaces.conversation.audience import hears_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.views.finding import signed_in, visible_item, visible_workspace


class FollowSchema(serializers.Serializer[Any]):
    wanted = serializers.BooleanField(help_text="Whether one is told what is new here.")


class NamesSchema(serializers.Serializer[Any]):
    allowed = serializers.BooleanField(help_text="Whether mails may name the workspace and its files.")


class FollowWorkspace(APIView):
    """Whether one is told what is new in a workspace; choosing that."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=FollowSchema)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return _shown(request, visible_workspace(plain(request), workspace_id))

    @extend_schema(request=FollowSchema, responses=FollowSchema)
    def put(self, request: Request, workspace_id: UUID) -> Response:
        return _chosen(request, visible_workspace(plain(request), workspace_id))


class FollowItem(APIView):
    """Whether one is told what is new in a folder or about a file; choosing that."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=FollowSchema)
    def get(self, request: Request, item_id: UUID) -> Response:
        return _shown(request, visible_item(plain(request), item_id))

    @extend_schema(request=FollowSchema, responses=FollowSchema)
    def put(self, request: Request, item_id: UUID) -> Response:
        return _chosen(request, visible_item(plain(request), item_id))


class NamesInMails(APIView):
    """Whether mails to the people of a workspace may name it and its files; its managers choose."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=NamesSchema)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return Response({"allowed": visible_workspace(plain(request), workspace_id).names_in_mails})

    @extend_schema(request=NamesSchema, responses=NamesSchema)
    def put(self, request: Request, workspace_id: UUID) -> Response:
        user, workspace = signed_in(plain(request)), visible_workspace(plain(request), workspace_id)
        require(user, Right.MANAGE, workspace)
        asked = NamesSchema(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = services.allow_names_in_mails(actor=user, workspace=workspace, **asked.validated_data)
        return Response({"allowed": changed.names_in_mails})


def _shown(request: Request, thing: Workspace | Item) -> Response:
    return Response({"wanted": hears_of(signed_in(plain(request)), thing)})


def _chosen(request: Request, thing: Workspace | Item) -> Response:
    asked = FollowSchema(data=request.data)
    asked.is_valid(raise_exception=True)
    services.follow(actor=signed_in(plain(request)), thing=thing, **asked.validated_data)
    return _shown(request, thing)
