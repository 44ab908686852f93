"""Tags on files and folders, locks on files, and what somebody keeps at hand."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.ids import uuid7
from ledger_bridge.subjects import Subject

LONGEST_TAG = 60


class Tag(models.Model):
    """A word of a workspace's own, which those who may edit put on its files and folders."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", models.CASCADE, related_name="tags", db_index=False)
    name = models.CharField(max_length=LONGEST_TAG)
    # As the name of an item: what differs in case alone is one tag.
    name_key = models.CharField(max_length=4 * LONGEST_TAG, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "workspaces"
        ordering = ["name_key"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["workspace", "name_key"], name="one_tag_of_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id))


class Tagging(models.Model):
    """A tag stands on a file or folder."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings", db_index=False)
    item = models.ForeignKey("workspaces.Item", models.CASCADE, related_name="taggings")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["tag", "item"], name="a_tag_stands_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.item_id}"


class LockQuerySet(models.QuerySet["Lock"]):
    def standing(self) -> Self:
        """Those that have not ended."""
        return self.filter(until__gt=timezone.now())


class Lock(models.Model):
    """Somebody keeps a file as it is while they work on it. It ends by itself."""

    file = models.OneToOneField("workspaces.Item", models.CASCADE, primary_key=True, related_name="lock")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    since = models.DateTimeField()
    until = models.DateTimeField()

    objects = LockQuerySet.as_manager()

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(until__gt=models.F("since")), name="a_lock_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} locked by {self.holder_id}"


class Favourite(models.Model):
    """Something that somebody keeps at hand. Nobody else is shown it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    workspace = models.ForeignKey("workspaces.Workspace", models.CASCADE, related_name="+")
    item = models.ForeignKey("workspaces.Item", models.CASCADE, null=True, blank=True, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "workspace", "item"], nulls_distinct=False, name="a_favourite_stands_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} keeps {self.item_id or self.workspace_id}"
