"""What programs send and get about links."""

from rest_framework import serializers

from sharing.links.kinds import Kind
from sharing.links.limits import MOST_FILES, MOST_OPENINGS
from sharing.links.models import DeliveredFile, Send
from workspaces.serializers import OutsiderOut


class FileRequestIn(serializers.Serializer[object]):
    """`kinds` left out means every kind; without `email` the link is for whoever has it."""

    expires_at = serializers.DateTimeField()
    most_files = serializers.IntegerField(min_value=1, max_value=MOST_FILES)
    most_bytes = serializers.IntegerField(min_value=1)
    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    instructions = serializers.CharField(max_length=4000, allow_blank=True, default="")
    kinds = serializers.ListField(child=serializers.ChoiceField(Kind.choices), default=list)
    email = serializers.EmailField(allow_blank=True, default="")


class ForOutsideIn(serializers.Serializer[object]):
    """`mode` view: pages with a watermark, never the file."""

    email = serializers.EmailField()
    expires_at = serializers.DateTimeField()
    mode = serializers.ChoiceField(Send.Mode.choices)
    most_openings = serializers.IntegerField(min_value=1, max_value=MOST_OPENINGS)
    purpose = serializers.CharField(max_length=500)
    name = serializers.CharField(max_length=200, allow_blank=True, default="")


class OpeningOut(serializers.Serializer[object]):
    """An entry of the ledger that the recipient left."""

    entry = serializers.UUIDField(source="id")
    kind = serializers.CharField()
    at = serializers.DateTimeField(source="recorded_at")
    outcome = serializers.CharField()


class LinkMadeOut(serializers.Serializer[object]):
    """`url` holds the token of the link, behind the #. It is answered this once and not kept."""

    id = serializers.UUIDField()
    url = serializers.CharField()


class LinkOut(serializers.Serializer[object]):
    """`shut` says why a link opens to nobody now; it is empty while it opens."""

    id = serializers.UUIDField(source="link.pk")
    kind = serializers.CharField(source="link.kind")
    workspace = serializers.UUIDField(source="link.workspace_id")
    item = serializers.UUIDField(source="link.item_id")
    title = serializers.CharField()
    email = serializers.CharField(source="link.email")
    made_by = serializers.UUIDField(source="link.made_by_id")
    made_at = serializers.DateTimeField(source="link.made_at")
    expires_at = serializers.DateTimeField(source="link.expires_at")
    state = serializers.CharField(source="link.state")
    closed_at = serializers.DateTimeField(source="link.closed_at")
    shut = serializers.CharField()
    used = serializers.CharField()


class DeliveryOut(serializers.ModelSerializer[DeliveredFile]):
    file = serializers.UUIDField(source="version.file_id")
    size = serializers.IntegerField(source="version.plaintext_size")
    sha256 = serializers.CharField()
    outsider = OutsiderOut()

    class Meta:
        model = DeliveredFile
        fields = ["version", "file", "outsider", "size", "sha256", "entry", "delivered_at"]
