"""Activity for programs: the lines, what they come to by person and by file, and who read a file."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from core.errors import InvalidInput
from ledger_bridge.filters import TrailFilters
from ledger_bridge.selectors import Place
from workspaces import services
from workspaces.activity.acts import ACTS
from workspaces.activity.lines import page_of
from workspaces.activity.summaries import SORTS, by_file, by_person, groups_of, readers_of
from workspaces.api import plain
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.views.activity import asked_of, within
from workspaces.views.finding import signed_in, visible_item, visible_workspace

ASKED = [
    OpenApiParameter("person", OpenApiTypes.UUID, description="Who did it, or to whom it was sent."),
    OpenApiParameter("file", OpenApiTypes.UUID),
    OpenApiParameter("kind", str, enum=list(ACTS)),
    OpenApiParameter("since", OpenApiTypes.DATE),
    OpenApiParameter("until", OpenApiTypes.DATE, description="The last day, which counts as well."),
]
ON = [
    OpenApiParameter("order", str, enum=["oldest"], description="Without it the newest come first."),
    OpenApiParameter("older", str, description="The token of an answer: what is older than it."),
    OpenApiParameter("newer", str, description="The token of an answer: what is newer than it."),
]
_SUMMED = [
    OpenApiParameter("by", str, enum=["people", "files"], required=True),
    OpenApiParameter("sort", str, enum=list(SORTS)),
]


class PageTimeOut(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    seconds = serializers.IntegerField()


class ActivityLineOut(serializers.Serializer[Any]):
    """Times are as a browser told them, or lie between two requests; see docs/activity.md for what they cannot tell."""

    entry = serializers.UUIDField(help_text="The entry in the ledger.")
    at = serializers.DateTimeField()
    person = serializers.CharField()
    who = serializers.CharField()
    institution = serializers.CharField()
    kind = serializers.ChoiceField(list(ACTS))
    file = serializers.CharField(source="item")
    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    pages = serializers.CharField(help_text="In words; empty where they are not known, or not yet.")
    times = PageTimeOut(many=True, source="timed")
    measured = serializers.CharField(help_text="“browser” or “requests”; empty where no time is known.")
    state = serializers.CharField(help_text="“looking” until the viewing ends, “unknown” where nobody wrote them down.")
    to = serializers.CharField(help_text="To whom a copy was sent.")
    by_program = serializers.BooleanField()


class ActivityPageOut(serializers.Serializer[Any]):
    lines = ActivityLineOut(many=True)
    older = serializers.CharField(allow_null=True)
    newer = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(help_text="Counted no further than 10,001.")


class ActivitySumOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    looked = serializers.IntegerField()
    took = serializers.IntegerField()
    gave = serializers.IntegerField()
    others = serializers.SerializerMethodField(help_text="Of a person how many files, of a file how many people.")
    last = serializers.DateTimeField()

    def get_others(self, row: Any) -> int:
        return len(row.others)


class NotYetOut(serializers.Serializer[Any]):
    person = serializers.UUIDField(source="person.pk")
    name = serializers.CharField(source="person.name")
    brought = serializers.BooleanField(help_text="They brought in a version of it.")


class ReadersOut(serializers.Serializer[Any]):
    """`not_yet` is empty for those who are not shown who is in the workspace."""

    may = serializers.IntegerField()
    read = serializers.IntegerField()
    others = serializers.IntegerField(help_text="Who read it and may not, or not any more.")
    not_yet = NotYetOut(many=True)


class WorkspaceActivity(APIView):
    """Who opened what in a workspace, line by line. Looking is recorded."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="workspaces_activity", parameters=[*ASKED, *ON], responses=ActivityPageOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return _lines(request, visible_workspace(plain(request), workspace_id))


class FileActivity(APIView):
    """Who opened a file, line by line."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="files_activity", parameters=[*ASKED, *ON], responses=ActivityPageOut)
    def get(self, request: Request, item_id: UUID) -> Response:
        return _lines(request, visible_item(plain(request), item_id, Item.Kind.FILE))


class WorkspaceActivitySummary(APIView):
    """The same, by person or by file."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="workspaces_activity_summary", parameters=[*ASKED, *_SUMMED], responses=ActivitySumOut(many=True)
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        workspace, asked = visible_workspace(plain(request), workspace_id), plain(request).GET
        user = signed_in(plain(request))
        require(user, Right.TRAIL, workspace)
        by = {"people": by_person, "files": by_file}.get(asked.get("by", ""))
        if by is None:
            raise InvalidInput("Choose “people” or “files”.", field="by")
        filters = asked_of(asked, within(workspace)).filters
        services.view_activity(actor=user, about=workspace, filters=filters)
        sort = asked.get("sort", "last")
        if sort not in SORTS:
            raise InvalidInput(f"Choose one of {', '.join(SORTS)}.", field="sort")
        return Response(ActivitySumOut(by(groups_of(filters, asker=user), asker=user, sort=sort), many=True).data)


class FileReaders(APIView):
    """Who of those who may read a file has opened or taken away a version of it."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=ReadersOut)
    def get(self, request: Request, item_id: UUID) -> Response:
        user, file = signed_in(plain(request)), visible_item(plain(request), item_id, Item.Kind.FILE)
        services.view_activity(actor=user, about=file, filters=within(file))
        groups = groups_of(within(file), asker=user)
        return Response(ReadersOut(readers_of(file, groups, asker=user)).data)


def _lines(request: Request, about: Workspace | Item) -> Response:
    asked, user = plain(request).GET, signed_in(plain(request))
    return Response(lines_out(user, about, asked, within(about)))


def lines_out(user: Any, about: Workspace | Item, query: Any, among: TrailFilters) -> Any:
    """Record the look, and return a page of lines."""
    asked, place = asked_of(query, among), Place.parse(query)
    services.view_activity(actor=user, about=about, filters=asked.filters)
    page = page_of(asked.filters, asker=user, place=place, oldest_first=asked.oldest_first)
    return ActivityPageOut(page).data
