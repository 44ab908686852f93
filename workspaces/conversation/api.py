"""Conversations for programs, under /api/v1/. Writing takes a token with the scope for it."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from core.errors import InvalidInput
from workspaces import services
from workspaces.api import Pages, plain
from workspaces.conversation import selectors
from workspaces.conversation.mentions import suggestions
from workspaces.conversation.models import LAST_PAGE
from workspaces.conversation.regions import SIDES, Region
from workspaces.conversation.rules import require_author
from workspaces.models import Comment, Item
from workspaces.permissions import Right
from workspaces.views.conversation import visible_comment
from workspaces.views.finding import signed_in, visible_item


class RegionOut(serializers.Serializer[Any]):
    """A marked part of the page: fractions of it, from its upper left corner, in ten thousandths."""

    left = serializers.FloatField()
    top = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


class CommentOut(serializers.ModelSerializer[Comment]):
    """`text` is empty where it was taken back, and where it is damaged."""

    text = serializers.SerializerMethodField()
    author_name = serializers.CharField(source="author.name")
    answers = serializers.UUIDField(source="thread_id", help_text="The comment that began the thread.")
    region = RegionOut(allow_null=True, read_only=True)
    mentioned = serializers.PrimaryKeyRelatedField(many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Comment
        fields = [
            "id", "file", "version", "page", "region", "answers", "author", "author_name", "text", "mentioned",
            "written_at", "changed_at", "taken_back_at", "taken_back_by", "entry", "changed_entry",
        ]  # fmt: skip

    def get_text(self, comment: Comment) -> str:
        return selectors.text_of(comment)


class RegionIn(serializers.Serializer[Any]):
    """Each a number from 0 to 1; what is no rectangle on the page is refused as a whole."""

    left = serializers.FloatField(min_value=0, max_value=1)
    top = serializers.FloatField(min_value=0, max_value=1)
    width = serializers.FloatField(min_value=0, max_value=1)
    height = serializers.FloatField(min_value=0, max_value=1)

    def to_internal_value(self, data: Any) -> Region:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("Write it as {left, top, width, height}.")
        if more := {str(name) for name in data} - set(SIDES):
            raise serializers.ValidationError(f"A part of a page has no “{min(more)[:40]}”.")
        try:
            return Region.of(data)
        except InvalidInput as error:
            raise serializers.ValidationError(error.sentence) from error


class SaidIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=4000, help_text="Write @ and a name to mention somebody.")
    version = serializers.UUIDField(required=False, allow_null=True, default=None)
    page = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=LAST_PAGE)
    region = RegionIn(required=False, allow_null=True, default=None, help_text="A marked part of a drawn page.")
    answers = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="A comment to answer.")


class WordsIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=4000)


class MentionableOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    institution = serializers.CharField()
    write = serializers.CharField(help_text="What to write behind the @.")


class CommentList(ListAPIView[Comment]):
    """What was said about a file, the newest first, answers among it; saying something."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read", "POST": "comment"}
    serializer_class = CommentOut
    pagination_class = Pages
    queryset = Comment.objects.none()

    @extend_schema(parameters=[OpenApiParameter("answers", OpenApiTypes.UUID, description="Only this thread.")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Comment]:
        request = plain(self.request)
        file = visible_item(request, self.kwargs["item_id"], Item.Kind.FILE)
        found = Comment.objects.filter(file=file).with_names().order_by("-id")
        thread = request.GET.get("answers")
        return found.filter(thread=_uuid(thread)) if thread else found

    @extend_schema(request=SaidIn, responses={201: CommentOut})
    def post(self, request: Request, item_id: UUID) -> Response:
        user, file = signed_in(plain(request)), visible_item(plain(request), item_id, Item.Kind.FILE)
        require(user, Right.COMMENT, file)
        asked = SaidIn(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        comment = services.write_comment(
            actor=user,
            file=file,
            text=said["text"],
            version=_of(file.versions.all(), said["version"], "version"),
            page=said["page"],
            region=said["region"],
            answers=_of(Comment.objects.filter(file=file), said["answers"], "answers"),
        )
        return Response(CommentOut(comment).data, status=201)


class CommentDetail(APIView):
    """One comment: looking at it, correcting it within some minutes, taking it back."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read", "PATCH": "comment", "DELETE": "comment"}

    @extend_schema(responses=CommentOut)
    def get(self, request: Request, comment_id: UUID) -> Response:
        return Response(CommentOut(visible_comment(plain(request), comment_id)).data)

    @extend_schema(request=WordsIn, responses=CommentOut)
    def patch(self, request: Request, comment_id: UUID) -> Response:
        user, comment = signed_in(plain(request)), visible_comment(plain(request), comment_id)
        require_author(user, comment)
        asked = WordsIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(CommentOut(services.change_comment(actor=user, comment=comment, **asked.validated_data)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, comment_id: UUID) -> Response:
        services.take_back_comment(actor=signed_in(plain(request)), comment=visible_comment(plain(request), comment_id))
        return Response(status=204)


class Mentionable(APIView):
    """Whom one may mention in a comment on a file: the first few whose name holds the words."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "comment"}

    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="A part of a name or an institution.")],
        responses=MentionableOut(many=True),
    )
    def get(self, request: Request, item_id: UUID) -> Response:
        user, file = signed_in(plain(request)), visible_item(plain(request), item_id, Item.Kind.FILE)
        require(user, Right.COMMENT, file)
        found = suggestions(user, file, plain(request).GET.get("q", "").replace("\0", "").strip()[:100])
        rows = [
            {"id": person.pk, "name": person.name, "institution": str(person.institution or ""), "write": write}
            for person, write in found
        ]
        return Response(MentionableOut(rows, many=True).data)


def _of(rows: Any, pk: UUID | None, field: str) -> Any:
    """Return the row that was named; one that is not there is said to be wrong, and not to be somewhere else."""
    if pk is None:
        return None
    found = rows.filter(pk=pk).first()
    if found is None:
        raise serializers.ValidationError({field: ["There is nothing of this file with this id."]})
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
