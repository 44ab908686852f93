"""What programs send and get about access."""

from typing import Any

from rest_framework import serializers

from sharing.models import EXCEPTION_RIGHTS, Effect
from workspaces.permissions import Role

RIGHT_CHOICES = [(right.codename, right.label) for right in EXCEPTION_RIGHTS]


class RoleField(serializers.CharField):
    """The code of a role: built in, or a permission set of the institution of the workspace."""

    def __init__(self, **kwargs: Any) -> None:
        built_in = ", ".join(Role.values)
        super().__init__(max_length=40, help_text=f"{built_in}, or the code of a permission set", **kwargs)


class EndIn(serializers.Serializer[object]):
    """`expires_at` must be there: access without an end is chosen by saying null, never by forgetting."""

    expires_at = serializers.DateTimeField(allow_null=True)
    purpose = serializers.CharField(max_length=500, allow_blank=True, default="")


class GrantIn(EndIn):
    person = serializers.UUIDField(required=False)
    group = serializers.IntegerField(required=False)
    role = RoleField()
    condition = serializers.UUIDField(required=False, allow_null=True, help_text="One of the workspace.")


class GrantChangeIn(EndIn):
    role = RoleField()
    condition = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out, the condition stays as it is; null takes it away."
    )


class ExceptionIn(EndIn):
    person = serializers.UUIDField(required=False)
    group = serializers.IntegerField(required=False)
    right = serializers.ChoiceField(RIGHT_CHOICES)
    effect = serializers.ChoiceField(Effect.choices)
    condition = serializers.UUIDField(required=False, allow_null=True, help_text="For what is allowed, not denied.")


class InvitationIn(serializers.Serializer[object]):
    email = serializers.EmailField()
    role = RoleField()
    message = serializers.CharField(max_length=1000, allow_blank=True, default="")
    grant_expires_at = serializers.DateTimeField(allow_null=True)


class GrantOut(serializers.Serializer[object]):
    id = serializers.UUIDField(source="grant")
    person = serializers.UUIDField(allow_null=True)
    group = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    role = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    is_over = serializers.BooleanField()
    granted_by = serializers.CharField()
    granted_at = serializers.DateTimeField()
    purpose = serializers.CharField()
    condition = serializers.UUIDField(source="condition.pk", default=None, allow_null=True)


class ExceptionOut(serializers.Serializer[object]):
    id = serializers.UUIDField()
    item = serializers.UUIDField(source="item.pk")
    whom = serializers.CharField()
    right = serializers.CharField()
    effect = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    is_over = serializers.BooleanField()
    purpose = serializers.CharField()
    condition = serializers.UUIDField(source="condition.pk", default=None, allow_null=True)


class InvitationOut(serializers.Serializer[object]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.CharField()
    expires_at = serializers.DateTimeField()
    grant_expires_at = serializers.DateTimeField(allow_null=True)


class CreatedOut(serializers.Serializer[object]):
    id = serializers.UUIDField()


class MyGrantOut(serializers.Serializer[object]):
    """Something that was given; the place is empty where the reader does not see it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(["role", *Effect.values])
    code = serializers.CharField(help_text="the role, or the right")
    workspace = serializers.UUIDField(allow_null=True)
    item = serializers.UUIDField(allow_null=True)
    place = serializers.CharField(allow_blank=True)
    person = serializers.UUIDField(source="holder", allow_null=True)
    group = serializers.IntegerField(allow_null=True)
    name = serializers.CharField(source="holder_name")
    granted_by = serializers.CharField(source="giver_name")
    granted_at = serializers.DateTimeField(source="given_at")
    renewed_by = serializers.CharField(source="renewer_name")
    expires_at = serializers.DateTimeField(allow_null=True)
    is_over = serializers.BooleanField()
    purpose = serializers.CharField()
    may_renew = serializers.BooleanField()
    condition = serializers.CharField(help_text="From where and when it holds, in words.")


class MyGrantsOut(serializers.Serializer[object]):
    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    grants = MyGrantOut(many=True)


class RenewalIn(serializers.Serializer[object]):
    """Without an end it lasts as long as it was given before."""

    expires_at = serializers.DateTimeField(required=False)


class RenewedOut(serializers.Serializer[object]):
    id = serializers.UUIDField()
    expires_at = serializers.DateTimeField()
