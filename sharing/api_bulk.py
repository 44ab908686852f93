"""One exception on many folders and files at once, for programs."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import IsSignedIn
from sharing import services
from sharing.api import PREVIEW, asked_in, confirmed, plain, receiver_in, with_condition, with_receiver
from sharing.serializers import ExceptionIn
from sharing.views.fetching import get_workspace, person_of
from workspaces.api_bulk import OutcomesOut, answered, previews
from workspaces.many import MOST, choose_among, foresee
from workspaces.models import Item
from workspaces.permissions import Right
from workspaces.views.refusals import write_refusals_down


class ExceptionsIn(ExceptionIn):
    items = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)


class ManyExceptions(APIView):
    """The same exception on up to 200 things; what is refused for one is made for the others all the same."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=ExceptionsIn, parameters=[PREVIEW], responses=OutcomesOut)
    def post(self, request: Request, workspace_id: UUID) -> HttpResponseBase:
        workspace = get_workspace(plain(request), workspace_id)
        asked = with_receiver(request, with_condition(workspace, asked_in(ExceptionsIn, request)))
        receiver = receiver_in(asked)
        seen = Item.objects.visible_to(request.user).filter(workspace=workspace)
        asked["choice"] = choose_among(seen, asked.pop("items"))
        asked["right"] = Right(f"workspaces.{asked['right']}")

        def make(asking: HttpRequest) -> Response:
            deed = partial(services.set_exceptions, actor=person_of(asking), **asked)
            if previews(request):
                return Response(answered(foresee(deed)))
            outcomes = deed()
            write_refusals_down(asking, outcomes)
            return Response(answered(outcomes))

        return confirmed(request, receiver, make)
