"""Notices to people, and how they want to be mailed about them."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.ids import uuid7


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, and nobody else's."""
        return self.filter(person=user)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def to_mail(self) -> Self:
        """Those that may still have to be mailed, and that nobody is mailing at this moment."""
        free = models.Q(held_until=None) | models.Q(held_until__lte=timezone.now())
        return self.filter(free, mail=Notice.Mail.DUE, read_at=None)


class Notice(models.Model):
    """Something happened that concerns a person. It holds ids, and nothing of what it is about.

    What it says is made up when it is looked at, from what the person may see then.
    """

    class Mail(models.TextChoices):
        DUE = "due", "May have to be mailed"
        SENT = "sent", "Mailed"
        NONE = "none", "Not to be mailed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    # Of rooms above this one, so no foreign keys.
    workspace = models.UUIDField(null=True, blank=True)
    item = models.UUIDField(null=True, blank=True)
    thing = models.UUIDField(help_text="The comment, version or request that it is about.")
    words = models.CharField(max_length=100, blank=True, help_text="What code chose to say; no name and no content.")
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=8, choices=Mail, default=Mail.DUE)
    mailed_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True, help_text="A process is mailing it until then.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        default_permissions = ()
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_by_person"),
            models.Index(fields=["person"], condition=models.Q(read_at=None), name="notice_unread"),
            models.Index(fields=["person", "at"], condition=models.Q(mail="due", read_at=None), name="notice_to_mail"),
            models.Index(fields=["item"], name="notice_by_item"),
            models.Index(fields=["thing"], name="notice_by_thing"),
            models.Index(fields=["read_at"], condition=models.Q(read_at__isnull=False), name="notice_by_reading"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "thing"], name="nobody_is_told_twice"),
            models.CheckConstraint(
                condition=models.Q(mail="sent", mailed_at__isnull=False)
                | (~models.Q(mail="sent") & models.Q(mailed_at=None)),
                name="mailed_notice_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"


class MailChoice(models.Model):
    """How somebody wants to be mailed about one workspace or, without one, about everything else."""

    class How(models.TextChoices):
        IMMEDIATE = "immediate", "At once"
        DAILY = "daily", "Once a day"
        OFF = "off", "Never"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    workspace = models.UUIDField(null=True, blank=True)
    how = models.CharField(max_length=16, choices=How)

    class Meta:
        app_label = "accounts"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "workspace"], nulls_distinct=False, name="one_mail_choice_for_each_workspace"
            ),
            models.CheckConstraint(condition=models.Q(how__in=["immediate", "daily", "off"]), name="known_mail_choice"),
        ]

    def __str__(self) -> str:
        return f"{self.how} for {self.workspace or 'everything else'}"
