"""Who may, and why, for programs. Errors are answered by `RefusalMiddleware`, as in `sharing.api`."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import IsSignedIn
from sharing import services
from sharing.api import plain
from sharing.views.fetching import get_item, get_workspace, person_of
from sharing.views.why import place_to_see
from sharing.why.asking_about import person_asked_about
from sharing.why.seeing import seen_as
from sharing.why.serializers import SeenOut, WhyOut
from sharing.why.weighing import why
from workspaces.models import Item, Workspace

_PERSON = OpenApiParameter("person", str, description="the id of somebody; yourself, unless it says another")


class ItemWhy(APIView):
    """Every right of a person on a folder or file, with the rule that decided."""

    permission_classes = [IsSignedIn]

    @extend_schema(parameters=[_PERSON], responses=WhyOut)
    def get(self, request: Request, item_id: UUID) -> Response:
        return _answer(request, get_item(plain(request), item_id))


class WorkspaceWhy(APIView):
    """Every right of a person on a workspace as a whole, with the rule that decided."""

    permission_classes = [IsSignedIn]

    @extend_schema(parameters=[_PERSON], responses=WhyOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return _answer(request, get_workspace(plain(request), workspace_id))


class WorkspaceSeenAs(APIView):
    """What a person sees in a workspace, or in one folder of it, as far as the manager who asks sees it too."""

    permission_classes = [IsSignedIn]

    @extend_schema(
        parameters=[OpenApiParameter("folder", str), OpenApiParameter("page", int)],
        responses=SeenOut,
        description="That somebody asked is recorded.",
    )
    def get(self, request: Request, workspace_id: UUID, person_id: UUID) -> Response:
        workspace, person, folder = place_to_see(plain(request), workspace_id, person_id)
        user, page = person_of(plain(request)), request.GET.get("page")
        services.look_as(actor=user, workspace=workspace, person=person, folder=folder)
        return Response(SeenOut(seen_as(person, reader=user, workspace=workspace, folder=folder, page=page)).data)


def _answer(request: Request, thing: Workspace | Item) -> Response:
    user = person_of(plain(request))
    person = person_asked_about(user, thing, str(request.GET.get("person", "")))
    return Response(WhyOut({"person": person, "verdicts": why(person, thing, reader=user)}).data)
