"""The inbox for programs, under /api/v1/."""

from typing import Any, ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.inbox import kinds, selectors
from accounts.inbox.models import MailChoice, Notice
from accounts.views.answers import person_of
from core.api import IsSignedIn
from core.errors import InvalidInput

_MOST = 200
_LARGEST_OFFSET = 2**31


class NoticeOut(serializers.Serializer[Any]):
    """`words` follow `who`. Where nothing of it may be seen any more, both say nothing, and `url` is empty."""

    id = serializers.UUIDField(source="notice.pk")
    kind = serializers.SerializerMethodField()
    who = serializers.CharField()
    words = serializers.CharField()
    place = serializers.CharField()
    url = serializers.CharField()
    at = serializers.DateTimeField(source="notice.at")
    read_at = serializers.DateTimeField(source="notice.read_at", allow_null=True)

    def get_kind(self, row: selectors.Row) -> str:
        return row.notice.kind if row.line else ""


class MailChoiceOut(serializers.Serializer[Any]):
    workspace = serializers.UUIDField(allow_null=True, help_text="None stands for everything else.")
    how = serializers.CharField()


class MailChoiceIn(serializers.Serializer[Any]):
    workspace = serializers.UUIDField(required=False, allow_null=True, default=None)
    how = serializers.ChoiceField(
        [*MailChoice.How.choices, ("", "as everywhere else")], allow_blank=True, help_text="Empty: as everywhere else."
    )


class Pages(LimitOffsetPagination):
    max_limit = _MOST

    def get_offset(self, request: Request) -> int:
        """Refuse to skip more rows than a database can count."""
        offset = super().get_offset(request)
        if offset > _LARGEST_OFFSET:
            raise InvalidInput("There are not that many pages.", field="offset")
        return offset


class Inbox(APIView):
    """One's own notices, the newest first."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        parameters=[
            OpenApiParameter("unread", bool, description="Only those that were not read."),
            OpenApiParameter("about", str, enum=kinds.Group.values),
            OpenApiParameter("limit", int),
            OpenApiParameter("offset", int),
        ],
        responses=inline_serializer(
            "Inbox",
            {
                "count": serializers.IntegerField(),
                "next": serializers.CharField(allow_null=True),
                "previous": serializers.CharField(allow_null=True),
                "results": NoticeOut(many=True),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        person, asked = person_of(request), request.GET
        about = asked.get("about", "")
        if about and about not in kinds.Group.values:
            raise InvalidInput(f"Choose one of {', '.join(kinds.Group.values)}.", field="about")
        unread = asked.get("unread", "").lower() in {"1", "true"}
        pages = Pages()
        page = pages.paginate_queryset(selectors.notices_for(person, unread=unread, group=about), request, view=self)
        return pages.get_paginated_response(NoticeOut(selectors.rows_for(person, page or []), many=True).data)


class InboxRead(APIView):
    """Marking one notice as read."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, notice_id: UUID) -> Response:
        person = person_of(request)
        mine = Notice.objects.visible_to(person).select_related("person")
        services.mark_read(actor=person, notice=get_object_or_404(mine, pk=notice_id))
        return Response(status=204)


class InboxReadAll(APIView):
    """Marking everything as read."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses=inline_serializer("MarkedRead", {"marked": serializers.IntegerField()}))
    def post(self, request: Request) -> Response:
        return Response({"marked": services.mark_all_read(actor=person_of(request))})


class InboxMail(APIView):
    """How one is mailed about news; choosing that for one workspace, or for everything else."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=MailChoiceOut(many=True))
    def get(self, request: Request) -> Response:
        return Response(_choices(request))

    @extend_schema(request=MailChoiceIn, responses=MailChoiceOut(many=True))
    def put(self, request: Request) -> Response:
        asked = MailChoiceIn(data=request.data)
        asked.is_valid(raise_exception=True)
        services.choose_mail(actor=person_of(request), **asked.validated_data)
        return Response(_choices(request))


def _choices(request: Request) -> Any:
    chosen = selectors.mail_choices(person_of(request))
    return MailChoiceOut([{"workspace": key, "how": how} for key, how in chosen.items()], many=True).data
