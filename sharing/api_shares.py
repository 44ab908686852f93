"""Sharing one folder or file by one choice, for programs."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from sharing import services
from sharing.api import PREVIEW, asked_in, confirmed, plain, receiver_in, with_condition, with_receiver
from sharing.serializers import GrantIn
from sharing.views.fetching import get_item, person_of
from sharing.why.previewing import people_behind, preview
from sharing.why.serializers import PreviewOut
from workspaces.api_bulk import previews
from workspaces.permissions import Right


class CodesField(serializers.ListField):
    """Rights by their codes."""

    child = serializers.CharField()

    def to_representation(self, rights: list[Right]) -> list[str]:
        return [right.codename for right in rights]


class SharedOut(serializers.Serializer[object]):
    """`before` and `now` are null for a group, whose members differ."""

    role = serializers.CharField(source="role.code")
    allowed = CodesField(help_text="Allowed by an exception from now on.")
    denied = CodesField(help_text="Denied by an exception from now on, without an end.")
    before = CodesField(allow_null=True)
    now = CodesField(allow_null=True)


class ItemShares(APIView):
    """Letting somebody do on a folder or file what a role includes, and nothing else."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=GrantIn, parameters=[PREVIEW], responses={201: SharedOut, 200: PreviewOut})
    def post(self, request: Request, item_id: UUID) -> HttpResponseBase:
        item = get_item(plain(request), item_id)
        require(person_of(plain(request)), Right.SHARE, item)
        asked = with_receiver(request, with_condition(item.workspace, asked_in(GrantIn, request)))
        receiver = receiver_in(asked)
        [whom] = receiver.values()

        def share(asking: HttpRequest) -> Response:
            user = person_of(asking)
            deed = partial(services.share_item, actor=user, item=item, **asked)
            if previews(request):
                people = people_behind(whom)
                found = preview(deed, actor=user, people=people, workspaces=[item.workspace], at=[item])
                return Response(PreviewOut(found).data)
            return Response(SharedOut(deed()).data, status=201)

        return confirmed(request, receiver, share)
