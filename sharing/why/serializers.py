"""What programs get about the rules behind a right."""

from typing import Any

from rest_framework import serializers

from sharing.why.previewing import Change, Count, Preview
from sharing.why.seeing import Seen, SeenItem
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
    renewed_by = serializers.CharField()
    renewed_at = serializers.DateTimeField(allow_null=True)
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


class CountOut(serializers.Serializer[Count]):
    right = serializers.CharField(source="right.codename")
    items = serializers.IntegerField()
    workspace = serializers.BooleanField()


class ChangeOut(serializers.Serializer[Change]):
    person = serializers.UUIDField(source="person.pk")
    name = serializers.CharField(source="person.name")
    workspace = serializers.UUIDField(source="workspace.pk")
    gains = CountOut(many=True)
    loses = CountOut(many=True)


class PreviewOut(serializers.Serializer[Preview]):
    """What would change; `people` are concerned, and the first `weighed` of them were looked at."""

    changes = ChangeOut(many=True)
    weighed = serializers.IntegerField()
    people = serializers.IntegerField()


class SeenItemOut(serializers.Serializer[SeenItem]):
    id = serializers.UUIDField(source="item.pk")
    kind = serializers.CharField(source="item.kind")
    name = serializers.CharField(source="item.name")
    rights = serializers.SerializerMethodField()

    def get_rights(self, row: SeenItem) -> list[str]:
        return [right.codename for right in row.rights]


class SeenOut(serializers.Serializer[Seen]):
    """`rights` are those on the workspace itself."""

    rights = serializers.SerializerMethodField()
    count = serializers.IntegerField(source="page.paginator.count")
    page = serializers.IntegerField(source="page.number")
    pages = serializers.IntegerField(source="page.paginator.num_pages")
    items = SeenItemOut(many=True, source="rows")

    def get_rights(self, seen: Seen) -> list[str]:
        return [right.codename for right in seen.rights]
