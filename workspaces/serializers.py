"""What the API says about this room's things, and what it takes."""

from typing import Any

from rest_framework import serializers

from workspaces.models import Item, Outsider, Upload, Version, Workspace


class WorkspaceOut(serializers.ModelSerializer[Workspace]):
    class Meta:
        model = Workspace
        fields = ["id", "name", "description", "owner", "created_at", "archived_at"]


class WorkspaceIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)


class OutsiderOut(serializers.ModelSerializer[Outsider]):
    """Somebody without an account, who brought it through a link."""

    class Meta:
        model = Outsider
        fields = ["id", "name", "email", "proved"]


class VersionOut(serializers.ModelSerializer[Version]):
    sha256 = serializers.SerializerMethodField(help_text="SHA-256 of the content, in hex.")
    size = serializers.IntegerField(source="plaintext_size")
    brought_by = OutsiderOut(allow_null=True)

    class Meta:
        model = Version
        fields = [
            "id", "file", "number", "media_type", "detected_type", "type_mismatch", "archive", "archive_finding",
            "note", "size", "sha256", "entry", "created_by", "brought_by", "created_at",
        ]  # fmt: skip

    def get_sha256(self, version: Version) -> str:
        return bytes(version.plaintext_sha256).hex()


class ItemOut(serializers.ModelSerializer[Item]):
    current_version = VersionOut(allow_null=True)
    brought_by = OutsiderOut(allow_null=True)

    class Meta:
        model = Item
        fields = [
            "id", "workspace", "parent", "kind", "name", "description", "created_by", "brought_by", "created_at",
            "changed_at", "current_version",
        ]  # fmt: skip


class FolderIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255)
    folder = serializers.UUIDField(required=False, allow_null=True, default=None)


class PathIn(serializers.Serializer[Any]):
    path = serializers.ListField(child=serializers.CharField(max_length=255), min_length=1, max_length=32)


class UploadOut(serializers.ModelSerializer[Upload]):
    """Where an upload stands. `version` and `file` say what became of it once its state is `done`."""

    offset = serializers.IntegerField()
    file = serializers.UUIDField(source="version.file_id", default=None)
    error = serializers.CharField(source="problem")

    class Meta:
        model = Upload
        fields = [
            "id", "workspace", "place", "name", "size", "modified", "offset", "state", "error", "choices", "version",
            "file", "created_at", "expires_at",
        ]  # fmt: skip


class DecisionIn(serializers.Serializer[Any]):
    on_conflict = serializers.ChoiceField(choices=Upload.OnConflict.choices)
