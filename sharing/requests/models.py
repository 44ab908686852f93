"""Requests for access, from the asker's purpose to somebody's answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from core.ids import uuid7
from ledger_bridge.subjects import Subject
from sharing import rules
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

MOST_DAYS = 366


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def waiting(self) -> Self:
        """Neither answered nor withdrawn nor too old."""
        return self.filter(state=AccessRequest.State.OPEN, expires_at__gt=timezone.now())

    def answerable_by(self, user: Any) -> Self:
        """Those about what the person shares with others, except their own; answered ones too.

        Whoever may share an item may share its workspace as well: no exception gives that right.
        """
        if not rules.has_standing(user):
            return self.none()
        workspaces = rules.workspaces_with_right(Workspace.objects.order_by(), user, Right.SHARE)
        within = self.exclude(asker=user).filter(workspace__in=workspaces.values("pk"))
        asked_about = Item.objects.order_by().filter(removed_at=None, pk__in=within.order_by().values("item"))
        items = rules.items_with_right(asked_about, user, Right.SHARE)
        return within.filter(models.Q(item=None) | models.Q(item__in=items.values("pk")))

    def visible_to(self, user: Any) -> Self:
        """One's own, and those one may answer."""
        answerable = AccessRequest.objects.answerable_by(user).values("pk")
        return self.filter(models.Q(asker=user) | models.Q(pk__in=answerable))

    def with_names(self) -> Self:
        """Fetch along what a page says about each."""
        return self.select_related("asker__institution", "workspace", "item", "addressed_to", "answered_by")


class AccessRequest(models.Model):
    """What somebody asked for: a role in a workspace, or rights on one item and everything below it."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Not answered in time"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_requests")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="access_requests")
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="access_requests")
    role = models.CharField(max_length=40, blank=True)
    rights = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    days = models.PositiveSmallIntegerField(help_text="For how many days from the answer.")
    purpose = models.CharField(max_length=500)
    message = models.CharField(max_length=1000, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    # Everybody who may share can answer; this is who was asked to by mail.
    addressed_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    escalated_at = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True, help_text="What the answer says.")
    given_role = models.CharField(max_length=40, blank=True)
    given_rights = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    given_until = models.DateTimeField(null=True, blank=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        app_label = "sharing"
        ordering = ["-asked_at"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["asker", "-asked_at"], name="access_request_by_asker"),
            models.Index(fields=["workspace"], condition=models.Q(state="open"), name="access_request_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["asker", "item"],
                condition=models.Q(state="open", item__isnull=False),
                name="one_open_request_per_person_and_item",
            ),
            models.UniqueConstraint(
                fields=["asker", "workspace"],
                condition=models.Q(state="open", item=None),
                name="one_open_request_per_person_and_workspace",
            ),
            models.CheckConstraint(
                condition=(models.Q(item=None, rights__len=0) & ~models.Q(role=""))
                | models.Q(item__isnull=False, role="", rights__len__gte=1),
                name="a_request_is_for_a_role_or_for_rights",
            ),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="a_request_has_a_purpose"),
            models.CheckConstraint(condition=models.Q(days__gte=1, days__lte=MOST_DAYS), name="a_request_has_a_length"),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at=None)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
                name="a_closed_request_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["granted", "refused"], answered_by__isnull=False)
                | (~models.Q(state__in=["granted", "refused"]) & models.Q(answered_by=None)),
                name="an_answer_is_somebodys",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_by=None) | ~models.Q(answered_by=models.F("asker")),
                name="nobody_answers_themselves",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="refused") | ~models.Q(reason=""), name="a_refusal_has_a_reason"
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(state="granted", given_until__isnull=False)
                    & (~models.Q(given_role="") | models.Q(given_rights__len__gte=1))
                )
                | (~models.Q(state="granted") & models.Q(given_until=None, given_role="", given_rights__len=0)),
                name="a_granted_request_says_what",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def thing(self) -> Workspace | Item:
        return self.item or self.workspace

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.OPEN and self.expires_at > timezone.now()

    @property
    def has_run_out(self) -> bool:
        """True also before the clock has written it down."""
        return self.state == self.State.EXPIRED or (self.state == self.State.OPEN and not self.is_waiting)

    @property
    def wanted(self) -> list[str]:
        """The codes of what was asked for: one role, or rights."""
        return [self.role] if self.role else list(self.rights)

    @property
    def given(self) -> list[str]:
        return [self.given_role] if self.given_role else list(self.given_rights)

    @property
    def would_end_at(self) -> Any:
        """When the access would end if it were granted as asked at this moment."""
        return timezone.now() + timedelta(days=self.days)

    @property
    def ledger_subject(self) -> Subject:
        item = str(self.item_id) if self.item_id else None
        return Subject(workspace=str(self.workspace_id), item=item, person=str(self.asker_id))
