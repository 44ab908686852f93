"""Removals for good, from the first person's request to the second one's answer."""

from django.conf import settings
from django.db import models

from core.ids import uuid7
from ledger_bridge.subjects import Subject


class Removal(models.Model):
    """What somebody asked to remove for good, and what became of it."""

    class State(models.TextChoices):
        ASKED = "asked", "waits for a second person"
        DECLINED = "declined", "not removed"
        DONE = "done", "removed for good"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey("workspaces.Item", models.PROTECT, related_name="removals")
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True, help_text="Why it was declined.")
    files = models.PositiveIntegerField(default=0)
    versions = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    entry = models.UUIDField(null=True, help_text="The ledger entry that says it was removed for good.")

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(state="asked"), name="one_waiting_removal_per_item"
            ),
            models.CheckConstraint(
                condition=models.Q(state="asked", decided_by=None, decided_at=None)
                | (~models.Q(state="asked") & models.Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="removal_is_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done")
                | (models.Q(entry__isnull=False) & ~models.Q(decided_by=models.F("asked_by"))),
                name="removal_takes_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"removal {self.pk}"

    @property
    def ledger_subject(self) -> Subject:
        return self.item.ledger_subject
