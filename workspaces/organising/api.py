"""Tags, locks and favourites for programs."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from workspaces import services
from workspaces.api import Pages, plain
from workspaces.models import Item, Lock, Tag, Workspace
from workspaces.organising.selectors import (
    favourite_items,
    favourite_workspaces,
    is_favourite,
    locks_on,
    tags_of,
    tags_shown_to,
)
from workspaces.permissions import Right
from workspaces.serializers import ItemOut, WorkspaceOut
from workspaces.views.finding import signed_in, visible_item, visible_workspace
from workspaces.views.organising import visible_tag


class TagOut(serializers.ModelSerializer[Tag]):
    class Meta:
        model = Tag
        fields = ["id", "workspace", "name"]


class TagIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)


class LockOut(serializers.ModelSerializer[Lock]):
    class Meta:
        model = Lock
        fields = ["file", "holder", "reason", "since", "until"]


class LockSchema(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)
    until = serializers.DateTimeField()


class FavouriteSchema(serializers.Serializer[Any]):
    wanted = serializers.BooleanField(help_text="Whether one keeps it among one's favourites.")


class FavouritesOut(serializers.Serializer[Any]):
    workspaces = WorkspaceOut(many=True)
    items = ItemOut(many=True)


class Tags(ListAPIView[Tag]):
    """The tags that stand on something in a workspace that one may view."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}
    serializer_class = TagOut
    pagination_class = Pages
    queryset = Tag.objects.none()

    def get_queryset(self) -> QuerySet[Tag]:
        request = plain(self.request)
        return tags_shown_to(signed_in(request), visible_workspace(request, self.kwargs["workspace_id"]))


class TagDetail(APIView):
    """Renaming a tag, or removing it from everything, for managers."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=TagIn, responses=TagOut)
    def patch(self, request: Request, tag_id: UUID) -> Response:
        user, tag = signed_in(plain(request)), visible_tag(plain(request), tag_id)
        require(user, Right.MANAGE, tag.workspace)
        asked = TagIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(TagOut(services.rename_tag(actor=user, tag=tag, **asked.validated_data)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, tag_id: UUID) -> Response:
        tag = visible_tag(plain(request), tag_id)
        services.remove_tag(actor=signed_in(plain(request)), tag=tag)
        return Response(status=204)


class ItemTags(APIView):
    """The tags of a file or folder; putting one on."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=TagOut(many=True))
    def get(self, request: Request, item_id: UUID) -> Response:
        item = visible_item(plain(request), item_id)
        return Response(TagOut(tags_of([item])[item.pk], many=True).data)

    @extend_schema(request=TagIn, responses={201: TagOut})
    def post(self, request: Request, item_id: UUID) -> Response:
        user, item = signed_in(plain(request)), visible_item(plain(request), item_id)
        require(user, Right.EDIT, item)
        asked = TagIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(TagOut(services.tag_item(actor=user, item=item, **asked.validated_data)).data, status=201)


class ItemTag(APIView):
    """Taking a tag off a file or folder."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, item_id: UUID, tag_id: UUID) -> Response:
        item = visible_item(plain(request), item_id)
        tag = get_object_or_404(Tag, pk=tag_id, taggings__item=item)
        services.untag_item(actor=signed_in(plain(request)), item=item, tag=tag)
        return Response(status=204)


class FileLock(APIView):
    """The lock that stands on a file, if one does; locking it; lifting the lock."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses={200: LockOut, 204: None})
    def get(self, request: Request, item_id: UUID) -> Response:
        file = visible_item(plain(request), item_id, Item.Kind.FILE)
        lock = locks_on([file]).get(file.pk)
        return Response(LockOut(lock).data) if lock else Response(status=204)

    @extend_schema(request=LockSchema, responses=LockOut)
    def put(self, request: Request, item_id: UUID) -> Response:
        user, file = signed_in(plain(request)), visible_item(plain(request), item_id, Item.Kind.FILE)
        require(user, Right.EDIT, file)
        asked = LockSchema(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(LockOut(services.lock_file(actor=user, file=file, **asked.validated_data)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, item_id: UUID) -> Response:
        file = visible_item(plain(request), item_id, Item.Kind.FILE)
        services.lift_lock(actor=signed_in(plain(request)), file=file)
        return Response(status=204)


class Favourites(APIView):
    """What one keeps at hand, as far as one may view it; at most 500 of each."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=FavouritesOut)
    def get(self, request: Request) -> Response:
        user = signed_in(plain(request))
        items = favourite_items(user).select_related("brought_by", "current_version__brought_by")
        return Response(FavouritesOut({"workspaces": favourite_workspaces(user), "items": items}).data)


class FavouriteWorkspace(APIView):
    """Whether one keeps a workspace among one's favourites; choosing that."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=FavouriteSchema)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return _shown(request, visible_workspace(plain(request), workspace_id))

    @extend_schema(request=FavouriteSchema, responses=FavouriteSchema)
    def put(self, request: Request, workspace_id: UUID) -> Response:
        return _chosen(request, visible_workspace(plain(request), workspace_id))


class FavouriteItem(APIView):
    """Whether one keeps a folder or file among one's favourites; choosing that."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=FavouriteSchema)
    def get(self, request: Request, item_id: UUID) -> Response:
        return _shown(request, visible_item(plain(request), item_id))

    @extend_schema(request=FavouriteSchema, responses=FavouriteSchema)
    def put(self, request: Request, item_id: UUID) -> Response:
        return _chosen(request, visible_item(plain(request), item_id))


def _shown(request: Request, thing: Workspace | Item) -> Response:
    return Response({"wanted": is_favourite(signed_in(plain(request)), thing)})


def _chosen(request: Request, thing: Workspace | Item) -> Response:
    asked = FavouriteSchema(data=request.data)
    asked.is_valid(raise_exception=True)
    wanted = services.keep_at_hand(actor=signed_in(plain(request)), thing=thing, **asked.validated_data)
    return Response({"wanted": wanted})
