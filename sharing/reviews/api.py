"""Reviews of access, for programs. Errors are answered by `RefusalMiddleware`, as in `sharing.api`."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import IsSignedIn
from sharing import services
from sharing.api import asked_in, plain
from sharing.models import ReviewLine
from sharing.reviews import selectors
from sharing.reviews.models import LONGEST_DAYS, SHORTEST_DAYS
from sharing.serializers import MyGrantOut
from sharing.views.fetching import person_of
from sharing.views.reviews import get_line, managed_workspace

_PAGE_SIZE = 100


class PlanIn(serializers.Serializer[object]):
    """Null means: only when somebody starts one."""

    every_days = serializers.IntegerField(min_value=SHORTEST_DAYS, max_value=LONGEST_DAYS, allow_null=True)


class LineAnswerIn(serializers.Serializer[object]):
    answer = serializers.ChoiceField([ReviewLine.Answer.KEPT.value, ReviewLine.Answer.TAKEN.value])


class LineOut(serializers.Serializer[object]):
    id = serializers.UUIDField(source="line")
    grant = MyGrantOut()


class ReviewOut(serializers.Serializer[object]):
    """An open review: the numbers of its answers, and a page of the lines that wait for one."""

    id = serializers.UUIDField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    total = serializers.IntegerField()
    kept = serializers.IntegerField()
    taken = serializers.IntegerField()
    gone = serializers.IntegerField()


class ReviewsOut(serializers.Serializer[object]):
    """`review` is null while none is open; `next_at` while none is planned."""

    review = ReviewOut(allow_null=True)
    lines = LineOut(many=True)
    every_days = serializers.IntegerField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)


class WorkspaceReview(APIView):
    """The review of a workspace: looking at it, starting one, planning when they begin by themselves."""

    permission_classes = [IsSignedIn]

    @extend_schema(parameters=[OpenApiParameter("page", int)], responses=ReviewsOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        workspace = managed_workspace(plain(request), workspace_id)
        return Response(_shown(request, workspace))

    @extend_schema(request=None, responses={201: ReviewsOut})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        workspace = managed_workspace(plain(request), workspace_id)
        services.start_review(actor=person_of(plain(request)), workspace=workspace)
        return Response(_shown(request, workspace), status=201)

    @extend_schema(request=PlanIn, responses={204: None})
    def put(self, request: Request, workspace_id: UUID) -> Response:
        workspace = managed_workspace(plain(request), workspace_id)
        asked = asked_in(PlanIn, request)
        services.plan_reviews(actor=person_of(plain(request)), workspace=workspace, **asked)
        return Response(status=204)


class ReviewAnswer(APIView):
    """Keeping what a line asks about, or taking it away."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=LineAnswerIn, responses={204: None})
    def post(self, request: Request, line_id: UUID) -> Response:
        line = get_line(plain(request), line_id)
        answer = asked_in(LineAnswerIn, request)["answer"]
        deed = services.keep_grant if answer == ReviewLine.Answer.KEPT else services.take_grant
        deed(actor=person_of(plain(request)), line=line)
        return Response(status=204)


def _shown(request: Request, workspace: Any) -> Any:
    review, plan = selectors.open_review(workspace), selectors.plan_of(workspace)
    lines: list[selectors.LineRow] = []
    user = person_of(plain(request))
    if review:
        page = Paginator(selectors.waiting_in(user, review), _PAGE_SIZE).get_page(request.GET.get("page"))
        lines = selectors.line_rows(user, review, page.object_list)
    every, following = (plan.every_days, plan.next_at) if plan else (None, None)
    return ReviewsOut({"review": review, "lines": lines, "every_days": every, "next_at": following}).data
