"""Permission sets for programs. Errors are answered by `RefusalMiddleware`, as in `sharing.api`."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from sharing import services
from sharing.api import PREVIEW, asked_in, plain
from sharing.models import PermissionSet
from sharing.permissions import Right as SharingRight
from sharing.sets.using import people_with, workspaces_with
from sharing.views.fetching import person_of
from sharing.why.previewing import preview
from sharing.why.serializers import PreviewOut
from workspaces.api_bulk import previews
from workspaces.models import Workspace
from workspaces.permissions import Right

_CHOICES = [(right.codename, right.label) for right in Right]


class SetIn(serializers.Serializer[object]):
    name = serializers.CharField(max_length=60)
    description = serializers.CharField(max_length=300, allow_blank=True, default="")
    rights = serializers.ListField(child=serializers.ChoiceField(_CHOICES), help_text="With view, without manage.")


class SetOut(serializers.Serializer[object]):
    id = serializers.UUIDField()
    code = serializers.CharField(source="permission.codename", help_text="What grants name it by, as `role`.")
    institution = serializers.UUIDField(source="institution_id")
    name = serializers.CharField()
    description = serializers.CharField()
    rights = serializers.ListField(child=serializers.CharField())
    retired_at = serializers.DateTimeField(allow_null=True)


class SetList(APIView):
    """The permission sets that a person may see; making one for one's own institution."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=SetOut(many=True))
    def get(self, request: Request) -> Response:
        seen = PermissionSet.objects.visible_to(request.user).select_related("permission")
        return Response(SetOut(seen, many=True).data)

    @extend_schema(request=SetIn, responses={201: SetOut})
    def post(self, request: Request) -> Response:
        user = person_of(plain(request))
        if user.institution is None:
            raise Http404
        require(user, SharingRight.DEFINE_SETS, user.institution)
        made = services.make_permission_set(actor=user, institution=user.institution, **_asked(request))
        return Response(SetOut(made).data, status=201)


class SetDetail(APIView):
    """One permission set: changing it for everybody who has it, retiring it."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=SetIn, parameters=[PREVIEW], responses=SetOut)
    def put(self, request: Request, set_id: UUID) -> Response:
        found, user = _get(request, set_id), person_of(plain(request))
        require(user, SharingRight.CHANGE_SET, found)
        deed = partial(services.change_permission_set, actor=user, permission_set=found, **_asked(request))
        if previews(request):
            reached = Workspace.objects.filter(pk__in=workspaces_with(found)).order_by("name")
            return Response(PreviewOut(preview(deed, actor=user, people=people_with(found), workspaces=reached)).data)
        return Response(SetOut(deed()).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, set_id: UUID) -> Response:
        services.retire_permission_set(actor=person_of(plain(request)), permission_set=_get(request, set_id))
        return Response(status=204)


def _asked(request: Request) -> dict[str, Any]:
    asked = asked_in(SetIn, request)
    asked["rights"] = [Right(f"workspaces.{code}") for code in asked["rights"]]
    return asked


def _get(request: Request, set_id: UUID) -> PermissionSet:
    seen = PermissionSet.objects.visible_to(request.user).select_related("permission", "institution")
    return get_object_or_404(seen, pk=set_id)
