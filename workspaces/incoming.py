"""The tables of uploads that arrive in several requests, and of the room that stored bytes take.

`models.py` names them, so that Django finds them; they refer to its tables by name.
"""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models

from core.ids import uuid7
from workspaces.crypt4gh import SEGMENT
from workspaces.outsiders import Outsider, Reader


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: Any) -> Self:
        """One's own: what has not arrived is nobody else's business."""
        return self.filter(brought_by=user.pk) if isinstance(user, Outsider) else self.filter(owner_id=user.pk)

    def unfinished(self) -> Self:
        return self.filter(state__in=Upload.UNFINISHED)


class Upload(models.Model):
    """A file on its way in. Its bytes lie sealed in runs; less than a segment of it lies here, sealed as well."""

    class State(models.TextChoices):
        RECEIVING = "receiving", "Not yet complete"
        CHECKING = "checking", "All there, being checked"
        ASKING = "asking", "Waiting for your decision"
        DONE = "done", "Stored and recorded"
        FAILED = "failed", "Failed"

    class OnConflict(models.TextChoices):
        ASK = "ask", "Ask"
        NEW_VERSION = "new_version", "Store as a new version"
        KEEP_BOTH = "keep_both", "Keep both"

    UNFINISHED = (State.RECEIVING, State.CHECKING, State.ASKING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", models.PROTECT, related_name="uploads")
    place = models.ForeignKey("workspaces.Item", models.PROTECT, null=True, blank=True, related_name="+")
    # Who sends it: a person with an account, or somebody who came through a link from outside.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    brought_by = models.ForeignKey(Outsider, models.PROTECT, null=True, related_name="+")
    workspace_key = models.ForeignKey("workspaces.WorkspaceKey", models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    # When the sender's file was changed last, in milliseconds: with name and size it tells the same file again.
    modified = models.BigIntegerField(null=True, blank=True)
    on_conflict = models.CharField(max_length=16, choices=OnConflict, default=OnConflict.ASK)
    state = models.CharField(max_length=16, choices=State, default=State.RECEIVING)
    # What is wrong, in a sentence, and what can be done about it: filled in while the state is ASKING or FAILED.
    problem = models.CharField(max_length=1000, blank=True)
    choices = models.JSONField(default=list, blank=True)
    segments = models.BigIntegerField(default=0)
    rest = models.BinaryField(default=b"")
    rest_size = models.PositiveIntegerField(default=0)
    # Who is receiving now. One that was left behind by a process that died says that its run must not be continued.
    lease = models.UUIDField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    # The personal token that the last bytes came with, by its id: it stands in the entry, which may be made later.
    token = models.UUIDField(null=True, blank=True)
    head_type = models.CharField(max_length=127, blank=True)
    archive = models.JSONField(default=dict, db_default={}, blank=True)
    plaintext_sha256 = models.BinaryField(default=b"")
    body_blake3 = models.BinaryField(default=b"")
    version = models.ForeignKey("workspaces.Version", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        default_permissions = ()
        indexes = [models.Index(fields=["expires_at"], name="upload_by_expiry")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    size__gte=0, segments__gte=0, segments__lte=models.F("size") / SEGMENT, rest_size__lte=SEGMENT
                ),
                name="upload_within_its_size",
            ),
            models.CheckConstraint(
                condition=models.Q(owner=None) ^ models.Q(brought_by=None), name="an_upload_is_sent_by_one"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def sender(self) -> Reader:
        """Who sends it."""
        sender = self.owner or self.brought_by
        assert sender is not None  # noqa: S101  a constraint holds it
        return sender

    @property
    def offset(self) -> int:
        """How many bytes are there for good."""
        return self.segments * SEGMENT + self.rest_size

    @property
    def percent(self) -> int:
        return self.offset * 100 // self.size if self.size else 100


class UploadRun(models.Model):
    """Consecutive segments of an upload that were sealed under one data key.

    An upload has one run if all went well. One whose last sitting did not end properly is closed, since nobody knows
    what was sealed under its key beyond what is on record, and the next bytes begin another.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="runs")
    first = models.BigIntegerField()
    segments = models.BigIntegerField(default=0)
    blob = models.UUIDField(unique=True)
    wrapped_key = models.BinaryField()
    closed = models.BooleanField(default=False, help_text="Its blob is committed; nothing is added to it.")

    class Meta:
        ordering = ["first", "id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.segments} segments from {self.first}"


class StorageUse(models.Model):
    """How many bytes a workspace or an institution has stored or promised room to, and how many it may.

    Sizes are those of the files as people see them. The row is locked by whoever changes it, so the sum of all that is
    stored and reserved never passes the limit, however many upload at once.
    """

    workspace = models.OneToOneField("workspaces.Workspace", models.PROTECT, null=True, related_name="storage")
    institution = models.OneToOneField("accounts.Institution", models.PROTECT, null=True, related_name="storage")
    limit = models.BigIntegerField(null=True, blank=True, help_text="Bytes; none means the installation's default.")
    stored = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    uploads = models.PositiveIntegerField(default=0, help_text="Unfinished uploads, whose room is reserved.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(workspace=None, institution__isnull=False)
                | models.Q(workspace__isnull=False, institution=None),
                name="storage_of_a_workspace_or_an_institution",
            ),
            models.CheckConstraint(
                condition=models.Q(stored__gte=0, reserved__gte=0) & (models.Q(limit=None) | models.Q(limit__gte=0)),
                name="storage_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stored + self.reserved} of {self.allowed}"

    @property
    def allowed(self) -> int:
        if self.limit is not None:
            return self.limit
        return int(settings.WORKSPACE_QUOTA_BYTES if self.workspace_id else settings.INSTITUTION_QUOTA_BYTES)

    @property
    def used(self) -> int:
        return self.stored + self.reserved

    @property
    def free(self) -> int:
        return max(self.allowed - self.used, 0)

    @property
    def percent(self) -> int:
        return min(self.used * 100 // self.allowed, 100) if self.allowed else 100
