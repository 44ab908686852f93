"""What people are asked to acknowledge about a version, and who has."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.ids import uuid7
from ledger_bridge.subjects import Subject


class AcknowledgementAsk(models.Model):
    """Somebody asks everybody who may view a version to acknowledge a statement; one at a time for each version.

    Other words are another one: whoever acknowledged the old ones has not acknowledged the new.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey("workspaces.Version", models.PROTECT, related_name="asks")
    statement = models.CharField(max_length=500)
    required = models.BooleanField(help_text="Nobody opens the version before they have acknowledged it.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=models.Q(withdrawn_at=None), name="one_ask_at_a_time_for_each_version"
            ),
            # The words go when the file is removed for good.
            models.CheckConstraint(
                condition=~models.Q(statement="") | models.Q(withdrawn_at__isnull=False),
                name="a_standing_ask_says_what",
            ),
        ]

    def __str__(self) -> str:
        return f"ask {self.pk}"

    @property
    def ledger_subject(self) -> Subject:
        return self.version.ledger_subject


class Acknowledgement(models.Model):
    """`entry` says what was acknowledged, word for word, and the hash of what it was about."""

    ask = models.ForeignKey(AcknowledgementAsk, models.PROTECT, related_name="given")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    entry = models.UUIDField(help_text="The ledger entry that recorded it.")

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["ask", "person"], name="one_acknowledgement_for_each_ask")]

    def __str__(self) -> str:
        return f"{self.person_id} acknowledged {self.ask_id}"
