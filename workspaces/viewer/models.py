"""Who looks at which version at this moment and which pages they were sent, and where the spotlight is required."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.ids import uuid7
from workspaces.outsiders import Outsider, Reader


class Viewing(models.Model):
    """`entry` says that it began. When it ends, an entry says which pages were sent, and the row goes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # One of the two: somebody with an account, or somebody who came through a link from outside.
    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    outsider = models.ForeignKey(Outsider, models.PROTECT, null=True, related_name="+", db_index=False)
    version = models.ForeignKey("workspaces.Version", models.PROTECT, related_name="+", db_index=False)
    entry = models.UUIDField(help_text="The ledger entry that recorded its beginning.")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    # Runs of pages, each by its first and last one.
    pages = ArrayField(ArrayField(models.PositiveIntegerField(), size=2), default=list)
    # Which page is shown, as far as the browser has said, since when; and for how many milliseconds each was.
    shown_page = models.PositiveIntegerField(null=True)
    shown_at = models.DateTimeField(null=True)
    times = models.JSONField(default=dict, db_default={})
    is_told = models.BooleanField(default=False, db_default=False, help_text="The browser itself says what it shows.")

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["version", "viewer"], name="one_viewing_at_a_time"),
            models.UniqueConstraint(fields=["version", "outsider"], name="one_viewing_from_outside"),
            models.CheckConstraint(
                condition=models.Q(viewer=None) ^ models.Q(outsider=None), name="a_viewing_is_somebodys"
            ),
        ]
        indexes = [models.Index(fields=["seen_at"], name="viewing_by_last_page")]

    def __str__(self) -> str:
        return f"{self.viewer_id or self.outsider_id} looks at {self.version_id}"

    @property
    def reader(self) -> Reader:
        """Who looks."""
        reader = self.viewer or self.outsider
        assert reader is not None  # noqa: S101  a constraint holds it
        return reader


class SpotlightRule(models.Model):
    """Pages of all files in a workspace, or below an item, are shown to people through the spotlight alone.

    A rule that is there requires it; there is none that lifts another.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", models.CASCADE, related_name="spotlight_rules", db_index=False
    )
    item = models.ForeignKey("workspaces.Item", models.CASCADE, null=True, related_name="+")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now_add=True)
    entry = models.UUIDField(unique=True, help_text="The ledger entry that says it was set.")

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "item"], nulls_distinct=False, name="one_spotlight_rule_for_each_place"
            )
        ]

    def __str__(self) -> str:
        return f"spotlight required on {self.item_id or self.workspace_id}"
