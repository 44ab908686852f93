"""Deeds that can be undone for a while, and by whoever did them alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.ids import uuid7

LASTS = timedelta(minutes=15)
# For some time longer whoever comes too late is told so.
_REMEMBERED = timedelta(hours=2)


class UndoableQuerySet(models.QuerySet["UndoableDeed"]):
    def visible_to(self, user: Any) -> Self:
        """One's own: what somebody else did is not mine to undo in their name."""
        return self.filter(actor=user.pk)

    def forgotten(self) -> Self:
        return self.filter(done_at__lt=timezone.now() - _REMEMBERED)


class UndoableDeed(models.Model):
    """What the reverse of a deed needs to know. It goes when that was done, and in any case soon."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The deeds of one press of a button, which one press takes back.
    together = models.UUIDField()
    kind = models.CharField(max_length=32, help_text="The kind of the event that recorded it.")
    entry = models.UUIDField(help_text="The entry that recorded it.")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    workspace = models.ForeignKey("workspaces.Workspace", models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey("workspaces.Item", models.CASCADE, null=True, related_name="+")
    before = models.JSONField()
    done_at = models.DateTimeField(auto_now_add=True)

    objects = UndoableQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["together"], name="undoable_together"),
            models.Index(fields=["done_at"], name="undoable_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.done_at <= timezone.now() - LASTS
