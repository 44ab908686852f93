"""The conditions of a workspace, for programs."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import IsSignedIn
from sharing import services
from sharing.api import asked_in, plain
from sharing.conditions.models import MOST_NETWORKS
from sharing.models import Condition
from sharing.views.fetching import get_shared_workspace, person_of
from workspaces.models import Workspace


class ConditionAsked(serializers.Serializer[Any]):
    """Left out, networks mean anywhere, days every day, and hours all day."""

    name = serializers.CharField(max_length=100)
    networks = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=MOST_NETWORKS, required=False, help_text="IPv4, IPv6"
    )
    days = serializers.ListField(child=serializers.IntegerField(), max_length=7, required=False, help_text="1: Monday")
    starts = serializers.TimeField(required=False, allow_null=True)
    ends = serializers.TimeField(required=False, allow_null=True, help_text="Before the start: on the next day.")
    zone = serializers.CharField(max_length=64, default="UTC")


class ConditionShown(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    networks = serializers.ListField(child=serializers.CharField())
    days = serializers.ListField(child=serializers.IntegerField())
    starts = serializers.TimeField(allow_null=True)
    ends = serializers.TimeField(allow_null=True)
    zone = serializers.CharField()
    in_words = serializers.CharField()


class ConditionList(APIView):
    """The conditions of a workspace; making one. They never change."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=ConditionShown(many=True))
    def get(self, request: Request, workspace_id: UUID) -> Response:
        workspace = get_shared_workspace(plain(request), workspace_id)
        return Response(ConditionShown(workspace.conditions.all(), many=True).data)

    @extend_schema(request=ConditionAsked, responses={201: ConditionShown})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        workspace = get_shared_workspace(plain(request), workspace_id)
        asked = asked_in(ConditionAsked, request)
        made = services.make_condition(actor=person_of(plain(request)), workspace=workspace, **asked)
        return Response(ConditionShown(made).data, status=201)


class ConditionDetail(APIView):
    """Removing a condition that nobody has access under."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, condition_id: UUID) -> Response:
        seen = Condition.objects.filter(workspace__in=Workspace.objects.visible_to(request.user))
        found = get_object_or_404(seen.select_related("workspace"), pk=condition_id)
        services.remove_condition(actor=person_of(plain(request)), condition=found)
        return Response(status=204)
