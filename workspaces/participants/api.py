"""Participants for programs: whom an item is about, who is known in a workspace, and who has seen their data."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from ledger_bridge.selectors import Place
from workspaces import services
from workspaces.activity.api import ASKED, ON, ActivityPageOut
from workspaces.activity.lines import page_of
from workspaces.api import plain
from workspaces.participants.selectors import marks_on, participants_in, scope_of
from workspaces.permissions import Right
from workspaces.views.activity import asked_of
from workspaces.views.finding import signed_in, visible_item, visible_workspace
from workspaces.views.participants import visible_mark, visible_participant


class MarkOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="mark.pk")
    participant = serializers.UUIDField(source="mark.participant_id")
    pseudonym = serializers.CharField(source="mark.participant.pseudonym")
    item = serializers.UUIDField(source="mark.item_id", help_text="It, or a folder that it lies in.")
    own = serializers.BooleanField(source="is_own")


class MarkIn(serializers.Serializer[Any]):
    pseudonym = serializers.CharField(max_length=100)
    sure = serializers.BooleanField(default=False, help_text="It is a pseudonym, whatever it looks like.")


class ParticipantOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    pseudonym = serializers.CharField()
    marked = serializers.IntegerField(help_text="How many files and folders are marked, of those that one may view.")


class ItemParticipants(APIView):
    """Whom a file or a folder is about; saying so."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="items_participants", responses=MarkOut(many=True))
    def get(self, request: Request, item_id: UUID) -> Response:
        return _marks(request, item_id)

    @extend_schema(operation_id="items_mark_about", request=MarkIn, responses={201: MarkOut(many=True)})
    def post(self, request: Request, item_id: UUID) -> Response:
        item, asked = visible_item(plain(request), item_id), MarkIn(data=request.data)
        require(signed_in(plain(request)), Right.EDIT, item)
        asked.is_valid(raise_exception=True)
        services.mark_about(actor=signed_in(plain(request)), item=item, **asked.validated_data)
        return _marks(request, item_id, status=201)


class Mark(APIView):
    """Taking a mark off."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, mark_id: UUID) -> Response:
        services.unmark_about(actor=signed_in(plain(request)), mark=visible_mark(plain(request), mark_id))
        return Response(status=204)


class WorkspaceParticipants(APIView):
    """The participants whom something in a workspace is about."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="workspaces_participants", responses=ParticipantOut(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        workspace = visible_workspace(plain(request), workspace_id)
        rows = participants_in(workspace, asker=signed_in(plain(request)))
        found = [{"id": one.pk, "pseudonym": one.pseudonym, "marked": marked} for one, marked in rows]
        return Response(ParticipantOut(found, many=True).data)


class ParticipantActivity(APIView):
    """Who has seen what is about a participant, line by line. Looking is recorded."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="participants_activity",
        parameters=[
            *ASKED,
            *ON,
            OpenApiParameter(
                "across", str, enum=["1"], description="Wherever the same pseudonym is used and one sees the trail."
            ),
        ],
        responses=ActivityPageOut,
    )
    def get(self, request: Request, participant_id: UUID) -> Response:
        asked, user = plain(request).GET, signed_in(plain(request))
        one = visible_participant(plain(request), participant_id)
        scope = scope_of(one, asker=user, across=asked.get("across") == "1")
        wanted, place = asked_of(asked, scope.within), Place.parse(asked)
        services.view_participant(actor=user, scope=scope)
        page = page_of(wanted.filters, asker=user, place=place, oldest_first=wanted.oldest_first)
        return Response(ActivityPageOut(page).data)


def _marks(request: Request, item_id: UUID, status: int = 200) -> Response:
    item = visible_item(plain(request), item_id)
    return Response(MarkOut(marks_on(item, asker=signed_in(plain(request))), many=True).data, status=status)
