"""The terms of a workspace, version by version, and who has acknowledged which."""

from __future__ import annotations

from hashlib import sha256

from django.conf import settings
from django.db import models

from core.ids import uuid7
from ledger_bridge.subjects import Subject


class Terms(models.Model):
    """One version of the terms. The standing one has not been replaced; other words are another version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", models.PROTECT, related_name="terms")
    number = models.PositiveIntegerField()
    text = models.TextField(max_length=20_000)
    asks_purpose = models.BooleanField(help_text="Whoever acknowledges them says what they use the files for.")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(ended_at=None), name="one_standing_terms_per_workspace"
            ),
            models.UniqueConstraint(fields=["workspace", "number"], name="one_terms_per_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="terms_count_from_one"),
            models.CheckConstraint(condition=~models.Q(text=""), name="terms_say_something"),
        ]

    def __str__(self) -> str:
        return f"terms {self.number} of {self.workspace_id}"

    @property
    def text_sha256(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id))


class TermsAcknowledgement(models.Model):
    """`entry` says which version of the terms it was, with the hash of their text, and what for."""

    terms = models.ForeignKey(Terms, models.PROTECT, related_name="given")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    entry = models.UUIDField(help_text="The ledger entry that recorded it.")

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["terms", "person"], name="terms_are_acknowledged_once")]

    def __str__(self) -> str:
        return f"{self.person_id} acknowledged {self.terms_id}"
