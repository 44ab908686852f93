"""Keys and hand-overs for programs, under /api/v1/."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.stepup import requires_recent_authentication
from core.access import require
from core.api import IsSignedIn
from core.errors import InvalidInput
from workspaces import services
from workspaces.crypt4gh.keys import format_public_key
from workspaces.handover.models import HandOver, RecipientKey
from workspaces.handover.selectors import keys_for, usable_key
from workspaces.handover.serving import serve_sealed
from workspaces.permissions import Right
from workspaces.serializers import VersionOut
from workspaces.views.finding import signed_in, visible_version
from workspaces.views.handing_over import receipt_answer, visible_hand_over


class RecipientKeyOut(serializers.ModelSerializer[RecipientKey]):
    fingerprint = serializers.CharField(help_text="SHA-256 of the 32 bytes of the key, in hex.")
    public_key = serializers.SerializerMethodField(help_text="The 32 bytes of the key, in hex.")

    class Meta:
        model = RecipientKey
        fields = ["id", "owner", "name", "fingerprint", "public_key", "created_at", "entry"]

    def get_public_key(self, key: RecipientKey) -> str:
        return bytes(key.public_key).hex()


class RecipientKeyIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    public_key = serializers.CharField(max_length=65_536, help_text="The content of a .pub file.")


class InstallationKeyOut(serializers.Serializer[Any]):
    fingerprint = serializers.CharField(help_text="SHA-256 of the 32 bytes of the key, in hex.")
    public_key = serializers.CharField(help_text="The 32 bytes of the key, in hex.")
    file = serializers.CharField(help_text="The content of its .pub file.")


class HandOverIn(serializers.Serializer[Any]):
    key = serializers.UUIDField(help_text="One of the keys that …/recipients/ lists.")
    purpose = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class HandOverOut(serializers.ModelSerializer[HandOver]):
    key = RecipientKeyOut()
    name = serializers.CharField(help_text="What the sealed file is called.")
    size = serializers.IntegerField(help_text="Length of the sealed file in bytes.")
    file = serializers.SerializerMethodField(help_text="Where it is downloaded; ranges are served.")
    receipt = serializers.SerializerMethodField(help_text="Where its receipt is; 409 until the log holds its entry.")

    class Meta:
        model = HandOver
        fields = [
            "id",
            "version",
            "key",
            "made_by",
            "name",
            "size",
            "created_at",
            "expires_at",
            "entry",
            "file",
            "receipt",
        ]

    def get_file(self, made: HandOver) -> str:
        return reverse("workspaces_api:sealed_file", args=[made.pk])

    def get_receipt(self, made: HandOver) -> str:
        return reverse("workspaces_api:sealed_receipt", args=[made.pk])


class RecipientKeyList(APIView):
    """One's own keys; registering one, after a factor was proved in the last minutes."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=RecipientKeyOut(many=True))
    def get(self, request: Request) -> Response:
        own = RecipientKey.objects.in_use().filter(owner=signed_in(_plain(request)))
        return Response(RecipientKeyOut(own, many=True).data)

    @extend_schema(request=RecipientKeyIn, responses={201: RecipientKeyOut})
    @method_decorator(requires_recent_authentication)
    def post(self, request: Request) -> Response:
        asked = RecipientKeyIn(data=request.data)
        asked.is_valid(raise_exception=True)
        content = asked.validated_data["public_key"].encode()
        actor = signed_in(_plain(request))
        key = services.register_recipient_key(actor=actor, name=asked.validated_data["name"], content=content)
        return Response(RecipientKeyOut(key).data, status=201)


class RecipientKeyDetail(APIView):
    """Taking a key out of use, after a factor was proved in the last minutes."""

    permission_classes = [IsSignedIn]

    @extend_schema(responses={204: None})
    @method_decorator(requires_recent_authentication)
    def delete(self, request: Request, key_id: UUID) -> Response:
        actor = signed_in(_plain(request))
        key = get_object_or_404(RecipientKey.objects.in_use().filter(owner=actor), pk=key_id)
        services.remove_recipient_key(actor=actor, key=key)
        return Response(status=204)


class Recipients(APIView):
    """The keys that a version may be handed over to: one's own first."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}

    @extend_schema(responses=RecipientKeyOut(many=True))
    def get(self, request: Request, version_id: UUID) -> Response:
        actor, version = signed_in(_plain(request)), visible_version(_plain(request), version_id)
        require(actor, Right.HAND_OVER, version)
        return Response(RecipientKeyOut(keys_for(actor, version), many=True).data)


class HandOverList(APIView):
    """Making a hand-over of a version."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"POST": "download"}

    @extend_schema(request=HandOverIn, responses={201: HandOverOut})
    def post(self, request: Request, version_id: UUID) -> Response:
        actor, version = signed_in(_plain(request)), visible_version(_plain(request), version_id)
        require(actor, Right.HAND_OVER, version)
        asked = HandOverIn(data=request.data)
        asked.is_valid(raise_exception=True)
        key = usable_key(version, asked.validated_data["key"])
        if key is None:
            raise InvalidInput("This version may not be sealed for a key with this id.", field="key")
        purpose = asked.validated_data["purpose"] or None
        made = services.hand_over_version(actor=actor, version=version, key=key, purpose=purpose)
        return Response(HandOverOut(made).data, status=201)


class HandOverDetail(APIView):
    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(responses=HandOverOut)
    def get(self, request: Request, hand_over_id: UUID) -> Response:
        return Response(HandOverOut(visible_hand_over(_plain(request), hand_over_id)).data)


class SealedFile(APIView):
    """The sealed file, header and body; one range per request, each recorded before its first byte."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(responses={200: OpenApiTypes.BINARY, 206: OpenApiTypes.BINARY})
    def get(self, request: Request, hand_over_id: UUID) -> HttpResponseBase:
        plain = _plain(request)
        return serve_sealed(plain, signed_in(plain), visible_hand_over(plain, hand_over_id))


class SealedReceipt(APIView):
    """What the sealed file must be, with the proof that the ledger says so."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "download"}

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, hand_over_id: UUID) -> HttpResponse:
        plain = _plain(request)
        return receipt_answer(plain, visible_hand_over(plain, hand_over_id))


class OpenForeign(APIView):
    """Opens a file that was sealed for this installation, and seals its content anew beside it."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"POST": "upload"}

    @extend_schema(request=None, responses={201: VersionOut})
    def post(self, request: Request, version_id: UUID) -> Response:
        version = visible_version(_plain(request), version_id)
        made = services.open_foreign_file(actor=signed_in(_plain(request)), version=version)
        return Response(VersionOut(made).data, status=201)


class InstallationKeyDetail(APIView):
    """The public key for which others seal what they send here: for everybody."""

    permission_classes = [AllowAny]
    authentication_classes = ()

    @extend_schema(responses=InstallationKeyOut)
    def get(self, request: Request) -> Response:
        key = services.make_installation_key()
        public_key = bytes(key.public_key)
        content = {
            "fingerprint": key.fingerprint,
            "public_key": public_key.hex(),
            "file": format_public_key(public_key).decode(),
        }
        return Response(InstallationKeyOut(content).data)


def _plain(request: Any) -> HttpRequest:
    """Return Django's own request, which the deeds know."""
    return cast("HttpRequest", request._request)  # noqa: SLF001  the framework has no public name for it
