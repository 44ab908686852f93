"""Erasures, from the first admin's request to the last, and the legal holds that stand against them.

Both name their subject by its blind id: once the key is destroyed, nobody can tell from here what was erased.
"""

from django.db import models

from core.ids import uuid7


class SubjectKind(models.TextChoices):
    WORKSPACE = "workspace", "workspace"
    ITEM = "item", "file or folder"
    PERSON = "person", "person"


class Erasure(models.Model):
    """What one admin asked to erase, and what became of it."""

    class State(models.TextChoices):
        ASKED = "asked", "waits for a second admin"
        WITHDRAWN = "withdrawn", "not erased"
        DONE = "done", "erased"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=SubjectKind)
    blind = models.UUIDField()
    ground = models.TextField()
    state = models.CharField(max_length=16, choices=State, default=State.ASKED)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "ledger_bridge"
        constraints = [
            models.UniqueConstraint(
                fields=["blind"], condition=models.Q(state="asked"), name="one_waiting_erasure_per_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class LegalHold(models.Model):
    """Nothing recorded about its subject may be erased while it stands."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=SubjectKind)
    blind = models.UUIDField()
    reason = models.TextField()
    placed_by = models.UUIDField()
    placed_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "ledger_bridge"
        constraints = [
            models.UniqueConstraint(
                fields=["blind"], condition=models.Q(lifted_at=None), name="one_standing_hold_per_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"
