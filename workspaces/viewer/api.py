"""Requiring the spotlight, for programs."""

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
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.viewer.spotlight import rules_above
from workspaces.views.finding import signed_in, visible_item, visible_workspace


class SpotlightIn(serializers.Serializer[Any]):
    required = serializers.BooleanField()  # type: ignore[assignment]


class SpotlightOut(serializers.Serializer[Any]):
    required = serializers.BooleanField(help_text="By a rule of this place or of one above it.")  # type: ignore[assignment]
    here = serializers.BooleanField(help_text="By a rule of this place.")


class WorkspaceSpotlight(APIView):
    """Whether pages in a workspace are shown through the spotlight alone; its managers choose."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=SpotlightOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return _shown(visible_workspace(plain(request), workspace_id))

    @extend_schema(request=SpotlightIn, responses=SpotlightOut)
    def put(self, request: Request, workspace_id: UUID) -> Response:
        return _set(request, visible_workspace(plain(request), workspace_id))


class ItemSpotlight(APIView):
    """Whether pages of a file, or of all files below a folder, are shown through the spotlight alone."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=SpotlightOut)
    def get(self, request: Request, item_id: UUID) -> Response:
        return _shown(visible_item(plain(request), item_id))

    @extend_schema(request=SpotlightIn, responses=SpotlightOut)
    def put(self, request: Request, item_id: UUID) -> Response:
        return _set(request, visible_item(plain(request), item_id))


def _set(request: Request, thing: Workspace | Item) -> Response:
    user = signed_in(plain(request))
    require(user, Right.MANAGE, thing)
    asked = SpotlightIn(data=request.data)
    asked.is_valid(raise_exception=True)
    services.set_spotlight(actor=user, thing=thing, **asked.validated_data)
    return _shown(thing)


def _shown(thing: Workspace | Item) -> Response:
    rules = rules_above(thing)
    own = thing.pk if isinstance(thing, Item) else None
    facts = {"required": bool(rules), "here": any(rule.item_id == own for rule in rules)}
    return Response(SpotlightOut(facts).data)
