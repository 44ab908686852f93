"""What programs send and get about requests for access."""

from typing import Any

from rest_framework import serializers

from sharing.models import AccessRequest
from sharing.requests.models import MOST_DAYS
from sharing.serializers import RIGHT_CHOICES, RoleField
from workspaces.permissions import Right


class RightsField(serializers.ListField):
    """Short names of rights in, rights out."""

    child = serializers.ChoiceField(RIGHT_CHOICES)

    def to_internal_value(self, data: Any) -> list[Right]:
        return [Right(f"workspaces.{code}") for code in super().to_internal_value(data)]


class AskingIn(serializers.Serializer[object]):
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS)
    purpose = serializers.CharField(max_length=500)
    message = serializers.CharField(max_length=1000, allow_blank=True, default="")


class AskForRoleIn(AskingIn):
    role = RoleField()


class AskForRightsIn(AskingIn):
    rights = RightsField(allow_empty=False)


class GrantAskedIn(serializers.Serializer[object]):
    """What is left out is given as asked; nothing can be more than that."""

    role = RoleField(required=False)
    rights = RightsField(required=False)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class RefuseIn(serializers.Serializer[object]):
    reason = serializers.CharField(max_length=500)


class RequestOut(serializers.ModelSerializer[AccessRequest]):
    asker_name = serializers.CharField(source="asker.name")
    answered_by = serializers.CharField(source="answered_by.name", default=None)

    class Meta:
        model = AccessRequest
        fields = (
            "id", "asker", "asker_name", "workspace", "item", "role", "rights", "days", "purpose", "message",
            "asked_at", "expires_at", "state", "closed_at", "answered_by", "reason", "given_role", "given_rights",
            "given_until",
        )  # fmt: skip
        read_only_fields = fields
