"""Acknowledging versions, for programs. A token lets a program look; asking and acknowledging need a person."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from core.errors import Conflict
from workspaces import services
from workspaces.acknowledging.rules import right_to_ask, standing_ask
from workspaces.acknowledging.selectors import asks_on, roll_of
from workspaces.api import plain
from workspaces.models import AcknowledgementAsk
from workspaces.views.finding import signed_in, visible_version


class AskShownOut(serializers.Serializer[Any]):
    ask = serializers.UUIDField(source="ask.pk")
    statement = serializers.CharField(source="ask.statement")
    before_opening = serializers.BooleanField(source="ask.required", help_text="It opens only after that.")
    asked_by = serializers.UUIDField(source="ask.asked_by_id")
    asked_at = serializers.DateTimeField(source="ask.asked_at")
    acknowledged_at = serializers.DateTimeField(source="given_at", allow_null=True, help_text="By whoever looks.")


class AskingFor(serializers.Serializer[Any]):
    statement = serializers.CharField(max_length=500, allow_blank=True, default="")
    before_opening = serializers.BooleanField(source="required", default=False)


class Acknowledging(serializers.Serializer[Any]):
    ask = serializers.UUIDField(help_text="The id of what one has read: other words have another one.")


class StandingOut(serializers.Serializer[Any]):
    person = serializers.UUIDField(source="person.pk")
    name = serializers.CharField(source="person.name")
    acknowledged_at = serializers.DateTimeField(source="at", allow_null=True)
    sees_it = serializers.BooleanField(help_text="May view it now.")


class RollOut(serializers.Serializer[Any]):
    """`people` is empty for those who are not shown who is in the workspace."""

    given = serializers.IntegerField()
    missing = serializers.IntegerField()
    people = StandingOut(many=True)


class VersionAcknowledgement(APIView):
    """What one is asked to acknowledge about a version, if anything; asking for it; asking no more."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses={200: AskShownOut, 204: None})
    def get(self, request: Request, version_id: UUID) -> Response:
        return _shown(request, version_id)

    @extend_schema(request=AskingFor, responses={201: AskShownOut})
    def post(self, request: Request, version_id: UUID) -> Response:
        user, version = signed_in(plain(request)), visible_version(plain(request), version_id)
        require(user, right_to_ask(user, version), version)
        asked = AskingFor(data=request.data)
        asked.is_valid(raise_exception=True)
        services.ask_acknowledgement(actor=user, version=version, **asked.validated_data)
        return _shown(request, version_id, status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, version_id: UUID) -> Response:
        version = visible_version(plain(request), version_id)
        services.withdraw_acknowledgement(actor=signed_in(plain(request)), version=version)
        return Response(status=204)


class VersionAcknowledge(APIView):
    """Acknowledging what one has read."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=Acknowledging, responses=AskShownOut)
    def post(self, request: Request, version_id: UUID) -> Response:
        user, version = signed_in(plain(request)), visible_version(plain(request), version_id)
        said = Acknowledging(data=request.data)
        said.is_valid(raise_exception=True)
        ask = AcknowledgementAsk.objects.filter(version=version, pk=said.validated_data["ask"]).first()
        if ask is None:
            raise Conflict(services.ASKED_ANEW)
        services.acknowledge(actor=user, ask=ask)
        return _shown(request, version_id)


class VersionAcknowledgements(APIView):
    """Who has acknowledged a version and who has not: for those who may ask."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses={200: RollOut, 204: None})
    def get(self, request: Request, version_id: UUID) -> Response:
        user, version = signed_in(plain(request)), visible_version(plain(request), version_id)
        require(user, right_to_ask(user, version), version)
        ask = standing_ask(version)
        return Response(RollOut(roll_of(user, ask)).data) if ask else Response(status=204)


def _shown(request: Request, version_id: UUID, status: int = 200) -> Response:
    user, version = signed_in(plain(request)), visible_version(plain(request), version_id)
    shown = asks_on(user, [version]).get(version.pk)
    return Response(AskShownOut(shown).data, status=status) if shown else Response(status=204)
