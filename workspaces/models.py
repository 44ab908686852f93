"""What is kept: workspaces, their items (folders and files), and the versions of a file.

A version's bytes lie sealed in a blob; its data key lies here, wrapped under the workspace's key, which is wrapped
under a root that only the key service holds.
"""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from core import access
from core.ids import uuid7
from ledger_bridge.subjects import Subject
from workspaces.acknowledging.models import Acknowledgement, AcknowledgementAsk
from workspaces.conversation.models import Comment, Follow
from workspaces.handover.models import HandOver, InstallationKey, RecipientKey
from workspaces.incoming import StorageUse, Upload, UploadRun
from workspaces.organising.models import Favourite, Lock, Tag, Tagging
from workspaces.outsiders import Outsider, Reader
from workspaces.participants.models import Participant, ParticipantMark
from workspaces.permissions import Right, Role
from workspaces.removal.models import Removal
from workspaces.rotation.models import KeyRotation  # noqa: F401  Django looks for models here
from workspaces.search.words import ITEM_WORDS, WORKSPACE_WORDS
from workspaces.terms.models import Terms, TermsAcknowledgement
from workspaces.undoing.models import UndoableDeed
from workspaces.viewer.models import SpotlightRule, Viewing  # noqa: F401  Django looks for models here

__all__ = [
    "Acknowledgement",
    "AcknowledgementAsk",
    "BlobStoreOwner",
    "Comment",
    "Favourite",
    "Follow",
    "HandOver",
    "InstallationKey",
    "Item",
    "Lock",
    "Outsider",
    "Participant",
    "ParticipantMark",
    "RecipientKey",
    "Removal",
    "SealedDocument",
    "SpotlightRule",
    "StorageUse",
    "Tag",
    "Tagging",
    "Terms",
    "TermsAcknowledgement",
    "UndoableDeed",
    "Upload",
    "UploadRun",
    "Version",
    "Workspace",
    "WorkspaceKey",
]

MAX_NAME_BYTES = 255
_MADE_BY_ONE = models.Q(created_by=None) ^ models.Q(brought_by=None)


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def visible_to(self, user: Any) -> Self:
        """What the user owns, has a role in, or was let into by an exception."""
        return access.visible_to(self, user)  # type: ignore[return-value]


class Workspace(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, max_length=4000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_workspaces")
    # Whose quota it uses: the owner's institution when it was made. It stays so when the workspace is handed over.
    institution = models.ForeignKey("accounts.Institution", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    # For how many days after their last version files are kept; after how many in the bin their removal is proposed.
    keep_days = models.PositiveIntegerField(default=0, db_default=0)
    propose_after = models.PositiveIntegerField(null=True, blank=True)
    # Whether mails to its people may say the names of files and of the workspace. What is in them no mail says.
    names_in_mails = models.BooleanField(default=False, db_default=False)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions = [(role.value, role.label) for role in Role]
        indexes = [GinIndex(WORKSPACE_WORDS, name="workspace_by_words")]

    def __str__(self) -> str:
        return self.name

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.id))


class WorkspaceKey(models.Model):
    """One generation of a workspace's key, wrapped by the key service for exactly this workspace."""

    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="keys")
    generation = models.PositiveIntegerField()
    wrapped_key = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "generation"], name="one_key_per_generation")]

    def __str__(self) -> str:
        return f"{self.workspace_id} key {self.generation}"


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: Any) -> Self:
        """Items that are not removed and that the user may view."""
        return access.visible_to(self.filter(removed_at=None), user)  # type: ignore[return-value]

    def in_folder(self, workspace: Workspace, folder: Item | None) -> Self:
        return self.filter(workspace=workspace, parent=folder, removed_at=None)

    def folders(self) -> Self:
        return self.filter(kind=Item.Kind.FOLDER)

    def files(self) -> Self:
        return self.filter(kind=Item.Kind.FILE)

    def in_bin(self, user: Any) -> Self:
        """Removed items that the user may view, without what was removed along with its folder."""
        apart = models.Q(parent=None) | ~models.Q(removed_at=models.F("parent__removed_at"))
        removed = self.filter(apart | models.Q(parent__removed_at=None), removed_at__isnull=False, shredded_at=None)
        return access.visible_to(removed, user)  # type: ignore[return-value]


class Item(models.Model):
    """A folder or a file. `path` lists the ids from the topmost folder down to the item itself."""

    class Kind(models.TextChoices):
        FOLDER = "folder", "Folder"
        FILE = "file", "File"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="items", db_index=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=255)
    name_key = models.CharField(max_length=1024, editable=False)
    # Not 0 where the same name is in the folder already, hidden from whoever gave this one: a refusal would tell them.
    namesake = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    description = models.TextField(blank=True, max_length=4000)
    path = ArrayField(models.UUIDField(), editable=False)
    # Who made it: a person with an account, or somebody who brought it through a link from outside.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    brought_by = models.ForeignKey(Outsider, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    current_version = models.OneToOneField(
        "Version", models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    # Removed for good: its name went too, since names often say what the content does.
    shredded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["-kind", "name_key"]
        default_permissions = ()
        permissions = [(right.codename, right.label) for right in Right]
        indexes = [
            models.Index(fields=["workspace", "parent", "-kind", "name_key"], name="item_listing"),
            models.Index(fields=["parent"], name="item_by_parent"),
            # For finding items by the beginning of their name, whatever the collation of the database.
            models.Index(fields=["name_key"], opclasses=["varchar_pattern_ops"], name="item_by_name"),
            GinIndex(fields=["path"], name="item_by_ancestor"),
            GinIndex(ITEM_WORDS, condition=models.Q(removed_at=None), name="item_by_words"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "parent", "name_key", "namesake"],
                condition=models.Q(removed_at=None),
                nulls_distinct=False,
                name="one_item_per_name",
            ),
            models.CheckConstraint(condition=models.Q(path__len__gte=1), name="item_path_ends_with_itself"),
            models.CheckConstraint(
                condition=models.Q(shredded_at=None)
                | models.Q(removed_at__isnull=False, name="", name_key="", description=""),
                name="shredded_item_has_no_name",
            ),
            models.CheckConstraint(condition=_MADE_BY_ONE, name="an_item_is_made_by_one"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def author(self) -> Reader:
        """Who brought it."""
        author = self.created_by or self.brought_by
        assert author is not None  # noqa: S101  a constraint holds it
        return author

    @property
    def is_folder(self) -> bool:
        return self.kind == self.Kind.FOLDER

    @property
    def depth(self) -> int:
        return len(self.path)

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id), item=str(self.id))


