"""The terms of a workspace, for programs. A token lets a program read them; acknowledging needs a person."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import require
from core.api import IsSignedIn
from workspaces import services
from workspaces.api import Pages, plain
from workspaces.models import TermsAcknowledgement
from workspaces.permissions import Right
from workspaces.terms.rules import standing_terms
from workspaces.views.finding import signed_in, visible_workspace
from workspaces.views.terms import named_terms


class TermsIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20_000)
    asks_purpose = serializers.BooleanField(default=False)


class TermsOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    text = serializers.CharField()
    text_sha256 = serializers.CharField()
    asks_purpose = serializers.BooleanField()
    set_by = serializers.UUIDField(source="set_by_id")
    set_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True, help_text="By whoever looks.")


class AcknowledgingTerms(serializers.Serializer[Any]):
    terms = serializers.UUIDField(help_text="The id of what one has read: other words have another one.")
    purpose = serializers.CharField(max_length=500, allow_blank=True, default="")


class TermsAcknowledgementOut(serializers.Serializer[Any]):
    person = serializers.UUIDField(source="person_id")
    name = serializers.CharField(source="person.name")
    purpose = serializers.CharField()
    at = serializers.DateTimeField()


class WorkspaceTerms(APIView):
    """The terms as they are now (204 where there are none); setting others; withdrawing them."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses={200: TermsOut, 204: None})
    def get(self, request: Request, workspace_id: UUID) -> Response:
        return _shown(request, workspace_id)

    @extend_schema(request=TermsIn, responses=TermsOut)
    def put(self, request: Request, workspace_id: UUID) -> Response:
        user, workspace = signed_in(plain(request)), visible_workspace(plain(request), workspace_id)
        require(user, Right.MANAGE, workspace)
        said = TermsIn(data=request.data)
        said.is_valid(raise_exception=True)
        services.set_terms(actor=user, workspace=workspace, **said.validated_data)
        return _shown(request, workspace_id)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, workspace_id: UUID) -> Response:
        workspace = visible_workspace(plain(request), workspace_id)
        services.withdraw_terms(actor=signed_in(plain(request)), workspace=workspace)
        return Response(status=204)


class AcknowledgeTerms(APIView):
    """Acknowledging what one has read, before one first opens a file."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=AcknowledgingTerms, responses=TermsOut)
    def post(self, request: Request, workspace_id: UUID) -> Response:
        user, workspace = signed_in(plain(request)), visible_workspace(plain(request), workspace_id)
        said = AcknowledgingTerms(data=request.data)
        said.is_valid(raise_exception=True)
        read = named_terms(workspace, str(said.validated_data["terms"]))
        services.acknowledge_terms(actor=user, terms=read, purpose=said.validated_data["purpose"])
        return _shown(request, workspace_id)


class TermsAcknowledgements(ListAPIView[TermsAcknowledgement]):
    """Who has acknowledged the terms as they are now, and what for: for those who manage."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}
    serializer_class = TermsAcknowledgementOut
    pagination_class = Pages
    queryset = TermsAcknowledgement.objects.none()

    def get_queryset(self) -> Any:
        request = plain(self.request)
        workspace = visible_workspace(request, self.kwargs["workspace_id"])
        require(signed_in(request), Right.MANAGE, workspace)
        standing = TermsAcknowledgement.objects.filter(terms__workspace=workspace, terms__ended_at=None)
        return standing.select_related("person").order_by("-at", "-pk")


def _shown(request: Request, workspace_id: UUID) -> Response:
    user, workspace = signed_in(plain(request)), visible_workspace(plain(request), workspace_id)
    terms = standing_terms(workspace)
    if terms is None:
        return Response(status=204)
    given = terms.given.filter(person=user).values_list("at", flat=True).first()
    terms.acknowledged_at = given  # type: ignore[attr-defined]
    return Response(TermsOut(terms).data)
