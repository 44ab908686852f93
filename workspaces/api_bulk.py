"""One deed on many things, for programs: as the pages do it, each thing a deed of its own."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import IsSignedIn
from core.errors import InvalidInput
from workspaces import services
from workspaces.api import plain
from workspaces.many import MOST, Outcome, choose_among, foresee
from workspaces.models import Item, UndoableDeed
from workspaces.undoing.remembering import as_one
from workspaces.views.finding import asked_folder, signed_in, visible_workspace
from workspaces.views.refusals import write_refusals_down
from workspaces.views.undoing import confirmed_outside, own_deeds, undo_each

PREVIEW = OpenApiParameter("preview", OpenApiTypes.BOOL, description="true: do nothing, and say what would come of it.")

# Where an answer has no body, this header carries the address that takes the deed back.
UNDO_HEADER = "Ithaca-Undo"


class BulkIn(serializers.Serializer[Any]):
    deed = serializers.ChoiceField(["move", "remove", "restore"])
    items = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)
    to = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="The folder to move to.")


class OutcomeOut(serializers.Serializer[Any]):
    """What became of one thing: done, along (with a folder that was named too), or the code of what refused it."""

    item = serializers.UUIDField(source="id")
    code = serializers.CharField()
    sentence = serializers.CharField(allow_blank=True)


class OutcomesOut(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = OutcomeOut(many=True)
    undo = serializers.CharField(required=False, help_text="Where a POST takes back what was done, for 15 minutes.")


class BulkDeed(APIView):
    """Move, remove or restore up to 200 things; what is refused for one is done for the others all the same."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=BulkIn, responses=OutcomesOut, parameters=[PREVIEW])
    def post(self, request: Request, workspace_id: UUID) -> Response:
        asking = plain(request)
        user, workspace = signed_in(asking), visible_workspace(asking, workspace_id)
        said = BulkIn(data=request.data)
        said.is_valid(raise_exception=True)
        asked = said.validated_data
        within = Item.objects.filter(workspace=workspace)
        seen = within.in_bin(user) if asked["deed"] == "restore" else within.visible_to(user)
        choice = choose_among(seen, asked["items"])
        deed = partial(_DEEDS[asked["deed"]], actor=user, choice=choice)
        if asked["deed"] == "move":
            deed = partial(deed, parent=asked_folder(asking, workspace, str(asked["to"] or "")))
        if previews(request):
            return Response(answered(foresee(deed)))
        with as_one() as together:
            outcomes = deed()
        write_refusals_down(asking, outcomes)
        return Response(answered(outcomes) | where_to_undo(together))


_DEEDS: dict[str, Any] = {
    "move": services.move_items,
    "remove": services.remove_items,
    "restore": services.restore_items,
}


def answered(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    done, refused = sum(one.is_done for one in outcomes), sum(one.is_refused for one in outcomes)
    return dict(OutcomesOut({"done": done, "refused": refused, "results": outcomes}).data)


def where_to_undo(together: UUID) -> dict[str, str]:
    """Return the address that takes back what was done together, where anything can be."""
    if not UndoableDeed.objects.filter(together=together).exists():
        return {}
    return {"undo": reverse("workspaces_api:undo", args=[together])}


class Undo(APIView):
    """Taking back what one did in the last 15 minutes: the reverse deeds, which ask for their rights."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=None, responses=OutcomesOut)
    def post(self, request: Request, undo_id: UUID) -> HttpResponse:
        deeds = own_deeds(plain(request), undo_id)

        def take_back(asking: HttpRequest) -> Response:
            outcomes = undo_each(asking, deeds)
            if len(outcomes) == 1 and outcomes[0].error is not None:
                raise outcomes[0].error
            write_refusals_down(asking, outcomes)
            return Response(answered(outcomes))

        return confirmed_outside(plain(request), deeds, take_back)(plain(request))


def previews(request: Request) -> bool:
    """Whether only a preview is asked for; what is no clear answer is refused, because the other one changes things.

    Raises:
        InvalidInput: for anything but true and false.

    """
    asked = request.GET.get("preview", "false")
    if asked not in {"true", "false"}:
        raise InvalidInput("“preview” is true or false.", field="preview")
    return asked == "true"
