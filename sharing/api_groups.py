"""Groups that contributors make, for programs."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from core.access import require
from core.api import IsSignedIn
from sharing import services
from sharing.api import PREVIEW, plain
from sharing.models import GroupProfile
from sharing.permissions import Right
from sharing.selectors.people import contributors
from sharing.views.fetching import confirmed_outside, person_of
from sharing.why.previewing import people_behind, preview, reached_by
from sharing.why.serializers import PreviewOut
from workspaces.api_bulk import previews


class GroupOut(serializers.ModelSerializer[GroupProfile]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="group.name")
    members = serializers.IntegerField(source="size")

    class Meta:
        model = GroupProfile
        fields = ("id", "name", "description", "members")
        read_only_fields = fields


class GroupList(APIView):
    """The groups that a person manages or belongs to."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses=GroupOut(many=True))
    def get(self, request: Request) -> Response:
        mine = GroupProfile.objects.visible_to(request.user).select_related("group")
        return Response(GroupOut(mine.annotate(size=Count("group__user")), many=True).data)


class GroupMember(APIView):
    """One person in a group: taking in, taking out."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=None, parameters=[PREVIEW], responses={204: None, 200: PreviewOut})
    def put(self, request: Request, group_id: int, person_id: UUID) -> HttpResponseBase:
        profile = _group(request, group_id)
        require(person_of(plain(request)), Right.MANAGE_GROUP, profile)
        person = get_object_or_404(contributors(), pk=person_id)

        def take_in(asking: HttpRequest) -> Response:
            deed = partial(services.add_member, actor=person_of(asking), profile=profile, person=person)
            return _do(request, deed, profile, person)

        return confirmed_outside(plain(request), {"person": person}, take_in)(plain(request))

    @extend_schema(parameters=[PREVIEW], responses={204: None, 200: PreviewOut})
    def delete(self, request: Request, group_id: int, person_id: UUID) -> Response:
        profile = _group(request, group_id)
        person: User = get_object_or_404(User.objects.filter(groups=profile.group), pk=person_id)
        deed = partial(services.remove_member, actor=person_of(plain(request)), profile=profile, person=person)
        return _do(request, deed, profile, person)


def _do(request: Request, deed: Callable[[], Any], profile: GroupProfile, person: User) -> Response:
    if not previews(request):
        deed()
        return Response(status=204)
    user = person_of(plain(request))
    workspaces = reached_by(profile, reader=user)
    return Response(PreviewOut(preview(deed, actor=user, people=people_behind(person), workspaces=workspaces)).data)


def _group(request: Request, group_id: int) -> GroupProfile:
    return get_object_or_404(GroupProfile.objects.visible_to(request.user).select_related("group"), pk=group_id)