class VersionQuerySet(models.QuerySet["Version"]):
    def visible_to(self, user: Any) -> Self:
        """Versions of files that the user may view, with all that opening one needs."""
        return self.filter(file__in=Item.objects.visible_to(user)).select_related("file__workspace", "workspace_key")


class Version(models.Model):
    """Immutable bytes of a file, sealed as Crypt4GH profile S1 (docs/crypt4gh.md)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    media_type = models.CharField(max_length=127)
    type_mismatch = models.BooleanField(default=False, help_text="The name promises another kind of file.")
    detected_type = models.CharField(max_length=127, default="", db_default="", blank=True)
    # What looking into an archive showed (workspaces.inspection.State), and the sentence about it.
    archive = models.CharField(max_length=16, default="", db_default="", blank=True)
    archive_finding = models.CharField(max_length=255, default="", db_default="", blank=True)
    note = models.CharField(max_length=500, blank=True)
    plaintext_size = models.BigIntegerField()
    body_size = models.BigIntegerField()
    plaintext_sha256 = models.BinaryField()
    body_blake3 = models.BinaryField()
    key_commitment = models.BinaryField()
    wrapped_key = models.BinaryField()
    workspace_key = models.ForeignKey(WorkspaceKey, models.PROTECT, related_name="versions")
    blob = models.UUIDField(unique=True)
    # Who made it: a person with an account, or somebody who brought it through a link from outside.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    brought_by = models.ForeignKey(Outsider, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    entry = models.UUIDField(help_text="The ledger entry that recorded this version.")
    shredded_at = models.DateTimeField(null=True, blank=True, editable=False)
    blob_deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_version_per_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="versions_count_from_one"),
            models.CheckConstraint(condition=models.Q(plaintext_size__gte=0), name="version_size_not_negative"),
            # The hash of the content goes too: whoever has a guess could compare it.
            models.CheckConstraint(
                condition=models.Q(shredded_at=None) | models.Q(wrapped_key=b"", plaintext_sha256=b"", note=""),
                name="shredded_version_has_no_key",
            ),
            models.CheckConstraint(
                condition=models.Q(blob_deleted_at=None) | models.Q(shredded_at__isnull=False),
                name="only_shredded_bytes_are_deleted",
            ),
            models.CheckConstraint(condition=_MADE_BY_ONE, name="a_version_is_brought_by_one"),
        ]
        indexes = [
            models.Index(
                fields=["shredded_at"],
                condition=models.Q(shredded_at__isnull=False, blob_deleted_at=None),
                name="version_bytes_to_delete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file} (version {self.number})"

    @property
    def author(self) -> Reader:
        """Who brought it."""
        author = self.created_by or self.brought_by
        assert author is not None  # noqa: S101  a constraint holds it
        return author

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.file.workspace_id), item=str(self.file_id), version=str(self.id))


class SealedDocument(models.Model):
    """A sealed file that belongs to no workspace: the evidence of an application. Its key is wrapped for its own id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    plaintext_size = models.BigIntegerField()
    body_size = models.BigIntegerField()
    plaintext_sha256 = models.BinaryField()
    body_blake3 = models.BinaryField()
    key_commitment = models.BinaryField()
    wrapped_key = models.BinaryField()
    blob = models.UUIDField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(plaintext_size__gte=0), name="document_size_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class BlobStoreOwner(models.Model):
    """The id of this installation, which its blob store holds too: nothing is swept unless both agree."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    installation = models.UUIDField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_owner")]

    def __str__(self) -> str:
        return str(self.installation)


class ScrubState(models.Model):
    """How far the check of the stored files has got, and what it found: a list of place, what and since when."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    place = models.CharField(max_length=64, default="", blank=True)
    passes = models.BigIntegerField(default=0)
    begun_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    found = models.JSONField(default=list)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_scrub")]

    def __str__(self) -> str:
        return f"checked up to {self.place or 'the end'} in pass {self.passes + 1}"


class VersionScan(models.Model):
    """What the virus scanner said of a version. One that was uploaded where there is no scanner has no row."""

    class State(models.TextChoices):
        HELD = "held", "Held until it was scanned"
        CLEAN = "clean", "No virus found"
        INFECTED = "infected", "Virus found"
        NOT_SCANNED = "not_scanned", "Not scanned"

    version = models.OneToOneField(Version, models.CASCADE, primary_key=True, related_name="scan")
    state = models.CharField(max_length=12, choices=State)
    finding = models.CharField(max_length=255, blank=True)
    due_at = models.DateTimeField(null=True, help_text="When it is scanned next; empty if there is no need.")
    scanned_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="scan_due")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(released_at=None) | models.Q(state__in=["infected", "not_scanned"]),
                name="only_what_was_looked_at_is_released",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.state}"
