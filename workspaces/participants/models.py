"""Study participants under their pseudonyms, and the files and folders that are marked as being about one."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models

from core.access import visible_to
from core.ids import uuid7
from ledger_bridge.subjects import Subject


class Participant(models.Model):
    """The pseudonym of a study participant in one workspace; it is here as long as something is marked with it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", models.PROTECT, related_name="participants")
    pseudonym = models.CharField(max_length=40)
    pseudonym_key = models.CharField(max_length=40, db_index=True, editable=False)

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        ordering = ["pseudonym_key"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "pseudonym_key"], name="one_participant_per_pseudonym"),
            models.CheckConstraint(condition=~models.Q(pseudonym=""), name="a_participant_has_a_pseudonym"),
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id))


class ParticipantMarkQuerySet(models.QuerySet["ParticipantMark"]):
    def visible_to(self, user: Any) -> Self:
        """Marks on what the person may view, in the bin as well; of others they are told nothing."""
        from workspaces.models import Item

        return self.filter(item__in=visible_to(Item.objects.filter(shredded_at=None), user))


class ParticipantMark(models.Model):
    """An item is about a participant, and so is everything in it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="marks")
    item = models.ForeignKey("workspaces.Item", models.PROTECT, related_name="participant_marks")
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(auto_now_add=True)

    objects = ParticipantMarkQuerySet.as_manager()

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["item", "participant"], name="an_item_is_marked_once_for_each"),
        ]

    def __str__(self) -> str:
        return f"mark {self.pk}"

    @property
    def ledger_subject(self) -> Subject:
        return self.item.ledger_subject
