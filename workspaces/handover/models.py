"""Keys that people registered, and the headers that were made for them."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.ids import uuid7
from ledger_bridge.subjects import Subject
from workspaces.crypt4gh.keys import fingerprint


class RecipientKeyQuerySet(models.QuerySet["RecipientKey"]):
    def in_use(self) -> Self:
        return self.filter(removed_at=None)


class RecipientKey(models.Model):
    """A Crypt4GH public key that its owner registered. The entry says the same, so a swapped key shows."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="recipient_keys")
    name = models.CharField(max_length=100)
    public_key = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    entry = models.UUIDField(help_text="The ledger entry that recorded this key.")

    objects = RecipientKeyQuerySet.as_manager()

    class Meta:
        app_label = "workspaces"
        ordering = ["created_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "public_key"], condition=models.Q(removed_at=None), name="one_recipient_key_per_owner"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fingerprint(self) -> str:
        return fingerprint(bytes(self.public_key))

    @property
    def ledger_subject(self) -> Subject:
        return Subject(person=str(self.owner_id))


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def visible_to(self, user: Any) -> Self:
        """What the user made, or what was made for them, and of files that they may still view."""
        from workspaces.models import Version

        concerned = models.Q(made_by=user) | models.Q(key__owner=user)
        found = self.filter(concerned, version__in=Version.objects.visible_to(user).values("pk"))
        return found.select_related(
            "version__file__workspace", "version__workspace_key", "key__owner__institution", "made_by__institution"
        )

    def standing(self) -> Self:
        return self.filter(expires_at__gt=timezone.now(), key__removed_at=None)


class HandOver(models.Model):
    """One version sealed for one key. The header is kept for some days, so that a download can be resumed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey("workspaces.Version", models.PROTECT, related_name="hand_overs")
    key = models.ForeignKey(RecipientKey, models.PROTECT, related_name="hand_overs")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    header = models.BinaryField(help_text="Emptied when the hand-over has ended.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    entry = models.UUIDField(help_text="The ledger entry that recorded this hand-over.")

    objects = HandOverQuerySet.as_manager()

    class Meta:
        app_label = "workspaces"
        ordering = ["-created_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="hand_over_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} for {self.key}"

    @property
    def size(self) -> int:
        """Length of the file that leaves: header and body."""
        return len(bytes(self.header)) + self.version.body_size

    @property
    def name(self) -> str:
        return f"{self.version.file.name}.c4gh"

    @property
    def ledger_subject(self) -> Subject:
        about = self.version.ledger_subject
        return Subject(about.workspace, about.item, about.version, str(self.key.owner_id))


class InstallationKey(models.Model):
    """The one key pair for which others seal what they send here. Its secret half is wrapped by the key service."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    public_key = models.BinaryField()
    wrapped_key = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    entry = models.UUIDField(help_text="The ledger entry that recorded this key.")

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_installation_key")]

    def __str__(self) -> str:
        return self.fingerprint

    @property
    def fingerprint(self) -> str:
        return fingerprint(bytes(self.public_key))
