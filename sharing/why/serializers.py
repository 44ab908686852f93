"""What programs get about the rules behind a right."""

from typing import Any

from rest_framework import serializers

from sharing.why.weighing import Cause, Verdict


class CauseOut(serializers.Serializer[Cause]):
    """A rule that speaks about a right; `rule` is its number in docs/sharing.md, `until` null where it has no end."""

    rule = serializers.IntegerField()
    allows = serializers.BooleanField()
    sentence = serializers.CharField()
    place = serializers.UUIDField(source="place.pk", default=None, allow_null=True)
    group = serializers.CharField()
    role = serializers.CharField()
    given_by = serializers.CharField()
    given_at = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    purpose = serializers.CharField()


class VerdictOut(serializers.Serializer[Verdict]):
    right = serializers.CharField(source="right.codename")
    allowed = serializers.BooleanField()
    cause = CauseOut()
    others = CauseOut(many=True)


class WhyOut(serializers.Serializer[Any]):
    person = serializers.UUIDField(source="person.pk")
    name = serializers.CharField(source="person.name")
    verdicts = VerdictOut(many=True)
