"""Removals for good for programs, under /api/v1/.

A program may ask, and take back or decline; both only with a token that has the scope for it. Confirming destroys keys,
so it needs a person who has proved a factor in the last minutes: no token does it.
"""

from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import Right as PlatformRight
from accounts.stepup import requires_recent_authentication
from core.access import require
from core.api import IsSignedIn
from workspaces import services
from workspaces.api import Pages, plain
from workspaces.models import Item, Removal
from workspaces.permissions import Right
from workspaces.removal.rules import Extent, extent_of, kept_until
from workspaces.removal.selectors import removals_for_admins, shown_name
from workspaces.views.finding import removed_item, signed_in, visible_removal, visible_workspace


class BinItemOut(serializers.ModelSerializer[Item]):
    size = serializers.IntegerField(
        source="current_version.plaintext_size", default=None, help_text="None for folders."
    )

    class Meta:
        model = Item
        fields = ["id", "workspace", "kind", "name", "size", "removed_at"]


class RemovalIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, help_text="It stays in the ledger; name nobody in it.")


class DeclineIn(serializers.Serializer[Any]):
    # Left to the deed when it is empty: whoever may not answer learns that first.
    answer = serializers.CharField(
        max_length=500, allow_blank=True, default="", help_text="Why not; needed, and it stays in the ledger."
    )


class RemovalOut(serializers.ModelSerializer[Removal]):
    """What somebody asked for, and what became of it. Files, versions and size are what would go, or what went."""

    workspace = serializers.UUIDField(source="item.workspace_id")
    kind = serializers.CharField(source="item.kind", help_text="`file` or `folder`.")
    name = serializers.SerializerMethodField(help_text="Empty for whoever may not view it, and after it went.")
    files = serializers.SerializerMethodField()
    versions = serializers.SerializerMethodField()
    size = serializers.SerializerMethodField()
    kept_until = serializers.SerializerMethodField(help_text="Nobody can confirm before; none where nothing keeps it.")

    class Meta:
        model = Removal
        fields = [
            "id", "item", "workspace", "kind", "name", "reason", "state", "asked_by", "asked_at", "decided_by",
            "decided_at", "answer", "files", "versions", "size", "kept_until", "entry",
        ]  # fmt: skip

    def get_name(self, removal: Removal) -> str:
        if removal.state == Removal.State.DONE:
            return ""
        return shown_name(cast("User", self.context["user"]), removal.item)

    def get_files(self, removal: Removal) -> int:
        return _extent(removal).files

    def get_versions(self, removal: Removal) -> int:
        return _extent(removal).versions

    def get_size(self, removal: Removal) -> int:
        return _extent(removal).size

    def get_kept_until(self, removal: Removal) -> datetime | None:
        return kept_until(removal.item) if removal.state == Removal.State.ASKED else None


class Bin(ListAPIView[Item]):
    """What lies in the bin of a workspace: what a removal for good can be asked for."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}
    serializer_class = BinItemOut
    pagination_class = Pages
    queryset = Item.objects.none()

    def get_queryset(self) -> QuerySet[Item]:
        request = plain(self.request)
        workspace = visible_workspace(request, self.kwargs["workspace_id"])
        removed = Item.objects.filter(workspace=workspace).in_bin(request.user)
        return removed.select_related("current_version").order_by("-removed_at", "id")


class WorkspaceRemovals(ListAPIView[Removal]):
    """What was asked for in a workspace, the newest first; for its managers."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}
    serializer_class = RemovalOut
    pagination_class = Pages
    queryset = Removal.objects.none()

    def get_queryset(self) -> QuerySet[Removal]:
        request = plain(self.request)
        workspace = visible_workspace(request, self.kwargs["workspace_id"])
        require(signed_in(request), Right.MANAGE, workspace)
        return Removal.objects.filter(item__workspace=workspace).select_related("item__workspace").order_by("-asked_at")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "user": self.request.user}


class ItemRemovals(APIView):
    """Asking that something in the bin be removed for good. Nothing is lost before somebody else confirms."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"POST": "remove"}

    @extend_schema(request=RemovalIn, responses={201: RemovalOut})
    def post(self, request: Request, item_id: UUID) -> Response:
        item, user = removed_item(plain(request), item_id), signed_in(plain(request))
        require(user, Right.MANAGE, item.workspace)
        asked = RemovalIn(data=request.data)
        asked.is_valid(raise_exception=True)
        removal = services.ask_for_removal(actor=user, item=item, reason=asked.validated_data["reason"])
        return _answer(plain(request), removal, status=201)


class WaitingRemovals(APIView):
    """What waits for a commission admin, because no second manager can answer."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=RemovalOut(many=True))
    def get(self, request: Request) -> Response:
        user = signed_in(plain(request))
        require(user, PlatformRight.CONFIRM_REMOVALS)
        return Response(RemovalOut(removals_for_admins(), many=True, context={"user": user}).data)


class RemovalDetail(APIView):
    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=RemovalOut)
    def get(self, request: Request, removal_id: UUID) -> Response:
        return _answer(plain(request), visible_removal(plain(request), removal_id))


class ConfirmRemoval(APIView):
    """Removing for good, as the second person, after a factor was proved in the last minutes: keys are destroyed."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses=RemovalOut)
    @method_decorator(requires_recent_authentication)
    def post(self, request: Request, removal_id: UUID) -> Response:
        found = visible_removal(plain(request), removal_id)
        removal = services.confirm_removal(actor=signed_in(plain(request)), removal=found)
        return _answer(plain(request), removal)


class DeclineRemoval(APIView):
    """Saying no, or taking back what one asked for oneself. It stays in the bin."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"POST": "remove"}

    @extend_schema(request=DeclineIn, responses=RemovalOut)
    def post(self, request: Request, removal_id: UUID) -> Response:
        found = visible_removal(plain(request), removal_id)
        said = DeclineIn(data=request.data)
        said.is_valid(raise_exception=True)
        user = signed_in(plain(request))
        return _answer(
            plain(request), services.decline_removal(actor=user, removal=found, answer=said.validated_data["answer"])
        )


def _answer(request: HttpRequest, removal: Removal, *, status: int = 200) -> Response:
    return Response(RemovalOut(removal, context={"user": request.user}).data, status=status)


def _extent(removal: Removal) -> Extent:
    """Return what went, once it did, and otherwise what would go."""
    if removal.state == Removal.State.DONE:
        return Extent(removal.files, removal.versions, removal.size, None)
    return extent_of(removal.item)
